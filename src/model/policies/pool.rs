//! Idle connections that a caller keeps open, with the idle timers of both ends and the race between them.
//!
//! Each call goes over one of `size` connections, chosen at random. `idle` is the caller's own timer, `peer_idle` that of the called
//! side. If the called side closes first, there is a window of length `race` in which the caller has not heard of it: a request sent
//! then is lost (`reset`), and the called service never sees it. Connections that are known to be closed are simply opened again.
//! Simulated world only: live connections have real timers.
//!
//! ```yaml
//! name: pool-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: balancer, rate: 100/s}
//! services:
//!   balancer: {calls: [{to: backend, pool: {size: 100, idle: 60s, peer_idle: 1s, race: 100ms}}]}
//!   backend: {work: exp(5ms)}
//! expect:
//!   - errors(balancer->backend, kind=reset) >= 1%
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::Pool;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "pool", page: include_str!("pool.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 4] = [
    FieldDoc::required("size", Shape::Count, "connections kept open"),
    FieldDoc::optional("idle", Shape::Span, "never", "the caller closes a connection that was idle this long"),
    FieldDoc::optional(
        "peer_idle",
        Shape::Span,
        "never",
        "the called side closes a connection that was idle this long",
    ),
    FieldDoc::optional("race", Shape::Span, "0s", "how much later the caller hears that the other side closed"),
];

const SIZE_MAX: u64 = 10_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Pool> {
    let fields = Fields::open(node, "`pool`", &TABLE, diags);
    let size = fields.count("size")?;
    if size == 0 || size > SIZE_MAX {
        fields.error("size", format!("a pool has 1 to {SIZE_MAX} connections")).code("wrong-value");
        return None;
    }
    Some(Pool {
        size: size as u32,
        idle: fields.span("idle"),
        peer_idle: fields.span("peer_idle"),
        race: fields.span("race").unwrap_or(Span::ZERO),
    })
}
