//! More load than the service can bear as soon as requests fail, because they are sent again.
//!
//! What it sees: a service that bears its usual load, but not that load times the tries of its callers (retries, and users who
//! reload), behind a line in which callers lose patience. Once the line is longer than their patience, all is served too late, all is
//! sent again, and the line never gets shorter: the cause may be long gone.
//!
//! The arithmetic: rate x tries against the capacity. What can be borne safely is capacity / tries (its "hidden capacity"), because
//! nothing above that ever recovers from a full line. A line that is served within the callers' patience refuses instead, and is let off.
//!
//! The fix: a retry `budget` (tries become 1.1), fewer tries, a short `queue`, or newest first (`order: lifo`). Backoff alone only delays
//! the load. It would have caught `retry-storm` (70/s x 5 against 100/s) and `the-cause-is-gone` (280/s x 2 against 300/s). Source:
//! Huang et al., "Metastable Failures in the Wild", OSDI 2022.
//!
//! ```yaml
//! name: retry-overload-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: svc, timeout: 2s, retries: {max: 4, backoff: {base: 100ms, jitter: full}}}, rate: 45/s}
//! services:
//!   svc: {workers: 20, work: exp(200ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: A retry budget, set: {clients.users.calls.retries.budget: 10%}}
//! ```

use crate::base::{EdgeId, ErrorKind, ServiceId};
use crate::hazards::{Finding, Review, Rule, chains, flow, structure, words};
use crate::plan::{Part, Party};

pub static RULE: Rule = Rule { code: "hazard/retry-overload", page: include_str!("retry_overload.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let timeouts = |id: EdgeId| chains::attempts(plan.edge(id), |kind| kind == ErrorKind::Timeout);
    let rates = flow::rates(plan, &review.capacity);
    let reloaded: Vec<f64> =
        plan.clients.iter().zip(&rates).map(|(client, rate)| rate * chains::reloads(client)).collect();
    let worst = flow::spread(plan, &review.wires, &reloaded, timeouts);
    let mut found = Vec::new();
    for service in structure::services(plan) {
        let (capacity, usual, most) =
            (review.capacity.rate(service), review.arriving(service), review.admitted(service, worst.service(service)));
        if usual <= 0.0 || usual >= capacity || most <= capacity || !is_served_too_late(review, service) {
            continue;
        }
        let Some(part) = source(review, service) else { continue };
        let tries = most / usual;
        let message = format!(
            "{} answers {} and is asked for {}, but for {} when all fail: one request becomes {}",
            plan.service(service).name,
            words::rate(capacity),
            words::rate(usual),
            words::rate(most),
            words::number(tries)
        );
        let help = format!(
            "only {} / {} = {} is safe; a retry `budget: 10%`, fewer tries, or a `queue` that is served within the callers' patience",
            words::rate(capacity),
            words::number(tries),
            words::rate(capacity / tries)
        );
        found.push(Finding::at(part, message, help));
    }
    found
}

/// Can the line get so long that those who reach its head have left?
fn is_served_too_late(review: &Review, service: ServiceId) -> bool {
    review.wires.inbound(service).any(|(id, edge)| {
        let patience = review.chains.patience(id);
        !edge.cancel && patience.is_some_and(|patience| review.longest_wait(id).is_none_or(|wait| wait >= patience))
    })
}

/// The call, or the users, that multiply most on the way to it.
fn source(review: &Review, service: ServiceId) -> Option<Part> {
    let plan = review.plan;
    let leads = |id: ServiceId| review.wires.below([id], None).contains(&service);
    let calls = structure::edges(plan).filter(|(_, edge)| leads(edge.to)).map(|(id, edge)| {
        let reloads = match edge.from {
            Party::Client(client) => chains::reloads(plan.client(client)),
            Party::Service(_) => 1.0,
        };
        let tries = chains::attempts(edge, |kind| kind == ErrorKind::Timeout);
        (if reloads > tries { part_of(edge.from) } else { Part::Edge(id) }, reloads.max(tries))
    });
    calls.filter(|(_, tries)| *tries > 1.0).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(part, _)| part)
}

fn part_of(party: Party) -> Part {
    match party {
        Party::Client(id) => Part::Client(id),
        Party::Service(id) => Part::Service(id),
    }
}
