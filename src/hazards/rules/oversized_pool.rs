//! More connections than the other end can serve in time, or accepts.
//!
//! What it sees: a `pool` that is larger than the number of `connections` which the called service accepts; or so large that, with all of it in use, the last
//! request waits longer than its caller does.
//!
//! The arithmetic: size / capacity is the wait of the last one (Little's law). A pool is the cheapest bound on that: what finds no connection is refused at once,
//! or waits where it costs nothing.
//!
//! The fix: capacity x the time one is willing to wait, shared out among the callers. It would have caught the wrong fix of `timeout-inversion` (twice the workers
//! in front of the same database).
//!
//! ```yaml
//! name: oversized-pool-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 10s}, rate: 30/s}
//! services:
//!   web: {calls: [{to: db, timeout: 2s, pool: {size: 400}}]}
//!   db: {workers: 10, work: exp(100ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: As many as are served in a second, set: {services.web.calls.db.pool.size: 100}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/oversized-pool", page: include_str!("oversized_pool.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(pool) = edge.pool.as_ref().filter(|pool| pool.size < u32::MAX) else { continue };
        let called = plan.service(edge.to);
        let (size, capacity) = (f64::from(pool.size), review.capacity.rate(edge.to));
        let accepted = called.connections.map(|each| f64::from(each) * f64::from(called.replicas));
        if let Some(accepted) = accepted.filter(|accepted| size > *accepted) {
            let message = format!("the pool of {} holds {size}, and {} accepts {accepted}", edge.name, called.name);
            found.push(Finding::at(
                Part::Edge(id),
                message,
                format!("`size: {accepted}` at most, for all callers together"),
            ));
            continue;
        }
        let last = size / capacity;
        let Some(patience) = review.chains.patience(id).filter(|patience| last > *patience) else { continue };
        if review.longest_wait(id).is_some_and(|wait| wait <= patience) {
            continue;
        }
        let message = format!(
            "with all {size} connections of {} in use the last waits {size} / {} = {}, and its caller {}",
            edge.name,
            words::rate(capacity),
            words::time(last),
            words::time(patience)
        );
        let help = format!("`size: {}` at most", words::number((capacity * patience).floor().max(1.0)));
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}
