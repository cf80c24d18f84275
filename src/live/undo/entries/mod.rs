//! What can stand in the ledger: the closed list of outside changes, one file each. A file here says what a change is
//! called, how it is undone from any process, and how one looks afterwards whether it is gone; it makes no change.
//!
//! A new sort of change is a file here and its line in `entries!`. Tests then fail until it takes part in the proof
//! that nothing is left behind (`testkit::is_there`).

mod ballast;
mod cgroup;
mod cgroup_limit;
mod folder;
mod guest;
mod mount;
mod moved;
mod network;
mod paused;
mod process;
mod soft_limit;
mod stopped;
mod terminal;
mod toxiproxy;

pub use ballast::Ballast;
pub use cgroup::Cgroup;
pub use cgroup_limit::CgroupLimit;
pub use folder::Folder;
pub use guest::Guest;
pub use mount::Mount;
pub use moved::Moved;
pub use network::Network;
pub use paused::Paused;
pub use process::{Process, group_is_ours};
pub use soft_limit::SoftLimit;
pub use stopped::Stopped;
pub use terminal::Terminal;
pub use toxiproxy::ToxiproxyProxy;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

/// `Ok` says what was done, `Err` why the change is still there.
pub type Undone = Result<String, String>;

/// Under which circumstances a change is undone.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The run that made the change: the mark on everything that is ours.
    pub run: &'a str,
    /// Until then, what can end by itself may do so.
    pub kill_at: Instant,
}

/// A look after the undo: where, and what was seen there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// `the mount table`
    pub at: String,
    /// `nothing mounted at /tmp/x`
    pub seen: String,
    /// The change cannot be seen any more.
    pub gone: bool,
}

/// What each sort of change can do. An undo may be repeated: what is gone already counts as done. Nothing that does
/// not carry our mark is ever touched.
pub trait Change: fmt::Display {
    /// Whether a restart of the machine undoes it, after which its numbers and places mean others.
    fn ends_with_the_boot(&self) -> bool;

    /// Whether it is there for as long as the run, and breaks nothing. Everything else is a fault, which the guardian
    /// undoes when its longest time is over.
    fn lasts_for_the_run(&self) -> bool {
        false
    }

    /// Whether somebody else's server is asked to undo it, who may keep us waiting. Nothing of ours waits for that.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// Comes first for all changes together, so that slow ones share one time of grace.
    fn ask(&self, _turn: Turn) {}

    fn undo(&self, turn: Turn) -> Undone;

    /// Reads the state of the machine anew; changes nothing.
    fn look(&self, run: &str) -> Look;
}

impl Look {
    /// Of one that is known to be gone (`Ok`) or still there (`Err`), with what was seen.
    pub fn new(at: impl Into<String>, seen: Result<String, String>) -> Look {
        let gone = seen.is_ok();
        Look { at: at.into(), seen: seen.unwrap_or_else(|there| there), gone }
    }
}

/// The enum, the names of its kinds as the ledger's file has them, and the way to each one's file.
macro_rules! entries {
    ($($kind:literal $variant:ident),+ $(,)?) => {
        /// One change outside our own process, with all that is needed to undo it from another process.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Entry {
            $($variant($variant)),+
        }

        impl Entry {
            /// Every kind there is.
            pub const KINDS: &[&str] = &[$($kind),+];

            pub fn kind(&self) -> &'static str {
                match self {
                    $(Entry::$variant(_) => $kind),+
                }
            }

            pub fn change(&self) -> &dyn Change {
                match self {
                    $(Entry::$variant(change) => change),+
                }
            }
        }

        $(impl From<$variant> for Entry {
            fn from(change: $variant) -> Entry {
                Entry::$variant(change)
            }
        })+
    };
}

entries! {
    "ballast" Ballast,
    "cgroup" Cgroup,
    "cgroup-limit" CgroupLimit,
    "folder" Folder,
    "guest" Guest,
    "mount" Mount,
    "moved" Moved,
    "network" Network,
    "paused" Paused,
    "process" Process,
    "soft-limit" SoftLimit,
    "stopped" Stopped,
    "terminal" Terminal,
    "toxiproxy-proxy" ToxiproxyProxy,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_as_the_file_of_the_ledger_has_it() {
        let entry = Entry::from(Ballast { path: "/x".into() });
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(text, r#"{"ballast":{"path":"/x"}}"#);
        assert_eq!(entry.kind(), "ballast");
        assert!(Entry::KINDS.is_sorted());
    }
}
