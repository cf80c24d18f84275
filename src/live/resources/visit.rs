//! Processes that are somebody else's in a cgroup of ours: moved in while a limit lies on them, and back to where they came from.

use crate::live::Trouble;
use crate::live::resources::Controller;
use crate::live::resources::hierarchy::{self, Home};
use crate::live::undo::identity::Kin;
use crate::live::undo::{EntryId, Identity, Ledger, entries};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So often new descendants are looked for: each look finds those that were started during the one before.
const ROUNDS: usize = 5;

#[derive(Debug)]
pub struct Visit {
    name: String,
    who: Identity,
    ledger: Ledger,
    /// By group of ours, in the order in which they were moved.
    moved: BTreeMap<PathBuf, Vec<EntryId>>,
}

impl Visit {
    pub fn new(name: &str, who: Identity, ledger: &Ledger) -> Visit {
        Visit { name: name.to_owned(), who, ledger: ledger.clone(), moved: BTreeMap::new() }
    }

    /// The process and its descendants, unless they are in already.
    pub fn move_in(&mut self, controller: Controller, group: &Home) -> Result<(), Trouble> {
        if self.moved.contains_key(&group.path) {
            return Ok(());
        }
        let mut done: Vec<Identity> = Vec::new();
        for _ in 0..ROUNDS {
            let members = Kin::Descendants(self.who).members();
            let all = members.into_iter().map(|(pid, stat)| Identity { pid, start_time: stat.start_time });
            let new: Vec<Identity> = all.filter(|one| !done.contains(one)).collect();
            if new.is_empty() {
                break;
            }
            let mut groups: Vec<_> = by_group(controller, &new).into_iter().collect();
            groups.sort_by_key(|(_, members)| !members.contains(&self.who));
            for (from, members) in groups {
                self.move_these(&members, from, &group.path)?;
            }
            done.extend(new);
        }
        Ok(())
    }

    /// The first of all takes home whoever they start meanwhile.
    fn move_these(&mut self, members: &[Identity], from: PathBuf, into: &Path) -> Result<(), Trouble> {
        let rest = !self.moved.contains_key(into);
        let (name, members, into) = (self.name.clone(), members.to_vec(), into.to_owned());
        let entry = entries::Moved { name, members: members.clone(), from, into: into.clone(), rest };
        let entry = self.ledger.record(entry)?;
        self.moved.entry(into.clone()).or_default().push(entry);
        for one in members {
            let moved = fs::write(into.join("cgroup.procs"), one.pid.to_string());
            if let Err(error) = moved
                && one.is_alive()
            {
                let why = format!("pid {} into {}: {error}", one.pid, into.display());
                return Err(Trouble::Signal { service: self.name.clone(), verb: "moved into a cgroup", why });
            }
        }
        Ok(())
    }

    pub fn move_back(&mut self, group: &Home) -> Result<(), Trouble> {
        for entry in self.moved.remove(&group.path).into_iter().flatten().rev() {
            if let Some(report) = self.ledger.undo(entry, Duration::ZERO).filter(|report| !report.done) {
                let (service, why) = (self.name.clone(), report.detail);
                return Err(Trouble::Signal { service, verb: "moved back to its cgroup", why });
            }
        }
        Ok(())
    }
}

/// By the group that they are in now. One that has ended needs no limit.
fn by_group(controller: Controller, members: &[Identity]) -> BTreeMap<PathBuf, Vec<Identity>> {
    let mut groups: BTreeMap<PathBuf, Vec<Identity>> = BTreeMap::new();
    for one in members {
        if let Ok(group) = hierarchy::group_of(one.pid, controller) {
            groups.entry(group).or_default().push(*one);
        }
    }
    groups
}
