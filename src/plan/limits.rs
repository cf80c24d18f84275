//! Guardrails as plain data: when a run must stop by itself, and how much of a system it may touch at all.

use super::expectation::{Compare, Metric};
use crate::base::Span;
use serde::{Deserialize, Serialize};

/// A fault of a live run lasts no longer than this, unless the scenario says otherwise.
pub const LONGEST_FAULT: Span = Span::from_secs(600);

/// One line of `stop_if:`: a condition that ends the run once it has held for so long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopLine {
    pub text: String,
    /// `file:line:column` of the line in the scenario.
    pub place: String,
    pub metric: Metric,
    pub compare: Compare,
    /// In the metric's base unit.
    pub bound: f64,
    pub hold: Span,
}

/// The blast radius. `None`: without a limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// No fault may last longer, even if the runner is stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_fault: Option<Span>,
    /// Share of the replicas of any service that faults may hit at one moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<f64>,
    /// Share of the connections of an edge that a fault may touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<f64>,
    /// Share of the requests of an edge or service that a fault may touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<f64>,
    /// A live run stops when this file is there, and does not begin while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_file: Option<String>,
}

impl Limits {
    pub fn is_empty(&self) -> bool {
        *self == Limits::default()
    }

    pub fn longest_fault(&self) -> Span {
        self.longest_fault.unwrap_or(LONGEST_FAULT)
    }
}
