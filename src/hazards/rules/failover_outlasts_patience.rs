//! A change of leaders that takes longer than callers try.
//!
//! What it sees: a replicated broker or database whose leader is found dead and replaced only after all tries of its callers are over, so that every death, and
//! every pause that is taken for one, is seen by users.
//!
//! The arithmetic: session (or lease) + election, against timeout x tries + pauses of the callers.
//!
//! The fix: callers that try for longer than that. A shorter session is none: it takes pauses for deaths. It would have caught `session-expiry-isr` (6 s + 0.5 s,
//! for publishers who wait 5 s).
//!
//! ```yaml
//! name: failover-outlasts-patience-hazard
//! length: 60s
//! clients:
//!   shop: {calls: {to: log, timeout: 2s}, rate: 50/s}
//! services:
//!   log: {kind: broker, replicas: 3, acks: all, min_in_sync: 2, session: 6s, election: 500ms, redelivery: {max: 5}}
//!   reader: {consumes: log, workers: 4, work: 10ms}
//! expect:
//!   - success(shop) >= 99%
//! variants:
//!   fixed:
//!     title: Publishers that try for 10 s
//!     set: {clients.shop.calls: {timeout: 10s}}
//! ```

use crate::base::Span;
use crate::hazards::{Finding, Review, Rule, chains, structure, words};
use crate::plan::{Part, Role, Service};

pub static RULE: Rule =
    Rule { code: "hazard/failover-outlasts-patience", page: include_str!("failover_outlasts_patience.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Some((silence, election)) = failover(service) else { continue };
        let takes = (silence + election).as_secs_f64();
        let calls =
            review.wires.inbound(id).filter_map(|(call, _)| chains::gives_up(plan, call).map(|tries| (call, tries)));
        let Some((call, tries)) = calls.min_by(|one, other| one.1.total_cmp(&other.1)) else { continue };
        if takes <= tries {
            continue;
        }
        let message = format!(
            "a new leader of {} takes {silence} + {election}, and {} gives up after {}",
            service.name,
            plan.party_name(plan.edge(call).from),
            words::time(tries)
        );
        let help = format!("let callers try for longer than {}, with pauses in between", words::time(takes));
        found.push(Finding::at(Part::Edge(call), message, help));
    }
    found
}

/// How long it takes until a dead leader is missed, and until there is another one.
fn failover(service: &Service) -> Option<(Span, Span)> {
    match &service.role {
        Role::Broker(spec) if service.replicas > 1 => Some((spec.replication.session, spec.replication.election)),
        Role::Database(spec) if service.replicas > 1 => {
            spec.failover.map(|failover| (failover.lease, failover.election))
        }
        _ => None,
    }
}
