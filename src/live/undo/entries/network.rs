//! A network namespace and the pair of interfaces that leads into it. Undone by removing both, only while their names are ours.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::revert::{KILL_WAIT, wait_until};
use nix::mount::{MntFlags, umount2};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, fs};

/// What was under way when the runner died shows within this time.
const LAST_DEEDS: Duration = Duration::from_millis(50);

/// Where `ip netns` keeps namespaces that have a name.
const PLACE: &str = "/run/netns";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub name: String,
    /// The end of the pair on this side.
    pub link: String,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network namespace {} with the interface {}", self.name, self.link)
    }
}

impl Change for Network {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if !self.name.starts_with(&format!("firedrill-{}-", turn.run)) || !self.link.starts_with("fd-") {
            return Err("does not have the name of one of ours, so it was left alone".into());
        }
        // Whoever was just making it when the runner died ends with it, but not before it.
        if !wait_until(Instant::now() + LAST_DEEDS, || self.is_there()) {
            return Ok("was gone already".into());
        }
        // With one end of the pair goes the other, and at once, which the end of a namespace does not promise.
        if self.link_path().exists() {
            let mut command = Command::new("ip");
            command.args(["link", "del", &self.link]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // A failure shows in the look that follows.
            let _ = command.status();
        }
        let path = self.path();
        if path.exists() {
            let _ = umount2(&path, MntFlags::MNT_DETACH);
            let _ = fs::remove_file(&path);
        }
        match wait_until(Instant::now() + KILL_WAIT, || !self.is_there()) {
            true => Ok("removed, and all rules in it".into()),
            false => Err(format!("is still there; try as root: ip link del {}; ip netns del {}", self.link, self.name)),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match (self.path().exists(), self.link_path().exists()) {
            (false, false) => Ok("neither is there".to_owned()),
            (true, _) => Err("the namespace is still there".to_owned()),
            (_, true) => Err("the interface is still there".to_owned()),
        };
        Look::new(format!("{PLACE} and /sys/class/net"), seen)
    }
}

impl Network {
    pub fn is_there(&self) -> bool {
        self.path().exists() || self.link_path().exists()
    }

    fn path(&self) -> PathBuf {
        Path::new(PLACE).join(&self.name)
    }

    fn link_path(&self) -> PathBuf {
        Path::new("/sys/class/net").join(&self.link)
    }
}
