//! Processes of somebody else that were moved into a cgroup of ours. Undone by moving them back to where they came from, only while the
//! group has our mark. Who is not in it is left where it is.

use super::{Cgroup, Change, Look, Turn, Undone};
use crate::live::undo::Identity;
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;
use std::{fmt, fs};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub name: String,
    pub members: Vec<Identity>,
    /// The group that they were in.
    pub from: PathBuf,
    pub into: PathBuf,
    /// Whoever else is in there goes the same way: what the members started meanwhile.
    pub rest: bool,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} processes of {} in the cgroup {}", self.members.len(), self.name, self.into.display())
    }
}

impl Change for Moved {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if !Cgroup::is_named_by(&self.into, turn.run) {
            return Err("does not have the name of one of ours, so it was left alone".into());
        }
        let mut last = None;
        // Who is just being started is seen at the next look.
        let gone = wait_until(Instant::now() + KILL_WAIT, || {
            for one in self.inside() {
                last = fs::write(self.from.join("cgroup.procs"), one.to_string()).err().or(last.take());
            }
            self.inside().is_empty()
        });
        match (gone, last) {
            (true, _) => Ok(format!("back in {}", self.from.display())),
            (false, why) => Err(why.map_or("they are still in it".to_owned(), |error| error.to_string())),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match self.inside().len() {
            0 => Ok("none of them is in it".to_owned()),
            count => Err(format!("{count} are still in it")),
        };
        Look::new(self.into.join("cgroup.procs").display().to_string(), seen)
    }
}

impl Moved {
    /// Those in the group of ours that this entry answers for. A zombie cannot be moved, and holds nothing.
    fn inside(&self) -> Vec<i32> {
        let listed = fs::read_to_string(self.into.join("cgroup.procs")).unwrap_or_default();
        let alive = listed.lines().filter_map(|line| Identity::of(line.parse().ok()?)).filter(|who| who.is_alive());
        alive.filter(|who| self.rest || self.members.contains(who)).map(|who| who.pid).collect()
    }
}
