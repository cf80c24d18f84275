//! Services and the edges between them, as plain data.

use super::Balance;
use super::broker::BrokerSpec;
use super::cache::{CacheSpec, Eject};
use super::calling::{Bulkhead, Connect, Deadline, Fallback, Hedge, Need, Pool, Stale};
use super::database::DatabaseSpec;
use super::guards::{Budget, Guard};
use super::network::{Dns, Tls};
use super::versions::Skew;
use super::volume::VolumeSpec;
use super::working::{Queue, Working};
use crate::base::{ClientId, Dist, EdgeId, ErrorKind, SegmentId, ServiceId, Span};
use serde::{Deserialize, Serialize};

/// One service: `replicas` equal copies, each with its own workers, queue and contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub name: String,
    /// The kind in the scenario: `service`, `cache`, `store`.
    pub kind: String,
    pub replicas: u32,
    /// Per replica. A worker is held from the start of the first op to the answer, calls included. `None`: no limit.
    pub workers: Option<u32>,
    pub queue: Queue,
    pub balance: Balance,
    /// Zones that the replicas are dealt to in turn; none: no zones.
    pub zones: Vec<String>,
    /// Asked at the door, in this order: rate limits for all replicas together, the others by each.
    pub guards: Vec<Guard>,
    /// How long it asks those to wait whom it turns away, in seconds (`Retry-After`, RFC 9110).
    pub retry_after: Option<Dist>,
    /// Connections that each replica accepts from pools; `None`: no limit.
    pub connections: Option<u32>,
    pub working: Working,
    /// `None`: it does not matter by which version a request was made.
    pub versions: Option<Skew>,
    /// The disk under it; a store has one, of all its servers together.
    pub volume: Option<Box<VolumeSpec>>,
    /// What the service does for each request, in order.
    pub program: Vec<Op>,
    pub role: Role,
}

/// One thing a service does for a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Keep the worker busy for a drawn length of time.
    Work(Dist),
    /// As `Work`, by the class of the request.
    WorkBy(Box<WorkBy>),
    /// One call, and wait for its answer.
    Call(EdgeId),
    /// All of these calls at once, and wait for as many as are needed.
    Parallel { calls: Vec<EdgeId>, need: Need },
    /// One of these calls, in turn by their weights.
    Split(Vec<EdgeId>),
    /// Wait for a lock of the Plan, for at most so long.
    Lock { lock: u32, timeout: Option<Span> },
    /// Give it back.
    Unlock(u32),
}

/// Work of some classes, and of all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkBy {
    pub any: Dist,
    pub classes: Vec<(u8, Dist)>,
}

impl WorkBy {
    pub fn of(&self, class: u8) -> &Dist {
        self.classes.iter().find(|(of, _)| *of == class).map_or(&self.any, |(_, work)| work)
    }
}

/// What a service is beside a pool of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Plain,
    /// Answers `Ok` to a read of a key that it holds, `Miss` to others; `Fill::…` of the calling edge writes it.
    Cache(CacheSpec),
    /// Appends bytes to one of many servers, found by probing.
    Store(StoreSpec),
    /// Its replicas are copies of the same data.
    Database(DatabaseSpec),
    /// Takes requests for messages, and hands these on to consumers.
    Broker(BrokerSpec),
}

/// Appends go to the first server with room, found by random probes. What is used of the volume fills one server after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreSpec {
    pub servers: u32,
    /// Bytes a server can hold.
    pub server_bytes: u64,
    /// Time one probe takes.
    pub probe: Span,
    /// Give up after this many probes, with `no-space`.
    pub probes_max: u32,
    /// A free-space index: one probe finds room as long as there is any.
    pub indexed: bool,
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    Client(ClientId),
    Service(ServiceId),
}

/// One way by which a client or a service calls a service, with the caller's policies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// `from->to`, with `#2` and so on when a caller calls the same service more than once.
    pub name: String,
    pub from: Party,
    pub to: ServiceId,
    /// The call is made with this chance, 0 to 1.
    pub chance: f64,
    /// How many times in a row (in sequence), or at once (inside `parallel`).
    pub count: u32,
    /// Total time of one attempt.
    pub timeout: Option<Span>,
    /// Longest wait for a worker of the called service; after it the request is taken out of the queue.
    pub wait: Option<Span>,
    /// On a timeout, also stop the work that was asked for; otherwise it goes on for nobody.
    pub cancel: bool,
    pub retry: Option<Retry>,
    /// How important its requests are from here on, 0 the most; `None`: as whatever they are made for.
    pub class: Option<u8>,
    /// Failures of this call do not fail the caller.
    pub optional: bool,
    /// One-way time of a message, in each direction.
    pub latency: Dist,
    pub request_bytes: u64,
    pub response_bytes: u64,
    pub pool: Option<Pool>,
    pub dns: Option<Dns>,
    pub tls: Option<Tls>,
    /// Asked at every attempt, in this order, before it is sent.
    pub guards: Vec<Guard>,
    /// `None`: opening a connection takes no time.
    pub connect: Option<Connect>,
    pub bulkhead: Option<Bulkhead>,
    pub hedge: Option<Hedge>,
    pub deadline: Option<Deadline>,
    pub fallback: Option<Fallback>,
    /// Nobody waits for the answer.
    pub mirror: bool,
    /// For a call to a cache: what to do when the key is not there.
    pub miss: Option<MissPath>,
    /// For a call to a cache: when a replica is put out of the caller's list.
    pub eject: Option<Eject>,
    /// The request, and what is asked for it further on, changes its key.
    pub write: bool,
    /// It asks for a page: the answer is of the version of the replica that gives it, and so is what the caller asks for afterwards.
    pub loads: bool,
    /// How much of a split goes this way, against the weights of the others in it.
    pub weight: f64,
    /// Shared links that its messages cross, in the order of a request.
    pub via: Vec<SegmentId>,
}

/// Cache-aside: where the caller goes after a miss, and who writes the value back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MissPath {
    pub edge: EdgeId,
    pub fill: Fill,
    /// A failed read of the cache (timeout, reset, …) is taken as a miss.
    pub on_error: bool,
    pub stale: Stale,
}

/// What happens to a rebuilt value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// Written only if the request that asked for it is still awaited.
    IfAwaited,
    /// Written even if its caller has left.
    Always,
    /// One rebuild a key at a time, which goes on without its caller; others wait for it.
    SingleFlight,
}

/// Attempts after a failed one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts beside the first.
    pub max: u32,
    pub backoff: Backoff,
    /// Which failures are retried.
    pub on: Vec<ErrorKind>,
    /// Wait at least as long as the service that turned the attempt away asks.
    pub retry_after: bool,
    /// Retries per first attempt that all callers of this edge together may spend (a token bucket), e.g. 0.1.
    pub budget: Option<Budget>,
}

/// How long to wait before retry number n (1-based): min(max, base * factor^(n-1)), then jitter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    pub base: Span,
    pub factor: f64,
    pub max: Span,
    pub jitter: Jitter,
}

/// Names after Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    None,
    /// Uniform in [0, delay].
    Full,
    /// Half the delay, and uniform in the other half.
    Equal,
    /// Uniform in [base, 3 * previous delay], capped.
    Decorrelated,
}

impl StoreSpec {
    /// Bytes that all servers hold together.
    pub fn capacity(&self) -> u64 {
        u64::from(self.servers).saturating_mul(self.server_bytes)
    }
}

impl Service {
    /// Does each of its replicas hold a copy of the same data? Then there are as many from the beginning to the end.
    pub fn has_copies(&self) -> bool {
        matches!(self.role, Role::Database(_) | Role::Broker(_))
    }

    /// What its utilisation is a share of, per replica: its cores, or else its workers. `None`: no limit.
    pub fn slots(&self) -> Option<u32> {
        self.working.cores.map(|cores| cores.count).or(self.workers)
    }
}

impl Edge {
    /// Must an attempt ask for anything before it is sent, or be watched afterwards?
    pub fn has_gate(&self) -> bool {
        self.bulkhead.is_some() || self.pool.is_some() || self.connect.is_some() || self.hedge.is_some()
    }

    /// A call without any policy: once, at once, with all the patience in the world.
    pub fn plain(name: impl Into<String>, from: Party, to: ServiceId) -> Edge {
        Edge {
            name: name.into(),
            from,
            to,
            chance: 1.0,
            count: 1,
            timeout: None,
            wait: None,
            cancel: false,
            retry: None,
            class: None,
            optional: false,
            latency: Dist::Constant(0.0),
            request_bytes: 1024,
            response_bytes: 1024,
            pool: None,
            dns: None,
            tls: None,
            guards: Vec::new(),
            connect: None,
            bulkhead: None,
            hedge: None,
            deadline: None,
            fallback: None,
            mirror: false,
            miss: None,
            eject: None,
            write: false,
            loads: false,
            weight: 1.0,
            via: Vec::new(),
        }
    }
}
