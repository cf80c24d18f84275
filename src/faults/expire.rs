//! The certificate of a service expires; healing it is the renewal.
//!
//! Sessions that are open live on (`tls` on the call), new ones fail with `untrusted`: with lives of mean τ the share of errors is
//! 1 - exp(-t/τ). A call without `tls` makes a session for every request and fails at once. Restarting anything makes it worse: every
//! session that ends cannot come back.
//!
//! - **Simulated world**: an attempt that needs a new session fails.
//! - **Live world**: the same; the engine decides it before anything is sent. No certificate is touched.
//! - **Undo**: new sessions are made again.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: expire-example
//! length: 300s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, tls: {connections: 200, life: exp(60s)}}, rate: 50/s}
//! services:
//!   api: {work: exp(5ms)}
//! faults:
//!   midnight: {kind: expire, on: api, at: 60s, for: 120s}
//! expect:
//!   - errors(users, kind=untrusted) <= 15% between 60s and 65s
//!   - errors(users, kind=untrusted) >= 75% between 170s and 180s
//!   - success(users) >= 100% between 180s and 300s
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::base::Time;
use crate::plan::Tls;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "expire",
    page: include_str!("expire.rs"),
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
            let tls = plan.edges[edge.index()].tls.get_or_insert_with(Tls::plain);
            // Before any clock, even one that is far behind.
            (tls.not_after, tls.age) = (Some(Time::ZERO), Some(crate::base::Span::ZERO));
        }
    });
    Some(Lowered::changes("certificate expired".to_owned(), vec![change]))
}
