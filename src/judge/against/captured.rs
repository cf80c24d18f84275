//! What a baseline keeps of its runs: per seed, client and phase the counts and the whole histogram, so that quantiles are judged and not compared as
//! figures. As a file it is made for git: sorted keys, one line for each client, phase and seed, the same bytes whenever the same is saved.

use super::Conditions;
use crate::base::ErrorKind;
use crate::plan::Phase;
use crate::record::{Latencies, Recording};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Version of the form of a baseline file; others are refused by name.
pub const SCHEMA_VERSION: u32 = 1;

/// The figures of one or more runs of one plan, each under a seed of its own. Fields are in the order of their names, as in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Captured {
    /// In the order of seeds, of the plan's clients, and of its phases.
    pub clients: Vec<ClientFigures>,
    pub conditions: Conditions,
    /// Of the conditions: two baselines with the same one can be compared.
    pub conditions_digest: String,
    pub schema_version: u32,
    pub seeds: Vec<SeedFigures>,
    pub services: Vec<ServiceFigures>,
    /// Why latency must not be judged; such runs are no baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsound: Option<String>,
    pub variant: Option<String>,
    /// Of the program that played them.
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedFigures {
    pub plan_digest: String,
    pub recording_digest: String,
    pub seed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientFigures {
    pub client: String,
    /// By kind; those that did not happen are left out.
    pub errors: BTreeMap<String, u64>,
    pub failed_latency: Latencies,
    pub fresh: u64,
    pub goodput: u64,
    pub latency: Latencies,
    pub offered: u64,
    pub ok: u64,
    /// For those who read a diff; the gate reads the histogram.
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub phase: String,
    pub retries: u64,
    pub seconds: f64,
    pub seed: u64,
    pub sent: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceFigures {
    pub arrived: u64,
    pub completed: u64,
    pub dropped: u64,
    pub failed: u64,
    pub lost: u64,
    pub phase: String,
    pub queue_max: u64,
    pub rejected: u64,
    pub seed: u64,
    pub service: String,
    pub wasted: u64,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path}: not a baseline of firedrill: {source}")]
    Format { path: String, source: serde_json::Error },
    #[error("{path}: a baseline of schema version {found}, this program reads version {SCHEMA_VERSION}; save it again")]
    Version { path: String, found: u64 },
}

impl Captured {
    /// Of one run.
    pub fn of(recording: &Recording) -> Captured {
        let plan = &recording.plan;
        let mut conditions = Conditions::of(plan);
        if let Some(cut) = &recording.cut_short {
            conditions.cut_short(format!("cut short at {}: {}", cut.at, cut.why));
        }
        let clients = (0..plan.clients.len()).flat_map(|client| plan.phases.iter().map(move |phase| (client, phase)));
        let services =
            (0..plan.services.len()).flat_map(|service| plan.phases.iter().map(move |phase| (service, phase)));
        Captured {
            clients: clients.map(|(client, phase)| client_figures(recording, client, phase)).collect(),
            conditions_digest: conditions.digest(),
            conditions,
            schema_version: SCHEMA_VERSION,
            seeds: vec![SeedFigures {
                plan_digest: recording.head.plan_digest.clone(),
                recording_digest: recording.digest(),
                seed: plan.seed,
            }],
            services: services.map(|(service, phase)| service_figures(recording, service, phase)).collect(),
            unsound: recording.latency_unsound.clone(),
            variant: plan.variant.clone(),
            version: recording.head.version.clone(),
        }
    }

    /// Takes in another seed of the same plan.
    pub fn add(&mut self, other: Captured) {
        if let Some(difference) = self.conditions.difference(&other.conditions) {
            // Of several runs of one plan only the end can differ, and then the whole is not a run to the end.
            self.conditions.cut_short(format!("under seed {}: {difference}", other.seeds[0].seed));
            self.conditions_digest = self.conditions.digest();
        }
        self.clients.extend(other.clients);
        self.services.extend(other.services);
        self.seeds.extend(other.seeds);
        self.unsound = self.unsound.take().or(other.unsound);
    }

    /// Clients with their phases, each once.
    pub fn places(&self) -> Vec<(&str, &str)> {
        let first = self.seeds.first().map(|one| one.seed);
        let of_first = self.clients.iter().filter(|figures| Some(figures.seed) == first);
        of_first.map(|figures| (figures.client.as_str(), figures.phase.as_str())).collect()
    }

    /// One client in one phase, seed by seed.
    pub fn at(&self, client: &str, phase: &str) -> Vec<&ClientFigures> {
        self.clients.iter().filter(|figures| figures.client == client && figures.phase == phase).collect()
    }

    pub fn seeds_in_common(&self, other: &Captured) -> Vec<u64> {
        let theirs = |seed: &u64| other.seeds.iter().any(|one| one.seed == *seed);
        self.seeds.iter().map(|one| one.seed).filter(theirs).collect()
    }

    pub fn world(&self) -> &str {
        self.conditions.word("world")
    }

    pub fn scenario(&self) -> &str {
        self.conditions.word("scenario")
    }

    /// Runs that did not come to their end, or whose latency is unsound, would make every later run look good.
    pub fn unfit(&self) -> Option<String> {
        let played = self.conditions.word("played");
        let cut = (played != "to the end").then(|| played.to_owned());
        cut.or_else(|| self.unsound.as_ref().map(|why| format!("latency was not measured soundly: {why}")))
    }

    /// The file's text: equal for equal runs.
    pub fn to_text(&self) -> String {
        let whole = serde_json::to_value(self).expect("figures are plain data");
        let sorted: BTreeMap<&String, &Value> = whole.as_object().into_iter().flatten().collect();
        let fields: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{key:?}: {}", lines(value))).collect();
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }

    /// `path` is for messages.
    pub fn from_text(text: &str, path: &str) -> Result<Captured, ReadError> {
        let format = |source| ReadError::Format { path: path.to_owned(), source };
        let value: Value = serde_json::from_str(text).map_err(format)?;
        match value.get("schema_version").and_then(Value::as_u64) {
            Some(found) if found != u64::from(SCHEMA_VERSION) => {
                Err(ReadError::Version { path: path.to_owned(), found })
            }
            _ => serde_json::from_value(value).map_err(format),
        }
    }
}

/// Each entry of a list or of an object on a line of its own.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(list) if !list.is_empty() => {
            let all: Vec<String> = list.iter().map(|entry| format!(" {entry}")).collect();
            format!("[\n{}\n]", all.join(",\n"))
        }
        Value::Object(fields) if !fields.is_empty() => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let all: Vec<String> =
                sorted.into_iter().map(|(key, entry)| format!(" {}: {entry}", Value::String(key.clone()))).collect();
            format!("{{\n{}\n}}", all.join(",\n"))
        }
        other => other.to_string(),
    }
}

fn client_figures(recording: &Recording, client: usize, phase: &Phase) -> ClientFigures {
    let cell = recording.client_over(client, phase.from, phase.to);
    let named = ErrorKind::ALL.iter().zip(cell.errors).filter(|(_, count)| *count > 0);
    let millis = |q: f64| cell.latency.quantile(q).map(|seconds| (seconds * 1e6).round() / 1e3);
    ClientFigures {
        client: recording.plan.clients[client].name.clone(),
        errors: named.map(|(kind, count)| (kind.word().to_owned(), count)).collect(),
        fresh: cell.fresh,
        goodput: cell.goodput,
        offered: cell.offered,
        ok: cell.ok,
        p50_ms: millis(0.5),
        p99_ms: millis(0.99),
        phase: phase.name.clone(),
        retries: cell.retries,
        seconds: phase.to.since(phase.from).as_secs_f64(),
        seed: recording.plan.seed,
        sent: cell.sent,
        failed_latency: cell.failed_latency,
        latency: cell.latency,
    }
}

fn service_figures(recording: &Recording, service: usize, phase: &Phase) -> ServiceFigures {
    let cell = recording.service_over(service, phase.from, phase.to);
    ServiceFigures {
        arrived: cell.arrived,
        completed: cell.completed,
        dropped: cell.dropped,
        failed: cell.failed,
        lost: cell.lost,
        phase: phase.name.clone(),
        queue_max: cell.queue_max,
        rejected: cell.rejected,
        seed: recording.plan.seed,
        service: recording.plan.services[service].name.clone(),
        wasted: cell.wasted,
    }
}
