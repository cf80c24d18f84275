//! What can be done to a system from outside: the closed set to which every fault kind is lowered, and when it is done.

use crate::base::{ClientId, Dist, EdgeId, FaultId, ServiceId, Time};
use serde::{Deserialize, Serialize};

/// One scheduled change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub at: Time,
    /// `true`: the effect begins; `false`: it is healed. Effects that are over at once (`Forget`) have no healing step.
    pub on: bool,
    pub fault: FaultId,
    pub target: Target,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    Edge(EdgeId),
    /// `replicas`: how many of the service's replicas, counted from the first.
    Service {
        id: ServiceId,
        replicas: u32,
    },
    Client(ClientId),
}

/// Effects are keyed by fault and they stack: delays add, factors multiply, cuts, freezes and crashes count.
/// Healing one leaves the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Edge: each response (or each request, `upstream`) is late by a draw, in seconds.
    Delay { by: Dist, upstream: bool },
    /// Edge: nothing passes. When it heals, what was held is delivered (TCP retransmits), or with `lose` its connections are closed.
    Cut { lose: bool },
    /// Edge: new connections and requests are refused.
    Refuse,
    /// Edge: requests in flight are reset at once; while it lasts each new one is reset with this chance.
    Reset { chance: f64 },
    /// Edge: bytes per second in each direction, shared by all requests of the edge.
    Throttle { bytes_per_sec: f64 },
    /// Service: the replicas are gone; what they held is lost; they come back cold when healed.
    Down,
    /// Service: nothing moves; work, queue and connections are kept.
    Freeze,
    /// Service: work that starts takes this many times longer.
    Slow { factor: f64 },
    /// Service: this share of requests is answered with an error.
    Fail { chance: f64 },
    /// Cache: this share of the entries of each hit replica is gone, at once.
    Forget { share: f64 },
    /// Store or volume: filled to this share of its capacity, or (`added`) by this share; healed by taking the ballast away.
    Fill { share: f64, added: bool },
    /// Client: the rate becomes this many per second (`None`: unchanged), then times `factor`.
    Surge { rate: Option<f64>, factor: f64 },
}

/// One fault of the scenario, for reports and evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultInfo {
    pub name: String,
    pub kind: String,
    /// What it acts on, in the author's words: `db`, `web->cache`.
    pub on: String,
    pub from: Time,
    /// The end of the run for a fault that is never healed.
    pub to: Time,
    /// One line for people: `latency 200ms ± 50ms`.
    pub label: String,
}
