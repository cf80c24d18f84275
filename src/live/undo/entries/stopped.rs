//! One process that was stopped with SIGSTOP and is not ours. Undone by SIGCONT to it alone, only while it is the same process.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::Identity;
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    pub name: String,
    pub who: Identity,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped process {} (pid {}, not firedrill's own)", self.name, self.who.pid)
    }
}

impl Change for Stopped {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn undo(&self, _turn: Turn) -> Undone {
        if !self.who.is_alive() {
            return Ok("had ended already".into());
        }
        let sent = self.who.signal(Signal::SIGCONT);
        if wait_until(Instant::now() + KILL_WAIT, || !self.who.is_stopped()) {
            return Ok("runs again".into());
        }
        let why = sent.err().map_or("no reason given".to_owned(), |errno| errno.desc().to_owned());
        Err(format!("is still stopped ({why}); try: kill -CONT {}", self.who.pid))
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match (self.who.is_alive(), self.who.is_stopped()) {
            (false, _) => Ok("it has ended".to_owned()),
            (true, false) => Ok("it runs".to_owned()),
            (true, true) => Err("it is stopped".to_owned()),
        };
        Look::new(format!("the state of pid {} in /proc", self.who.pid), seen)
    }
}
