//! A process group that was stopped with SIGSTOP. Undone by SIGCONT; a group that is no longer ours is left alone.

use super::process::group_is_ours;
use super::{Change, Look, Turn, Undone};
use crate::live::undo::Identity;
use crate::live::undo::identity::{group_members, signal_members};
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    pub name: String,
    pub who: Identity,
}

impl fmt::Display for Paused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "paused process {} (pid {})", self.name, self.who.pid)
    }
}

impl Change for Paused {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        let group = self.who.pid;
        if !group_is_ours(self.who, turn.run) {
            return Ok("had ended already".into());
        }
        let sent = signal_members(group, Signal::SIGCONT);
        let runs = || !group_members(group).iter().any(|(_, stat)| stat.is_stopped());
        if wait_until(Instant::now() + KILL_WAIT, runs) {
            return Ok("runs again".into());
        }
        let why = sent.err().map_or("no reason given".to_owned(), |errno| errno.desc().to_owned());
        Err(format!("is still stopped ({why}); try: kill -CONT -{group}"))
    }

    fn look(&self, run: &str) -> Look {
        let at = format!("the states in /proc of process group {}", self.who.pid);
        if !group_is_ours(self.who, run) {
            return Look::new(at, Ok("it has ended".into()));
        }
        let members = group_members(self.who.pid);
        if members.is_empty() {
            return Look::new(at, Ok("it has ended".into()));
        }
        let stopped = members.iter().filter(|(_, stat)| stat.is_stopped()).count();
        Look::new(
            at,
            match stopped {
                0 => Ok(format!("{} running, none stopped", members.len())),
                _ => Err(format!("{stopped} of {} stopped", members.len())),
            },
        )
    }
}
