//! A name for each thing that a Plan lists, for those who have something to say about it. It holds no thing itself.

use crate::base::{ClientId, ControlId, EdgeId, SegmentId, ServiceId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The scenario as a whole.
    Scenario,
    Client(ClientId),
    Service(ServiceId),
    Edge(EdgeId),
    Segment(SegmentId),
    Control(ControlId),
    /// A graph under `facts`, by its index.
    Graph(usize),
    /// A rule of the monitoring, by its index.
    Alert(usize),
    /// A line of `expect`, by its index.
    Expectation(usize),
}

/// A rule of the review whose findings are told aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// `hazard/…`.
    pub code: String,
    /// Why, in the author's words; may be empty.
    pub reason: String,
}
