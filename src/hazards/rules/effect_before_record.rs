//! What cannot be undone is done before it is written down, and whoever is not told asks again.
//!
//! What it sees: a service that calls one with a `ledger` (a charge, a mail), writes only afterwards, and is asked by somebody who asks again after a
//! failure. When the write fails, the effect has happened, nothing knows of it, and the next turn repeats it.
//!
//! The arithmetic: one effect for each turn while writes fail: an outage of T with a turn every R repeats it 1 + T / R times.
//!
//! The fix: write first what is going to be done, and after it that it was done; or a memory in front of the effect that knows who comes again (an
//! idempotency key). It would have caught `charge-twice`: 2,760 s / 60 s + 1 = 47 charges for one top-up.
//!
//! ```yaml
//! name: effect-before-record-hazard
//! length: 60s
//! clients:
//!   accounts: {calls: {to: job, timeout: 10s}, rate: 1/s, reload: {chance: 100%, after: 1s, limit: 3}, keys: {count: 100000}}
//! services:
//!   job: {calls: [{to: card, timeout: 2s}, {to: balances, timeout: 2s, write: true}]}
//!   card: {workers: 10, work: 50ms, ledger: true}
//!   balances: {workers: 10, work: 5ms}
//! expect:
//!   - success(accounts) >= 99%
//! variants:
//!   fixed:
//!     title: Write down first what will be charged
//!     set:
//!       services.job.calls: [{to: balances, timeout: 2s, write: true}, {to: card, timeout: 2s}, {to: balances, timeout: 2s, write: true, name: commit}]
//! ```

use crate::base::{ErrorKind, ServiceId};
use crate::hazards::{Finding, Review, Rule, chains, structure};
use crate::plan::{Arrivals, Part, Plan};

pub static RULE: Rule =
    Rule { code: "hazard/effect-before-record", page: include_str!("effect_before_record.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let calls: Vec<_> = structure::calls(plan, id).into_iter().map(|(call, _)| plan.edge(call)).collect();
        let Some(at) = calls.iter().position(|edge| plan.service(edge.to).working.ledger) else { continue };
        let first_write = calls.iter().position(|edge| edge.write);
        if first_write.is_none_or(|write| write < at) || !is_asked_again(review, id) {
            continue;
        }
        let effect = &plan.service(calls[at].to).name;
        let write = &calls[first_write.unwrap_or(at)].name;
        let message = format!(
            "{} has {effect} do its work before {write} writes it down: when that fails, the work is done again at the next turn",
            plan.service(id).name
        );
        let help = "write first what will be done and then that it was done, or put a memory that knows who comes again in front of it";
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}

/// Does anybody above it, users or callers, ask again after a failure?
fn is_asked_again(review: &Review, id: ServiceId) -> bool {
    let plan: &Plan = review.plan;
    let leads_here = |service: ServiceId| service == id || review.wires.below([service], None).contains(&id);
    let by_users = plan.clients.iter().any(|client| {
        let again = client.reload.is_some() || matches!(client.arrivals, Arrivals::Herd(_) | Arrivals::Fleet(_));
        again && leads_here(plan.edge(client.edge).to)
    });
    let retries = |kind: ErrorKind| kind != ErrorKind::BreakerOpen;
    by_users || structure::edges(plan).any(|(_, edge)| chains::attempts(edge, retries) > 1.0 && leads_here(edge.to))
}
