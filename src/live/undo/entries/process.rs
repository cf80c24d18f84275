//! A process started in a group of its own. Undone by ending the whole group; a group that has only got the number of
//! ours is never signalled.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::identity::{group_members, has_in_environment, signal_members};
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use crate::live::undo::{Identity, RUN_VARIABLE};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub name: String,
    pub who: Identity,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} (pid {})", self.name, self.who.pid)
    }
}

impl Change for Process {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn ask(&self, turn: Turn) {
        if group_is_ours(self.who, turn.run) {
            // A failure shows in the look that follows. A stopped process handles no SIGTERM until it continues.
            let _ = signal_members(self.who.pid, Signal::SIGTERM);
            let _ = signal_members(self.who.pid, Signal::SIGCONT);
        }
    }

    fn undo(&self, turn: Turn) -> Undone {
        let group = self.who.pid;
        if !group_is_ours(self.who, turn.run) {
            return Ok("had ended already".into());
        }
        let gone = || group_members(group).is_empty();
        if wait_until(turn.kill_at, gone) {
            return Ok("ended".into());
        }
        let killed = signal_members(group, Signal::SIGKILL);
        if wait_until(Instant::now() + KILL_WAIT, gone) {
            return Ok("did not end when asked, was killed".into());
        }
        let why = killed.err().map_or("it hangs in the kernel".to_owned(), |errno| errno.desc().to_owned());
        Err(format!("still runs after SIGKILL ({why}); look at it with: ps -o pid,stat,wchan,cmd -g {group}"))
    }

    fn look(&self, run: &str) -> Look {
        let at = format!("process group {} in /proc", self.who.pid);
        let members = if group_is_ours(self.who, run) { group_members(self.who.pid).len() } else { 0 };
        Look::new(
            at,
            match members {
                0 => Ok("nobody of ours".into()),
                _ => Err(format!("{members} still there")),
            },
        )
    }
}

/// While the leader holds its pid, or a process with our mark is in the group, no foreign group can have this number.
pub fn group_is_ours(leader: Identity, run: &str) -> bool {
    leader.holds_its_pid()
        || group_members(leader.pid).iter().any(|(pid, _)| has_in_environment(*pid, RUN_VARIABLE, run))
}
