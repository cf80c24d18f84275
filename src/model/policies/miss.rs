//! Cache-aside: where a caller goes when the cache does not hold the key, and who writes the value back.
//!
//! It stands in a call to a service of kind `cache`. After a miss (and, with `on_error`, after a failed read) the caller makes this
//! call instead. `fill` says what becomes of the value: `always` writes it back even if the user has left meanwhile; `if-awaited`
//! throws it away then (the rebuild dies with its request, and a cold cache can stay cold for ever); `single-flight` rebuilds each
//! key once at a time, for all who wait, and goes on without them.
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
use crate::model::Page;
use crate::plan::Fill;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value};

pub const PAGE: Page = Page { name: "miss", page: include_str!("miss.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Name, Shape::Shared("miss", &TABLE)]);

pub static TABLE: [FieldDoc; 21] = crate::model::joined(
    &call::COMMON,
    &[
        FieldDoc::optional(
            "fill",
            Shape::Choice(&["always", "if-awaited", "single-flight"]),
            "always",
            "what becomes of the rebuilt value",
        ),
        FieldDoc::optional("on_error", Shape::Flag, "true", "a failed read of the cache is taken as a miss"),
    ],
);

pub fn read(node: &Node, diags: &Diagnostics) -> Option<MissDraft> {
    if let Value::Scalar(..) = node.value {
        return Some(MissDraft { call: call::read(node, "`miss`", diags)?, fill: Fill::Always, on_error: true });
    }
    let fields = Fields::open(node, "`miss`", &TABLE, diags);
    let fill = match fields.choice("fill") {
        Some("if-awaited") => Fill::IfAwaited,
        Some("single-flight") => Fill::SingleFlight,
        _ => Fill::Always,
    };
    let on_error = fields.flag("on_error").unwrap_or(true);
    for name in ["chance", "count"] {
        if fields.has(name) {
            let note = fields.error(name, format!("`{name}` has no meaning here: each miss is followed by one call"));
            note.help("put it on the call to the cache").code("wrong-value");
        }
    }
    Some(MissDraft { call: call::read_common(&fields)?, fill, on_error })
}
