//! A volume that was mounted. Undone by unmounting, only while the mount has the source name that we gave it.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::mounts::{self, Mounted};
use crate::live::undo::revert::{BUSY_WAIT, wait_until};
use nix::mount::{MntFlags, umount2};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    pub path: PathBuf,
    pub mark: String,
}

enum Place {
    Ours,
    Foreign(String),
    Gone,
}

impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "volume mounted at {}", self.path.display())
    }
}

impl Change for Mount {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, _turn: Turn) -> Undone {
        match self.place()? {
            Place::Gone => return Ok("was not mounted".into()),
            Place::Foreign(source) => return Err(format!("another mount ({source}) lies over it and was left alone")),
            Place::Ours => {}
        }
        let mut last = None;
        let plainly = wait_until(Instant::now() + BUSY_WAIT, || {
            last = umount2(&self.path, MntFlags::UMOUNT_NOFOLLOW).err();
            last.is_none()
        });
        if !plainly {
            // Whoever waits for an answer of a disk whose server died holds it open, and cannot be killed: this ends the wait.
            let _ = umount2(&self.path, MntFlags::UMOUNT_NOFOLLOW | MntFlags::MNT_FORCE);
            last = umount2(&self.path, MntFlags::UMOUNT_NOFOLLOW | MntFlags::MNT_DETACH).err();
        }
        match self.place()? {
            Place::Ours => {
                let why = last.map_or("no reason given", |errno| errno.desc());
                Err(format!("is still mounted ({why}); try as root: umount -l {}", self.path.display()))
            }
            _ if plainly => Ok("unmounted".into()),
            _ => Ok("was busy, detached".into()),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match self.place() {
            Ok(Place::Gone) => Ok("our volume is not in it".to_owned()),
            Ok(Place::Ours) => Err("our volume is still in it".to_owned()),
            Ok(Place::Foreign(source)) => Err(format!("our volume is still in it, under {source}")),
            Err(why) => Err(why),
        };
        Look::new("the mount table", seen)
    }
}

impl Mount {
    /// A foreign mount at the same place only matters while ours is still underneath.
    fn place(&self) -> Result<Place, String> {
        let table = mounts::mounted().map_err(|error| format!("the mount table cannot be read: {error}"))?;
        let is_ours = |mount: &&Mounted| matches!(mount.kind.as_str(), "tmpfs" | "fuse") && mount.source == self.mark;
        let here: Vec<_> = table.iter().filter(|mount| mount.path == self.path).collect();
        match here.last() {
            Some(top) if is_ours(top) => Ok(Place::Ours),
            Some(top) if here.iter().any(is_ours) => Ok(Place::Foreign(top.source.clone())),
            _ => Ok(Place::Gone),
        }
    }
}
