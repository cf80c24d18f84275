//! The results of many runs, or of a shard of them: which were done, what became of each, and what the users were served in all. What
//! else lies in files of results is read here, too, and taken for what it is.

use super::edge::Searches;
use super::hunt::Hunts;
use super::outcome::{self, Outcome, Served};
use super::pieces::{Piece, Pieces};
use super::runset;
use super::shard::Shard;
use crate::plan::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub const SCHEMA_VERSION: u32 = 1;

/// What was to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    /// `sweep`, `edge` or `hunt`.
    pub what: String,
    /// Of everything that decides the outcomes: results are put together only if it is the same.
    pub digest: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// The paths that are varied; of an edge those beside the one that is searched.
    pub paths: Vec<String>,
    /// The values of each point, in the order of the paths.
    pub points: Vec<Vec<String>>,
    pub first_seed: u64,
    /// Under each point; of a hunt the number of its searches, which all play under the first seed.
    pub seeds: u64,
    /// What must hold.
    pub lines: Vec<String>,
}

/// One run: its number, of `points x seeds`, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    pub run: usize,
    pub outcome: Outcome,
}

/// The results of a sweep, or of a shard of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Of what is compiled to `base`, at these values.
    pub fn new(what: &str, base: &Plan, digest: String, varied: (Vec<String>, Vec<Vec<String>>), seeds: u64) -> Head {
        Head {
            schema_version: SCHEMA_VERSION,
            program: "firedrill".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            what: what.to_owned(),
            digest,
            scenario: base.scenario.clone(),
            variant: base.variant.clone(),
            paths: varied.0,
            points: varied.1,
            first_seed: base.seed,
            seeds,
            lines: base.expectations.iter().map(|line| line.text.clone()).collect(),
        }
    }

    /// How many runs (searches of an edge, or of a hunt) there are.
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
}

impl Piece for Done {
    fn number(&self) -> usize {
        self.run
    }
}

impl Pieces for Results {
    fn head(&self) -> &Head {
        &self.head
    }

    fn shard(&self) -> Option<Shard> {
        self.shard
    }

    fn count(&self) -> usize {
        self.runs.len()
    }

    fn absorb(&mut self, other: Results) {
        self.runs.extend(other.runs);
        outcome::add_up(&mut self.clients, &other.clients);
    }

    fn in_order(mut self, shard: Option<Shard>) -> Results {
        self.runs.sort_by_key(|run| run.run);
        Results { shard, ..self }
    }
}

/// What a file of results holds.
pub enum Any {
    Sweep(Results),
    Edge(Searches),
    Hunt(Hunts),
    Runs(Box<runset::Results>),
}

/// As much of a line as tells what it is.
#[derive(Deserialize)]
struct Peek {
    head: PeekHead,
}

#[derive(Deserialize)]
struct PeekHead {
    schema_version: u32,
    what: String,
    #[serde(default)]
    version: String,
}

impl Any {
    /// The line may stand in a log, among others: the last one counts.
    pub fn read(path: &Path) -> Result<Any, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let none = || format!("{shown} holds no results of a sweep, an edge, a hunt or of runs, nor of a shard");
        let lines = text.lines().rev().map(str::trim).filter(|line| line.starts_with('{'));
        let found = lines.filter_map(|line| serde_json::from_str::<Peek>(line).ok().map(|peek| (line, peek))).next();
        let (line, Peek { head }) = found.ok_or_else(none)?;
        if head.schema_version != SCHEMA_VERSION {
            let other = head.schema_version;
            return Err(format!(
                "{shown} was written with schema version {other}, this program reads {SCHEMA_VERSION}"
            ));
        }
        let read = match head.what.as_str() {
            "sweep" => serde_json::from_str(line).map(Any::Sweep),
            "edge" => serde_json::from_str(line).map(Any::Edge),
            "hunt" => serde_json::from_str(line).map(Any::Hunt),
            "run" => serde_json::from_str(line).map(Any::Runs),
            _ => return Err(none()),
        };
        let ours = env!("CARGO_PKG_VERSION");
        read.map_err(|error| match head.version == ours {
            true => format!("{shown}: {error}"),
            false => format!("{shown} was written by version {}, and this is version {ours}: {error}", head.version),
        })
    }
}

impl Head {
    /// Results of different things are not put together; the first difference is named.
    pub fn differs(&self, other: &Head) -> Result<(), String> {
        let parts = [
            ("commands", self.what == other.what),
            ("scenarios", self.scenario == other.scenario && self.variant == other.variant),
            ("versions of the program", self.version == other.version),
            ("values", self.paths == other.paths && self.points == other.points),
            ("seeds", self.first_seed == other.first_seed && self.seeds == other.seeds),
            ("lines that must hold", self.lines == other.lines),
            ("plans (their digests differ)", self.digest == other.digest),
        ];
        match parts.iter().find(|(_, is_same)| !is_same) {
            None => Ok(()),
            Some((what, _)) => Err(format!("these are results of different {what}")),
        }
    }
}

/// The JSON Schema of `results.json`, and of a shard of it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Results).to_value()
}
