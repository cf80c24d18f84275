//! Where requests wait for a worker: how many, in what order, and what happens when there are too many.
//!
//! `queue: unbounded` (the default, and the most dangerous), `queue: 100`, or the map form. `order: lifo` serves the newest first, which
//! keeps some users happy in an overload; `adaptive-lifo` does so only while more than `above` wait and the queue has not been empty
//! for `standing`. `priority` serves the most important class that waits (`classes` names them, see `explain class`). `lanes` give
//! classes lines of their own (see `explain lanes`). `codel` bounds the wait itself: who joins a queue that has not been empty for
//! `interval` waits for `target` at most, any other for `interval`, and is then thrown away unserved (`shed`); so what is served is
//! served in time, and under an overload the queue is as long as `target`. `drop_expired` throws away, at the moment a worker is free,
//! what nobody waits for any more; under first-in-first-out it does not cure an overload, because what it starts is just about to
//! expire. `overflow: reject` turns the newcomer away, `drop-oldest` the one that waited longest (by priority: the oldest of the least
//! important class, unless the newcomer is less important still). With `overflow` and no `queue` nothing waits at all.
//! CoDel and adaptive LIFO as in Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
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

use super::class::Classes;
use super::lanes;
use crate::base::Span;
use crate::model::Page;
use crate::plan::{CoDel, Order, Queue};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, quote, values};

pub const PAGE: Page = Page { name: "queue", page: include_str!("queue.rs"), fields: &[&TABLE, &CODEL] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Choice(&["unbounded"]), Shape::Shared("queue", &TABLE)]);
pub const OVERFLOW: Shape = Shape::Choice(&["reject", "drop-oldest"]);
const ORDERS: &[&str] = &["fifo", "lifo", "adaptive-lifo", "priority"];

static TABLE: [FieldDoc; 8] = [
    FieldDoc::optional("capacity", COUNT_OR_UNBOUNDED, "unbounded", "how many may wait, per replica"),
    FieldDoc::optional("order", Shape::Choice(ORDERS), "fifo", "who is served first"),
    FieldDoc::optional("drop_expired", Shape::Flag, "false", "skip requests whose caller has gone"),
    FieldDoc::optional(
        "codel",
        Shape::OneOf(&[Shape::Flag, Shape::Shared("codel", &CODEL)]),
        "none",
        "bound the wait, tightly while the queue stands",
    ),
    FieldDoc::optional("standing", Shape::Span, "100ms", "adaptive: not empty for longer than this is standing"),
    FieldDoc::optional("above", Shape::Count, "0", "adaptive: newest first only while more than this many wait"),
    FieldDoc::optional("classes", Shape::List(&super::class::SHAPE), "none", "by priority: the most important first"),
    FieldDoc::optional("lanes", lanes::SHAPE, "none", "lines of their own for classes"),
];

static CODEL: [FieldDoc; 2] = [
    FieldDoc::optional("target", Shape::Span, "5ms", "longest wait while the queue stands"),
    FieldDoc::optional("interval", Shape::Span, "100ms", "longest wait otherwise; not empty for this long is standing"),
];

pub const COUNT_OR_UNBOUNDED: Shape = Shape::OneOf(&[Shape::Count, Shape::Choice(&["unbounded"])]);

/// Reads `queue` and `overflow` of a service.
pub fn read(service: &Fields, classes: &Classes) -> Queue {
    let overflow = service.choice("overflow");
    let none_waits = overflow.is_some().then_some(0);
    let overflow_oldest = overflow == Some("drop-oldest");
    let mut queue = Queue { capacity: none_waits, overflow_oldest, ..Queue::plain() };
    let Some(node) = service.node("queue") else { return queue };
    if let Value::Scalar(..) = node.value {
        queue.capacity = count_or_unbounded(node, service.diags()).unwrap_or(None);
        return queue;
    }
    let fields = Fields::open(node, "`queue`", &TABLE, service.diags());
    queue.capacity = fields.node("capacity").and_then(|node| count_or_unbounded(node, service.diags())).unwrap_or(None);
    queue.order = read_order(&fields, classes);
    queue.codel = fields.node("codel").and_then(|node| read_codel(node, service.diags()));
    queue.drop_expired = fields.flag("drop_expired").unwrap_or(false);
    queue
}

fn read_order(fields: &Fields, classes: &Classes) -> Order {
    let order = fields.choice("order");
    for (key, with) in [("standing", "adaptive-lifo"), ("above", "adaptive-lifo"), ("classes", "priority")] {
        if fields.has(key) && order != Some(with) {
            fields.error(key, format!("`{key}` goes with `order: {with}`")).code("wrong-value");
        }
    }
    for class in fields.list("classes") {
        classes.read(class, fields.diags());
    }
    if let Some(node) = fields.node("lanes") {
        if fields.has("order") {
            let note = fields.error("order", "lanes are served in the order of arrival, as far as their shares go");
            note.help("leave `order` out").code("wrong-value");
        }
        return Order::Lanes(lanes::read(node, classes, fields.diags()));
    }
    match order {
        Some("lifo") => Order::Lifo,
        Some("priority") => Order::Priority,
        Some("adaptive-lifo") => Order::AdaptiveLifo {
            standing: fields.span("standing").unwrap_or(Span::from_millis(100)),
            above: u32::try_from(fields.count("above").unwrap_or(0)).unwrap_or(u32::MAX),
        },
        _ => Order::Fifo,
    }
}

fn read_codel(node: &Node, diags: &Diagnostics) -> Option<CoDel> {
    let usual = CoDel { target: Span::from_millis(5), interval: Span::from_millis(100) };
    if let Value::Scalar(..) = node.value {
        return values::read_flag(node, diags)?.then_some(usual);
    }
    let fields = Fields::open(node, "`codel`", &CODEL, diags);
    let target = fields.span("target").unwrap_or(usual.target);
    let interval = fields.span("interval").unwrap_or(usual.interval);
    if target > interval {
        let note =
            fields.error("target", format!("the short limit, {target}, is longer than the long one, {interval}"));
        note.help("make `target` at most `interval`").code("wrong-value");
    }
    Some(CoDel { target, interval })
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
