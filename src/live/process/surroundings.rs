//! What a started service is given from its start because a fault will need it: cgroups, a disk that can fail, a clock that can be
//! wrong, a network of its own. What no fault needs is not made.

use crate::live::clock::Clock;
use crate::live::disk::Disk;
use crate::live::net::Room;
use crate::live::resources::{Cgroup, Controller};
use crate::live::{Ledger, Trouble};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the faults of a plan need of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub controllers: Vec<Controller>,
    pub disk: Option<DiskNeed>,
    pub clock: bool,
    pub network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskNeed {
    /// Before-images of what is not synced are kept.
    pub power_cut: bool,
}

/// Dropped after the process has ended, and before the folder that they lie in.
#[derive(Debug, Default)]
pub struct Surroundings {
    pub disk: Option<Disk>,
    pub cgroup: Option<Cgroup>,
    pub clock: Option<Clock>,
    pub room: Option<Room>,
}

impl Surroundings {
    /// `room` was made before, if somebody had to know its addresses. `folder` is the private one of the service; its data lie in `root`, which may be a volume of its own.
    pub fn make(
        needs: &Needs,
        name: &str,
        folder: &Path,
        root: &Path,
        room: Option<Room>,
        ledger: &Ledger,
    ) -> Result<Surroundings, Trouble> {
        let mut made = Surroundings { room, ..Surroundings::default() };
        if !needs.controllers.is_empty() {
            made.cgroup = Some(Cgroup::create(name, &needs.controllers, ledger)?);
        }
        if let Some(need) = needs.disk {
            let (front, behind) = (make_folder(folder, "disk")?, make_folder(root, "behind")?);
            made.disk = Some(Disk::create(&front, &behind, need.power_cut, ledger)?);
        }
        if needs.clock {
            made.clock = Some(Clock::new(folder)?);
        }
        if needs.network && made.room.is_none() {
            made.room = Some(Room::create(name, ledger)?);
        }
        Ok(made)
    }

    /// The process that `command` starts lives in them.
    pub fn prepare(&self, command: &mut Command) -> Result<(), Trouble> {
        if let Some(clock) = &self.clock {
            clock.give(command);
        }
        match &self.cgroup {
            Some(cgroup) => cgroup.enter(command),
            None => Ok(()),
        }
    }
}

fn make_folder(below: &Path, name: &str) -> Result<PathBuf, Trouble> {
    let path = below.join(name);
    fs::create_dir(&path).map_err(|source| Trouble::Folder { path: path.clone(), source })?;
    Ok(path)
}
