//! A cgroup that was made for a service. Undone by moving out whoever is still in it and removing it, only while its name has our mark.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fmt, fs, io};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    pub path: PathBuf,
    /// The group above, where processes go that are still in it.
    pub home: PathBuf,
}

impl fmt::Display for Cgroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cgroup {}", self.path.display())
    }
}

impl Change for Cgroup {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if !Cgroup::is_named_by(&self.path, turn.run) || self.path.parent() != Some(&self.home) {
            return Err("does not have the name of one of ours, so it was left alone".into());
        }
        let mut last = None;
        // A process that was just killed leaves its group a moment later.
        let removed = wait_until(Instant::now() + KILL_WAIT, || {
            self.move_out();
            last = fs::remove_dir(&self.path).err().filter(|error| error.kind() != io::ErrorKind::NotFound);
            last.is_none()
        });
        match (removed, last) {
            (true, _) => Ok("removed, and its limits with it".into()),
            (false, why) => Err(why.map_or("is still there".to_owned(), |error| error.to_string())),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match self.path.is_dir() {
            false => Ok("it is not there".to_owned()),
            true => Err("it is still there".to_owned()),
        };
        Look::new(self.path.display().to_string(), seen)
    }
}

impl Cgroup {
    /// Does its name have the mark of this run?
    pub fn is_named_by(path: &Path, run: &str) -> bool {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&Cgroup::name(run, "")))
    }

    /// What a group of this run is called.
    pub fn name(run: &str, service: &str) -> String {
        let service: String = service.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
        format!("firedrill-{run}-{service}")
    }

    /// The kernel takes one process at a time. What cannot be moved has ended, or shows when the group cannot be removed.
    fn move_out(&self) {
        let inside = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
        for pid in inside.lines() {
            let _ = fs::write(self.home.join("cgroup.procs"), pid);
        }
    }
}
