//! What turning a request away costs the service that does it.
//!
//! By default a service turns requests away for nothing. With `reject_cost` every request that finds the queue full, or that a guard of
//! the service does not let in, costs so much work all the same (reading it, deciding, answering): whoever is served next waits for it.
//! A server with a capacity of C that pays a share r of a request for each that it turns away serves (C - r L) / (1 - r) of a load of
//! L beyond C, and nothing at all from L = C / r on. So shedding helps only as far as it is cheap, and the rest has to be turned away
//! further up (Site Reliability Engineering, O'Reilly 2016, chapter 21).
//!
//! ```yaml
//! name: reject-cost-example
//! length: 120s
//! warmup: 20s
//! clients:
//!   users: {calls: web, rate: 150/s}
//! services:
//!   web: {workers: 1, queue: 10, work: 10ms, reject_cost: 5ms}
//! expect:
//!   - goodput(users) >= 46/s
//!   - goodput(users) <= 54/s
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const PAGE: Page = Page { name: "reject_cost", page: include_str!("reject_cost.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 1] =
    [FieldDoc::optional("reject_cost", Shape::Span, "0s", "work that a request costs which is turned away")];

/// `None` where it costs nothing.
pub fn read(fields: &Fields) -> Option<Span> {
    fields.span("reject_cost").filter(|cost| *cost > Span::ZERO)
}
