//! Who asks, how often and for which keys, as plain data.

use crate::base::{Dist, EdgeId, Span, Time};
use serde::{Deserialize, Serialize};

/// A population of users behind one edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    pub name: String,
    pub edge: EdgeId,
    pub arrivals: Arrivals,
    /// A user whose request failed asks again.
    pub reload: Option<Reload>,
    pub keys: Option<Keys>,
    /// What the live load generator sends.
    pub send: Send,
}

/// When requests are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Open loop at a piecewise linear rate; the last point holds to the end. Points are in order of time, the first at 0.
    Open { points: Vec<RatePoint>, poisson: bool },
    /// Open loop at the listed moments.
    Trace(Vec<Time>),
    /// Closed loop: this many users, each thinks, asks, waits for the answer, and thinks again.
    Closed { users: u32, think: Dist },
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
}

/// The request on the wire in the live world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    pub method: String,
    pub path: String,
}

impl Arrivals {
    /// Mean requests per second at a moment, without surges; `None` for a closed loop or a trace.
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
