//! Things that should stand when others fall, and stand on the same ground.
//!
//! What it sees: a graph of needs under `facts` in which several things are needed by nothing else (a product and its status page, a chat
//! and the mail by which one checks who is in it), and all of them need the same thing.
//!
//! The arithmetic: the intersection of all that each of them needs, near or far. When one of those is gone, nothing of the graph is left.
//!
//! The fix: give one of them ground of its own, for each thing in the intersection: network, provider, names, log-in, deploy, style
//! sheets. It would have caught `status-page-down-too` (six of six shared) and `who-are-you` (chat and mail ask the same provider).
//!
//! ```yaml
//! name: shared-fate-hazard
//! length: 30s
//! clients:
//!   users: {calls: web, rate: 10/s}
//! services:
//!   web: {work: 5ms}
//! facts:
//!   graphs:
//!     stands-on: {shop: [dns, network], alarm: [network]}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: The alarm has a network of its own, set: {facts.graphs.stands-on: {shop: [dns, network], alarm: [radio]}}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::Part;
use std::collections::BTreeSet;

pub static RULE: Rule = Rule { code: "hazard/shared-fate", page: include_str!("shared_fate.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, graph) in review.plan.facts.graphs.iter().enumerate() {
        let needed: BTreeSet<&str> = graph.arrows.iter().map(|(_, to)| to.as_str()).collect();
        let from: BTreeSet<&str> = graph.arrows.iter().map(|(from, _)| from.as_str()).collect();
        let tops: Vec<&str> = from.difference(&needed).copied().collect();
        let all = tops.iter().map(|top| graph.reached(top, None)).reduce(|one, other| &one & &other);
        let shared = all.unwrap_or_default();
        if tops.len() < 2 || shared.is_empty() {
            continue;
        }
        let message = format!(
            "in `{}` {} all need {}: they fail together",
            graph.name,
            structure::listed(tops.iter().copied()),
            structure::listed(shared.iter().copied())
        );
        let help =
            format!("give {} something of its own instead of {}", tops[tops.len() - 1], structure::listed(shared));
        found.push(Finding::at(Part::Graph(index), message, help));
    }
    found
}
