//! The lines of `ndjson` as data, and their JSON Schema. Nothing here decides when a line is written.

use crate::judge::{Basis, Verdict};
use crate::report::result::{EvidenceResult, LatencyResult, LineResult, UndoResult};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the form of the lines.
pub const SCHEMA_VERSION: u32 = 1;

/// One line: of which run, when, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// What tells the run from others that are written to the same place.
    pub run: String,
    /// Seconds from the begin of the run.
    pub at_s: f64,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// The first line of a run.
    Begin(Begin),
    /// A phase begins or ends.
    Phase { name: String, state: State },
    /// A fault begins or ends.
    Fault { name: String, kind: String, on: String, label: String, state: State },
    /// Something happened: a process died, a breaker opened.
    Event { text: String },
    /// A rule of the monitoring begins or ends to fire. It is told when every request of the window has ended, for the moment `at_s`.
    Alert { name: String, rule: String, state: State },
    /// A recording window of a client is over.
    Window(Window),
    /// What a fault really touched, at the end.
    Evidence { fault: String, evidence: EvidenceResult },
    /// A change outside firedrill was undone.
    Undo { undo: UndoResult },
    /// What a reader must know before trusting the figures.
    Warning { text: String },
    /// The verdict on a line of the scenario.
    Verdict { of: Sort, line: LineResult },
    /// The last line of a run that was judged.
    End(End),
    /// The last line of a run that gave nothing to judge: it could not be played, or was stopped before it could be recorded.
    Failed { why: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Expectation,
    Symptom,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begin {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// `sim` or `live`.
    pub world: String,
    pub seed: u64,
    pub length_s: f64,
    pub warmup_s: f64,
    /// The regular recording window; windows are cut again where a phase or the window of an expectation begins or ends.
    pub window_s: f64,
    pub plan_digest: String,
    /// The command that plays exactly this again.
    pub command: String,
}

/// Requests by their intended send time in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    pub client: String,
    pub from_s: f64,
    pub to_s: f64,
    pub offered: u64,
    pub sent: u64,
    pub ok: u64,
    /// By kind; kinds that did not occur are left out.
    pub errors: BTreeMap<String, u64>,
    pub retries: u64,
    /// Successful answers that arrived in the window.
    pub goodput: u64,
    /// Requests of the window that have not ended yet.
    pub pending: u64,
    pub latency_ms: LatencyResult,
    /// False: requests of the window are under way, and a later line of the same client and window replaces this one.
    pub is_final: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    pub verdict: Verdict,
    pub judged_by: Basis,
    pub exit_code: u8,
    /// Why, in one line.
    pub reason: String,
    pub recording_digest: String,
    pub wall_s: f64,
}

/// The JSON Schema of one line.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Line).to_value()
}
