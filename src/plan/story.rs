//! What a scenario's author tells beside the title, for reports. Nothing plays by it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The one line to remember.
    pub law: String,
    pub about: String,
    /// Where it comes from.
    pub source: String,
}

impl Story {
    pub fn is_empty(&self) -> bool {
        self.law.is_empty() && self.about.is_empty() && self.source.is_empty()
    }
}
