//! How long an answer is wanted, and that the called service is told.
//!
//! `deadline: propagate` sends what is left of the attempt's `timeout`, or of the caller's own deadline if that is nearer, along with the
//! request. `deadline: 2s` is the time for all attempts together, pauses included; it travels too. A service that was told a deadline
//! cuts its own calls to it, drops a request whose deadline has passed when a worker takes it, and looks again before each further
//! step: all these end with `expired`. Its calls tell the next service only if they have a `deadline` themselves. So nobody works on
//! what nobody waits for any more, also where the caller who has gone is several hops away and cannot be seen.
//! A real service is not told.
//!
//! ```yaml
//! name: deadline-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 500ms, deadline: propagate}, rate: 60/s}
//! services:
//!   web: {workers: 200, calls: [{to: db, deadline: propagate}]}
//!   db: {workers: 4, work: 50ms, queue: {order: lifo}}
//! faults:
//!   crowd: {kind: surge, on: users, factor: 3x, at: 20s, for: 20s}
//! expect:
//!   - waste(db) <= 1% during crowd
//!   - goodput(users) >= 70/s during crowd
//! ```

use crate::model::Page;
use crate::plan::Deadline;
use crate::scenario::{Diagnostics, FieldDoc, Node, Shape, values};

pub const PAGE: Page = Page { name: "deadline", page: include_str!("deadline.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(&["propagate"]), Shape::Span]);

static TABLE: [FieldDoc; 1] = [FieldDoc::optional(
    "deadline",
    SHAPE,
    "none",
    "`propagate`: what is left of the timeout travels; a time: for all attempts together",
)];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Deadline> {
    if node.scalar() == Some("propagate") {
        return Some(Deadline::Propagate);
    }
    let total = values::read_span(node, diags)?;
    if total.0 == 0 {
        diags
            .error(node.place, "a deadline of 0 would fail every call")
            .help("leave it out for none")
            .code("wrong-value");
        return None;
    }
    Some(Deadline::Total(total))
}
