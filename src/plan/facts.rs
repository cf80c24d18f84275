//! What is known of a system without playing it: named sets of things, and who needs whom. Plain data; `compile` asks questions of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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

impl Graph {
    /// Everything at the end of a way of arrows from there, with one thing taken out; `from` itself only if a way leads back to it.
    pub fn reached<'g>(&'g self, from: &str, lost: Option<&str>) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            let ways = self.arrows.iter().filter(|(tail, to)| tail == at && Some(to.as_str()) != lost);
            for (_, to) in ways {
                if reached.insert(to.as_str()) {
                    next.push(to);
                }
            }
        }
        reached
    }
}
