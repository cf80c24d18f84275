//! The Recording: everything that was measured in one run, cell by cell.

use super::part::Part;
use super::{Grid, Latencies, Lateness};
use crate::base::{ErrorKind, Outcome, Span, Time};
use crate::plan::{Plan, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the file format. Readers refuse others by name.
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    pub schema_version: u32,
    pub head: Head,
    pub plan: Plan,
    pub grid: Grid,
    /// In the order of `plan.clients`, `plan.services`, `plan.edges`, `plan.faults`.
    pub clients: Vec<Series<ClientCell>>,
    pub services: Vec<Series<ServiceCell>>,
    pub edges: Vec<Series<EdgeCell>>,
    /// In the order of `plan.meters`.
    pub meters: Vec<Series<MeterCell>>,
    pub evidence: Vec<Evidence>,
    /// Things that happened, in order of time: a fault's begin and end, a process that died, a refused reading.
    pub events: Vec<Event>,
    /// Live: each change that was undone, and whether it was verified.
    pub undo: Vec<UndoNote>,
    /// What a reader must know before trusting the figures.
    pub warnings: Vec<String>,
    /// Meters (by number) about which nothing can be said, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<(u32, String)>,
    /// Meters (by number) that were read at the end, and of how many things each counts some: acknowledged writes that were asked for again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<(u32, u64)>,
    /// Set when latency must not be judged (the load generator fell behind): why.
    pub latency_unsound: Option<String>,
    /// Set when the run ended before its length.
    pub cut_short: Option<CutShort>,
}

/// When and why a run ended early (`SIGINT`, `redis exited`). Cells after that moment hold nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CutShort {
    pub at: Time,
    pub why: String,
    /// A guardrail ended it: a stop line, the stop key, the stop file, or a limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guardrail: bool,
}

/// Where a recording comes from. Nothing here enters the recording's digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub program: String,
    pub version: String,
    pub plan_digest: String,
    pub world: World,
    /// How each thing was measured or injected, one line each, for the report's last section.
    pub methods: Vec<String>,
    /// Wall time of the run.
    pub wall_s: f64,
    /// Simulated events; 0 in the live world.
    pub events: u64,
    /// Lag of the load generator behind the intended send times; empty in the simulator.
    pub send_lag: Latencies,
    /// The same by when the requests were due.
    #[serde(default, skip_serializing_if = "Lateness::is_empty")]
    pub lateness: Lateness,
    /// How late the model's own events were played (ends of work, timeouts, retries): what a stand-in's answers may be off by. Empty in
    /// the simulator.
    #[serde(default)]
    pub clock_lag: Latencies,
    /// How the users' requests were made; `None` in the simulator.
    #[serde(default)]
    pub load: Option<Load>,
    /// The part of a run whose load several machines make; `None` for a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// How the users' requests were made, in the live world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub processes: u32,
    /// Attempts under way at one moment, and connections of plain HTTP/1.1 open at one moment, at most. Of several processes these are
    /// sums, and need not have been reached together.
    pub under_way_max: u64,
    pub connections_max: u64,
}

/// One cell for each cell of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series<C> {
    pub name: String,
    pub cells: Vec<C>,
}

/// Requests of one client, in the cell of their *intended send time* (but `goodput`). sent = ok + failed + in flight at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientCell {
    /// Requests due in this cell, reloads included.
    pub offered: u64,
    /// Those that were not reloads.
    pub fresh: u64,
    /// Those that really left (live: the generator may fail to send).
    pub sent: u64,
    pub ok: u64,
    /// By `ErrorKind::ALL`.
    pub errors: [u64; ErrorKind::COUNT],
    /// Attempts beyond the first.
    pub retries: u64,
    /// Successful answers that *arrived* in this cell.
    pub goodput: u64,
    /// Of successful requests, from the intended send time.
    pub latency: Latencies,
    /// Of failed requests.
    pub failed_latency: Latencies,
}

/// What one service did, by the time at which it happened. Integrals are in seconds times the unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceCell {
    pub arrived: u64,
    /// Answered, with success or `Miss`.
    pub completed: u64,
    /// Answered with an error of its own making or of a call's.
    pub failed: u64,
    /// Turned away by a full queue.
    pub rejected: u64,
    /// Taken out of the queue before a worker took them (wait timeout, drop-expired, cancelled).
    pub dropped: u64,
    /// Taken by a crash, cancelled while being worked on, or refused by a dead replica.
    #[serde(default)]
    pub lost: u64,
    /// Of `completed`: those whose caller had gone.
    pub wasted: u64,
    pub hits: u64,
    pub misses: u64,
    /// Integral of busy workers, and of workers there are.
    pub busy_s: f64,
    pub workers_s: f64,
    /// Integrals of requests waiting and of requests inside.
    pub queue_s: f64,
    pub inflight_s: f64,
    pub queue_max: u64,
    pub inflight_max: u64,
    pub queue_min: u64,
    pub inflight_min: u64,
    /// Last reading in the cell: bytes used by a store or volume.
    pub used_bytes: u64,
    /// Last reading in the cell: keys that the cache does not hold.
    pub cold_keys: u64,
    /// From arrival to answer, of what was completed.
    pub latency: Latencies,
}

/// Calls over one edge, by the time at which they began or ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeCell {
    /// Logical calls; each has one or more attempts.
    pub calls: u64,
    pub attempts: u64,
    /// Attempts that were answered.
    pub ok: u64,
    /// Attempts that failed, by `ErrorKind::ALL`.
    pub errors: [u64; ErrorKind::COUNT],
    /// Attempts that were given up without an end: their caller was stopped, or other requests had answered.
    pub abandoned: u64,
    /// Retries that the budget refused.
    pub retries_denied: u64,
}

/// One meter over one cell. What the fields mean depends on the meter's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeterCell {
    /// Count: how many. Gauge: the integral of its value over time. Share: how many of the sort.
    pub sum: f64,
    /// Gauge: seconds. Share: how many in all.
    pub whole: f64,
    /// Gauge: its least, largest and last value.
    pub min: f64,
    pub max: f64,
    pub last: f64,
}

/// What one fault really touched. A fault with `touched == 0` did not happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub touched: u64,
    /// `"requests delayed": 812`
    pub details: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: Time,
    pub text: String,
}

/// One change that was undone, with a look afterwards whether it is really gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UndoNote {
    pub what: String,
    pub done: bool,
    /// What was done, or why it could not be.
    pub detail: String,
    /// Where was looked afterwards, and what was seen there.
    #[serde(default)]
    pub looked_at: String,
    #[serde(default)]
    pub seen: String,
    /// When, if that was before the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

impl Evidence {
    pub fn add(&mut self, what: &str, count: u64) {
        self.touched += count;
        match self.details.get_mut(what) {
            Some(sum) => *sum += count,
            None => {
                self.details.insert(what.to_owned(), count);
            }
        }
    }
}

impl Load {
    /// Beside it another process made load.
    pub fn add(&mut self, other: Load) {
        self.processes += other.processes;
        self.under_way_max += other.under_way_max;
        self.connections_max += other.connections_max;
    }
}

impl ClientCell {
    /// A request that ended.
    pub fn count(&mut self, outcome: Outcome, latency: Span) {
        match outcome {
            Outcome::Failed(kind) => {
                self.errors[kind as usize] += 1;
                self.failed_latency.record(latency);
            }
            Outcome::Ok | Outcome::Miss => {
                self.ok += 1;
                self.latency.record(latency);
            }
        }
    }

    pub fn failed(&self) -> u64 {
        self.errors.iter().sum()
    }

    pub fn merge(&mut self, other: &ClientCell) {
        self.offered += other.offered;
        self.fresh += other.fresh;
        self.sent += other.sent;
        self.ok += other.ok;
        add_each(&mut self.errors, &other.errors);
        self.retries += other.retries;
        self.goodput += other.goodput;
        self.latency.merge(&other.latency);
        self.failed_latency.merge(&other.failed_latency);
    }
}

impl ServiceCell {
    /// Joins a later cell of the same service.
    pub fn merge(&mut self, later: &ServiceCell) {
        self.arrived += later.arrived;
        self.completed += later.completed;
        self.failed += later.failed;
        self.rejected += later.rejected;
        self.dropped += later.dropped;
        self.lost += later.lost;
        self.wasted += later.wasted;
        self.hits += later.hits;
        self.misses += later.misses;
        self.busy_s += later.busy_s;
        self.workers_s += later.workers_s;
        self.queue_s += later.queue_s;
        self.inflight_s += later.inflight_s;
        self.queue_max = self.queue_max.max(later.queue_max);
        self.inflight_max = self.inflight_max.max(later.inflight_max);
        self.queue_min = self.queue_min.min(later.queue_min);
        self.inflight_min = self.inflight_min.min(later.inflight_min);
        self.used_bytes = later.used_bytes;
        self.cold_keys = later.cold_keys;
        self.latency.merge(&later.latency);
    }
}

impl MeterCell {
    /// Joins a later cell of the same meter.
    pub fn merge(&mut self, later: &MeterCell) {
        *self = MeterCell {
            sum: self.sum + later.sum,
            whole: self.whole + later.whole,
            min: self.min.min(later.min),
            max: self.max.max(later.max),
            last: later.last,
        };
    }
}

impl EdgeCell {
    pub fn merge(&mut self, other: &EdgeCell) {
        self.calls += other.calls;
        self.attempts += other.attempts;
        self.ok += other.ok;
        add_each(&mut self.errors, &other.errors);
        self.abandoned += other.abandoned;
        self.retries_denied += other.retries_denied;
    }
}

fn add_each(into: &mut [u64; ErrorKind::COUNT], from: &[u64; ErrorKind::COUNT]) {
    for (sum, part) in into.iter_mut().zip(from) {
        *sum += part;
    }
}

impl Recording {
    /// A client's cells over a stretch of time, merged.
    pub fn client_over(&self, client: usize, from: Time, to: Time) -> ClientCell {
        let mut sum = ClientCell::default();
        self.clients[client].cells[self.grid.range(from, to)].iter().for_each(|cell| sum.merge(cell));
        sum
    }

    /// A service's cells over a stretch of time, merged; the default (all zero) for an empty stretch.
    pub fn service_over(&self, service: usize, from: Time, to: Time) -> ServiceCell {
        let mut cells = self.services[service].cells[self.grid.range(from, to)].iter();
        let Some(first) = cells.next() else { return ServiceCell::default() };
        let mut sum = first.clone();
        cells.for_each(|cell| sum.merge(cell));
        sum
    }

    /// An edge's cells over a stretch of time, merged.
    pub fn edge_over(&self, edge: usize, from: Time, to: Time) -> EdgeCell {
        let mut sum = EdgeCell::default();
        self.edges[edge].cells[self.grid.range(from, to)].iter().for_each(|cell| sum.merge(cell));
        sum
    }

    /// A meter's cells over a stretch of time, merged; `None` for an empty stretch.
    pub fn meter_over(&self, meter: usize, from: Time, to: Time) -> Option<MeterCell> {
        let mut cells = self.meters[meter].cells[self.grid.range(from, to)].iter().copied();
        let first = cells.next()?;
        Some(cells.fold(first, |mut sum, cell| {
            sum.merge(&cell);
            sum
        }))
    }

    /// `sha256:…` over everything but the head: equal for equal seed, plan and version, on every machine (simulated world).
    pub fn digest(&self) -> String {
        let measured = (
            &self.grid,
            &self.clients,
            &self.services,
            &self.edges,
            &self.meters,
            &self.evidence,
            &self.events,
            &self.warnings,
        );
        let bytes = serde_json::to_vec(&measured).expect("a Recording is plain data");
        crate::plan::digest::of_bytes(&bytes)
    }
}
