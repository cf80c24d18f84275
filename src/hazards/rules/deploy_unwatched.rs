//! A deploy that goes on whatever it breaks.
//!
//! What it sees: a `deploy` without a look between its batches (`above`), of a service that more than one request in twenty needs.
//!
//! The arithmetic: the share of requests that reach the service, and how long a full deploy takes: batches x `every`. What is wrong with the new version is
//! everywhere after that time; the way back takes as long.
//!
//! The fix: `above: 0.5%` with `then: stop` or `roll-back`, and rings (1%, 10%, all) with more time between them than it takes to notice. A first ring that few requests
//! reach may go unwatched. It would have caught `conflicting-config-wave` (a third of 55,000 hosts in ten minutes).
//!
//! ```yaml
//! name: deploy-unwatched-hazard
//! length: 120s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {replicas: 10, workers: 4, work: exp(10ms), balance: least-outstanding}
//! controls:
//!   roll-out: {kind: deploy, on: web, at: 20s, every: 5s}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Look before each batch, set: {controls.roll-out: {above: 1%, then: roll-back}}}
//! ```

use crate::base::{ControlId, Time};
use crate::hazards::{Finding, Review, Rule, words};
use crate::plan::{Does, Part};

pub static RULE: Rule = Rule { code: "hazard/deploy-unwatched", page: include_str!("deploy_unwatched.rs"), find };

/// A ring that fewer requests reach is there to find out.
const FEW: f64 = 0.05;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let all: f64 = plan.clients.iter().map(|client| review.flow.edge(client.edge)).sum();
    let mut found = Vec::new();
    for (index, control) in plan.controls.iter().enumerate() {
        let Does::Roll(rollout) = &control.does else { continue };
        let share = review.flow.service(rollout.service) / all.max(f64::MIN_POSITIVE);
        // The way back is urgent.
        if rollout.watch.is_some() || rollout.to == 0 || share <= FEW || rollout.at >= plan.length {
            continue;
        }
        let service = plan.service(rollout.service);
        let batches = f64::from(service.replicas.div_ceil(rollout.batch.max(1)));
        let takes = (batches * control.every.as_secs_f64()).min(plan.length.since(Time::ZERO).as_secs_f64());
        let message = format!(
            "{} replaces all of {} within {} and never looks: {} of all requests go there",
            control.name,
            service.name,
            words::time(takes),
            words::share(share.min(1.0))
        );
        let help = "`above: 0.5%` with `then: roll-back`; or a small first ring, and a pause before the next";
        found.push(Finding::at(Part::Control(ControlId::from(index)), message, help));
    }
    found
}
