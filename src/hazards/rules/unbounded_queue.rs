//! A line without an end, in front of workers that are busy, for callers who give up.
//!
//! What it sees: a service that is busy for half of its time or more, whose line can get longer than its callers wait, and callers who
//! leave without taking their request back. As little as twice the load, or half of the workers, and everything in the line is too old
//! when its turn comes: the workers are busy, and nobody gets an answer.
//!
//! The arithmetic: a request in place n of a line waits n / capacity. Places beyond patience x capacity are for nobody. `drop_expired` does not
//! help: what is next in line is about to leave, too.
//!
//! The fix: a `queue` of patience x capacity at most (half of that is a good start), CoDel, or newest first. It would have caught
//! `shed-or-fall`, `retry-storm` and `two-hundred-thousand-reconnect`. Source: Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
//!
//! ```yaml
//! name: unbounded-queue-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 60/s}
//! services:
//!   api: {workers: 10, work: exp(100ms), queue: unbounded}
//! expect:
//!   - success(users) >= 95%
//! variants:
//!   fixed: {title: At most half a second of work may wait, set: {services.api.queue: 50}}
//! ```

use crate::base::{EdgeId, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/unbounded-queue", page: include_str!("unbounded_queue.rs"), find };

/// Busy for this share of the time: twice the load is too much.
const BUSY: f64 = 0.5;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for service in structure::services(plan) {
        let (capacity, rate) = (review.capacity.rate(service), review.arriving(service));
        if capacity.is_infinite() || rate < BUSY * capacity {
            continue;
        }
        let Some((edge, patience)) = least_patient(review, service) else { continue };
        let line = match review.longest_wait(edge) {
            Some(wait) => format!("its line can get {} long", words::time(wait)),
            None => "its line has no end".to_owned(),
        };
        let message = format!(
            "{} is busy for {} of its time, {line}, and for {} there is no use in it after {}",
            plan.service(service).name,
            words::share(rate / capacity),
            plan.party_name(plan.edge(edge).from),
            words::time(patience)
        );
        let places = (patience * capacity / 2.0).max(1.0).floor();
        let help = format!(
            "a bound such as `queue: {}` ({} of work), or `order: lifo`",
            words::number(places),
            words::time(places / capacity)
        );
        found.push(Finding::at(Part::Service(service), message, help));
    }
    found
}

/// The caller who leaves first of those for whom the line can get too long.
fn least_patient(review: &Review, service: ServiceId) -> Option<(EdgeId, f64)> {
    let calls = review.wires.inbound(service).filter(|(_, edge)| !edge.cancel && !review.plan.is_delivery(edge));
    let patience = calls.filter_map(|(id, _)| review.chains.patience(id).map(|wait| (id, wait)));
    let too_long = patience.filter(|(id, patience)| review.longest_wait(*id).is_none_or(|wait| wait > *patience));
    too_long.min_by(|a, b| a.1.total_cmp(&b.1))
}
