//! The two planes of telemetry: `reported.errors(app)` is what the component exports, `truth.success(app)` what came to those who asked.
//! And `fires(ALERT)`, which asks the monitoring itself.

use super::cursor::{Cursor, did_you_mean, listed};
use super::{ExpectError, Names, Parsed, metric::Unit, nothing_left, value, window};
use crate::plan::expectation::{Bound, Compare, Metric, Subject};

/// The word before a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    Plain,
    Reported,
    Truth,
}

/// Takes `reported.` or `truth.` off the front.
pub fn read(cursor: &mut Cursor) -> Plane {
    cursor.skip_blanks();
    for (word, plane) in [("reported.", Plane::Reported), ("truth.", Plane::Truth)] {
        if cursor.rest().starts_with(word) {
            cursor.take(word.len());
            return plane;
        }
    }
    Plane::Plain
}

impl Plane {
    /// The metric as this plane sees it; `None` if there it is no figure.
    pub fn of(self, metric: Metric, of: Subject, names: &Names) -> Option<Metric> {
        match (self, &metric, of) {
            (Plane::Plain, ..) => Some(metric),
            (Plane::Truth, Metric::Success { of: Subject::Service(_) }, _) => Some(Metric::Received { of }),
            (Plane::Truth, _, Subject::Client(_)) => Some(metric),
            (Plane::Reported, _, Subject::Service(_)) => {
                let blind = names.meters.iter().position(|meter| meter.name == "blind" && meter.of == of);
                Some(Metric::Reported { metric: Box::new(metric), blind: blind.map(|at| at as u32) })
            }
            _ => None,
        }
    }

    pub fn help(self) -> &'static str {
        match self {
            Plane::Reported => "services report: reported.errors(SERVICE)",
            _ => "the truth is truth.success(SERVICE), or any figure of a client",
        }
    }
}

/// Reads `fires(ALERT)` with a bound, or with `within 10s of FAULT`; `None` for another metric.
pub fn fires(text: &str, names: &Names) -> Result<Option<Parsed>, ExpectError> {
    let mut cursor = Cursor::new(text);
    if !cursor.rest().trim_start().starts_with("fires(") {
        return Ok(None);
    }
    cursor.take_while(|c| c != '(');
    cursor.eat('(');
    let name = cursor.take_while(|c| c != ')').trimmed();
    let Some(alert) = names.alerts.iter().position(|known| known == name.text) else {
        let known = || names.alerts.iter().map(String::as_str);
        let help = did_you_mean(name.text, known()).unwrap_or_else(|| match names.alerts.is_empty() {
            true => "the scenario has no `alerts`".to_owned(),
            false => format!("choose from {}", listed(known())),
        });
        return Err(name.error(format!("there is no alert `{}`", name.text)).help(help));
    };
    if !cursor.eat(')') {
        return Err(cursor.error_here("expected `)`"));
    }
    let metric = Metric::Fires { alert: alert as u32 };
    if cursor.peek_word().text == "within" {
        let window = window::read(&mut cursor, names)?;
        nothing_left(&mut cursor)?;
        return Ok(Some(Parsed { metric, compare: Compare::GreaterOrEqual, bound: Bound::Value(1.0), window }));
    }
    let compare = value::compare(&mut cursor)?;
    let bound = Bound::Value(value::read(&mut cursor)?.resolve(Unit::Count)?);
    let window = if cursor.done() { window::whole(names) } else { window::read(&mut cursor, names)? };
    nothing_left(&mut cursor)?;
    Ok(Some(Parsed { metric, compare, bound, window }))
}
