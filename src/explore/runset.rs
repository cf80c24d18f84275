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
    /// Each comes with where it was read, for messages.
    pub fn merge(all: Vec<(String, Results)>, partly: bool) -> Result<Results, Refused> {
        let (place, first) = all.first().ok_or_else(|| Refused::Unlike("there is nothing to merge".to_owned()))?;
        let deal = |one: &Results| one.part.map_or(Deal::EveryNth, |part| part.deal);
        for (other_place, other) in &all {
            let unlike = match deal(first) == deal(other) {
                true => differ(&first.head, &other.head),
                false => Some("shards by number (k/n) and by name (hash:k/n)".to_owned()),
            };
            if let Some(what) = unlike {
                return Err(Refused::Unlike(format!(
                    "these are results of different {what}\n  {place}\n  {other_place}"
                )));
            }
        }
        let head = first.head.clone();
        let shards = all.into_iter().map(|(_, one)| (one.part.map_or(Shard::WHOLE, |part| part.shard), one));
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

/// The first difference, if there is one: results of different things are not put together.
fn differ(one: &Head, other: &Head) -> Option<String> {
    if one.version != other.version {
        return Some(format!("versions of the program: {} and {}", one.version, other.version));
    }
    let names = |head: &Head| head.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
    let (ours, theirs) = (names(one), names(other));
    let mut alone =
        ours.iter().filter(|name| !theirs.contains(name)).chain(theirs.iter().filter(|name| !ours.contains(name)));
    if let Some(alone) = alone.next() {
        return Some(format!("selections: not all have {alone}"));
    }
    let unlike = |what: &str, differs: fn(&Group, &Group) -> bool| {
        let found = one.groups.iter().zip(&other.groups).find(|(a, b)| differs(a, b));
        found.map(|(group, _)| format!("{what}: {}", group.name))
    };
    unlike("seeds", |a, b| (a.first_seed, a.runs) != (b.first_seed, b.runs))
        .or_else(|| unlike("plans", |a, b| a.digest != b.digest))
        .or_else(|| {
            (one.digest != other.digest).then(|| "options of `run` (--generators, --retries, --repeat)".to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::record::fixture;

    fn plan(seed: u64, lines: usize) -> Plan {
        let mut plan = Plan { seed, ..fixture::judged_plan() };
        plan.expectations.truncate(lines);
        plan
    }

    /// Two groups of three runs; of the first group the second run does not hold.
    fn played(part: &str) -> Results {
        let part = Part::read(part).expect("a part");
        let groups = vec![Group::new("a", &plan(7, 1), 3), Group::new("b", &plan(7, 1), 3)];
        let mut results = Results::new(Head::new(groups, ""), Some(part));
        for run in (0..6).filter(|run| part.has(*run, "")) {
            // The fixture breaks its second line.
            let recording = fixture::recording(&plan(7 + run as u64 % 3, if run == 1 { 2 } else { 1 }));
            let trial = Trial::of(&recording, &judge(&recording));
            let (rank, captured) = (trial.rank(), Some(Captured::of(&recording)));
            let speed = Speed { requests: 3, events: 5, wall_s: 0.1 + 0.2 };
            results.take(Run { run, trial, speed, captured }, || Kept {
                run,
                rank,
                again: format!("firedrill run {run}"),
                scenario_text: String::new(),
                recording: Box::new(recording),
            });
        }
        results
    }

    fn placed(results: Results) -> (String, Results) {
        (results.part.map_or_else(String::new, |part| part.to_string()), results)
    }

    #[test]
    fn of_each_group_the_run_is_kept_that_is_reported_whoever_played_it() {
        for parts in [vec!["1/1"], vec!["3/3", "1/3", "2/3", "1/3"], vec!["2/2", "1/2"]] {
            let whole = Results::merge(parts.iter().map(|part| placed(played(part))).collect(), false);
            let whole = whole.expect("they fit together");
            let mut kept: Vec<usize> = whole.kept.iter().map(|kept| kept.run).collect();
            kept.sort_unstable();
            assert_eq!(kept, [1, 3], "{parts:?}: the first that does not hold, else the first");
            assert_eq!(whole.runs.iter().map(|run| run.run).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
            let sizes = whole.into_groups().into_iter().map(|(group, runs, kept)| (group.name, runs.len(), kept.run));
            assert_eq!(sizes.collect::<Vec<_>>(), [("a".to_owned(), 3, 1), ("b".to_owned(), 3, 3)]);
        }
    }

    #[test]
    fn what_is_written_is_read_back_to_the_bit() {
        let results = played("1/1");
        let back: Results = serde_json::from_str(&results.line()).expect("it reads back");
        assert_eq!(back, results);
        assert_eq!(back.line(), results.line());
        assert_eq!(back.kept[0].recording.digest(), results.kept[0].recording.digest());
    }

    #[test]
    fn the_first_difference_is_named_with_its_files() {
        let mut other = played("2/2");
        other.head.groups[1].digest = "sha256:0".to_owned();
        let refused =
            Results::merge(vec![placed(played("1/2")), placed(other)], false).map(|_| ()).expect_err("unlike");
        assert_eq!(refused.to_string(), "these are results of different plans: b\n  1/2\n  2/2");
        let refused = Results::merge(vec![placed(played("1/3"))], false).map(|_| ()).expect_err("two are missing");
        assert_eq!(refused.to_string(), "2 of 3 shards are missing: 2/3, 3/3");
        let partly = Results::merge(vec![placed(played("1/3"))], true).expect("asked for");
        assert_eq!(partly.runs.len(), 2);
    }
}
