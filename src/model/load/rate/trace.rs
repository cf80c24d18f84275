//! Rates that were measured somewhere, read from a file into the Plan. It does not read moments of single requests: that is a
//! client's `trace:`.

use super::listed;
use crate::base::{Span, Time};
use crate::plan::RatePoint;
use crate::scenario::{FieldDoc, Fields, Shape, values};

pub static TABLE: [FieldDoc; 4] = [
    FieldDoc::required("trace", Shape::Text, "a file of rates, relative to the scenario's folder"),
    FieldDoc::optional("every", Shape::Span, "1s", "how long each rate of a file without moments holds"),
    FieldDoc::optional("between", Shape::Choice(&["steps", "lines"]), "steps", "how one rate becomes the next"),
    FieldDoc::optional("scale", Shape::Factor, "1x", "every rate times this"),
];

pub fn read(fields: &Fields, length: Time) -> Option<Vec<RatePoint>> {
    let steps = fields.choice("between") != Some("lines");
    let scale = fields.factor("scale").unwrap_or(1.0);
    let every = fields.span("every").unwrap_or(Span::from_secs(1));
    let lines = values::read_rates_file(fields.node("trace")?, fields.diags())?;
    let has_moments = lines.iter().filter(|(at, _)| at.is_some()).count();
    if has_moments != 0 && has_moments != lines.len() {
        let note = fields.error("trace", "some lines of the file have a moment, and some have none");
        note.help("write `60s, 120/s` on every line, or only `120/s`").code("wrong-value");
        return None;
    }
    if has_moments != 0 && fields.has("every") {
        fields
            .error("every", "the file says itself when each rate begins")
            .help("leave `every` out")
            .code("wrong-value");
    }
    if every == Span::ZERO {
        fields.error("every", "rates must hold for some time").code("wrong-value");
        return None;
    }
    let own = (0..).map(|line: u64| Span(every.0.saturating_mul(line)));
    let given: Vec<(Span, f64)> =
        own.zip(lines).map(|(own, (at, rate))| (at.map_or(own, Span::from_secs_f64), rate * scale)).collect();
    if !given.is_sorted_by_key(|(at, _)| *at) {
        fields.error("trace", "the moments of a trace must ascend").help("sort the file").code("wrong-value");
        return None;
    }
    // The first point at or after the end is kept, because a line may lead to it.
    let end = given.partition_point(|(at, _)| at.0 < length.0) + 1;
    Some(listed(given.into_iter().take(end), steps))
}
