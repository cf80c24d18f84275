//! One thing that many others are reached through, and nothing beside it.
//!
//! What it sees: a service with one replica, behind the first one that a client calls, through which at least three others are reached
//! that nothing else reaches, and which is neither optional nor has a fallback. And in a graph under `facts`: a thing that is not at the
//! top, without which three others cannot be reached from there.
//!
//! The arithmetic: take each thing out in turn and count what can no longer be reached (a cut point of the graph). Copies behind it do not
//! help: count the machines, not the cables.
//!
//! The fix: a second way that shares nothing with the first (`fallback`), a replica, or less behind it. It would have caught
//! `load-bearing-mac-mini` (five tools behind one machine in a closet) and `everyone-withdraws` (all routes through one control plane).
//!
//! ```yaml
//! name: single-point-hazard
//! length: 30s
//! clients:
//!   staff: {calls: desk, rate: 30/s}
//! services:
//!   desk: {calls: [{to: tunnel, timeout: 1s}]}
//!   tunnel: {calls: [{split: [{to: tickets}, {to: code}, {to: deploys}]}]}
//!   tickets: {work: 5ms}
//!   code: {work: 5ms}
//!   deploys: {work: 5ms}
//! expect:
//!   - success(staff) >= 99%
//! variants:
//!   fixed:
//!     title: A second way that shares nothing with the first
//!     set:
//!       services.radio: {calls: [{split: [{to: tickets}, {to: code}, {to: deploys}]}]}
//!       services.desk.calls: [{to: tunnel, timeout: 1s, fallback: {to: radio, timeout: 1s}}]
//! ```

use crate::base::{EdgeId, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::{Edge, Part, Party};
use std::collections::BTreeSet;

pub static RULE: Rule = Rule { code: "hazard/single-point", page: include_str!("single_point.rs"), find };

/// So many behind one are worth a word: in a tree each inner node has something behind it.
const MANY: usize = 3;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = of_calls(review);
    for (index, graph) in plan.facts.graphs.iter().enumerate() {
        let needed: BTreeSet<&str> = graph.arrows.iter().map(|(_, to)| to.as_str()).collect();
        let from: BTreeSet<&str> = graph.arrows.iter().map(|(from, _)| from.as_str()).collect();
        for top in from.difference(&needed) {
            let all = graph.reached(top, None);
            for point in &all {
                let left = graph.reached(top, Some(point));
                let lost: Vec<&str> = all.iter().copied().filter(|one| one != point && !left.contains(one)).collect();
                if lost.len() >= MANY {
                    let message =
                        format!("in `{}` {top} reaches {} through {point} alone", graph.name, structure::listed(lost));
                    let help = format!("a way that does not lead through {point}");
                    found.push(Finding::at(Part::Graph(index), message, help));
                }
            }
        }
    }
    found
}

fn of_calls(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let doors = || plan.clients.iter().map(|client| plan.edge(client.edge).to);
    let all = review.wires.below(doors(), None);
    let second_ways: BTreeSet<EdgeId> = plan.edges.iter().flat_map(structure::seconds).collect();
    let mut found = Vec::new();
    for id in structure::services(plan).filter(|id| all.contains(id) && is_alone(review, *id, &second_ways)) {
        let left = review.wires.below(doors(), Some(id));
        let lost: Vec<&str> =
            all.difference(&left).filter(|one| **one != id).map(|one| plan.service(*one).name.as_str()).collect();
        if lost.len() >= MANY {
            let name = &plan.service(id).name;
            let message =
                format!("{name} is one machine, and {} are reached through it alone", structure::listed(lost));
            let help = format!("a second way: `fallback` on the call to {name}, or `replicas: 2`");
            found.push(Finding::at(Part::Service(id), message, help));
        }
    }
    found
}

/// One replica, called by services only, by at least one that has no other way and takes it first.
fn is_alone(review: &Review, id: ServiceId, second_ways: &BTreeSet<EdgeId>) -> bool {
    let plan = review.plan;
    let is_needed = |(call, edge): (EdgeId, &Edge)| !structure::is_dispensable(edge) && !second_ways.contains(&call);
    let is_call = |(_, edge): (EdgeId, &Edge)| matches!(edge.from, Party::Service(_)) && !plan.is_delivery(edge);
    plan.service(id).replicas == 1 && review.wires.inbound(id).all(is_call) && review.wires.inbound(id).any(is_needed)
}
