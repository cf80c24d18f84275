//! The cgroups of one started service: made by us under a name with our mark, entered by its process at its start, limited and
//! lifted while it runs. It never writes into a group that it did not make.

use super::{Controller, Home, Version, hierarchy, knobs};
use crate::live::Trouble;
use crate::live::undo::{EntryId, Ledger, entries};
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
    ledger: Ledger,
}

impl Cgroup {
    /// `name` is only there for people.
    pub fn create(name: &str, controllers: &[Controller], ledger: &Ledger) -> Result<Cgroup, Trouble> {
        let own = entries::Cgroup::name(ledger.run_id(), name);
        let (groups, entries) = (BTreeMap::new(), Vec::new());
        let mut made = Cgroup { name: name.to_owned(), groups, entries, ledger: ledger.clone() };
        for controller in controllers {
            let home = hierarchy::home(*controller).map_err(|why| made.trouble("made", why))?;
            made.add(*controller, &home, &own)?;
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
    pub fn limit(&self, limit: &Limit, cores: u32) -> Result<(), Trouble> {
        let Some(controller) = Controller::of(limit) else { return Ok(()) };
        self.write(controller, |version| knobs::text(limit, cores, version), "limited")
    }

    pub fn lift(&self, controller: Controller) -> Result<(), Trouble> {
        self.write(controller, |version| knobs::unlimited(controller, version).to_owned(), "let go")
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

    fn write(
        &self,
        controller: Controller,
        text: impl FnOnce(Version) -> String,
        verb: &'static str,
    ) -> Result<(), Trouble> {
        let Some(group) = self.groups.get(&controller) else { return Ok(()) };
        let file = group.path.join(knobs::file(controller, group.version));
        let written = fs::write(&file, text(group.version));
        written.map_err(|error| match (controller, error.raw_os_error()) {
            (Controller::Memory, Some(libc::EBUSY)) => self
                .trouble(verb, "it holds more memory than that already, and cannot give it back; allow it more".into()),
            _ => self.trouble(verb, format!("{}: {error}", file.display())),
        })
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
