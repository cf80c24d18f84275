//! The callers' caches of a name are emptied: answers that they kept, and failures.
//!
//! What an operator does when the name is right again and callers are not, and what a restart of all resolvers does. The next request of
//! each cache resolves the name: with the right answer that is the cure, and while the name is broken (`unresolved`) all fail at once
//! instead of little by little, unless `stale: true` lets them use an old answer. It happens at one moment. It acts on a call with
//! `dns`; another keeps no names, and the fault is told to have touched nothing.
//!
//! - **Simulated world**: the caches of the call are empty.
//! - **Live world**: the same; they are the engine's own. Real resolvers are never touched.
//! - **Undo**: none; the caches fill again by use.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: forget-names-example
//! length: 200s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, dns: {ttl: 60s, negative: 60s, resolvers: 100}}, rate: 100/s}
//! services:
//!   api: {work: exp(5ms)}
//! faults:
//!   gone: {kind: unresolved, on: users->api, at: 20s, for: 80s}
//!   flush: {kind: forget-names, on: users->api, at: 110s}
//! expect:
//!   - errors(users, kind=unresolved) >= 75% between 101s and 110s
//!   - success(users) >= 100% between 111s and 200s
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "forget-names",
    page: include_str!("forget_names.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::Instantly,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let edges = site.calls(fields)?;
    let change = Change::edit(move |plan| {
        for edge in &edges {
            if let Some(dns) = &mut plan.edges[edge.index()].dns {
                dns.emptied += 1;
            }
        }
    });
    Some(Lowered::changes("forget names".to_owned(), vec![change]))
}
