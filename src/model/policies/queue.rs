//! Where requests wait for a worker: how many, in what order, and what happens when there are too many.
//!
//! `queue: unbounded` (the default, and the most dangerous), `queue: 100`, or the map form. `order: lifo` serves the newest first, which
//! keeps some users happy in an overload. `drop_expired` throws away, at the moment a worker is free, what nobody waits for any more;
//! under first-in-first-out it does not cure an overload, because what it starts is just about to expire. `overflow: reject` turns
//! the newcomer away, `drop-oldest` the one that waited longest. With `overflow` and no `queue` nothing waits at all.
//!
//! ```yaml
//! name: queue-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 120/s}
//! services:
//!   api: {workers: 10, work: exp(100ms), queue: {capacity: 50, order: lifo}, overflow: drop-oldest}
//! expect:
//!   - goodput(users) >= 85/s
//! ```

use crate::model::Page;
use crate::plan::Queue;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, quote, values};

pub const PAGE: Page = Page { name: "queue", page: include_str!("queue.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Choice(&["unbounded"]), Shape::Shared("queue", &TABLE)]);
pub const OVERFLOW: Shape = Shape::Choice(&["reject", "drop-oldest"]);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::optional("capacity", COUNT_OR_UNBOUNDED, "unbounded", "how many may wait, per replica"),
    FieldDoc::optional("order", Shape::Choice(&["fifo", "lifo"]), "fifo", "who is served first"),
    FieldDoc::optional("drop_expired", Shape::Flag, "false", "skip requests whose caller has gone"),
];

pub const COUNT_OR_UNBOUNDED: Shape = Shape::OneOf(&[Shape::Count, Shape::Choice(&["unbounded"])]);

/// Reads `queue` and `overflow` of a service.
pub fn read(service: &Fields) -> Queue {
    let overflow = service.choice("overflow");
    let none_waits = overflow.is_some().then_some(0);
    let mut queue = Queue {
        capacity: none_waits,
        lifo: false,
        drop_expired: false,
        overflow_oldest: overflow == Some("drop-oldest"),
    };
    let Some(node) = service.node("queue") else { return queue };
    if let Value::Scalar(..) = node.value {
        queue.capacity = count_or_unbounded(node, service.diags()).unwrap_or(None);
        return queue;
    }
    let fields = Fields::open(node, "`queue`", &TABLE, service.diags());
    queue.capacity = fields.node("capacity").and_then(|node| count_or_unbounded(node, service.diags())).unwrap_or(None);
    queue.lifo = fields.choice("order") == Some("lifo");
    queue.drop_expired = fields.flag("drop_expired").unwrap_or(false);
    queue
}

/// A number, or `unbounded` as `Some(None)`; `None` if it is neither, which is reported.
pub fn count_or_unbounded(node: &Node, diags: &Diagnostics) -> Option<Option<u32>> {
    if node.scalar() == Some("unbounded") {
        return Some(None);
    }
    if node.scalar().is_some_and(|text| text.starts_with(|c: char| c.is_ascii_alphabetic())) {
        let note =
            diags.error(node.place, format!("{} is not a whole number", quote(node.scalar().unwrap_or_default())));
        note.help("write a number, or `unbounded`").code("wrong-value");
        return None;
    }
    let count = values::read_count(node, diags)?;
    match u32::try_from(count) {
        Ok(count) => Some(Some(count)),
        Err(_) => {
            diags.error(node.place, "too large").help("write `unbounded`").code("wrong-value");
            None
        }
    }
}
