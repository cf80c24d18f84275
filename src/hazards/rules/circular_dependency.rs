//! Things that need each other in a circle.
//!
//! What it sees: a graph under `facts` with a circle in it. Whatever the arrows mean (forwards to, is taken while held, is needed to
//! start), a circle is a request that never ends, a deadlock, or a start that nobody can begin.
//!
//! The arithmetic: none; a thing that can be reached from itself. What really calls what in a scenario cannot be a circle, so it is the
//! facts that tell of forwarding rules, lock orders and what is needed to boot.
//!
//! The fix: take one arrow out: locks in one order, at most one hop, a start that needs nothing. It would have caught
//! `tier-loop-and-lost-parent`, where two edges with different views of the ring forwarded to each other.
//!
//! ```yaml
//! name: circular-dependency-hazard
//! length: 30s
//! clients:
//!   users: {calls: web, rate: 10/s}
//! services:
//!   web: {work: 5ms}
//! facts:
//!   graphs:
//!     to-start: {directory: [network], network: [directory]}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: The network starts without names, set: {facts.graphs.to-start: {directory: [network], network: []}}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::Part;
use std::collections::BTreeSet;

pub static RULE: Rule = Rule { code: "hazard/circular-dependency", page: include_str!("circular_dependency.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, graph) in review.plan.facts.graphs.iter().enumerate() {
        let things: BTreeSet<&str> = graph.arrows.iter().map(|(from, _)| from.as_str()).collect();
        let inside: Vec<&str> = things.into_iter().filter(|thing| graph.reached(thing, None).contains(thing)).collect();
        if inside.is_empty() {
            continue;
        }
        let message = format!("in `{}` these lead back to themselves: {}", graph.name, structure::listed(inside));
        found.push(Finding::at(Part::Graph(index), message, "take one of the arrows between them out"));
    }
    found
}
