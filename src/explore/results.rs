//! The results of many runs, or of a shard of them: which were done, what became of each, and what the users were served in all. Results of
//! shards are put together again; together they are, byte for byte, what one process would have written.

use super::outcome::{self, Outcome, Served};
use super::shard::Shard;
use crate::record::file::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub const SCHEMA_VERSION: u32 = 1;

/// What was to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    /// `sweep`.
    pub what: String,
    /// Of everything that decides the outcomes: results are put together only if it is the same.
    pub digest: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// The paths that are varied.
    pub paths: Vec<String>,
    /// The values of each point, in the order of the paths.
    pub points: Vec<Vec<String>>,
    pub first_seed: u64,
    pub seeds: u64,
    /// What must hold.
    pub lines: Vec<String>,
}

/// One run: its number, of `points x seeds`, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub run: usize,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub head: Head,
    /// `None` for the whole.
    pub shard: Option<Shard>,
    /// In the order of their numbers.
    pub runs: Vec<Run>,
    pub clients: Vec<Served>,
}

/// One run as it is kept while the others are still under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub run: usize,
    pub outcome: Outcome,
    pub served: Vec<Served>,
}

impl Head {
    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.points.len() * self.seeds as usize
    }

    /// The point and the seed of a run. The seeds of a point follow each other.
    pub fn place(&self, run: usize) -> (usize, u64) {
        (run / self.seeds as usize, self.first_seed.wrapping_add(run as u64 % self.seeds))
    }

    /// `PATH=VALUE` of a point.
    pub fn settings(&self, point: usize) -> Vec<String> {
        self.paths.iter().zip(&self.points[point]).map(|(path, value)| format!("{path}={value}")).collect()
    }
}

impl Results {
    pub fn new(head: Head, shard: Option<Shard>) -> Results {
        Results { head, shard, runs: Vec::new(), clients: Vec::new() }
    }

    /// Takes a run in. Its histograms go into the sum at once: memory does not grow with them.
    pub fn take(&mut self, done: Done) {
        outcome::add_up(&mut self.clients, &done.served);
        self.runs.push(Run { run: done.run, outcome: done.outcome });
    }

    /// Everything is in: in the order of the runs' numbers, however they came.
    pub fn in_order(mut self) -> Results {
        self.runs.sort_by_key(|run| run.run);
        self
    }

    /// Which runs of the whole are not there.
    pub fn missing(&self) -> usize {
        self.head.runs() - self.runs.len()
    }

    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, self.line().as_bytes())
    }

    /// As one line of JSON.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("results are plain data") + "\n"
    }

    pub fn read(path: &Path) -> Result<Results, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        // The line may stand in a log, among others.
        let found = text.lines().rev().find_map(|line| serde_json::from_str::<Results>(line.trim()).ok());
        let results = found.ok_or_else(|| format!("{shown} holds no results of a sweep, nor of a shard of one"))?;
        match results.head.schema_version {
            SCHEMA_VERSION => Ok(results),
            other => {
                Err(format!("{shown} was written with schema version {other}, this program reads {SCHEMA_VERSION}"))
            }
        }
    }

    /// Puts shards together. Words on why it cannot be done: results of different things, shards that are missing.
    pub fn merge(all: Vec<Results>) -> Result<Results, String> {
        let head = all.first().ok_or("there is nothing to merge")?.head.clone();
        let mut shards: BTreeMap<Shard, Results> = BTreeMap::new();
        for one in all {
            differ(&head, &one.head)?;
            let shard = one.shard.unwrap_or(Shard::WHOLE);
            // A shard that was played twice, because an engine tried it again, says the same twice.
            shards.entry(shard).or_insert(one);
        }
        let of = shards.keys().next().map_or(1, |shard| shard.of);
        if let Some(other) = shards.keys().find(|shard| shard.of != of) {
            return Err(format!("shards of {of} and of {} do not fit together", other.of));
        }
        let missing: Vec<String> = (1..=of)
            .map(|number| Shard { number, of })
            .filter(|shard| !shards.contains_key(shard))
            .map(|shard| shard.to_string())
            .collect();
        if !missing.is_empty() {
            return Err(format!("{} of {of} shards are missing: {}", missing.len(), missing.join(", ")));
        }
        let (mut runs, mut clients) = (Vec::new(), Vec::new());
        for one in shards.into_values() {
            runs.extend(one.runs);
            outcome::add_up(&mut clients, &one.clients);
        }
        runs.sort_by_key(|run| run.run);
        let whole = Results { head, shard: None, runs, clients };
        match whole.missing() {
            0 => Ok(whole),
            missing => Err(format!(
                "{missing} of {} runs are missing: a shard was ended before it was done",
                whole.head.runs()
            )),
        }
    }
}

/// Results of different things are not put together; the first difference is named.
fn differ(one: &Head, other: &Head) -> Result<(), String> {
    let parts = [
        ("scenarios", one.scenario == other.scenario && one.variant == other.variant),
        ("versions of the program", one.version == other.version),
        ("values", one.paths == other.paths && one.points == other.points),
        ("seeds", one.first_seed == other.first_seed && one.seeds == other.seeds),
        ("lines that must hold", one.lines == other.lines),
        ("plans (their digests differ)", one.digest == other.digest),
    ];
    match parts.iter().find(|(_, is_same)| !is_same) {
        None => Ok(()),
        Some((what, _)) => Err(format!("these are results of different {what}")),
    }
}
