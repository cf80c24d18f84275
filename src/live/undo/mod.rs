//! The undo ledger: what this run changed outside itself, on disk before it is changed, struck out after it is undone.
//!
//! Three readers replay it: the runner at its end (also on a panic, by `Drop`), the guardian when the runner dies, and
//! `firedrill clean` later, also after a reboot. They never touch what does not carry our mark: a process is known by
//! its pid *and* start time, a mount by its source name, a folder by the marker file in it.
//!
//! A change that breaks something carries the latest moment at which it must be undone. The guardian keeps to it even
//! if the runner lives and is stuck.

pub mod clean;
pub mod entries;
pub mod file;
pub mod guardian;
pub mod identity;
pub mod latest;
pub mod ledger;
pub mod mounts;
pub mod report;
pub mod revert;
pub mod spawn;
pub mod state_dir;
#[cfg(test)]
pub mod testkit;
pub mod watcher;

pub use clean::{Cleaned, Outcome, clean};
pub use entries::Entry;
pub use guardian::{Guardian, guardian_main, ignore_signals, program};
pub use identity::Identity;
pub use latest::Latest;
pub use ledger::{Ledger, fresh_run_id};
pub use report::{EntryId, UndoReport};
pub use spawn::SpawnError;
pub use watcher::{News, Watcher};

/// The environment variable by which a child that outlived its leader is still known as ours.
pub const RUN_VARIABLE: &str = "FIREDRILL_RUN";
/// The file that marks a folder as ours; it holds the run id.
pub const MARKER_FILE: &str = ".firedrill-run";
/// The only file name that a ballast entry may ever remove.
pub const BALLAST_FILE: &str = ".firedrill-ballast";

/// The source name under which a run's volumes appear in the mount table.
pub fn mount_mark(run: &str) -> String {
    format!("firedrill-{run}")
}
