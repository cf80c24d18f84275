//! At most so many attempts of an edge at a time, so that one slow dependency cannot take all of its caller's workers.
//!
//! `bulkhead: 10` lets ten attempts be under way and turns every other away at once (`rejected`). `waiting` lets so many more stand in
//! line, each at most `max_wait`; the attempt's own `timeout` runs meanwhile. The limit is that of all replicas of the caller
//! together: for one of 10 on each of three replicas write 30. (Nygard, Release It!, 2007.)
//!
//! ```yaml
//! name: bulkhead-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   readers: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web:
//!     workers: 20
//!     work: 2ms
//!     calls:
//!       - {to: ads, optional: true, bulkhead: {max: 10, waiting: 5, max_wait: 50ms}}
//!       - {to: pages}
//!   ads: {work: exp(20ms)}
//!   pages: {work: exp(20ms)}
//! faults:
//!   slow-ads: {kind: slow, on: ads, factor: 100x, at: 10s, for: 20s}
//! expect:
//!   - success(readers) >= 60% during slow-ads
//!   - errors(web->ads, kind=rejected) >= 50% during slow-ads
//!   - inflight(ads) <= 10
//! ```

use super::call::positive_span;
use crate::model::Page;
use crate::plan::Bulkhead;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "bulkhead", page: include_str!("bulkhead.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Shared("bulkhead", &TABLE)]);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("max", Shape::Count, "attempts under way at a time"),
    FieldDoc::optional("waiting", Shape::Count, "0", "attempts that may wait for their turn"),
    FieldDoc::optional("max_wait", Shape::Span, "none", "longest wait for a turn"),
];

const MAX: u64 = 10_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Bulkhead> {
    if let Value::Scalar(..) = node.value {
        let max = checked(values::read_count(node, diags)?, 1, node, diags)?;
        return Some(Bulkhead { max, waiting: 0, max_wait: None });
    }
    let fields = Fields::open(node, "`bulkhead`", &TABLE, diags);
    let waiting = fields.node("waiting").and_then(|node| checked(values::read_count(node, diags)?, 0, node, diags));
    let max_wait = positive_span(&fields, "max_wait");
    if max_wait.is_some() && waiting.unwrap_or(0) == 0 {
        let note = fields.error("max_wait", "nobody waits: `waiting` is 0");
        note.help("say how many may wait, such as `waiting: 20`").code("wrong-value");
    }
    let max = checked(fields.count("max")?, 1, fields.node("max")?, diags)?;
    Some(Bulkhead { max, waiting: waiting.unwrap_or(0), max_wait })
}

fn checked(count: u64, least: u64, node: &Node, diags: &Diagnostics) -> Option<u32> {
    if count < least || count > MAX {
        diags.error(node.place, format!("this must be {least} to {MAX}")).code("wrong-value");
        return None;
    }
    Some(count as u32)
}
