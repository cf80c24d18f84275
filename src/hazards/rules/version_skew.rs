//! Pages and servers of versions that do not go together while a deploy runs, and long after.
//!
//! What it sees: calls made by pages (`loads`, `pages`) to a service that cannot answer pages of another version (`versions`), and a `deploy` by which they
//! meet: of the pages' own service at the same time, or of one that drops what the version before needs (`keep: 0`) while old pages are open.
//!
//! The arithmetic: while a share p is new, p (1 - p) of the loads ask an old server for what only a new one has: a quarter at half time, 1/6 of the
//! time of the deploy in all. Old pages that stay open for A in the mean ask on, a share e^(-t / A) of them after t.
//!
//! The fix: first the files, last the pages that name them (`keep: 1`, and their deploy done before); keep the version before for as long as pages live. It would
//! have caught `old-tab-new-server`.
//!
//! ```yaml
//! name: version-skew-hazard
//! length: 120s
//! clients:
//!   users: {calls: browser, rate: 50/s}
//! services:
//!   browser: {calls: [{to: web, loads: true, name: page}, {to: web, name: script}]}
//!   web: {replicas: 10, balance: random, work: 1ms, versions: {keep: 1}}
//! controls:
//!   roll-out: {kind: deploy, on: web, at: 30s, every: 5s, above: 50%}
//! expect:
//!   - success(users) >= 80%
//! variants:
//!   fixed:
//!     title: Scripts from another service, which is deployed first
//!     set:
//!       services.files: {replicas: 10, balance: random, work: 1ms, versions: {keep: 1}}
//!       services.browser.calls: [{to: web, loads: true, name: page}, {to: files, name: script}]
//!       controls.first: {kind: deploy, on: files, at: 5s, every: 2s, above: 50%}
//! ```

use crate::base::{ServiceId, Span, Time};
use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::{Does, Edge, Part, Party, Plan, Rollout};

pub static RULE: Rule = Rule { code: "hazard/version-skew", page: include_str!("version_skew.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan).filter(|(_, edge)| !edge.loads) {
        let called = plan.service(edge.to);
        let Some(skew) = called.versions else { continue };
        let Some(pages) = pages(review, edge) else { continue };
        let Some((_, own)) = rollout(plan, edge.to) else { continue };
        let page_rollout = rollout(plan, pages.unwrap_or(edge.to));
        let done = own.at + takes(plan, edge.to);
        // New pages ask a server that is not new yet.
        let too_new = skew.newer && page_rollout.is_some_and(|(_, pages)| done > pages.at && !is_at_once(plan, own));
        // Old pages ask a server that has forgotten theirs.
        let too_old = skew.older && skew.keep == 0;
        let why = match (too_new, too_old) {
            (true, true) => "new pages ask servers that are still old, and old pages servers that are new",
            (true, false) => "new pages ask servers that are still old",
            (false, true) => "pages that are open ask servers which have forgotten their version",
            (false, false) => continue,
        };
        let message = format!("while {} is deployed, {why}", called.name);
        let help = "`versions: {keep: 1}`, and what pages ask for is deployed before the pages";
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}

/// Is this call made on behalf of a page? And by which service are the pages given: `None` is the called one itself.
fn pages(review: &Review, edge: &Edge) -> Option<Option<ServiceId>> {
    let plan = review.plan;
    match edge.from {
        Party::Client(id) => plan.client(id).pages.as_ref().map(|_| None),
        Party::Service(from) => {
            let loads = plan.edges.iter().find(|other| other.loads && other.from == Party::Service(from));
            let by_users = review.wires.inbound(from).any(|(_, above)| match above.from {
                Party::Client(id) => plan.client(id).pages.is_some(),
                Party::Service(_) => false,
            });
            loads.map(|page| Some(page.to)).or_else(|| by_users.then_some(Some(from)))
        }
    }
}

/// The first deploy of a service that brings something new.
fn rollout(plan: &Plan, service: ServiceId) -> Option<(Span, &Rollout)> {
    plan.controls.iter().find_map(|control| match &control.does {
        Does::Roll(rollout) if rollout.service == service && rollout.to > 0 => Some((control.every, rollout)),
        _ => None,
    })
}

/// How long it takes.
fn takes(plan: &Plan, service: ServiceId) -> Span {
    let Some((every, rollout)) = rollout(plan, service) else { return Span::ZERO };
    let batches = plan.service(service).replicas.div_ceil(rollout.batch.max(1));
    let all = every.0.saturating_mul(u64::from(batches.saturating_sub(1)));
    Span(all) + rollout.drain + rollout.down
}

fn is_at_once(plan: &Plan, rollout: &Rollout) -> bool {
    rollout.batch >= plan.service(rollout.service).replicas && Time::ZERO + rollout.drain + rollout.down == Time::ZERO
}
