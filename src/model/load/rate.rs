//! How many requests per second an open loop sends, and how that changes.
//!
//! `100/s` is a constant rate. `{from: 10/s, to: 100/s, at: 20s, over: 60s}` is a ramp, `{base: 50/s, spike: 400/s, at: 60s, for: 10s}` a
//! spike, `{steps: [{at: 0s, rate: 10/s}, {at: 60s, rate: 50/s}]}` a staircase, and `{points: […]}` the same list with straight lines
//! between. A spike that is the fault under test belongs under `faults:` as a `surge`, where its evidence is counted.
//!
//! ```yaml
//! name: rate-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   morning: {calls: web, rate: {from: 10/s, to: 100/s, at: 10s, over: 30s}}
//!   campaign: {calls: web, rate: {base: 5/s, spike: 50/s, at: 40s, for: 5s}}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! expect:
//!   - offered(morning) >= 90/s between 45s and 60s
//! ```

use crate::base::{Span, Time};
use crate::model::Page;
use crate::plan::RatePoint;
use crate::plan::load::RATE_MAX;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "rate", page: include_str!("rate.rs"), fields: &[&RAMP, &SPIKE, &STEPS, &POINTS] };

pub const SHAPE: Shape = Shape::OneOf(&[
    Shape::Rate,
    Shape::Shared("ramp", &RAMP),
    Shape::Shared("spike", &SPIKE),
    Shape::Shared("steps", &STEPS),
    Shape::Shared("points", &POINTS),
]);

static RAMP: [FieldDoc; 4] = [
    FieldDoc::required("from", Shape::Rate, "the rate before"),
    FieldDoc::required("to", Shape::Rate, "the rate after"),
    FieldDoc::optional("at", Shape::Span, "0s", "when it begins to change"),
    FieldDoc::required("over", Shape::Span, "how long the change takes"),
];
static SPIKE: [FieldDoc; 4] = [
    FieldDoc::required("base", Shape::Rate, "the rate outside of the spike"),
    FieldDoc::required("spike", Shape::Rate, "the rate in the spike"),
    FieldDoc::required("at", Shape::Span, "when it begins"),
    FieldDoc::required("for", Shape::Span, "how long it lasts"),
];
static STEPS: [FieldDoc; 1] =
    [FieldDoc::required("steps", Shape::List(&Shape::Object(&POINT)), "each holds until the next")];
static POINTS: [FieldDoc; 1] =
    [FieldDoc::required("points", Shape::List(&Shape::Object(&POINT)), "with straight lines between")];
static POINT: [FieldDoc; 2] =
    [FieldDoc::required("at", Shape::Span, "when"), FieldDoc::required("rate", Shape::Rate, "requests per second")];

/// Reads any of the forms as points of a piecewise linear rate.
pub fn read(node: &Node, diags: &Diagnostics) -> Option<Vec<RatePoint>> {
    let points = match &node.value {
        Value::Map(_) if node.get("steps").is_some() => {
            read_list(Fields::open(node, "`rate`", &STEPS, diags), "steps", true)
        }
        Value::Map(_) if node.get("points").is_some() => {
            read_list(Fields::open(node, "`rate`", &POINTS, diags), "points", false)
        }
        Value::Map(_) if node.get("spike").is_some() || node.get("base").is_some() => read_spike(node, diags),
        Value::Map(_) => read_ramp(node, diags),
        _ => values::read_rate(node, diags).map(|rate| vec![point(Span::ZERO, rate)]),
    }?;
    if points.iter().any(|point| point.rate > RATE_MAX) {
        diags.error(node.place, "more than 1,000,000,000 requests per second").code("wrong-value");
        return None;
    }
    if points.iter().all(|point| point.rate == 0.0) {
        diags.error(node.place, "a rate of 0 never sends anything").code("wrong-value");
        return None;
    }
    Some(points)
}

fn point(at: Span, rate: f64) -> RatePoint {
    RatePoint { at: Time(at.0), rate }
}

fn read_ramp(node: &Node, diags: &Diagnostics) -> Option<Vec<RatePoint>> {
    let fields = Fields::open(node, "a ramp", &RAMP, diags);
    let (from, to, over) = (fields.rate("from"), fields.rate("to"), fields.span("over"));
    let at = fields.span("at").unwrap_or(Span::ZERO);
    let (from, to, over) = (from?, to?, over?);
    let mut points = vec![point(Span::ZERO, from)];
    if at > Span::ZERO {
        points.push(point(at, from));
    }
    points.push(point(at + over, to));
    Some(points)
}

fn read_spike(node: &Node, diags: &Diagnostics) -> Option<Vec<RatePoint>> {
    let fields = Fields::open(node, "a spike", &SPIKE, diags);
    let (base, spike, at, length) = (fields.rate("base"), fields.rate("spike"), fields.span("at"), fields.span("for"));
    let (base, spike, at, length) = (base?, spike?, at?, length?);
    let (begin, end) = ((at, base), (at + length, spike));
    Some(vec![
        point(Span::ZERO, base),
        point(begin.0, begin.1),
        point(at, spike),
        point(end.0, end.1),
        point(at + length, base),
    ])
}

fn read_list(fields: Fields, key: &str, steps: bool) -> Option<Vec<RatePoint>> {
    let mut points: Vec<RatePoint> = Vec::new();
    for item in fields.list(key) {
        let each = Fields::open(item, "a point of the rate", &POINT, fields.diags());
        let (at, rate) = (each.span("at"), each.rate("rate"));
        let (at, rate) = (at?, rate?);
        if let Some(last) = points.last() {
            if Time(at.0) < last.at {
                each.error("at", format!("{at} comes before {}, the point above", last.at)).code("wrong-value");
                return None;
            }
            if steps {
                points.push(point(at, last.rate));
            }
        } else if at > Span::ZERO {
            points.push(point(Span::ZERO, if steps { 0.0 } else { rate }));
            if steps {
                points.push(point(at, 0.0));
            }
        }
        points.push(point(at, rate));
    }
    if points.is_empty() {
        fields.error(key, "an empty list says nothing").code("wrong-value");
        return None;
    }
    Some(points)
}
