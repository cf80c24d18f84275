//! Admission policies as plain data: who is let through, and what makes a policy change its mind. How they behave is `engine::guards`.

use crate::base::{ErrorKind, Span};
use serde::{Deserialize, Serialize};

/// One admission policy, of a caller's edge or of a service. There is at most one of each kind in a place; limits for all and for each key are two kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    Breaker(Breaker),
    Throttle(Throttle),
    Rate(RateLimit),
    Shed(Shed),
    Limit(Limit),
}

/// A circuit breaker. It opens on whichever of its rules is met first, and answers `breaker-open` while it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    /// Opens after this many failures in a row.
    pub consecutive: Option<u32>,
    /// Opens when at least this share of the sample failed.
    pub failures: Option<f64>,
    /// Opens when at least this share of the sample took longer than this.
    pub slow: Option<Slow>,
    pub sample: Sample,
    /// Shares are not looked at before the sample holds this many calls.
    pub least: u32,
    pub open: Open,
    /// Calls let through when the open time is over; they decide whether it closes. 0: it simply closes.
    pub probes: u32,
    /// What counts as a failure; any other answer counts as a success.
    pub on: Vec<ErrorKind>,
    /// One for each key instead of one for all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slow {
    pub over: Span,
    pub share: f64,
}

/// The calls that shares are taken of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sample {
    /// The last so many.
    Calls(u32),
    /// Those of the last stretch of time, which slides in steps of a bucket.
    Time { length: Span, buckets: u32 },
}

/// How long a breaker stays open the n-th time in a row: min(max, base * growth(n) * (1 + uniform(0, jitter))).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub base: Span,
    pub growth: Growth,
    pub max: Span,
    /// The largest share that is added at random.
    pub jitter: f64,
    /// Each such stretch of being closed makes one opening forgotten; zero: closing forgets them all.
    pub forgive: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// 1, 1, 1, …
    None,
    /// 1, 2, 3, …
    Linear,
    /// 1, 2, 4, …
    Exponential,
}

/// Client-side adaptive throttling (Beyer et al., Site Reliability Engineering, 2016, chapter 21).
/// Turned away with chance max(0, (requests - k * accepts) / (requests + 1)).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throttle {
    pub k: f64,
    pub window: Span,
}

/// Token buckets, one for all requests or one for each key: `rate` tokens a second, at most `burst` of them, one a request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    pub rate: f64,
    pub burst: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_key: bool,
}

/// A limit on requests under way, fixed or found from how long they take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    pub initial: u32,
    pub min: u32,
    pub max: u32,
    pub by: Algorithm,
}

/// Names and formulas after Netflix's concurrency-limits library.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Always `initial`.
    Fixed,
    /// One more after each good answer, times `backoff` after a dropped one or one later than `timeout`.
    Aimd { backoff: f64, timeout: Span },
    /// By the estimated number of waiting requests, as TCP Vegas does.
    Vegas,
    /// By the ratio of the long-term to the present response time.
    Gradient2 { tolerance: f64, queue: f64, smoothing: f64, long: u32 },
}

/// Load shedding at the door of a replica: any rule that is met turns the request away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shed {
    /// This many wait.
    pub queue: Option<u32>,
    /// The one who waits longest has waited this long.
    pub wait: Option<Span>,
    /// The workers were this busy, in the mean over about `over`.
    pub utilisation: Option<f64>,
    pub over: Span,
    pub codel: Option<Codel>,
    /// This share of all requests, the least important first.
    pub share: f64,
    /// How many classes of importance there are; class 0 is the most important.
    pub classes: u8,
    /// The bound of the least important class as a share of the full one; the classes between lie evenly between.
    pub last: f64,
}

/// Controlled delay as in Maurer, "Fail at Scale", ACM Queue 13(8), 2015: who has waited longer than `target` is turned away when
/// the queue has not been empty for `interval`, otherwise only who has waited longer than `interval`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Codel {
    pub target: Span,
    pub interval: Span,
    /// While the queue stands, the newest is served first.
    pub lifo: bool,
}

/// What all callers of an edge together may spend on retries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// A token bucket: each first attempt adds `ratio`, each retry takes 1, never more than `burst`.
    Bucket { ratio: f64, burst: f64 },
    /// Within any `ttl`, `ratio` of the first attempts and `per_second` beside (Finagle, Linkerd).
    Window { ratio: f64, per_second: f64, ttl: Span },
    /// A failure takes 1 token, a success adds `ratio`; retries only while more than half of them are there (gRPC A6).
    Tokens { tokens: f64, ratio: f64 },
    /// A retry costs tokens, given back when it succeeds; a first attempt that succeeds adds `gain` (AWS SDK, standard mode).
    Costs { tokens: f64, cost: f64, timeout_cost: f64, gain: f64 },
    /// Retries under way at most this share of all attempts under way, or `least` (Envoy).
    Active { share: f64, least: u32 },
    /// Only while failed attempts are at most this share of calls (Brooker, "Fixing retries with token buckets and circuit
    /// breakers", 2022).
    Failures { share: f64, window: Span },
}
