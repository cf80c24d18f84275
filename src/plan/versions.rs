//! Versions of what runs where, as plain data: what replicas make of requests of another version, and how a new version replaces an
//! old one. The versions of a service are numbered: what runs at the start is 0.

use super::controls::Signal;
use crate::base::{ServiceId, Span, Time};
use serde::{Deserialize, Serialize};

/// What the replicas of a service make of requests that were made by another version than their own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skew {
    /// So many versions before its own are served as if they were its own.
    pub keep: u16,
    /// Requests of versions that are older than those can fail.
    pub older: bool,
    /// Requests of newer versions can fail.
    pub newer: bool,
    /// The share of those that can fail which do.
    pub fails: f64,
}

/// A new version that replaces the replicas of a service batch by batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    pub service: ServiceId,
    /// The version that it brings.
    pub to: u16,
    pub at: Time,
    /// Replicas that are replaced at the same time.
    pub batch: u32,
    /// A replica gets nothing new for so long before it stops.
    pub drain: Span,
    /// From the stop of the old replica to the start of the new one; nothing: they change places at once.
    pub down: Span,
    pub flaw: Flaw,
    pub watch: Option<Watch>,
}

/// What is wrong with a new version.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// The share of requests that it answers with an error.
    pub errors: f64,
    /// How many times longer its work takes.
    pub slower: f64,
}

/// What is looked at before each batch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    pub of: ServiceId,
    pub sees: Signal,
    /// More than this is too much.
    pub above: f64,
    pub then: Then,
    /// It is looked at before the first batch, too.
    pub first: bool,
}

/// What follows from a look that saw too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The next batch waits for a better look.
    Pause,
    /// The rest stays as it is.
    Stop,
    /// What was replaced gets its old version back, in the same way.
    RollBack,
}

impl Flaw {
    pub const NONE: Flaw = Flaw { errors: 0.0, slower: 1.0 };
}
