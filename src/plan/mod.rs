//! The waist of the house: a Plan is plain data that says everything a world needs to play a run.
//! Printable, comparable, hashable; no behaviour beyond look-ups. Nothing in it refers back to the scenario's text
//! except the places that results quote.

mod asked;
pub mod balance;
pub mod broker;
pub mod cache;
pub mod calling;
pub mod controls;
pub mod database;
pub mod digest;
pub mod effect;
pub mod expectation;
pub mod facts;
#[cfg(test)]
pub(crate) mod fixture;
pub mod guards;
pub mod host;
pub mod limits;
pub mod load;
pub mod meters;
pub mod network;
pub mod part;
mod presets;
pub mod real;
pub mod segment;
pub mod spoil;
pub mod story;
pub mod topology;
pub mod toxic;
pub mod versions;
pub mod volume;
pub mod working;
pub mod zones;

pub use balance::Balance;
pub use cache::{CacheSpec, Eject, Eviction, PlaceBy, Placement};
pub use calling::{After, Bulkhead, Connect, Deadline, Fallback, Hedge, Need, Pick, Pool, Stale, TokenBucket};
pub use controls::{Aimd, Control, Does, Lever, Scaling, Signal, Steering};
pub use effect::{Effect, FaultInfo, Leak, Only, Patch, Replicas, SlowDisk, Step, Target, Untrusted, Ways, Whose};
pub use expectation::{Alert, Expectation, Window};
pub use facts::Facts;
pub use guards::{Budget, Guard};
pub use host::{DiskAnswer, DiskError, Limit, Packets};
pub use limits::{Limits, StopLine};
pub use load::{Arrivals, Client, Fleet, Herd, Keys, Pages, Pause, RatePoint, Reload, Rerun};
pub use meters::Meter;
pub use network::{Dns, Tls};
pub use part::{Accepted, Part};
pub use real::{Real, RealService};
pub use segment::Segment;
pub use spoil::Spoil;
pub use story::Story;
pub use topology::{Backoff, Edge, Fill, Jitter, MissPath, Op, Party, Retry, Role, Service, StoreSpec};
pub use toxic::Toxic;
pub use versions::{Flaw, Rollout, Skew, Then, Watch};
pub use volume::{ReadOnly, Reclaim, VolumeSpec};
pub use working::{Batch, CLASSES, CoDel, CoreSpec, Efficiency, LaneSpec, Order, Queue, Sharing, WarmUp, Working};
pub use zones::{ZoneSet, Zones};

use crate::base::{ClientId, EdgeId, MeterId, ServiceId, Span, Time};
use serde::{Deserialize, Serialize};

/// Which world plays the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    Sim,
    Live,
}

impl World {
    pub fn word(self) -> &'static str {
        match self {
            World::Sim => "sim",
            World::Live => "live",
        }
    }
}

/// A named stretch of the run, from the author's or the compiler's naming: `before`, `during db-slow`, `whole`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub name: String,
    pub from: Time,
    pub to: Time,
}

/// Everything a world needs to play one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub scenario: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Story::is_empty")]
    pub story: Story,
    pub variant: Option<String>,
    pub world: World,
    pub seed: u64,
    /// The run ends here; what is in flight then is counted as such.
    pub length: Time,
    /// Excluded from every phase, window and expectation.
    pub warmup: Time,
    /// Length of one recording window.
    pub window: Span,
    pub services: Vec<Service>,
    pub edges: Vec<Edge>,
    pub clients: Vec<Client>,
    /// Things with a clock of their own.
    pub controls: Vec<Control>,
    /// Links that several edges share.
    pub segments: Vec<Segment>,
    pub zones: Zones,
    /// Names of the locks around work.
    pub locks: Vec<String>,
    pub faults: Vec<FaultInfo>,
    /// Ordered by time; at equal times, `off` before `on`, then by fault.
    pub schedule: Vec<Step>,
    /// In order of time: `before`, `during …`, `after …`, `whole` last.
    pub phases: Vec<Phase>,
    /// What the run is judged by.
    pub expectations: Vec<Expectation>,
    /// Rules of the monitoring.
    pub alerts: Vec<Alert>,
    /// What an incident's base must show; empty for a scenario that is judged by `expectations`.
    pub symptoms: Vec<Expectation>,
    /// A wrong fix: the run holds when at least one expectation breaks.
    pub still_broken: bool,
    /// What the live world starts, reaches and may touch.
    pub real: Real,
    /// When the run must stop by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop_if: Vec<StopLine>,
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Hazards that the author knows of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Accepted>,
    /// What expectations ask of that needs no clock.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// Figures beside the standing columns; made from the rest by `meters::declared`.
    pub meters: Vec<Meter>,
}

impl Plan {
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.index()]
    }

    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.index()]
    }

    pub fn client(&self, id: ClientId) -> &Client {
        &self.clients[id.index()]
    }

    /// Is this how a broker hands messages to a consumer?
    pub fn is_delivery(&self, edge: &Edge) -> bool {
        matches!(edge.from, Party::Service(id) if matches!(self.service(id).role, Role::Broker(_)))
    }

    /// In this world it is a real process that firedrill starts.
    pub fn is_started(&self, id: ServiceId) -> bool {
        let is_it = |real: &RealService| real.service == id && !matches!(real.origin, real::Origin::Address(_));
        self.world == World::Live && self.real.services.iter().any(is_it)
    }

    pub fn service_named(&self, name: &str) -> Option<ServiceId> {
        self.services.iter().position(|service| service.name == name).map(ServiceId::from)
    }

    pub fn party_name(&self, party: Party) -> &str {
        match party {
            Party::Client(id) => &self.client(id).name,
            Party::Service(id) => &self.service(id).name,
        }
    }

    pub fn client_named(&self, name: &str) -> Option<ClientId> {
        self.clients.iter().position(|client| client.name == name).map(ClientId::from)
    }

    /// The meter of this name and subject, or `MeterId::NONE`, for which nobody counts.
    pub fn meter(&self, of: expectation::Subject, name: &str) -> MeterId {
        let found = self.meters.iter().position(|meter| meter.of == of && meter.name == name);
        found.map_or(MeterId::NONE, MeterId::from)
    }

    /// Moments at which the recording must start a new cell, beside the regular windows: every edge of a phase and of an expectation's window.
    pub fn cuts(&self) -> Vec<Time> {
        let of_phases = self.phases.iter().flat_map(|phase| [phase.from, phase.to]);
        let of_lines = self.expectations.iter().chain(&self.symptoms).flat_map(|line| line.spans().into_iter());
        let mut cuts: Vec<Time> =
            of_phases.chain(of_lines.flat_map(|(from, to)| [from, to])).chain([self.warmup]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
}
