//! Health checks that see load, and may take out every replica.
//!
//! What it sees: checks that fail because a replica is busy (`check: load`, or `request`, which needs a worker), without a cap (`max_ejected`)
//! and without a panic threshold, in front of replicas that are busy for half of their time or more. A replica that is taken out leaves its load to
//! the others, which then fail their checks, too.
//!
//! The arithmetic: with N replicas of capacity C, load L, and checks that fail above the share t, all fall as soon as L / (N - k) >= t C for k that
//! are gone, from whatever cause: k = N - L / (t C).
//!
//! The fix: `panic: 50%` (few left means that the checks are wrong), `max_ejected: 10%`, or checks that do not see load (`tcp`) with shedding at
//! the door. It would have caught `health-check-cascade`. Source: Envoy, max_ejection_percent and healthy_panic_threshold.
//!
//! ```yaml
//! name: ejection-cascade-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: api, timeout: 2s}, rate: 300/s}
//! services:
//!   api: {replicas: 10, workers: 5, work: 100ms, queue: 20, health: {check: load, interval: 5s}}
//! expect:
//!   - success(users) >= 95%
//! variants:
//!   fixed: {title: When half are out ask all of them, set: {services.api.health.panic: 50%}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;
use crate::plan::balance::Check;

pub static RULE: Rule = Rule { code: "hazard/ejection-cascade", page: include_str!("ejection_cascade.rs"), find };

const BUSY: f64 = 0.5;
/// A cap that takes out more than this is none.
const CAP: f64 = 0.5;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Some(health) = &service.balance.health else { continue };
        let above = match health.check {
            Check::Tcp => continue,
            Check::Request | Check::Work { .. } => 1.0,
            Check::Load { above } => above,
        };
        let (capacity, rate) = (review.capacity.rate(id), review.flow.service(id));
        let replicas = f64::from(service.replicas);
        if health.panic > 0.0
            || health.max_ejected <= CAP
            || rate < BUSY * capacity
            || capacity.is_infinite()
            || replicas < 2.0
        {
            continue;
        }
        // Those that may go before the rest is too busy.
        let spare = (replicas - rate / (above * capacity / replicas)).floor().max(0.0);
        let message = format!(
            "checks that see load may take out all {replicas} replicas of {}: with {} gone the others are above {} and fail their checks, too",
            service.name,
            words::number(spare + 1.0),
            words::share(above)
        );
        let help = "`panic: 50%` or `max_ejected: 10%` in `health`; or `check: tcp`, and shed at the door";
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}
