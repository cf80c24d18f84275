//! What can be done to a system from outside: the closed set to which every fault kind is lowered, and when it is done.

use super::{Client, DiskError, Edge, Limit, Packets, Service, Spoil, Toxic, ZoneSet};
use crate::base::{ClientId, ControlId, Dist, EdgeId, FaultId, SegmentId, ServiceId, Span, Time, Which};
use serde::{Deserialize, Serialize};

/// One scheduled change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub at: Time,
    /// `true`: the effect begins; `false`: it is healed. Effects that are over at once (`Forget`, `Disconnect`) have no healing step.
    pub on: bool,
    pub fault: FaultId,
    pub target: Target,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    Edge(EdgeId),
    Service {
        id: ServiceId,
        replicas: Replicas,
    },
    Client(ClientId),
    Control(ControlId),
    Segment(SegmentId),
    /// All calls from zones to zones.
    Zones {
        from: ZoneSet,
        to: ZoneSet,
    },
}

/// Some of a service's replicas: every `step`-th of those numbered `from` to below `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicas {
    pub from: u32,
    pub to: u32,
    pub step: u32,
}

impl Replicas {
    pub const ALL: Replicas = Replicas { from: 0, to: u32::MAX, step: 1 };

    /// This many, counted from the first.
    pub fn first(count: u32) -> Replicas {
        Replicas { from: 0, to: count, step: 1 }
    }

    /// Those whose number leaves this remainder: zones are dealt to replicas in turn.
    pub fn every(step: u32, from: u32) -> Replicas {
        Replicas { from, to: u32::MAX, step }
    }

    #[inline]
    pub fn contains(self, replica: u32) -> bool {
        replica >= self.from && replica < self.to && (replica - self.from).is_multiple_of(self.step)
    }

    /// Their numbers, of a service that has `count`.
    pub fn of(self, count: u32) -> impl Iterator<Item = u32> {
        (self.from..self.to.min(count)).step_by(self.step.max(1) as usize)
    }
}

/// Which messages of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ways {
    Both,
    Requests,
    Responses,
}

impl Ways {
    #[inline]
    pub fn requests(self) -> bool {
        self != Ways::Responses
    }

    #[inline]
    pub fn responses(self) -> bool {
        self != Ways::Requests
    }
}

/// Copies of a database, by what they are when an effect begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    Leader,
    Followers,
}

/// What a replica loses at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leak {
    /// A worker, as long as more than so many are left.
    Worker { least: u32 },
    /// Speed: work grows by this share of its first length.
    Speed { growth: f64 },
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untrusted {
    Expired,
    NotYetValid,
    WrongName,
    UnknownCa,
}

/// What is wrong with a disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowDisk {
    /// Every access takes this many times longer, and so much longer, in seconds.
    pub factor: f64,
    pub add: Option<Dist>,
    /// Share of the reads that memory could have answered and that go to the disk all the same, 0 to 1.
    pub reads: f64,
    /// No write gets through until it is over.
    pub stall: bool,
}

/// The requests that an effect on a service acts on; nothing said: all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    pub class: Option<u8>,
    pub key: Option<u32>,
}

impl Only {
    pub const ALL: Only = Only { class: None, key: None };

    /// Is a request of this class for this key one of them?
    #[inline]
    pub fn fits(&self, class: u8, key: u32) -> bool {
        self.class.is_none_or(|wanted| wanted == class) && self.key.is_none_or(|wanted| wanted == key)
    }
}

/// Effects are keyed by fault and they stack: delays add, factors multiply, cuts, freezes and crashes count.
/// Healing one leaves the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Edge: each response (or each request, `upstream`) is late by a draw, in seconds. Zones: each message.
    Delay { by: Dist, upstream: bool },
    /// Edge, zones: nothing passes these ways. When it heals, what was held is delivered (TCP retransmits), or with `lose` its connections are closed.
    Cut { lose: bool, ways: Ways },
    /// Edge: new connections and requests are refused.
    Refuse,
    /// Edge: requests in flight are reset at once; while it lasts each new one is reset with this chance.
    Reset { chance: f64 },
    /// Edge: single messages are held, answered, changed or cut short, by those who understand the protocol.
    Spoil(Box<Spoil>),
    /// Edge: the called service shows a certificate that must not be taken; sessions that are open live on.
    Certificate(Untrusted),
    /// Edge, shared link: bytes per second in each direction, shared by all requests of it.
    Throttle { bytes_per_sec: f64 },
    /// Edge: the effect acts on some of the connections only: a share of them, or of those that are opened while it lasts the first so many or
    /// every so-manieth.
    Some { which: Which, does: Box<Effect> },
    /// Edge: a toxic acts on the connections that it chooses.
    Toxic(Toxic),
    /// Service: the replicas are gone; what they held is lost; they come back cold when healed.
    Down,
    /// Service: nothing moves; work, queue and connections are kept. Control: it decides nothing.
    Freeze,
    /// Database: these copies and the others hear nothing of each other; requests still reach them.
    Isolate,
    /// Database: the clocks of these copies are so far ahead (below 0: behind), in nanoseconds.
    Skew { whose: Whose, ahead_ns: i64 },
    /// Service: the balancer sends the replicas nothing new; what they have they finish.
    Drain,
    /// Service: monitoring does not see it; nothing else changes.
    Blind,
    /// Service: work that starts takes this many times longer.
    Slow { factor: f64 },
    /// Service: each of the replicas loses another piece, until it is started anew.
    Leak(Leak),
    /// Service: what goes to the disk of these replicas takes longer.
    SlowDisk(SlowDisk),
    /// Service: its processes get no more of something. The model knows the processor only.
    Limit(Limit),
    /// Service: some accesses to the disk of these replicas fail.
    DiskError(DiskError),
    /// Service: this share of the writes to its disk is cut short. Real processes only.
    ShortWrites { share: f64 },
    /// Service: the power is off: the replicas are gone, and with them what they had not synced to their disks; they come back when healed.
    PowerCut,
    /// Edge: packets go astray.
    Packets(Packets),
    /// Service: this share of requests is answered with an error.
    Fail { chance: f64 },
    /// Service: a request kills the replica that it comes to, which is started again after this time.
    Kill { restart: Span },
    /// Service: the effect acts on some of the requests only; with `until_start` it stays on each replica that it has hit until that
    /// replica is started anew.
    Bound { only: Only, until_start: bool, does: Box<Effect> },
    /// Cache: this share of the entries of each hit replica is gone, at once.
    Forget { share: f64 },
    /// Store or volume: filled to this share of its capacity, or (`added`) by this share; healed by taking the ballast away.
    Fill { share: f64, added: bool },
    /// Broker: consumers fail on so many of the messages that are taken in next, as long as it lasts; with `restart` they die of
    /// each and are started again after this time.
    Poison { messages: u64, restart: Option<Span> },
    /// Anything: its entry in the Plan becomes this one (a config push, a scaling, a lever that an operator pulls). When it heals,
    /// the entry becomes what it would have been without it.
    Set(Box<Patch>),
    /// Client: the rate becomes this many per second (`None`: unchanged), then times `factor`.
    Surge { rate: Option<f64>, factor: f64 },
    /// Client with a herd: this share of the sessions it holds is lost, at once.
    Disconnect { share: f64 },
    /// Client with a fleet: this share of the agents that wait for their turn start within this time, at once.
    Wake { share: f64, within: Span },
    /// Client with pages: what is loaded from now on is of a new version, at once.
    Release,
}

impl Effect {
    /// The same on these connections.
    pub fn on(self, which: Which) -> Effect {
        match which == Which::ALL {
            true => self,
            false => Effect::Some { which, does: Box::new(self) },
        }
    }

    /// Does it take replicas down, at once or when a request comes?
    pub fn takes_down(&self) -> bool {
        match self {
            Effect::Bound { does, .. } => does.takes_down(),
            does => matches!(does, Effect::Down | Effect::PowerCut | Effect::Kill { .. }),
        }
    }

    /// The same, bound to these requests, or to a replica until its next start.
    pub fn bound(self, only: Only, until_start: bool) -> Effect {
        match only == Only::ALL && !until_start {
            true => self,
            false => Effect::Bound { only, until_start, does: Box::new(self) },
        }
    }

    /// What is done, and to which connections.
    pub fn split(&self) -> (&Effect, Which) {
        match self {
            Effect::Some { which, does } => (does, *which),
            Effect::Toxic(toxic) => (self, toxic.which),
            all => (all, Which::ALL),
        }
    }
}

/// A new entry for the target of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patch {
    Service(Service),
    Edge(Edge),
    Client(Client),
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
