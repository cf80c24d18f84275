//! A circuit breaker that opens for the whole service when one replica of it fails.
//!
//! What it sees: a breaker on a call to a service of several replicas, that opens at a share of failures which one failing replica reaches alone,
//! where nothing takes a failing replica out of rotation.
//!
//! The arithmetic: one of N replicas that fails everything makes 1 / N of all calls fail. A breaker that opens at that share or below turns
//! (N - 1) / N of good answers into errors.
//!
//! The fix: take the replica out (`outliers`, `health`), and let the breaker open at a share that means the whole service, such as 60%. It would have caught
//! `breakers-help-and-harm` (10% of ten replicas).
//!
//! ```yaml
//! name: breaker-trips-on-one-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web: {calls: [{to: store, timeout: 1s, breaker: {failures: 10%, window: 5s, least: 20, open: 5s}}]}
//!   store: {replicas: 5, workers: 20, work: exp(20ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Open at 60%, set: {services.web.calls.store.breaker.failures: 60%}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Guard, Part};

pub static RULE: Rule =
    Rule { code: "hazard/breaker-trips-on-one", page: include_str!("breaker_trips_on_one.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let called = plan.service(edge.to);
        let share = edge.guards.iter().find_map(|guard| match guard {
            Guard::Breaker(breaker) => breaker.failures,
            _ => None,
        });
        let Some(share) = share else { continue };
        let of_one = 1.0 / f64::from(called.replicas);
        let takes_out = called.balance.outliers.is_some() || called.balance.health.is_some();
        if called.replicas < 2 || share > of_one || takes_out {
            continue;
        }
        let message = format!(
            "the breaker opens at {} of failures, and one of {}'s {} replicas is {} of the calls",
            words::share(share),
            called.name,
            called.replicas,
            words::share(of_one)
        );
        let help = format!("`outliers` or `health` on {}, and a breaker that opens at 50% or more", called.name);
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}
