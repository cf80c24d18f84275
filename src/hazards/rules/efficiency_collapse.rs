//! A service that gets slower the more is inside, and nothing that keeps it from getting too much.
//!
//! What it sees: a service whose speed falls with what is in flight (`efficiency`: a heap that fills, locks, swapping), where no limit keeps what is inside
//! below the point at which it begins to fall.
//!
//! The arithmetic: with N in flight and speed f(N), throughput is workers / work x f(N). Beyond the knee each request more makes all slower, so more
//! come in than go out, and it ends at the floor: far below the load that it bore before, which therefore does not bring it back.
//!
//! The fix: a `limit` (or `queue`, or a `bulkhead` at the callers) below the knee. It would have caught `gc-spiral` (300/s with up to 71 in flight, 9/s with
//! 142).
//!
//! ```yaml
//! name: efficiency-collapse-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: store, timeout: 5s}, rate: 100/s}
//! services:
//!   store: {workers: 30, work: 100ms, efficiency: {full_until: 71, zero_at: 142, floor: 3%}}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: At most 60 in flight, set: {services.store.limit: 60}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Guard, Part, Service};

pub static RULE: Rule = Rule { code: "hazard/efficiency-collapse", page: include_str!("efficiency_collapse.rs"), find };

/// A loss of speed that is worth a word.
const FLOOR: f64 = 0.5;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Some(efficiency) = &service.working.efficiency else { continue };
        let knee = efficiency.points.iter().take_while(|(_, speed)| *speed >= 1.0).map(|(inside, _)| *inside).last();
        let floor = efficiency.points.last().map_or(1.0, |(_, speed)| *speed);
        let knee = knee.unwrap_or(0.0);
        let of_callers = review.crowding.inside(id).map(|all| all / f64::from(service.replicas));
        let most = own_limit(service).into_iter().chain(of_callers).reduce(f64::min);
        if floor > FLOOR || most.is_some_and(|most| most <= knee) {
            continue;
        }
        let inside = most.map_or("any number".to_owned(), words::number);
        let message = format!(
            "{} is slower with more than {} in flight, down to {}, and {inside} can be inside",
            service.name,
            words::number(knee),
            words::share(floor)
        );
        let help = format!("`limit: {}`, or a bound at its callers", words::number((knee * 0.85).floor().max(1.0)));
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}

/// Requests that a replica lets in.
fn own_limit(service: &Service) -> Option<f64> {
    let limits = service.guards.iter().filter_map(|guard| match guard {
        Guard::Limit(limit) => Some(f64::from(limit.max)),
        Guard::Shed(shed) => shed.queue.zip(service.workers).map(|(queue, workers)| f64::from(queue + workers)),
        _ => None,
    });
    let line =
        service.queue.capacity.zip(service.workers).map(|(queue, workers)| f64::from(queue) + f64::from(workers));
    limits.chain(line).reduce(f64::min)
}
