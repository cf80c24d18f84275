//! Which change of a ledger is meant, and what became of its undo. Plain data only.

use super::Entry;
use super::entries::Look;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one entry within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub u64);

/// What became of one undo, with a look afterwards whether the change is really gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoReport {
    pub entry: Entry,
    pub done: bool,
    /// What was done, or why it could not be.
    pub detail: String,
    pub look: Look,
}

impl fmt::Display for UndoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.done { "undone" } else { "NOT undone" };
        write!(f, "{word}: {}: {} ({}: {})", self.entry, self.detail, self.look.at, self.look.seen)
    }
}
