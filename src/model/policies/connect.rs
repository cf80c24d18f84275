//! What it takes to open a connection, and how long the caller has patience with that.
//!
//! Opening takes a round trip of the edge (`latency`, and what faults add to it) and then `time` for the handshakes above TCP. With a
//! `pool` that is done when there is no open connection to take, without one for every attempt. `timeout` bounds the opening alone:
//! after it the attempt fails with `timeout`, long before its own total is over. That is what a connect timeout is for: a host that is
//! gone does not answer, and should not cost as much patience as one that is slow.
//! While an edge is cut the packet that opens a connection is lost, and sent again after 1, 3, 7, 15 … seconds (RFC 6298): a new
//! connection can come up long after the cut has healed, when open ones have long gone on. In the live world real connections
//! are opened: what that takes is not up to the model there.
//!
//! ```yaml
//! name: connect-example
//! length: 40s
//! warmup: 2s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {calls: [{to: db, timeout: 2s, latency: 1ms, connect: {time: 4ms, timeout: 100ms}}]}
//!   db: {work: 5ms}
//! faults:
//!   split: {kind: cut, on: web->db, at: 10s, for: 5s}
//! expect:
//!   - p50(users) >= 13ms before split
//!   - errors(users, kind=timeout) >= 99% during split
//!   - p99(users) <= 120ms
//! ```

use super::call::positive_span;
use crate::base::Span;
use crate::model::Page;
use crate::plan::Connect;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "connect", page: include_str!("connect.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::optional("time", Shape::Span, "0s", "handshakes above TCP, beside one round trip"),
    FieldDoc::optional("timeout", Shape::Span, "none", "longest time to open a connection"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Connect {
    let fields = Fields::open(node, "`connect`", &TABLE, diags);
    Connect { time: fields.span("time").unwrap_or(Span::ZERO), timeout: positive_span(&fields, "timeout") }
}
