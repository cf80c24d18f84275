//! A soft limit on open files that was lowered. Undone by setting what was there before, only while the process has ours, and for those
//! that it started meanwhile, which inherited it.

use super::{Change, Look, Turn, Undone};
use crate::live::resources::soft_limit::{open_files, set_open_files};
use crate::live::undo::Identity;
use crate::live::undo::identity::Kin;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftLimit {
    pub name: String,
    pub who: Identity,
    pub before: u64,
    pub ours: u64,
    /// When it was lowered, in clock ticks since the boot.
    #[serde(default)]
    pub since: u64,
}

impl fmt::Display for SoftLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit of {} open files on {} (pid {})", self.ours, self.name, self.who.pid)
    }
}

impl Change for SoftLimit {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn undo(&self, _turn: Turn) -> Undone {
        if !self.who.is_alive() {
            return Ok("had ended already".into());
        }
        match open_files(self.who.pid).map(|limit| limit.rlim_cur) {
            Ok(soft) if soft != self.ours => return Ok(format!("had {soft} already")),
            _ => {}
        }
        let restored = set_open_files(self.who.pid, self.before);
        self.restore_heirs();
        match restored {
            Ok(()) => Ok(format!("{} again", self.before)),
            Err(_) if !self.who.is_alive() => Ok("had ended already".into()),
            Err(error) => Err(format!("{error}; try: prlimit --pid {} --nofile={}:", self.who.pid, self.before)),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let at = format!("the limits of pid {}", self.who.pid);
        if !self.who.is_alive() {
            return Look::new(at, Ok("it has ended".into()));
        }
        let seen = match open_files(self.who.pid) {
            Ok(limit) if limit.rlim_cur != self.ours => Ok(format!("{} open files", limit.rlim_cur)),
            Ok(limit) => Err(format!("still {} open files", limit.rlim_cur)),
            Err(error) => Err(error.to_string()),
        };
        Look::new(at, seen)
    }
}

impl SoftLimit {
    /// Those that it started while it had our limit.
    fn restore_heirs(&self) {
        for (pid, stat) in Kin::Descendants(self.who).members() {
            let is_ours = || open_files(pid).is_ok_and(|limit| limit.rlim_cur == self.ours);
            if pid != self.who.pid && stat.start_time >= self.since && is_ours() {
                // One that ended meanwhile needs no limit.
                let _ = set_open_files(pid, self.before);
            }
        }
    }
}
