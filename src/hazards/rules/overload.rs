//! More load in the mean than the service can ever answer.
//!
//! What it sees: a service whose callers ask for more, in the mean of the run and when all is well, than its workers or cores can do.
//! Faults and retries are not counted: it cannot work even without them.
//!
//! The arithmetic: rate x calls x work / (workers or cores) >= 1. A worker is held while the service waits for what it calls, so that
//! time counts with `workers`; with `cores` only the work does. The line grows by rate - capacity every second.
//!
//! The fix: more workers or replicas, less work, fewer calls; or turn away what is too much (`rate_limit`, `shed`), on purpose. It would have
//! caught a roll-out to a site that is half as large as planned, as in `half-power-one-fibre`, had the load been asked of that site from
//! the start.
//!
//! ```yaml
//! name: overload-hazard
//! length: 60s
//! clients:
//!   users: {calls: web, rate: 120/s}
//! services:
//!   web: {calls: [{to: db, count: 2}]}
//!   db: {workers: 4, work: 20ms}
//! expect:
//!   - throughput(db) <= 201/s
//! variants:
//!   fixed: {title: Twice the workers, set: {services.db.workers: 8}}
//! ```

use crate::hazards::{Finding, Review, Rule, capacity, structure, words};
use crate::plan::{Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/overload", page: include_str!("overload.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let (rate, most) = (review.flow.service(id).min(capacity::quota(&service.guards)), review.capacity.rate(id));
        let sheds = service.guards.iter().any(|guard| matches!(guard, Guard::Shed(_)));
        // What a short line turns away goes another way, where there is one.
        let goes_on =
            service.queue.capacity.is_some() && review.wires.inbound(id).all(|(_, edge)| edge.fallback.is_some());
        if rate < most || most.is_infinite() || rate == 0.0 || sheds || goes_on {
            continue;
        }
        let (slots, what) = match service.working.cores {
            Some(cores) => (cores.count, "cores"),
            None => (service.workers.unwrap_or(0), "workers"),
        };
        let message = format!(
            "{} is asked for {} and answers {}: {} {what}, each busy for {} a request",
            service.name,
            words::rate(rate),
            words::rate(most),
            u64::from(slots) * u64::from(service.replicas),
            words::time(f64::from(slots) * f64::from(service.replicas) / most)
        );
        let needed = (f64::from(slots) * rate / most).floor() + 1.0;
        found.push(Finding::at(
            Part::Service(id),
            message,
            format!("at least {} {what} a replica, or less to do", words::number(needed)),
        ));
    }
    found
}
