//! Connections that all callers of an edge keep together: so many at most, each for one request at a time, taken and given back.
//!
//! `pool: 20` is short for `pool: {size: 20}`. A call takes an idle connection, or has one opened (see `connect`), or waits until one is given back: at most `max_wait`, then it
//! fails with `no-connection`. `pick` says which idle one is taken: `newest` lets the others grow old, `oldest` keeps all in use,
//! `random` deals calls to all places alike, open or not. After a timeout, a reset or a crash a connection is closed and not used again.
//! `idle` is the caller's own timer, `peer_idle` that of the called side. If the called side closes first, there is a window of length
//! `race` in which the caller has not heard of it: a request sent then is lost (`reset`), and the called service never sees it. The
//! timers of idle connections are no request timeouts: the caller's must be the shorter one.
//! In the live world `size` and `max_wait` are kept; open connections there are real and have timers of their own.
//!
//! ```yaml
//! name: pool-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: balancer, rate: 100/s}
//! services:
//!   balancer:
//!     calls: [{to: backend, pool: {size: 100, open: ahead, pick: random, idle: 60s, peer_idle: 1s, race: 100ms}}]
//!   backend: {work: exp(5ms)}
//! expect:
//!   - errors(balancer->backend, kind=reset) >= 1%
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::{Pick, Pool};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "pool", page: include_str!("pool.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 7] = [
    FieldDoc::required("size", Shape::Count, "connections at most, those in use included"),
    FieldDoc::optional("open", Shape::Choice(&["on-demand", "ahead"]), "on-demand", "when connections are opened"),
    FieldDoc::optional("pick", Shape::Choice(&["newest", "oldest", "random"]), "newest", "which idle one is taken"),
    FieldDoc::optional("max_wait", Shape::Span, "none", "longest wait for a connection when all are in use"),
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

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Shared("pool", &TABLE)]);

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Pool> {
    if let Value::Scalar(..) = node.value {
        let size = checked_size(values::read_count(node, diags)?, node, diags)?;
        let (max_wait, idle, peer_idle) = (None, None, None);
        return Some(Pool { size, open_ahead: false, pick: Pick::Newest, max_wait, idle, peer_idle, race: Span::ZERO });
    }
    let fields = Fields::open(node, "`pool`", &TABLE, diags);
    let pick = match fields.choice("pick") {
        Some("oldest") => Pick::Oldest,
        Some("random") => Pick::Random,
        _ => Pick::Newest,
    };
    let open_ahead = fields.choice("open") == Some("ahead");
    let (max_wait, idle, peer_idle) = (fields.span("max_wait"), fields.span("idle"), fields.span("peer_idle"));
    let race = fields.span("race").unwrap_or(Span::ZERO);
    if fields.has("race") && peer_idle.is_none() {
        let note = fields.error("race", "there is no race: the called side never closes a connection");
        note.help("give its timer, such as `peer_idle: 20s`").code("wrong-value");
    }
    let size = checked_size(fields.count("size")?, fields.node("size")?, diags)?;
    Some(Pool { size, open_ahead, pick, max_wait, idle, peer_idle, race })
}

fn checked_size(size: u64, node: &Node, diags: &Diagnostics) -> Option<u32> {
    if size == 0 || size > SIZE_MAX {
        diags.error(node.place, format!("a pool has 1 to {SIZE_MAX} connections")).code("wrong-value");
        return None;
    }
    Some(size as u32)
}
