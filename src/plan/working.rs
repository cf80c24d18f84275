//! What happens to requests inside a service: in what order they wait, and how workers and cores get through them. Plain data.

use crate::base::Span;
use serde::{Deserialize, Serialize};

/// Classes of requests are numbered 0 (the most important) to 15.
pub const CLASSES: usize = 16;

/// Where requests wait for a worker; one queue a replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// `None`: unbounded. `Some(0)`: no waiting at all.
    pub capacity: Option<u32>,
    pub order: Order,
    /// Nobody waits longer than this policy grants.
    pub codel: Option<CoDel>,
    /// When a worker takes the next request, throw away those whose caller has gone.
    pub drop_expired: bool,
    /// When full, throw out the oldest waiting request (by priority: the oldest of the least important class) instead of the newcomer.
    pub overflow_oldest: bool,
}

/// Who is served first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    Fifo,
    Lifo,
    /// Newest first while the queue has not been empty for `standing` and more than `above` wait; oldest first otherwise.
    AdaptiveLifo {
        standing: Span,
        above: u32,
    },
    /// The most important class first, oldest first within it.
    Priority,
    /// A line for each listed class, and one for all others.
    Lanes(Vec<LaneSpec>),
}

/// Limits of waiting as in Maurer, "Fail at Scale" (ACM Queue 13(8), 2015): `target` for those who join a queue that has not been
/// empty for `interval`, `interval` for the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoDel {
    pub target: Span,
    pub interval: Span,
}

/// One class's part of a service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneSpec {
    pub class: u8,
    /// At most so many workers of a replica at a time; `None`: all.
    pub workers: Option<u32>,
    /// At most so many wait; `None`: as many as the queue has room for.
    pub capacity: Option<u32>,
}

/// How the work of a service is done, beside by how many workers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Working {
    pub cores: Option<CoreSpec>,
    pub efficiency: Option<Efficiency>,
    pub warm_up: Option<WarmUp>,
    pub batch: Option<Batch>,
    /// Work that turning a request away costs.
    pub reject_cost: Option<Span>,
    /// What it has done is counted by key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ledger: bool,
}

/// Work needs a core; a worker that waits for a call does not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoreSpec {
    /// Per replica.
    pub count: u32,
    pub sharing: Sharing,
}

/// How more work than there are cores is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// First come, first served; a core is kept until the work is done.
    Fifo,
    /// All at once, each with an equal share.
    Processor,
}

/// Share of the full speed by requests in flight in a replica; linear between the points, flat beyond. Ascending, at least one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Efficiency {
    pub points: Vec<(f64, f64)>,
}

/// Work that begins soon after a start takes longer: `slower` times at first, falling evenly to once when `lasts` is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    pub lasts: Span,
    pub slower: f64,
    /// The run begins with a start.
    pub cold_start: bool,
}

/// A worker takes up to `size` requests at once; fewer only when the first of them has waited for `wait`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub size: u32,
    pub wait: Span,
}

impl Queue {
    /// First in, first out, without a bound.
    pub const fn plain() -> Queue {
        Queue { capacity: None, order: Order::Fifo, codel: None, drop_expired: false, overflow_oldest: false }
    }
}
