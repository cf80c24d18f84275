//! Work in batches: a worker takes several waiting requests at once, works once for all of them, and answers them together.
//!
//! A free worker takes a batch as soon as `size` requests wait, or when the first of them has waited for `wait` (at once, when no
//! `wait` is given): then it takes as many as there are. The steps of the service, calls included, are done once for a batch, with the
//! key of its first request. `drop_expired` and the order of the queue decide who gets into it. A request that leaves takes
//! nothing away from the others; the work stops when all have left.
//!
//! ```yaml
//! name: batch-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   writers: {calls: log, rate: 800/s, arrivals: constant}
//! services:
//!   log: {workers: 1, work: 10ms, batch: {size: 16, wait: 50ms}}
//! expect:
//!   - success(writers) >= 99%
//!   - utilisation(log) <= 51%
//!   - mean(writers) < 20ms
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::Batch;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "batch", page: include_str!("batch.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("batch", &TABLE);

static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("size", Shape::Count, "the most requests that are worked on at once"),
    FieldDoc::optional("wait", Shape::Span, "0s", "how long the first of a batch waits for it to fill"),
];

const SIZE_MAX: u64 = 1_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Batch> {
    let fields = Fields::open(node, "`batch`", &TABLE, diags);
    let wait = fields.span("wait").unwrap_or(Span::ZERO);
    let size = fields.count("size")?;
    if size == 0 || size > SIZE_MAX {
        fields.error("size", format!("a batch has 1 to {SIZE_MAX} requests")).code("wrong-value");
        return None;
    }
    Some(Batch { size: size as u32, wait })
}
