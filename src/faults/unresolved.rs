//! A name does not resolve: its zone is empty, its servers are gone, its registration ran out.
//!
//! What the caches of the callers hold (`dns` on the call) lives on until its time is over, so the failures grow in a straight line to
//! all requests at the TTL. A call without `dns` resolves its name at every request and fails at once. Such requests never leave: the
//! called service sees less load and nothing else.
//!
//! - **Simulated world**: an attempt whose cache holds no answer fails with `unresolved`.
//! - **Live world**: the same; the engine decides it before anything is sent. Real names are never touched.
//! - **Undo**: the next request of each cache resolves the name, after `negative` where a failure is kept.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: unresolved-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 100/s}
//! services:
//!   web: {calls: [{to: db, timeout: 200ms, dns: {ttl: 10s, resolvers: 50, negative: 5s}}]}
//!   db: {work: exp(2ms)}
//! faults:
//!   gone: {kind: unresolved, on: web->db, at: 20s, for: 20s}
//! expect:
//!   - errors(web->db, kind=unresolved) >= 98% between 31s and 40s
//!   - errors(web->db, kind=unresolved) <= 10% between 20s and 21s
//!   - success(users) >= 100% between 46s and 60s
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Dns;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "unresolved",
    page: include_str!("unresolved.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let edges = site.calls(fields)?;
    let change = Change::edit(move |plan| {
        for edge in &edges {
            plan.edges[edge.index()].dns.get_or_insert_with(Dns::plain).broken = true;
        }
    });
    Some(Lowered::changes("name does not resolve".to_owned(), vec![change]))
}
