//! A call without a timeout, from workers that are few to a line that has no end.
//!
//! What it sees: a call without `timeout`, `wait` or `deadline`, made by a service with a bounded number of workers, to a service where
//! more of them can wait than are served at a time. When the called service slows down, its callers' workers stand there until all of
//! them do, and then the caller is down as well, for everything it does.
//!
//! The arithmetic: N workers, rate r, and a call that takes t hold r x t workers; without a timeout nothing bounds t.
//!
//! The fix: a `timeout` a little above the time that the answer usually takes, or a bound on the `wait`; for something one can do
//! without, a `fallback`. It would have caught `capstone`, where log-in and prices waited for four workers that keep flags.
//!
//! ```yaml
//! name: missing-timeout-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {workers: 100, calls: [db]}
//!   db: {workers: 8, work: exp(20ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: The call has a timeout, set: {services.web.calls.db.timeout: 500ms}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/missing-timeout", page: include_str!("missing_timeout.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan).filter(|(_, edge)| !edge.mirror && !plan.is_delivery(edge)) {
        let Some(from) = structure::caller(edge) else { continue };
        let (caller, called) = (plan.service(from), plan.service(edge.to));
        let is_bounded = edge.timeout.is_some() || edge.wait.is_some() || edge.deadline.is_some();
        let has_breaker = edge.guards.iter().any(|guard| matches!(guard, Guard::Breaker(_)));
        let (Some(workers), Some(slots)) = (caller.workers, called.slots()) else { continue };
        let served = f64::from(slots) * f64::from(called.replicas);
        let standing = review.crowding.under_way(id).unwrap_or(f64::INFINITY);
        if is_bounded || has_breaker || standing <= served || called.queue.capacity.is_some() {
            continue;
        }
        let message = format!(
            "{} calls {} without a timeout: all {} of its workers can wait for {}, for as long as it takes",
            caller.name,
            called.name,
            u64::from(workers) * u64::from(caller.replicas),
            words::number(served)
        );
        let usual = words::time(10.0 * review.capacity.call(plan, id).max(1e-3));
        found.push(Finding::at(
            Part::Edge(id),
            message,
            format!("give the call a `timeout`, such as `timeout: {usual}`"),
        ));
    }
    found
}
