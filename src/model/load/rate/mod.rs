//! How many requests per second an open loop sends, and how that changes.
//!
//! `100/s` is a constant rate. A map is one of these forms, all followed exactly, without steps between the windows of a recording:
//!
//! - `{from: 10/s, to: 100/s, at: 20s, over: 60s}`: a ramp;
//! - `{base: 50/s, spike: 400/s, at: 60s, for: 10s, rise: 2s}`: a spike, which rises and falls within `rise`;
//! - `{trough: 20/s, peak: 100/s, period: 24h, peak_at: 20h}`: a day, as a sinusoid;
//! - `{steps: [{at: 0s, rate: 10/s}, {at: 60s, rate: 50/s}]}`: a staircase, and `{points: […]}`: the same list with straight lines between;
//! - `{trace: rates.csv}`: the rates of a file, one line each, as `120/s` (each for `every`, in turn) or with its moment, as `60s, 120/s`.
//!
//! With `arrivals: poisson` (the default of a client) the spacing is random about any of these rates. A spike that is the fault under
//! test belongs under `faults:` as a `surge`, where its evidence is counted.
//!
//! ```yaml
//! name: rate-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   morning: {calls: web, rate: {from: 10/s, to: 100/s, at: 10s, over: 30s}}
//!   campaign: {calls: web, rate: {base: 5/s, spike: 50/s, at: 40s, for: 5s, rise: 1s}}
//!   days: {calls: web, rate: {trough: 0/s, peak: 40/s, period: 20s}, arrivals: constant}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! expect:
//!   - offered(morning) >= 90/s between 45s and 60s
//!   - offered(days) >= 38/s between 29s and 31s
//!   - offered(days) <= 2/s between 39s and 41s
//! ```

mod diurnal;
mod shapes;
mod trace;

use crate::base::{Span, Time};
use crate::model::Page;
use crate::plan::RatePoint;
use crate::plan::load::RATE_MAX;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page {
    name: "rate",
    page: include_str!("mod.rs"),
    fields: &[&shapes::RAMP, &shapes::SPIKE, &diurnal::TABLE, &shapes::STEPS, &shapes::POINTS, &trace::TABLE],
};

pub const SHAPE: Shape = Shape::OneOf(&[
    Shape::Rate,
    Shape::Shared("ramp", &shapes::RAMP),
    Shape::Shared("spike", &shapes::SPIKE),
    Shape::Shared("diurnal", &diurnal::TABLE),
    Shape::Shared("steps", &shapes::STEPS),
    Shape::Shared("points", &shapes::POINTS),
    Shape::Shared("rate-trace", &trace::TABLE),
]);

/// One way to write a rate that changes.
struct Form {
    what: &'static str,
    /// Keys of which any one tells this form from the others.
    told_by: &'static [&'static str],
    table: &'static [FieldDoc],
    /// The rate up to the end of a run of this length.
    read: fn(&Fields, Time) -> Option<Vec<RatePoint>>,
}

/// The last one is meant when no key tells.
static FORMS: &[Form] = &[
    Form { what: "`rate`", told_by: &["steps"], table: &shapes::STEPS, read: shapes::steps },
    Form { what: "`rate`", told_by: &["points"], table: &shapes::POINTS, read: shapes::points },
    Form { what: "a spike", told_by: &["spike", "base"], table: &shapes::SPIKE, read: shapes::spike },
    Form { what: "a day", told_by: &["trough", "peak", "period"], table: &diurnal::TABLE, read: diurnal::read },
    Form { what: "a trace of rates", told_by: &["trace"], table: &trace::TABLE, read: trace::read },
    Form { what: "a ramp", told_by: &[], table: &shapes::RAMP, read: shapes::ramp },
];

/// Reads any of the forms as points of a piecewise linear rate, up to the end of a run of this length.
pub fn read(node: &Node, length: Time, diags: &Diagnostics) -> Option<Vec<RatePoint>> {
    let points = match &node.value {
        Value::Map(_) => {
            let is_told = |form: &&Form| form.told_by.iter().any(|key| node.get(key).is_some());
            let form = FORMS.iter().find(is_told).unwrap_or(&FORMS[FORMS.len() - 1]);
            (form.read)(&Fields::open(node, form.what, form.table, diags), length)
        }
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

/// Points that the author listed, in order, as a staircase or joined by straight lines. A list that begins later is preceded by
/// silence, or by its first rate if lines join it.
fn listed(given: impl Iterator<Item = (Span, f64)>, steps: bool) -> Vec<RatePoint> {
    let mut points: Vec<RatePoint> = Vec::new();
    for (at, rate) in given {
        match points.last() {
            Some(last) if steps => points.push(point(at, last.rate)),
            Some(_) => {}
            None if at > Span::ZERO && steps => points.extend([point(Span::ZERO, 0.0), point(at, 0.0)]),
            None if at > Span::ZERO => points.push(point(Span::ZERO, rate)),
            None => {}
        }
        points.push(point(at, rate));
    }
    points
}
