//! Warm-up after a start: cold code and empty pools make the first work slow.
//!
//! Work that begins right after a replica has started takes `slower` times as long; the factor falls evenly to 1 over `for`. A replica
//! starts when it comes back from being down, and with `cold_start: true` at the beginning of the run as well. So a restart under
//! load meets the load with a fraction of its capacity, and may not get through it: let traffic come back in steps.
//!
//! ```yaml
//! name: warm-up-example
//! length: 120s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {workers: 10, work: exp(20ms), warm_up: {for: 30s, slower: 5x}}
//! faults:
//!   deploy: {kind: restart, on: web, at: 30s, for: 1s}
//! expect:
//!   - mean(users) < 30ms before
//!   - mean(users) > 60ms between 31s and 41s
//!   - mean(users) < 30ms between 70s and 120s
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::WarmUp;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "warm_up", page: include_str!("warm_up.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("warm-up", &TABLE);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("for", Shape::Span, "how long it takes to be warm"),
    FieldDoc::required("slower", Shape::Factor, "how many times longer work takes right after the start"),
    FieldDoc::optional("cold_start", Shape::Flag, "false", "the run begins with a start"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<WarmUp> {
    let fields = Fields::open(node, "`warm_up`", &TABLE, diags);
    let cold_start = fields.flag("cold_start").unwrap_or(false);
    let (lasts, slower) = (fields.span("for")?, fields.factor("slower")?);
    if slower < 1.0 {
        fields.error("slower", "a cold replica is not faster than a warm one: at least 1").code("wrong-value");
    }
    if lasts == Span::ZERO {
        fields.error("for", "a warm-up of 0s is none").help("leave `warm_up` out").code("wrong-value");
    }
    Some(WarmUp { lasts, slower, cold_start })
}
