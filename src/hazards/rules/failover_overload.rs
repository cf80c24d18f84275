//! A substitute that cannot bear what it would have to take over.
//!
//! What it sees: a call with a `fallback`, or with a way after a cache that is down (`miss` with `on_error`), to something that has enough to do
//! already: when all of the first call's requests come on top of that, some service of the second way is over its capacity.
//!
//! The arithmetic: u of the substitute + what is taken over, against 1. Two neighbours that stand in for each other must each be busy for less than
//! half of their time (2 u <= 1), and a ring of them falls one after another otherwise: 2 u, 3 u, 4 u.
//!
//! The fix: spread what is taken over (u n / (n - 1)), keep the substitute below a half, or bound it (`rate_limit`, `shed`, a queue that refuses) so
//! that it stands. It would have caught `mvip-neighbour-cascade` (22 + 22 of 40/s).
//!
//! ```yaml
//! name: failover-overload-hazard
//! length: 60s
//! clients:
//!   east: {calls: {to: at-east, timeout: 2s}, rate: 30/s}
//!   west: {calls: {to: at-west, timeout: 2s}, rate: 30/s}
//! services:
//!   at-east: {calls: [{to: server-east, timeout: 200ms, fallback: {to: server-west, timeout: 200ms}}]}
//!   at-west: {calls: [{to: server-west, timeout: 200ms}]}
//!   server-east: {workers: 5, work: 100ms, queue: 5}
//!   server-west: {workers: 5, work: 100ms, queue: 5}
//! expect:
//!   - success(east) >= 95%
//! variants:
//!   fixed: {title: Nobody busy for more than half, set: {clients.east.rate: 22/s, clients.west.rate: 22/s}}
//! ```

use crate::base::EdgeId;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Fallback, Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/failover-overload", page: include_str!("failover_overload.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(Fallback::Call(second)) = edge.fallback else { continue };
        let taken = review.flow.edge(id) * structure::often(plan, second) - review.flow.edge(second);
        if taken <= 0.0 || is_bounded(review, second) {
            continue;
        }
        let Some((name, now, after, capacity)) = overloaded(review, second, taken) else { continue };
        let message = format!(
            "when {} is gone, {} come to {name} on top of {}: {} for {}",
            plan.service(edge.to).name,
            words::rate(taken),
            words::rate(now),
            words::rate(after),
            words::rate(capacity)
        );
        let help = format!(
            "less than {} for each, several that share what is taken over, or a bound on it",
            words::rate(capacity / 2.0)
        );
        found.push(Finding::at(Part::Edge(second), message, help));
    }
    found
}

/// The first service behind the second way that is busy enough already and would have too much to do: its name, load now and then, capacity.
fn overloaded(review: &Review, second: EdgeId, taken: f64) -> Option<(String, f64, f64, f64)> {
    let plan = review.plan;
    let visits = review.visits(second);
    let over = structure::services(plan).filter(|service| visits[service.index()] > 0.0).map(|service| {
        let now = review.flow.service(service);
        (service, now, now + taken * visits[service.index()], review.capacity.rate(service))
    });
    let mut over = over.filter(|(_, now, after, capacity)| *now > 0.0 && *now < *capacity && *after > *capacity);
    over.next().map(|(service, now, after, capacity)| (plan.service(service).name.clone(), now, after, capacity))
}

/// Does something on the way turn away what is too much?
fn is_bounded(review: &Review, second: EdgeId) -> bool {
    let plan = review.plan;
    let edge = plan.edge(second);
    let turns_away = |guards: &[Guard]| {
        guards.iter().any(|guard| matches!(guard, Guard::Rate(_) | Guard::Shed(_) | Guard::Limit(_)))
    };
    edge.bulkhead.is_some()
        || turns_away(&edge.guards)
        || review.wires.below([edge.to], None).into_iter().any(|service| turns_away(&plan.service(service).guards))
}
