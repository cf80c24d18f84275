//! Cache-aside: where a caller goes when the cache does not hold the key, and who writes the value back.
//!
//! It stands in a call to a service of kind `cache`. After a miss (and, with `on_error`, after a failed read) the caller makes this
//! call instead. `fill` says what becomes of the value: `always` writes it back even if the user has left meanwhile; `if-awaited`
//! throws it away then (the rebuild dies with its request, and a cold cache can stay cold for ever); `single-flight` rebuilds each
//! key once at a time, for all who wait, and goes on without them. A `bulkhead` on this call bounds how many rebuilds are made at once.
//!
//! What a cache keeps after it expired (`stale_for`) can still be served: with `stale_if_error` when the rebuild fails, with
//! `stale_while_revalidate` at once, and the value is rebuilt behind the caller's back (RFC 5861). `degraded(caller->cache)` counts them.
//!
//! ```yaml
//! name: miss-example
//! length: 30s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 100/s, keys: {count: 1000, skew: 1}}
//! services:
//!   web:
//!     calls: [{to: cache, timeout: 20ms, miss: {to: db, timeout: 500ms, fill: single-flight}}]
//!   cache: {kind: cache, entries: 100, work: 300us}
//!   db: {workers: 10, work: exp(10ms)}
//! expect:
//!   - hits(cache) >= 30%
//! ```

use super::call::{self, MissDraft};
use super::fallback;
use crate::model::Page;
use crate::plan::{Fill, Stale};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value};

pub const PAGE: Page = Page { name: "miss", page: include_str!("miss.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Name, Shape::Shared("miss", &TABLE)]);

pub static TABLE: [FieldDoc; call::COMMON.len() + 5] = crate::model::joined(
    &call::COMMON,
    &[
        FieldDoc::optional(
            "fill",
            Shape::Choice(&["always", "if-awaited", "single-flight"]),
            "always",
            "what becomes of the rebuilt value",
        ),
        FieldDoc::optional("on_error", Shape::Flag, "true", "a failed read of the cache is taken as a miss"),
        FieldDoc::optional("stale_if_error", Shape::Flag, "false", "serve an expired value if its rebuild fails"),
        FieldDoc::optional(
            "stale_while_revalidate",
            Shape::Flag,
            "false",
            "serve it at once, and rebuild it meanwhile",
        ),
        FieldDoc::optional("fallback", fallback::SHAPE, "none", "what is served when the rebuild has failed"),
    ],
);

pub fn read(node: &Node, diags: &Diagnostics) -> Option<MissDraft> {
    if let Value::Scalar(..) = node.value {
        let call = call::read(node, "`miss`", diags)?;
        return Some(MissDraft { call, fill: Fill::Always, on_error: true, stale: Stale::default() });
    }
    let fields = Fields::open(node, "`miss`", &TABLE, diags);
    let fill = match fields.choice("fill") {
        Some("if-awaited") => Fill::IfAwaited,
        Some("single-flight") => Fill::SingleFlight,
        _ => Fill::Always,
    };
    let on_error = fields.flag("on_error").unwrap_or(true);
    call::forbid(&fields, &["chance", "count", "mirror"], "each miss is followed by one call");
    let stale = Stale {
        if_error: fields.flag("stale_if_error").unwrap_or(false),
        while_revalidate: fields.flag("stale_while_revalidate").unwrap_or(false),
    };
    let fallback = fields.node("fallback").and_then(|node| fallback::read(node, diags)).map(Box::new);
    let call = call::CallDraft { fallback, ..call::read_common(&fields)? };
    Some(MissDraft { call, fill, on_error, stale })
}
