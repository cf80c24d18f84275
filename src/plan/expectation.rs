//! Expectations as plain data: the text that people wrote, and what the judge evaluates.
//! The language is described in docs/reference/expectations.md; `compile` parses it, `judge` evaluates it.

use crate::base::{ErrorKind, Span, Time};
use serde::{Deserialize, Serialize};

/// One line of `expect:` or `symptoms:`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    pub text: String,
    /// `file:line:column` of the line in the scenario.
    pub place: String,
    pub metric: Metric,
    pub compare: Compare,
    pub bound: Bound,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// A rule of the monitoring: it fires when its condition held for a while, as far as monitoring sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub name: String,
    /// The condition in the author's words.
    pub text: String,
    pub metric: Metric,
    pub compare: Compare,
    /// In the metric's base unit.
    pub bound: f64,
    /// The condition must hold for so long.
    pub hold: Span,
    /// A condition without readings counts as true.
    pub missing_fires: bool,
}

/// What the measured value is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// In the metric's base unit: seconds, a ratio, a count, bytes, per second.
    Value(f64),
    /// This many times the same metric over another window (`95% of before`).
    Of { factor: f64, window: Window },
}

/// A stretch of the run, resolved to times by the compiler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// In the author's words: `during db-slow`.
    pub name: String,
    pub from: Time,
    pub to: Time,
}

/// Over time-weighted gauges: which figure of the window is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    Mean,
    Min,
    Max,
}

/// Which figure of a meter's window is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// How many.
    Total,
    /// How many per second.
    Rate,
    Mean,
    Min,
    Max,
    /// The level at the end of the window.
    Last,
    /// Part / whole.
    Share,
}

/// Whose figures. Indices into the Plan's tables, so that the judge never searches by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Client(u32),
    Service(u32),
    Edge(u32),
    Control(u32),
    /// A shared link.
    Segment(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Latency of successful requests, seconds, from the intended send time. `quantile` in (0, 1).
    Quantile {
        of: Subject,
        quantile: f64,
    },
    LatencyMean {
        of: Subject,
    },
    LatencyMax {
        of: Subject,
    },
    /// ok / (ok + failed), by intended send time.
    Success {
        of: Subject,
    },
    /// failed (of one kind) / (ok + failed).
    Errors {
        of: Subject,
        kind: Option<ErrorKind>,
    },
    /// Successful answers per second, by the time of the answer.
    Goodput {
        of: Subject,
    },
    /// Requests sent per second, reloads included.
    Offered {
        of: Subject,
    },
    /// Visits per second, reloads not included.
    Fresh {
        of: Subject,
    },
    /// Service: arrivals per user request of all clients. Client: requests sent per fresh visit.
    Amplification {
        of: Subject,
    },
    /// Completed work whose caller had gone / completed work.
    Waste {
        of: Subject,
    },
    /// Completed requests per second at a service.
    Throughput {
        of: Subject,
    },
    /// Retries per first attempt on an edge.
    Retries {
        of: Subject,
    },
    /// One of the Plan's meters, by its index.
    Meter {
        meter: u32,
        take: Take,
        unit: super::meters::Unit,
    },
    /// The same figure as the component itself exports it: nothing while monitoring does not see it. `blind`: the meter that says when.
    Reported {
        metric: Box<Metric>,
        blind: Option<u32>,
    },
    /// Service: answers that somebody still waited for / requests that ended.
    Received {
        of: Subject,
    },
    /// Pearson's coefficient of two figures over the recording windows, -1 to 1.
    Correlation {
        of: Box<[Metric; 2]>,
    },
    /// How often an alert began to fire, by its index.
    Fires {
        alert: u32,
    },
    /// Known without playing: a number, and the names of what was found.
    Fact {
        value: f64,
        found: Vec<String>,
    },
    Gauge {
        gauge: Gauge,
        of: Subject,
        aggregate: Aggregate,
    },
    /// Cache: hits / look-ups.
    Hits {
        of: Subject,
    },
    /// First moment after the fault's end with goodput >= 95% of before and p99 <= 1.2x before for 5 windows; seconds after the window's start.
    Recovery {
        of: Subject,
        before: Window,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gauge {
    /// Busy workers / workers.
    Utilisation,
    /// Requests waiting for a worker.
    Queue,
    /// Requests inside, waiting or held.
    Inflight,
    /// Store or volume: bytes used.
    Used,
    /// Store or volume: bytes used / its capacity.
    UsedShare,
    /// Cache: share of the key universe that it does not hold.
    Cold,
}

impl Expectation {
    /// Every stretch of time that must be measurable on its own.
    pub fn spans(&self) -> Vec<(Time, Time)> {
        let mut spans = vec![(self.window.from, self.window.to)];
        if let Bound::Of { window, .. } = &self.bound {
            spans.push((window.from, window.to));
        }
        if let Metric::Recovery { before, .. } = &self.metric {
            spans.push((before.from, before.to));
        }
        spans
    }
}

impl Window {
    pub fn length(&self) -> Span {
        self.to.since(self.from)
    }
}
