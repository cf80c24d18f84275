//! What happened on a game day, in order, as one JSON file beside the recordings of its runs. It holds what people did and said; what the
//! system did is in the recordings.

use super::document::Paper;
use super::wall;
use crate::base::Time;
use crate::plan::World;
use crate::record::file::write_whole;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

pub const FILE: &str = "day.json";
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    pub schema_version: u32,
    pub paper: Paper,
    pub world: World,
    pub moments: Vec<Moment>,
    pub runs: Vec<Ran>,
    /// The exit code, and why.
    pub exit: u8,
    pub reason: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// On the wall: `2024-02-29T12:34:56Z`.
    pub utc: String,
    /// Which of the faults was it about, and when in its run, if one was under way.
    pub fault: Option<String>,
    pub at: Option<Time>,
    pub what: What,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The steady state was looked at.
    Steady,
    Go,
    NoGo,
    Begin,
    /// Somebody wrote something down.
    Note,
    Abort,
    /// A run is over.
    End,
}

/// A fault that was played: the files of its recordings, beside this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    pub fault: String,
    pub steady: String,
    pub recording: Option<String>,
    /// From the wish to abort until everything was undone, in seconds.
    pub undone_after_s: Option<f64>,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            What::Steady => "steady state",
            What::Go => "go",
            What::NoGo => "no-go",
            What::Begin => "begins",
            What::Note => "note",
            What::Abort => "abort",
            What::End => "ends",
        }
    }
}

impl Log {
    pub fn new(paper: &Paper, world: World) -> Log {
        let (moments, runs) = (Vec::new(), Vec::new());
        Log {
            schema_version: SCHEMA_VERSION,
            paper: paper.clone(),
            world,
            moments,
            runs,
            exit: 0,
            reason: String::new(),
        }
    }

    pub fn add(&mut self, fault: Option<&str>, at: Option<Time>, what: What, text: impl Into<String>) {
        self.moments.push(Moment { utc: wall::utc(), fault: fault.map(str::to_owned), at, what, text: text.into() });
    }

    pub fn write(&self, folder: &Path) -> io::Result<()> {
        write_whole(&folder.join(FILE), &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
    }

    pub fn read(folder: &Path) -> io::Result<Log> {
        let log: Log = serde_json::from_slice(&std::fs::read(folder.join(FILE))?).map_err(io::Error::other)?;
        match log.schema_version {
            SCHEMA_VERSION => Ok(log),
            other => Err(io::Error::other(format!(
                "written with schema version {other}, this program reads {SCHEMA_VERSION}"
            ))),
        }
    }
}
