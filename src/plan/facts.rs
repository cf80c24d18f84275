//! What is known of a system without playing it: named sets of things, and who needs whom. Plain data; `compile` asks questions of it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub sets: Vec<Set>,
    pub graphs: Vec<Graph>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Set {
    pub name: String,
    pub members: Members,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Members {
    Named(Vec<String>),
    /// Of which only the number matters.
    Count(u64),
}

/// Arrows between names: from whoever needs to what is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    pub name: String,
    pub arrows: Vec<(String, String)>,
}

impl Facts {
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.graphs.is_empty()
    }
}
