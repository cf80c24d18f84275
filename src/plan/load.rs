//! Who asks, how often and for which keys, as plain data.

use super::topology::Backoff;
use crate::base::{Dist, EdgeId, ErrorKind, Span, Time};
use serde::{Deserialize, Serialize};

/// A population of users behind one edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    pub name: String,
    pub edge: EdgeId,
    pub arrivals: Arrivals,
    /// A user whose request failed asks again.
    pub reload: Option<Reload>,
    /// A visit of an open loop stays for a while and asks again and again.
    pub pages: Option<Pages>,
    pub keys: Option<Keys>,
    /// How important its requests are: 0 is the most.
    pub class: u8,
    /// Share of requests that change what they ask for.
    pub writes: f64,
    /// Where they are.
    pub zone: Option<String>,
    /// What the live load generator sends.
    pub send: Send,
}

/// When requests are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Open loop at a piecewise linear rate; the last point holds to the end. Points are in order of time, the first at 0.
    Open {
        points: Vec<RatePoint>,
        poisson: bool,
    },
    /// Open loop at the listed moments.
    Trace(Vec<Time>),
    /// Closed loop: this many users, each thinks, asks, waits for the answer, and thinks again. With `start` they begin spread evenly
    /// over that time instead of after a first thought.
    Closed {
        users: u32,
        think: Dist,
        start: Option<Span>,
    },
    Herd(Herd),
    Fleet(Fleet),
}

/// Clients that each hold a session and call only to get one back that was lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Herd {
    pub clients: u32,
    /// The first call after a loss is made at a moment drawn evenly from this.
    pub spread: Span,
    /// From a failed call to the next.
    pub retry: Pause,
    /// Sessions end by themselves after this; `None`: they last until something breaks them.
    pub life: Option<Dist>,
}

/// Agents that each do a run, wait for their next turn, and do a run again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    pub agents: u32,
    /// From one run to the next.
    pub interval: Dist,
    /// Whether the interval counts from the start of a run (a clock) or from its end.
    pub clockwork: bool,
    /// All agents start within this, evenly.
    pub start: Span,
    /// Each start is put off by a draw from 0 to this.
    pub splay: Span,
    pub rerun: Option<Rerun>,
}

/// Another run before the next turn, after failures of these kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rerun {
    pub on: Vec<ErrorKind>,
    pub after: Dist,
}

/// How long somebody waits before another try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    Drawn(Dist),
    Growing(Backoff),
}

/// What becomes of a visit whose first request (the load of the page) succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pages {
    /// How long a page is kept open.
    pub age: Dist,
    /// From one request of an open page to its next.
    pub every: Dist,
}

/// The rate at one moment, per second. Two points at one time make a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatePoint {
    pub at: Time,
    pub rate: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reload {
    pub chance: f64,
    pub after: Dist,
    /// Longest chain of reloads that one visit can cause.
    pub limit: u32,
}

/// Which key a request asks for: rank r (0-based) with weight 1/(r+1)^skew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    pub count: u32,
    pub skew: f64,
    /// This share of all requests asks for one key, whatever its rank.
    pub hot: Option<(u32, f64)>,
}

/// The request on the wire in the live world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    pub method: String,
    pub path: String,
}

impl Arrivals {
    /// Mean requests per second at a moment, without surges; `None` for everything but an open loop with a rate.
    pub fn rate_at(&self, at: Time) -> Option<f64> {
        let Arrivals::Open { points, .. } = self else { return None };
        let after = points.iter().position(|point| point.at > at);
        let Some(after) = after else { return points.last().map(|point| point.rate) };
        let (a, b) = (points[after.checked_sub(1)?], points[after]);
        let share = at.since(a.at).as_secs_f64() / b.at.since(a.at).as_secs_f64();
        Some(a.rate + (b.rate - a.rate) * share)
    }
}

/// Shortest mean spacing that the clock can express.
pub const RATE_MAX: f64 = 1e9;

/// Longest accepted run.
pub const LENGTH_MAX: Span = Span::from_secs(366 * 24 * 3600);
