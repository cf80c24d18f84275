//! Work that nobody waits for, which can take a service from those who do.
//!
//! What it sees: calls that no user waits for (by consumers of messages, mirrored ones), of which so many can be under way at a time that they hold every
//! worker of a service which users' requests need.
//!
//! The arithmetic: workers of the consumer (or its limit, or rate limit x time of the call + burst) against the workers of the service.
//!
//! The fix: a bound that leaves the service to its users: a `limit`, a `rate_limit`, a `bulkhead`, fewer workers. It would have caught `helpful-restarter`: 600 restarts
//! at a time for a fleet of 500.
//!
//! ```yaml
//! name: background-crowds-out-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: shop, timeout: 1s}, rate: 40/s}
//!   imports: {calls: {to: feed, timeout: 1s}, rate: 2/s}
//! services:
//!   shop: {workers: 20, work: 50ms, queue: 20}
//!   feed: {kind: broker, redelivery: {max: 3}}
//!   importer: {consumes: feed, workers: 40, calls: [{to: shop, timeout: 1s, name: import}]}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Two imports at a time, set: {services.importer.workers: 2}}
//! ```

use crate::base::{EdgeId, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Guard, Part};
use std::collections::BTreeSet;

pub static RULE: Rule =
    Rule { code: "hazard/background-crowds-out", page: include_str!("background_crowds_out.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let waited_for = waited_for(review);
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan).filter(|(_, edge)| !plan.is_delivery(edge)) {
        let in_background = edge.mirror || structure::caller(edge).is_some_and(|from| !waited_for.contains(&from));
        let called = plan.service(edge.to);
        let Some(slots) = called.slots().filter(|_| in_background && waited_for.contains(&edge.to)) else { continue };
        let (room, most) = (f64::from(slots) * f64::from(called.replicas), at_a_time(review, id));
        if most < room {
            continue;
        }
        let most = if most.is_finite() { words::number(most) } else { "any number".to_owned() };
        let message = format!(
            "{most} calls of {} that nobody waits for can be under way, and {} has {} workers, for users as well",
            edge.name,
            called.name,
            words::number(room)
        );
        let help = format!(
            "a bound below that: a `limit` or `rate_limit` on {}, or a `bulkhead` on the call",
            plan.party_name(edge.from)
        );
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}

/// Services that take part in an answer to a user.
fn waited_for(review: &Review) -> BTreeSet<ServiceId> {
    let doors = review.plan.clients.iter().map(|client| review.plan.edge(client.edge).to);
    review.wires.below(doors, None)
}

/// Of one call, whatever bounds it.
fn at_a_time(review: &Review, id: EdgeId) -> f64 {
    let plan = review.plan;
    let edge = plan.edge(id);
    let by_callers = review.crowding.under_way(id);
    // At a rate r with a burst b, what takes t is under way r t + b times.
    let by_rate =
        structure::caller(edge).into_iter().flat_map(|from| plan.service(from).guards.iter()).filter_map(|guard| {
            match guard {
                Guard::Rate(limit) if !limit.per_key => Some(limit.rate * review.capacity.call(plan, id) + limit.burst),
                _ => None,
            }
        });
    by_callers.into_iter().chain(by_rate).fold(f64::INFINITY, f64::min)
}
