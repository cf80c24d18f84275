//! New connections on an edge are refused: nobody listens.
//!
//! The fastest and kindest failure: the caller knows at once (error kind `refused`). What follows depends on what it does with that
//! knowledge; immediate retries turn it into a storm. A port listens or does not, so it takes all connections: for some of them use `reset`
//! with a `share`.
//!
//! - **Simulated world**: each new request on the edge fails at once; requests under way go on.
//! - **Live world**: the fault proxy closes its listening socket and resets the connections that are open, or kept-alive ones would go on
//!   as if nothing had happened; the few requests under way at that moment see a `reset`. No privilege is needed.
//! - **Undo**: the proxy listens on the same port again.
//! - **Evidence**: requests refused (live: the listener that was closed, and connections closed).
//!
//! ```yaml
//! name: refuse-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 20/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   closed: {kind: refuse, on: users->web, at: 10s, for: 5s}
//! expect:
//!   - errors(users, kind=refused) >= 95% during closed
//!   - success(users) >= 99% after closed
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::Fields;

pub const KIND: FaultKind = FaultKind {
    name: "refuse",
    page: include_str!("refuse.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: &[],
    lower,
};

fn lower(_: &Fields, site: &Site) -> Option<Lowered> {
    Lowered::on_each("refuse".to_owned(), &site.edges(), &Effect::Refuse)
}
