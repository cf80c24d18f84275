//! A deploy that takes so much away at a time that the rest cannot bear the load.
//!
//! What it sees: a `deploy` whose batches leave too few replicas for the usual load while they are drained and started, or that replaces all replicas at once.
//!
//! The arithmetic: load / (capacity x (1 - batch / replicas)) >= 1 during `drain` + `down`.
//!
//! The fix: a smaller `batch`, replicas to spare, or `down: 0s` (new ones beside the old). It would have caught the hasty way of `half-power-one-fibre`
//! (`big-bang`: 18 of 20 rows at a time).
//!
//! ```yaml
//! name: deploy-at-once-hazard
//! length: 120s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 60/s}
//! services:
//!   web: {replicas: 4, workers: 4, work: exp(100ms), queue: 20}
//! controls:
//!   roll-out: {kind: deploy, on: web, at: 20s, every: 20s, batch: 3, drain: 2s, down: 5s, above: 50%, then: stop}
//! expect:
//!   - success(users) >= 60%
//! variants:
//!   fixed: {title: One replica at a time, set: {controls.roll-out.batch: 1}}
//! ```

use crate::base::{ControlId, Span};
use crate::hazards::{Finding, Review, Rule, words};
use crate::plan::{Does, Part};

pub static RULE: Rule = Rule { code: "hazard/deploy-at-once", page: include_str!("deploy_at_once.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (index, control) in plan.controls.iter().enumerate() {
        let Does::Roll(rollout) = &control.does else { continue };
        let service = plan.service(rollout.service);
        let away = f64::from(rollout.batch.min(service.replicas)) / f64::from(service.replicas);
        let (capacity, rate) = (review.capacity.rate(rollout.service), review.flow.service(rollout.service));
        // Infinite times nothing is nothing to count on.
        let left = if away >= 1.0 { 0.0 } else { capacity * (1.0 - away) };
        let gone = rollout.drain + rollout.down;
        if gone == Span::ZERO || rate == 0.0 || rate < left || rate >= capacity {
            continue;
        }
        let message = format!(
            "{} takes {} of {} replicas of {} away for {gone} at a time: {} for {} that are left",
            control.name,
            rollout.batch.min(service.replicas),
            service.replicas,
            service.name,
            words::rate(rate),
            words::rate(left)
        );
        let most = ((1.0 - rate / capacity) * f64::from(service.replicas)).ceil() - 1.0;
        let help = format!("`batch: {}` at most, or more replicas", words::number(most.max(1.0)));
        found.push(Finding::at(Part::Control(ControlId::from(index)), message, help));
    }
    found
}
