//! Something that must be done once, and is asked for again when the answer is late.
//!
//! What it sees: a call that is tried again after a timeout, and that leads to a write which nothing recognises when it comes a second time. After a
//! timeout the caller does not know whether it was done.
//!
//! The arithmetic: up to 1 + retries writes for one that was wanted, whenever the answer takes longer than the timeout.
//!
//! The fix: a timeout above what the whole may take and no retry; or a memory in front that gives the answer of the first to whoever comes again (a cache
//! with `fill: single-flight`, an idempotency key). It would have caught `one-time-password-used-twice` (a code is used up by the first try, and the
//! second is refused).
//!
//! ```yaml
//! name: retried-write-hazard
//! length: 60s
//! clients:
//!   people: {calls: {to: shop, timeout: 10s}, rate: 1/s}
//! services:
//!   shop: {calls: [{to: payment, timeout: 1s, retries: {max: 2, backoff: {base: 100ms, jitter: full}}}]}
//!   payment: {calls: [{to: ledger, timeout: 900ms, write: true}]}
//!   ledger: {workers: 10, work: 50ms}
//! expect:
//!   - success(people) >= 99%
//! variants:
//!   fixed: {title: Ask once, set: {services.shop.calls.payment.retries: 0, services.shop.calls.payment.timeout: 6s}}
//! ```

use crate::base::{EdgeId, ErrorKind, ServiceId};
use crate::hazards::{Finding, Review, Rule, chains, structure, words};
use crate::plan::topology::Fill;
use crate::plan::{Part, Plan};
use std::collections::BTreeSet;

pub static RULE: Rule = Rule { code: "hazard/retried-write", page: include_str!("retried_write.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let tries = chains::attempts(edge, |kind| kind == ErrorKind::Timeout);
        if tries <= 1.0 || edge.timeout.is_none() || edge.cancel || plan.is_delivery(edge) {
            continue;
        }
        let Some(write) = written(plan, id) else { continue };
        let message = format!(
            "{} is tried again after a timeout, and each of the {} tries can do {}",
            edge.name,
            words::number(tries.ceil()),
            plan.edge(write).name
        );
        let help = "one try with a timeout above what it may take; or a cache with `fill: single-flight` in front, which answers who comes again";
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}

/// The first write that the call leads to, by services that do not recognise what comes again.
fn written(plan: &Plan, id: EdgeId) -> Option<EdgeId> {
    if plan.edge(id).write {
        return Some(id);
    }
    let mut seen: BTreeSet<ServiceId> = BTreeSet::new();
    let mut open = vec![plan.edge(id).to];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        for (call, _) in structure::calls(plan, at) {
            let edge = plan.edge(call);
            if edge.write {
                return Some(call);
            }
            open.push(edge.to);
            // Behind a memory that lets one of those that ask for the same through, there is one.
            open.extend(
                edge.miss.as_ref().filter(|miss| miss.fill != Fill::SingleFlight).map(|miss| plan.edge(miss.edge).to),
            );
        }
    }
    None
}
