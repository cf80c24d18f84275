//! A figure that is asked for without a bound, such as the question of a lesson: `goodput(users) between 170s and 200s`. It compares nothing.

use super::cursor::Cursor;
use super::{ExpectError, Names, metric, nothing_left, plane, recovery_base, together, window};
use crate::plan::Window;
use crate::plan::expectation::Metric;

/// Reads `METRIC(SUBJECT[, kind=KIND]) [WINDOW]`; without a window the whole run is meant.
pub fn parse_figure(text: &str, names: &Names) -> Result<(Metric, Window), ExpectError> {
    if let Some(found) = together::figure(text, names)? {
        return Ok(found);
    }
    let mut cursor = Cursor::new(text);
    let plane = plane::read(&mut cursor);
    let draft = metric::read(&mut cursor, names)?;
    let window = if cursor.done() { window::whole(names) } else { window::read(&mut cursor, names)? };
    nothing_left(&mut cursor)?;
    let before = if draft.is_recovery() { Some(recovery_base(&draft, &window, names)?) } else { None };
    let seen = plane.of(draft.finish(false, before), draft.of(), names);
    let metric =
        seen.ok_or_else(|| draft.piece.error("this plane of telemetry has no such figure").help(plane.help()))?;
    Ok((metric, window))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::plan::expectation::Subject;

    fn names() -> Names {
        Names { clients: vec!["users".into()], length: Time::from_secs_f64(60.0), ..Names::default() }
    }

    #[test]
    fn a_metric_and_a_window() {
        let (metric, window) = parse_figure("p99(users) between 10s and 20s", &names()).expect("a good line");
        assert_eq!(metric, Metric::Quantile { of: Subject::Client(0), quantile: 0.99 });
        assert_eq!((window.from, window.to), (Time::from_secs_f64(10.0), Time::from_secs_f64(20.0)));
        assert_eq!(parse_figure("success(users)", &names()).expect("a good line").1.name, "whole");
    }

    #[test]
    fn a_bound_is_one_word_too_many() {
        let error = parse_figure("p99(users) < 3s", &names()).expect_err("refused");
        assert_eq!((error.start, error.end), (11, 12));
    }
}
