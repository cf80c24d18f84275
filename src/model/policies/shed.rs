//! Load shedding at a service: each replica turns requests away with `shed`, at the door, when one of these bounds is reached.
//!
//! `queue`: so many wait. `wait`: the one in the line for longest has waited so long. `utilisation`: the workers were so busy, in the
//! mean over about `over`. `share`: always this share, which an operator pulls (`shed: 30%` for short). `codel` looks at who gets to a
//! worker: while the queue has not been empty for `interval`, who waited longer than `target` is turned away even then, otherwise only
//! who waited longer than `interval`; with `lifo` the newest is served first meanwhile (Maurer, "Fail at Scale", ACM Queue 2015).
//!
//! With `classes: n` the least important go first (a call says how important it is by `class`): requests of class 0 have the whole bound, those of class n-1 the part `last` of it,
//! and those between lie evenly between; a `share` is taken from the least important class, and from the next when that is gone.
//!
//! ```yaml
//! name: shed-example
//! length: 60s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 500ms}, rate: 200/s}
//! services:
//!   api: {workers: 10, work: exp(100ms), shed: {codel: {target: 5ms, interval: 100ms}}}
//! expect:
//!   - goodput(users) >= 80/s
//!   - errors(users, kind=timeout) <= 1%
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::guards::{Codel, Shed};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "shed", page: include_str!("shed.rs"), fields: &[&TABLE, &CODEL] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Ratio, Shape::Shared("shed", &TABLE)]);

static TABLE: [FieldDoc; 8] = [
    FieldDoc::optional("queue", Shape::Count, "none", "when so many wait"),
    FieldDoc::optional("wait", Shape::Span, "none", "when the oldest has waited so long"),
    FieldDoc::optional("utilisation", Shape::Ratio, "none", "when the workers were so busy"),
    FieldDoc::optional("over", Shape::Span, "1s", "the time over which the utilisation is taken"),
    FieldDoc::optional("codel", Shape::Shared("codel", &CODEL), "none", "who waited too long is not served any more"),
    FieldDoc::optional("share", Shape::Ratio, "0%", "always this share"),
    FieldDoc::optional("classes", Shape::Count, "1", "how many classes of importance are told apart"),
    FieldDoc::optional("last", Shape::Ratio, "50%", "the part of a bound that the least important class has"),
];

static CODEL: [FieldDoc; 3] = [
    FieldDoc::optional("target", Shape::Span, "5ms", "codel: the longest wait while the queue stands"),
    FieldDoc::optional("interval", Shape::Span, "100ms", "codel: a queue that was not empty for so long stands"),
    FieldDoc::optional("lifo", Shape::Flag, "false", "codel: the newest first while the queue stands"),
];

/// A share, or a map.
pub fn read(node: &Node, diags: &Diagnostics) -> Option<Shed> {
    let none = Shed {
        queue: None,
        wait: None,
        utilisation: None,
        over: Span::from_secs(1),
        codel: None,
        share: 0.0,
        classes: 1,
        last: 0.5,
    };
    if let Value::Scalar(..) = node.value {
        return values::read_ratio(node, diags).map(|share| Shed { share, ..none });
    }
    let fields = Fields::open(node, "`shed`", &TABLE, diags);
    let classes = fields.count("classes").unwrap_or(1);
    if !(1..=16).contains(&classes) {
        fields.error("classes", "1 to 16 classes are told apart").code("wrong-value");
    }
    Some(Shed {
        queue: fields.count("queue").map(|most| most.min(u64::from(u32::MAX)) as u32),
        wait: fields.span("wait"),
        utilisation: fields.ratio("utilisation"),
        over: fields.span("over").unwrap_or(none.over),
        codel: fields.node("codel").map(|node| read_codel(node, diags)),
        share: fields.ratio("share").unwrap_or(0.0),
        classes: classes.clamp(1, 16) as u8,
        last: fields.ratio("last").unwrap_or(none.last),
    })
}

fn read_codel(node: &Node, diags: &Diagnostics) -> Codel {
    let fields = Fields::open(node, "`codel`", &CODEL, diags);
    Codel {
        target: fields.span("target").unwrap_or(Span::from_millis(5)),
        interval: fields.span("interval").unwrap_or(Span::from_millis(100)),
        lifo: fields.flag("lifo").unwrap_or(false),
    }
}
