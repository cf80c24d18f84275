//! `result.json`: the verdict and the main figures of one run for scripts. Its JSON Schema is published, and fields are only ever added.

use super::against::{self, AgainstResult};
use super::points;
use super::seeds::result::{SeedsResult, TryResult, result as seeds_result, try_result};
use crate::base::{ErrorKind, Time};
use crate::judge::{Basis, Judged, Judgement, Unit, Verdict};
use crate::plan::Phase;
use crate::record::{Latencies, Recording, ServiceCell, UndoNote};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the form of `result.json`.
pub const SCHEMA_VERSION: u32 = 1;

/// The result of one run of firedrill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// `sim` or `live`.
    pub world: String,
    pub seed: u64,
    pub plan_digest: String,
    /// Equal for equal seed, scenario and version on every machine (simulated world).
    pub recording_digest: String,
    pub verdict: Verdict,
    /// By what the run was judged.
    pub judged_by: Basis,
    pub exit_code: u8,
    /// Why, in one line.
    pub reason: String,
    pub wall_s: f64,
    /// How much of the scenario's time was played.
    pub simulated_s: f64,
    /// Simulated events; 0 in the live world.
    pub events: u64,
    pub expectations: Vec<LineResult>,
    /// What an incident's base must show.
    pub symptoms: Vec<LineResult>,
    pub faults: Vec<FaultResult>,
    pub phases: Vec<PhaseResult>,
    /// How each thing was done.
    #[serde(default)]
    pub methods: Vec<String>,
    /// What a reader must know before trusting the figures.
    pub warnings: Vec<String>,
    /// Live: each change outside firedrill, its undo, and the look afterwards.
    #[serde(default)]
    pub undo: Vec<UndoResult>,
    /// Several seeds judged together; null for one. Then `verdict`, `exit_code` and `reason` are those of all seeds, and the other
    /// fields are those of the run with `seed`: the first that does not hold, else the first.
    #[serde(default)]
    pub seeds: Option<SeedsResult>,
    /// Live: it held, and not at the first try (`run --retries`).
    #[serde(default)]
    pub flaky: bool,
    /// Live: the tries before this one, none of which held.
    #[serde(default)]
    pub tries: Vec<TryResult>,
    /// Judged against a baseline as well; null without one.
    #[serde(default)]
    pub baseline: Option<AgainstResult>,
}

/// One expectation or symptom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineResult {
    pub text: String,
    /// `file:line:column`.
    pub place: String,
    pub verdict: Verdict,
    /// In `unit`; null when it could not be measured, and for a recovery that did not come.
    pub measured: Option<f64>,
    /// In `unit`, with `95% of before` resolved; null when that could not be.
    pub bound: Option<f64>,
    pub unit: Unit,
    pub samples: u64,
    /// The 95% confidence interval, lower and upper end: of quantiles by order statistics, of means by batch means. Null where none can be given.
    pub interval: Option<[f64; 2]>,
    pub window: WindowResult,
    /// The begin of the first recording window whose own figure breaks the bound.
    pub broken_at_s: Option<f64>,
    /// Why it cannot be told, or what else must be known.
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowResult {
    pub name: String,
    pub from_s: f64,
    pub to_s: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultResult {
    pub name: String,
    pub kind: String,
    pub on: String,
    pub from_s: f64,
    pub to_s: f64,
    pub evidence: EvidenceResult,
}

/// What a fault really did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceResult {
    /// 0: the fault did not happen.
    pub touched: u64,
    pub details: BTreeMap<String, u64>,
}

/// One change that was undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndoResult {
    pub what: String,
    /// Gone, as the look afterwards shows.
    pub done: bool,
    /// What was done, or why it could not be.
    pub detail: String,
    pub looked_at: String,
    pub seen: String,
    /// Null at the end of the run.
    pub at_s: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseResult {
    pub name: String,
    pub from_s: f64,
    pub to_s: f64,
    pub clients: BTreeMap<String, ClientResult>,
    pub services: BTreeMap<String, ServiceResult>,
}

/// Requests by their intended send time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientResult {
    pub offered: u64,
    pub sent: u64,
    pub ok: u64,
    /// By kind; kinds that did not occur are left out.
    pub errors: BTreeMap<String, u64>,
    pub retries: u64,
    pub latency_ms: LatencyResult,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceResult {
    pub arrived: u64,
    pub completed: u64,
    pub failed: u64,
    pub rejected: u64,
    pub dropped: u64,
    /// Taken by a crash, cancelled while being worked on, or refused by a dead replica.
    pub lost: u64,
    pub wasted: u64,
    /// Null for unlimited workers.
    pub utilisation: Option<f64>,
    pub queue_mean: f64,
    pub queue_max: u64,
    pub latency_ms: LatencyResult,
}

/// Of successful requests, in milliseconds; null where there are none. A quantile q means little below 10/(1-q) samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyResult {
    pub count: u64,
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: Option<f64>,
}

pub fn result(recording: &Recording, judgement: &Judgement) -> RunResult {
    let plan = &recording.plan;
    let lines = |lines: &[Judged]| lines.iter().map(line_result).collect();
    RunResult {
        schema_version: SCHEMA_VERSION,
        program: recording.head.program.clone(),
        version: recording.head.version.clone(),
        scenario: plan.scenario.clone(),
        variant: plan.variant.clone(),
        world: plan.world.word().to_owned(),
        seed: plan.seed,
        plan_digest: recording.head.plan_digest.clone(),
        recording_digest: recording.digest(),
        verdict: judgement.verdict,
        judged_by: judgement.basis,
        exit_code: judgement.exit.number(),
        reason: judgement.reason.clone(),
        wall_s: recording.head.wall_s,
        simulated_s: recording.cut_short.as_ref().map_or(plan.length, |cut| cut.at).as_secs_f64(),
        events: recording.head.events,
        expectations: lines(&judgement.expectations),
        symptoms: lines(&judgement.symptoms),
        faults: faults(recording),
        phases: plan.phases.iter().map(|phase| phase_result(recording, phase)).collect(),
        methods: recording.head.methods.clone(),
        warnings: warnings(recording, judgement),
        undo: recording.undo.iter().map(undo_result).collect(),
        seeds: judgement.seeds.as_deref().map(seeds_result),
        flaky: judgement.flaky,
        tries: judgement.tries.iter().map(try_result).collect(),
        baseline: judgement.baseline.as_deref().map(against::result),
    }
}

/// The document, ending with a line break.
pub fn to_json(recording: &Recording, judgement: &Judgement) -> String {
    let json = serde_json::to_string_pretty(&result(recording, judgement)).expect("a result is plain data");
    json + "\n"
}

/// The JSON Schema of `result.json`.
pub fn result_schema() -> serde_json::Value {
    schemars::schema_for!(RunResult).to_value()
}

/// What a reader must know: the recording's own warnings, what makes the run doubtful, and what was not undone.
pub fn warnings(recording: &Recording, judgement: &Judgement) -> Vec<String> {
    let unsound = recording.latency_unsound.iter().map(|why| format!("latency was not measured soundly: {why}"));
    let left = recording.undo.iter().filter(|note| !note.done);
    let left = left.map(|note| format!("not undone: {}: {} (run `firedrill clean`)", note.what, note.detail));
    let known = recording.warnings.iter().chain(&judgement.warnings).cloned();
    let tries = judgement.tries.iter().map(points::earlier);
    judgement.doubts.iter().cloned().chain(tries).chain(unsound).chain(left).chain(known).collect()
}

pub fn undo_result(note: &UndoNote) -> UndoResult {
    UndoResult {
        what: note.what.clone(),
        done: note.done,
        detail: note.detail.clone(),
        looked_at: note.looked_at.clone(),
        seen: note.seen.clone(),
        at_s: note.at.map(Time::as_secs_f64),
    }
}

pub fn line_result(line: &Judged) -> LineResult {
    LineResult {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        measured: line.measured,
        bound: line.bound,
        unit: line.unit,
        samples: line.samples,
        interval: line.interval.map(|(low, high)| [low, high]),
        window: WindowResult {
            name: line.window.name.clone(),
            from_s: line.window.from.as_secs_f64(),
            to_s: line.window.to.as_secs_f64(),
        },
        broken_at_s: line.broken_at.map(Time::as_secs_f64),
        note: line.note.clone(),
    }
}

pub fn faults(recording: &Recording) -> Vec<FaultResult> {
    let each = recording.plan.faults.iter().zip(&recording.evidence);
    each.map(|(fault, evidence)| FaultResult {
        name: fault.name.clone(),
        kind: fault.kind.clone(),
        on: fault.on.clone(),
        from_s: fault.from.as_secs_f64(),
        to_s: fault.to.as_secs_f64(),
        evidence: EvidenceResult { touched: evidence.touched, details: evidence.details.clone() },
    })
    .collect()
}

fn phase_result(recording: &Recording, phase: &Phase) -> PhaseResult {
    let clients = recording.clients.iter().enumerate();
    let services = recording.services.iter().enumerate();
    PhaseResult {
        name: phase.name.clone(),
        from_s: phase.from.as_secs_f64(),
        to_s: phase.to.as_secs_f64(),
        clients: clients.map(|(index, series)| (series.name.clone(), client_result(recording, index, phase))).collect(),
        services: services
            .map(|(index, series)| (series.name.clone(), service_result(recording, index, phase)))
            .collect(),
    }
}

fn client_result(recording: &Recording, index: usize, phase: &Phase) -> ClientResult {
    let cell = recording.client_over(index, phase.from, phase.to);
    let errors = ErrorKind::ALL.iter().zip(cell.errors).filter(|(_, count)| *count > 0);
    ClientResult {
        offered: cell.offered,
        sent: cell.sent,
        ok: cell.ok,
        errors: errors.map(|(kind, count)| (kind.word().to_owned(), count)).collect(),
        retries: cell.retries,
        latency_ms: latency_result(&cell.latency),
    }
}

fn service_result(recording: &Recording, index: usize, phase: &Phase) -> ServiceResult {
    let cell: ServiceCell = recording.service_over(index, phase.from, phase.to);
    let seconds = phase.to.since(phase.from).as_secs_f64();
    ServiceResult {
        arrived: cell.arrived,
        completed: cell.completed,
        failed: cell.failed,
        rejected: cell.rejected,
        dropped: cell.dropped,
        lost: cell.lost,
        wasted: cell.wasted,
        utilisation: (cell.workers_s > 0.0).then(|| cell.busy_s / cell.workers_s),
        queue_mean: if seconds > 0.0 { cell.queue_s / seconds } else { 0.0 },
        queue_max: cell.queue_max,
        latency_ms: latency_result(&cell.latency),
    }
}

pub fn latency_result(latencies: &Latencies) -> LatencyResult {
    let ms = |seconds: Option<f64>| seconds.map(|seconds| seconds * 1000.0);
    LatencyResult {
        count: latencies.count(),
        mean: ms(latencies.mean()),
        p50: ms(latencies.quantile(0.5)),
        p90: ms(latencies.quantile(0.9)),
        p99: ms(latencies.quantile(0.99)),
        p999: ms(latencies.quantile(0.999)),
        max: ms(latencies.max()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::record::fixture;

    fn checked(recording: &Recording) -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_str(&to_json(recording, &judge(recording))).expect("JSON");
        jsonschema::validate(&result_schema(), &json).expect("valid against its own schema");
        json
    }

    #[test]
    fn results_are_valid_against_the_schema_and_read_back() {
        let mut recording = fixture::recording(&fixture::judged_plan());
        let json = checked(&recording);
        assert_eq!(json["expectations"][0]["verdict"], "holds");
        assert_eq!(json["expectations"][1]["verdict"], "broken");
        assert_eq!(json["expectations"][2]["verdict"], "cannot_tell");
        assert_eq!((&json["verdict"], &json["exit_code"]), (&"broken".into(), &10.into()));
        assert_eq!(json["variant"], serde_json::Value::Null);
        assert_eq!(json["phases"][0]["clients"]["users"]["latency_ms"]["count"], 3000);
        assert_eq!(json["phases"][0]["services"]["db"]["utilisation"], 0.5);
        assert_eq!(json["phases"][0]["services"]["web"]["latency_ms"]["p99"], serde_json::Value::Null);
        let back: RunResult = serde_json::from_value(json).expect("reads back");
        assert_eq!(back, result(&recording, &judge(&recording)));
        recording.evidence[0] = Default::default();
        recording.cut_short =
            Some(crate::record::CutShort { at: fixture::secs(50.0), why: "SIGINT".to_owned(), guardrail: false });
        let json = checked(&recording);
        assert_eq!((&json["exit_code"], &json["simulated_s"]), (&12.into(), &50.0.into()));
        assert_eq!(json["warnings"][0], "the run ended early, at 50s: SIGINT");
        assert_eq!(json["warnings"][1], "fault `slow` touched nothing");
    }

    /// After a change of the structs: `FIREDRILL_BLESS=1 cargo test the_committed_schema`, and commit what it wrote.
    #[test]
    fn the_committed_schema_is_the_one_of_the_structs() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/result.schema.json");
        let wanted = serde_json::to_string_pretty(&result_schema()).expect("plain data") + "\n";
        if std::env::var_os("FIREDRILL_BLESS").is_some() {
            std::fs::write(path, &wanted).expect("the schema can be written");
        }
        let committed = std::fs::read_to_string(path).expect("docs/reference/result.schema.json is there");
        assert!(
            committed == wanted,
            "docs/reference/result.schema.json is out of date: set FIREDRILL_BLESS=1 and test again"
        );
    }

    #[test]
    fn the_schema_refuses_what_is_not_a_result() {
        let recording = fixture::recording(&fixture::judged_plan());
        let mut json = checked(&recording);
        json["verdict"] = "maybe".into();
        assert!(!jsonschema::is_valid(&result_schema(), &json));
    }
}
