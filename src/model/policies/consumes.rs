//! A service is given the messages of a broker: each is a request to one of its replicas, and its answer is the acknowledgement.
//!
//! A replica has `prefetch` messages at a time, by default as many as it has workers (one, if those are unbounded). What it answers with a
//! failure, loses in a crash, or has not answered within `timeout`, comes again (see `broker`). Services with the same `group` share the
//! messages among them; every group gets all of them. `consumes: orders` is short for `consumes: {from: orders}`. The way from the broker
//! is an edge like any other, `orders->indexer`: faults act on it, and expectations name it. Publishers wait for the broker only, never
//! for the consumers.
//!
//! ```yaml
//! name: consumes-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   shop: {calls: {to: orders, timeout: 1s}, rate: 100/s}
//! services:
//!   orders: {kind: broker}
//!   billing: {consumes: {from: orders, prefetch: 10, timeout: 30s}, workers: 4, work: exp(20ms)}
//!   search: {consumes: orders, workers: 2, work: 5ms}
//! expect:
//!   - success(shop) >= 99%
//!   - throughput(billing) >= 90/s
//!   - throughput(search) >= 90/s
//!   - max(backlog(orders)) <= 100
//! ```

use super::call::{self, CallDraft};
use crate::base::{Dist, Span};
use crate::model::Page;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Value, values};

pub const PAGE: Page = Page { name: "consumes", page: include_str!("consumes.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Name, Shape::Shared("consumes", &TABLE)]);

static TABLE: [FieldDoc; 7] = [
    FieldDoc::required("from", Shape::Name, "the broker"),
    FieldDoc::optional("group", Shape::Name, "the service's own name", "those who share the messages among them"),
    FieldDoc::optional("prefetch", Shape::Count, "its workers", "messages that a replica has at a time"),
    FieldDoc::optional("timeout", Shape::Span, "none", "a message that is not answered for so long comes again"),
    FieldDoc::optional("latency", Shape::Dist, "0s", "network time of a message, one way"),
    FieldDoc::optional("name", Shape::Name, "from->to", "a name of its own for this edge in `on:` and expectations"),
    FieldDoc::optional("note", Shape::Text, "", "a remark for readers"),
];

/// Who consumes from whom, as it was written.
#[derive(Clone, Debug)]
pub struct ConsumeDraft {
    pub from: String,
    pub from_place: Place,
    pub group: String,
    pub prefetch: Option<u32>,
    /// From the broker to the service.
    pub call: CallDraft,
}

/// Reads what the service of this name consumes.
pub fn read(node: &Node, service: &str, diags: &Diagnostics) -> Option<ConsumeDraft> {
    if let Value::Scalar(..) = node.value {
        let from = values::read_name(node, diags)?.to_owned();
        let call = call::draft(service.to_owned(), node.place);
        return Some(ConsumeDraft { from, from_place: node.place, group: service.to_owned(), prefetch: None, call });
    }
    let fields = Fields::open(node, "`consumes`", &TABLE, diags);
    let from = fields.text("from")?.to_owned();
    let from_place = fields.place_of("from");
    let mut call = call::draft(service.to_owned(), from_place);
    call.edge.timeout = fields.span("timeout").filter(|span| *span > Span::ZERO);
    call.edge.latency = fields.dist("latency").unwrap_or(Dist::Constant(0.0));
    call.own_name = fields.text("name").map(|name| (name.to_owned(), fields.place_of("name")));
    fields.text("note");
    let prefetch = fields.count("prefetch");
    if prefetch.is_some_and(|prefetch| prefetch == 0 || prefetch > 1_000_000) {
        let note = fields.error("prefetch", "a replica has 1 to 1,000,000 messages at a time");
        note.help("leave it out for as many as it has workers").code("wrong-value");
    }
    let group = fields.text("group").unwrap_or(service).to_owned();
    Some(ConsumeDraft { from, from_place, group, prefetch: prefetch.map(|prefetch| prefetch as u32), call })
}
