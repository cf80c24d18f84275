//! Efficiency that falls with the work in flight: garbage collection, thrashing, contention.
//!
//! The speed of all work in a replica is a share of its full speed that depends on how many requests are inside, waiting ones
//! included, because they all take memory. `full_until` requests cost nothing; from there the share falls evenly towards nothing at
//! `zero_at`, and never below `floor`. A list of points, `[{inflight: 50, share: 100%}, {inflight: 200, share: 20%}]`, draws any other
//! curve: even between the points, flat beyond. Such a service has two states: a push beyond the bend makes it slower, being slower
//! keeps more in flight, and less load than before does not bring it back. A bound on what is in flight does.
//!
//! ```yaml
//! name: efficiency-example
//! length: 100s
//! warmup: 5s
//! clients:
//!   users: {calls: store, rate: 220/s}
//! services:
//!   store: {workers: 30, work: 100ms, efficiency: {full_until: 71, zero_at: 142, floor: 3%}}
//! faults:
//!   push: {kind: surge, on: users, rate: 400/s, at: 20s, for: 10s}
//! expect:
//!   - goodput(users) >= 200/s before
//!   - goodput(users) <= 10/s between 80s and 100s
//! ```

use crate::model::Page;
use crate::plan::Efficiency;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value};

pub const PAGE: Page = Page { name: "efficiency", page: include_str!("efficiency.rs"), fields: &[&TABLE, &POINT] };

pub const SHAPE: Shape =
    Shape::OneOf(&[Shape::Shared("efficiency", &TABLE), Shape::List(&Shape::Shared("efficiency-point", &POINT))]);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("full_until", Shape::Count, "requests in flight, per replica, up to which the speed is full"),
    FieldDoc::required("zero_at", Shape::Count, "where the falling line would reach nothing"),
    FieldDoc::optional("floor", Shape::Ratio, "1%", "the share of the full speed that is always left"),
];

static POINT: [FieldDoc; 2] = [
    FieldDoc::required("inflight", Shape::Count, "requests in flight, per replica"),
    FieldDoc::required("share", Shape::Ratio, "share of the full speed"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Efficiency> {
    match &node.value {
        Value::List(items) => read_points(items, node, diags),
        _ => read_line(node, diags),
    }
}

fn read_line(node: &Node, diags: &Diagnostics) -> Option<Efficiency> {
    let fields = Fields::open(node, "`efficiency`", &TABLE, diags);
    let floor = fields.ratio("floor").unwrap_or(0.01);
    let (full_until, zero_at) = (fields.count("full_until")?, fields.count("zero_at")?);
    if zero_at <= full_until {
        let note = fields.error("zero_at", "the speed must be full before it is nothing");
        note.help(format!("more than `full_until`, {full_until}")).code("wrong-value");
        return None;
    }
    let (from, to) = (full_until as f64, zero_at as f64);
    Some(Efficiency { points: vec![(from, 1.0), (to - floor * (to - from), floor)] })
}

fn read_points(items: &[Node], list: &Node, diags: &Diagnostics) -> Option<Efficiency> {
    let point = |item: &Node| {
        let fields = Fields::open(item, "a point", &POINT, diags);
        Some((fields.count("inflight")? as f64, fields.ratio("share")?))
    };
    let points: Option<Vec<(f64, f64)>> = items.iter().map(point).collect();
    let points = points?;
    let ascend = points.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if points.is_empty() || !ascend {
        let note = diags.error(list.place, "the points must ascend in `inflight`, and be at least one");
        note.code("wrong-value");
        return None;
    }
    Some(Efficiency { points })
}
