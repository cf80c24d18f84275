//! Rates that are written out: ramps, spikes, staircases and lines. They know nothing of the run's length.

use super::{listed, point};
use crate::base::{Span, Time};
use crate::plan::RatePoint;
use crate::scenario::{FieldDoc, Fields, Shape};

pub static RAMP: [FieldDoc; 4] = [
    FieldDoc::required("from", Shape::Rate, "the rate before"),
    FieldDoc::required("to", Shape::Rate, "the rate after"),
    FieldDoc::optional("at", Shape::Span, "0s", "when it begins to change"),
    FieldDoc::required("over", Shape::Span, "how long the change takes"),
];
pub static SPIKE: [FieldDoc; 5] = [
    FieldDoc::required("base", Shape::Rate, "the rate outside of the spike"),
    FieldDoc::required("spike", Shape::Rate, "the rate in the spike"),
    FieldDoc::required("at", Shape::Span, "when it begins"),
    FieldDoc::required("for", Shape::Span, "how long it lasts"),
    FieldDoc::optional("rise", Shape::Span, "0s", "how long it takes to rise, and before its end to fall"),
];
pub static STEPS: [FieldDoc; 1] =
    [FieldDoc::required("steps", Shape::List(&Shape::Object(&POINT)), "each holds until the next")];
pub static POINTS: [FieldDoc; 1] =
    [FieldDoc::required("points", Shape::List(&Shape::Object(&POINT)), "with straight lines between")];
static POINT: [FieldDoc; 2] =
    [FieldDoc::required("at", Shape::Span, "when"), FieldDoc::required("rate", Shape::Rate, "requests per second")];

pub fn ramp(fields: &Fields, _: Time) -> Option<Vec<RatePoint>> {
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

pub fn spike(fields: &Fields, _: Time) -> Option<Vec<RatePoint>> {
    let (base, spike, at, length) = (fields.rate("base"), fields.rate("spike"), fields.span("at"), fields.span("for"));
    let rise = fields.span("rise").unwrap_or(Span::ZERO);
    let (base, spike, at, length) = (base?, spike?, at?, length?);
    if rise.0.saturating_mul(2) > length.0 {
        let note = fields.error("rise", format!("a spike of {length} cannot rise and fall in {rise} each"));
        note.help(format!("at most {}", Span(length.0 / 2))).code("wrong-value");
        return None;
    }
    let (full, falls) = (at + rise, at + Span(length.0 - rise.0));
    let corners = [(Span::ZERO, base), (at, base), (full, spike), (falls, spike), (at + length, base)];
    Some(corners.map(|(at, rate)| point(at, rate)).to_vec())
}

pub fn steps(fields: &Fields, _: Time) -> Option<Vec<RatePoint>> {
    read_list(fields, "steps").map(|given| listed(given.into_iter(), true))
}

pub fn points(fields: &Fields, _: Time) -> Option<Vec<RatePoint>> {
    read_list(fields, "points").map(|given| listed(given.into_iter(), false))
}

fn read_list(fields: &Fields, key: &str) -> Option<Vec<(Span, f64)>> {
    let mut given: Vec<(Span, f64)> = Vec::new();
    for item in fields.list(key) {
        let each = Fields::open(item, "a point of the rate", &POINT, fields.diags());
        let (at, rate) = (each.span("at"), each.rate("rate"));
        let (at, rate) = (at?, rate?);
        if let Some((last, _)) = given.last().filter(|(last, _)| at < *last) {
            each.error("at", format!("{at} comes before {last}, the point above")).code("wrong-value");
            return None;
        }
        given.push((at, rate));
    }
    if given.is_empty() {
        fields.error(key, "an empty list says nothing").code("wrong-value");
        return None;
    }
    Some(given)
}
