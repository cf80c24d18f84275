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

use crate::base::ServiceId;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Guard, Lever, Part};

pub static RULE: Rule = Rule { code: "hazard/overload", page: include_str!("overload.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let (rate, most) = (review.arriving(id), review.capacity.rate(id));
        if rate < most || most.is_infinite() || rate == 0.0 || is_meant(review, id) {
            continue;
        }
        let (slots, what) = match service.working.cores {
            Some(cores) => (cores.count, "core"),
            None => (service.workers.unwrap_or(0), "worker"),
        };
        let all = f64::from(slots) * f64::from(service.replicas);
        let message = format!(
            "{} is asked for {} and answers {}: {}, busy for {} a request",
            service.name,
            words::rate(rate),
            words::rate(most),
            words::counted(all, what),
            words::time(all / most)
        );
        let needed = (f64::from(slots) * rate / most).floor() + 1.0;
        let help = format!("at least {} a replica, or less to do", words::counted(needed, what));
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}

/// What is too much is turned away on purpose or goes another way; or a control will find out how much it takes.
fn is_meant(review: &Review, id: ServiceId) -> bool {
    let plan = review.plan;
    let service = plan.service(id);
    let sheds = service.guards.iter().any(|guard| matches!(guard, Guard::Shed(_)));
    let goes_on = service.queue.capacity.is_some() && review.wires.inbound(id).all(|(_, edge)| edge.fallback.is_some());
    let is_moved = plan.controls.iter().any(|control| match control.does.lever() {
        Lever::Replicas(of) | Lever::Workers(of) => of == id,
        Lever::Weights(_) | Lever::Chance(_) | Lever::Rate(_) => control.does.reads().contains(&id),
        Lever::Version(..) => false,
    });
    sheds || goes_on || is_moved
}
