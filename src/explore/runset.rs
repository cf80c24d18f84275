//! The results of a set of runs (`firedrill run`), or of a shard of it: what the joint verdicts need of each run, and the recordings that a report may
//! need. Put together again, they say what one process would have said. It neither plays nor judges.

use super::part::{Deal, Part};
use super::results::SCHEMA_VERSION;
use super::shard::{self, Shard};
use crate::judge::against::Captured;
use crate::judge::seeds::Trial;
use crate::plan::{Plan, digest};
use crate::record::Recording;
use crate::record::file::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What was to be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    /// `run`.
    pub what: String,
    /// Of all that decides the outcomes: results are put together only if it is the same.
    pub digest: String,
    /// In the order in which one process plays them.
    pub groups: Vec<Group>,
}

/// Runs that are judged together: one form of a scenario under one or more seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub first_seed: u64,
    pub runs: usize,
    /// Of the plan under the first seed.
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub head: Head,
    /// `None` for the whole.
    pub part: Option<Part>,
    /// In the order of their numbers.
    pub runs: Vec<Run>,
    pub kept: Vec<Kept>,
}

/// One run: its number, counted over all groups, and what the joint verdict needs of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub run: usize,
    pub trial: Trial,
    pub speed: Speed,
    /// Where it is judged against a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<Captured>,
}

/// How much was played, and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    pub requests: u64,
    pub events: u64,
    pub wall_s: f64,
}

impl Speed {
    pub fn add(&mut self, other: Speed) {
        self.requests += other.requests;
        self.events += other.events;
        self.wall_s += other.wall_s;
    }
}

/// A run whose recording may be the one that is reported of its group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub run: usize,
    /// Of the group's runs the one of least rank is reported, and of those the first.
    pub rank: u8,
    /// The command that plays it again.
    pub again: String,
    /// As the author wrote it.
    pub scenario_text: String,
    pub recording: Box<Recording>,
}

/// Why results are not put together.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Unlike(String),
    /// Whoever wants what is there may have it.
    #[error("{0}")]
    Missing(String),
}

impl Group {
    pub fn new(name: &str, plan: &Plan, runs: usize) -> Group {
        // Where a line stands is no part of it: the same scenario may lie in another folder on another machine.
        let mut plain = plan.clone();
        plain.expectations.iter_mut().chain(&mut plain.symptoms).for_each(|line| line.place.clear());
        plain.stop_if.iter_mut().for_each(|line| line.place.clear());
        Group { name: name.to_owned(), first_seed: plan.seed, runs, digest: digest::of(&plain) }
    }
}

impl Head {
    /// `options` is what else decides the outcomes.
    pub fn new(groups: Vec<Group>, options: &str) -> Head {
        let told = serde_json::to_string(&(&groups, options)).expect("groups are plain data");
        Head {
            schema_version: SCHEMA_VERSION,
            program: "firedrill".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            what: "run".to_owned(),
            digest: digest::of_bytes(told.as_bytes()),
            groups,
        }
    }

    pub fn runs(&self) -> usize {
        self.groups.iter().map(|group| group.runs).sum()
    }

    /// The group of a run.
    pub fn group_of(&self, run: usize) -> Option<usize> {
        let mut ends = self.groups.iter().scan(0, |end, group| {
            *end += group.runs;
            Some(*end)
        });
        ends.position(|end| run < end)
    }
}

impl Results {
    pub fn new(head: Head, part: Option<Part>) -> Results {
        Results { head, part, runs: Vec::new(), kept: Vec::new() }
    }

    /// Takes a run in. `kept` is made only if the run may be the one that is reported.
    pub fn take(&mut self, run: Run, kept: impl FnOnce() -> Kept) {
        self.offer(run.trial.rank(), run.run, kept);
        self.runs.push(run);
    }

    fn offer(&mut self, rank: u8, run: usize, kept: impl FnOnce() -> Kept) {
        let group = self.head.group_of(run);
        match self.kept.iter().position(|kept| self.head.group_of(kept.run) == group) {
            None => self.kept.push(kept()),
            Some(rival) if (rank, run) < (self.kept[rival].rank, self.kept[rival].run) => self.kept[rival] = kept(),
            Some(_) => {}
        }
    }

    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, self.line().as_bytes())
    }

    /// As one line of JSON.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("results are plain data") + "\n"
    }

    /// Group by group: what was to be played, its runs, and the one that is reported; groups without a run are left out.
    pub fn into_groups(self) -> Vec<(Group, Vec<Run>, Kept)> {
        let Results { head, runs, kept, .. } = self;
        let mut of_group: BTreeMap<usize, Vec<Run>> = BTreeMap::new();
        for run in runs {
            of_group.entry(head.group_of(run.run).unwrap_or(usize::MAX)).or_default().push(run);
        }
        let mut kept: BTreeMap<usize, Kept> =
            kept.into_iter().filter_map(|kept| Some((head.group_of(kept.run)?, kept))).collect();
        let named =
            |(group, runs): (usize, Vec<Run>)| Some((head.groups.get(group)?.clone(), runs, kept.remove(&group)?));
        of_group.into_iter().filter_map(named).collect()
    }

    /// Puts shards together; with `partly`, even if some are missing. Each group keeps one recording: the one that is reported.
    pub fn merge(all: Vec<Results>, partly: bool) -> Result<Results, Refused> {
        let head = all.first().ok_or_else(|| Refused::Unlike("there is nothing to merge".to_owned()))?.head.clone();
        let deal = |one: &Results| one.part.map_or(Deal::EveryNth, |part| part.deal);
        let first = deal(&all[0]);
        for one in &all {
            differ(&head, &one.head).map_err(Refused::Unlike)?;
            if deal(one) != first {
                return Err(Refused::Unlike(
                    "shards by number (k/n) and by name (hash:k/n) do not fit together".to_owned(),
                ));
            }
        }
        let shards = all.into_iter().map(|one| (one.part.map_or(Shard::WHOLE, |part| part.shard), one));
        let (parts, missing) = shard::gather(shards).map_err(Refused::Unlike)?;
        if !missing.is_empty() && !partly {
            return Err(Refused::Missing(shard::missing_words(&missing)));
        }
        let mut whole = Results::new(head, None);
        let mut kept = Vec::new();
        for part in parts {
            whole.runs.extend(part.runs);
            kept.extend(part.kept);
        }
        whole.runs.sort_by_key(|run| run.run);
        whole.runs.dedup_by_key(|run| run.run);
        kept.into_iter().for_each(|kept: Kept| whole.offer(kept.rank, kept.run, || kept));
        match whole.head.runs() - whole.runs.len() {
            short if short > 0 && missing.is_empty() => Err(Refused::Missing(format!(
                "{short} of {} runs are missing: a shard was ended before it was done",
                whole.head.runs()
            ))),
            _ => Ok(whole),
        }
    }
}

/// Results of different things are not put together; the first difference is named.
fn differ(one: &Head, other: &Head) -> Result<(), String> {
    if one.version != other.version {
        return Err(format!(
            "these are results of different versions of the program: {} and {}",
            one.version, other.version
        ));
    }
    let names = |head: &Head| head.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
    let (ours, theirs) = (names(one), names(other));
    if let Some(alone) =
        ours.iter().find(|name| !theirs.contains(name)).or(theirs.iter().find(|name| !ours.contains(name)))
    {
        return Err(format!("these are results of different selections: not all have {alone}"));
    }
    let pairs = || one.groups.iter().zip(&other.groups);
    let unlike = |what: &str, differs: fn(&Group, &Group) -> bool| {
        let found = pairs().find(|(a, b)| differs(a, b));
        found.map(|(group, _)| format!("these are results of different {what}: {}", group.name))
    };
    let told = unlike("seeds", |a, b| (a.first_seed, a.runs) != (b.first_seed, b.runs))
        .or(unlike("plans", |a, b| a.digest != b.digest))
        .or((one.digest != other.digest).then(|| "these are results of different options of `run`".to_owned()));
    told.map_or(Ok(()), Err)
}
