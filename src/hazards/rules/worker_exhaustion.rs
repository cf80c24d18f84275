//! One call that a service could do without can take all its workers.
//!
//! What it sees: a call that is `optional`, has a `fallback` or another way after it, or is made for half of the requests at most, at a
//! rate and with a timeout that together hold as many workers as there are.
//!
//! The arithmetic: when the called service stands still, the call holds rate x timeout workers. If that is all of them, what does not
//! need the call fails with it. Without a timeout it is always all of them.
//!
//! The fix: a timeout below workers / rate, or a `bulkhead` that leaves workers to the others; a `breaker` ends it after a while.
//! It would have caught `slow-mail-sink` (a tenth of the mail took all 50 processes), `timeouts-too-long` (20/s x 30 s = 600 of 50 workers)
//! and `slow-cache`.
//!
//! ```yaml
//! name: worker-exhaustion-hazard
//! length: 60s
//! clients:
//!   users: {calls: web, rate: 100/s}
//! services:
//!   web: {workers: 50, work: 5ms, calls: [{to: advice, chance: 20%, timeout: 10s, optional: true}]}
//!   advice: {workers: 50, work: 10ms}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: At most ten workers wait for advice, set: {services.web.calls.advice.bulkhead: 10}}
//! ```

use crate::base::{EdgeId, Span};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Edge, Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/worker-exhaustion", page: include_str!("worker_exhaustion.rs"), find };

/// A call that is made for more of the requests than this is what the service is there for.
const MINORITY: f64 = 0.5;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(from) = structure::caller(edge).filter(|_| !plan.is_delivery(edge) && !edge.mirror) else { continue };
        let caller = plan.service(from);
        let Some(workers) = caller.workers else { continue };
        let (workers, rate) = (f64::from(workers) * f64::from(caller.replicas), review.flow.edge(id));
        let held = rate * edge.timeout.or(edge.wait).map_or(f64::INFINITY, Span::as_secs_f64);
        if rate == 0.0 || held < workers || is_bounded(edge) || !is_side_call(review, id, edge) {
            continue;
        }
        let to = &plan.service(edge.to).name;
        let message = match edge.timeout {
            Some(timeout) => format!(
                "when {to} stands still, {} x {timeout} = {} of {}'s {} workers wait for it",
                words::rate(rate),
                words::number(held),
                caller.name,
                words::number(workers)
            ),
            None => format!(
                "when {to} stands still, all {} workers of {} wait for it: the call has no timeout",
                words::number(workers),
                caller.name
            ),
        };
        let below = words::time(workers / rate);
        found.push(Finding::at(
            Part::Edge(id),
            message,
            format!("a `bulkhead` on this call, or a `timeout` well below {below}"),
        ));
    }
    found
}

fn is_bounded(edge: &Edge) -> bool {
    let pooled = edge.pool.as_ref().is_some_and(|pool| pool.size < u32::MAX);
    let guarded = edge.guards.iter().any(|guard| matches!(guard, Guard::Breaker(_) | Guard::Limit(_)));
    edge.bulkhead.is_some() || pooled || guarded || edge.deadline.is_some()
}

/// Would most requests, or all of them, be answered without it?
fn is_side_call(review: &Review, id: EdgeId, edge: &Edge) -> bool {
    let from = structure::caller(edge).expect("a call of a service");
    let often = structure::calls(review.plan, from).into_iter().find(|(call, _)| *call == id).map(|(_, often)| often);
    structure::is_dispensable(edge) || often.is_some_and(|often| often <= MINORITY)
}
