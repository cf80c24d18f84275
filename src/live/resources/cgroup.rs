//! The cgroups of one service: made by us under a name with our mark, entered by a process of ours at its start and by somebody else's as long
//! as a limit lasts, limited and lifted while it runs. It never writes into a group that it did not make.

use super::{Controller, Home, Version, Visit, hierarchy, knobs};
use crate::live::Trouble;
use crate::live::undo::{EntryId, Identity, Ledger, entries};
use crate::plan::Limit;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Dropping it removes the groups; do that after the processes in them have ended.
#[derive(Debug)]
pub struct Cgroup {
    name: String,
    groups: BTreeMap<Controller, Home>,
    /// Of those groups, each folder once.
    entries: Vec<EntryId>,
    /// The limits that lie on them now.
    limits: BTreeMap<Controller, EntryId>,
    /// Whose processes do not live in them.
    visit: Option<Visit>,
    ledger: Ledger,
}

impl Cgroup {
    /// For a process that is still to be started. `name` is only there for people.
    pub fn create(name: &str, controllers: &[Controller], ledger: &Ledger) -> Result<Cgroup, Trouble> {
        Cgroup::make(name, controllers, None, ledger)
    }

    /// For a process that runs already, and its descendants.
    pub fn beside(name: &str, controllers: &[Controller], who: Identity, ledger: &Ledger) -> Result<Cgroup, Trouble> {
        Cgroup::make(name, controllers, Some(who), ledger)
    }

    fn make(
        name: &str,
        controllers: &[Controller],
        guest: Option<Identity>,
        ledger: &Ledger,
    ) -> Result<Cgroup, Trouble> {
        let own = entries::Cgroup::name(ledger.run_id(), name);
        let (groups, entries, limits) = Default::default();
        let visit = guest.map(|who| Visit::new(name, who, ledger));
        let mut made = Cgroup { name: name.to_owned(), groups, entries, limits, visit, ledger: ledger.clone() };
        for controller in controllers {
            let home = match guest {
                Some(who) => hierarchy::home_beside(who.pid, *controller),
                None => hierarchy::home(*controller),
            };
            made.add(*controller, &home.map_err(|why| made.trouble("made", why))?, &own)?;
        }
        Ok(made)
    }

    fn add(&mut self, controller: Controller, home: &Home, own: &str) -> Result<(), Trouble> {
        let path = home.path.join(own);
        if !self.groups.values().any(|group| group.path == path) {
            let entry = entries::Cgroup { path: path.clone(), home: home.path.clone() };
            self.entries.push(self.ledger.record(entry)?);
            fs::create_dir(&path).map_err(|error| self.trouble("made", error.to_string()))?;
        }
        self.groups.insert(controller, Home { version: home.version, path });
        Ok(())
    }

    /// The process that `command` starts enters the groups before it becomes its program, so that none of its children is left out.
    pub fn enter(&self, command: &mut Command) -> Result<(), Trouble> {
        let open = |path: &Path| OpenOptions::new().write(true).open(path.join("cgroup.procs"));
        let doors = self.paths().map(open).collect::<io::Result<Vec<File>>>();
        let doors = doors.map_err(|error| self.trouble("entered", error.to_string()))?;
        // SAFETY: the closure runs between fork and exec; it allocates nothing and only writes to files that are open.
        unsafe { command.pre_exec(move || doors.iter().try_for_each(|door| write_self(door.as_raw_fd()))) };
        Ok(())
    }

    /// No more than this, until it is lifted or another limit of the same sort takes its place.
    pub fn limit(&mut self, limit: &Limit, cores: u32) -> Result<(), Trouble> {
        let Some(controller) = Controller::of(limit) else { return Ok(()) };
        let Some(group) = self.groups.get(&controller).cloned() else { return Ok(()) };
        if let Some(visit) = &mut self.visit {
            visit.move_in(controller, &group)?;
        }
        let file = group.path.join(knobs::file(controller, group.version));
        let ours = knobs::text(limit, cores, group.version);
        let unlimited = knobs::unlimited(controller, group.version).to_owned();
        let entry = entries::CgroupLimit { file: file.clone(), ours: ours.clone(), unlimited };
        let entry = self.ledger.record(entry)?;
        // The new one has taken the place of the old one, whose undo is now that of the new one.
        if let Some(old) = self.limits.insert(controller, entry) {
            self.ledger.strike(old);
        }
        fs::write(&file, ours).map_err(|error| self.not_limited(controller, &file, error))
    }

    pub fn lift(&mut self, controller: Controller) -> Result<(), Trouble> {
        let report = self.limits.remove(&controller).and_then(|entry| self.ledger.undo(entry, Duration::ZERO));
        if let Some(report) = report.filter(|report| !report.done) {
            return Err(self.trouble("let go", report.detail));
        }
        let Some(group) = self.groups.get(&controller) else { return Ok(()) };
        let is_here = |other: &Controller| self.groups.get(other).is_some_and(|other| other.path == group.path);
        match &mut self.visit {
            Some(visit) if !self.limits.keys().any(is_here) => visit.move_back(group),
            _ => Ok(()),
        }
    }

    /// What the kernel has counted so far.
    pub fn counts(&self, controller: Controller) -> Vec<(&'static str, u64)> {
        let Some(group) = self.groups.get(&controller) else { return Vec::new() };
        let read = |file: &str| fs::read_to_string(group.path.join(file)).unwrap_or_default();
        let counters = knobs::counters(controller, group.version).iter();
        counters.map(|counter| (counter.what, knobs::count(&read(counter.file), counter.word))).collect()
    }

    pub fn version(&self, controller: Controller) -> Option<Version> {
        self.groups.get(&controller).map(|group| group.version)
    }

    fn not_limited(&self, controller: Controller, file: &Path, error: io::Error) -> Trouble {
        let why = match (controller, error.raw_os_error()) {
            (Controller::Memory, Some(libc::EBUSY)) => {
                "it holds more memory than that already, and cannot give it back; allow it more".to_owned()
            }
            _ => format!("{}: {error}", file.display()),
        };
        self.trouble("limited", why)
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let mut seen: Vec<&PathBuf> = self.groups.values().map(|group| &group.path).collect();
        seen.dedup();
        seen.into_iter().map(PathBuf::as_path)
    }

    fn trouble(&self, verb: &'static str, why: String) -> Trouble {
        Trouble::Signal { service: self.name.clone(), verb, why }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let limits: Vec<Controller> = self.limits.keys().copied().collect();
        for controller in limits {
            // It stays in the ledger, too.
            let _ = self.lift(controller);
        }
        for entry in self.entries.drain(..) {
            // What cannot be removed now stays in the ledger and is tried again at the end of the run.
            self.ledger.undo(entry, Duration::ZERO);
        }
    }
}

/// `0` stands for the process that writes it.
fn write_self(door: RawFd) -> io::Result<()> {
    // SAFETY: a plain system call on an open file and a buffer of the stated length.
    match unsafe { libc::write(door, c"0".as_ptr().cast(), 1) } {
        1 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
