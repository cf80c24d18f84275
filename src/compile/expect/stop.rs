//! A line of `stop_if:`: a condition without a window, and how long it must hold: `errors(users) > 30% for 5s`.

use super::cursor::Cursor;
use super::{ExpectError, Names, Parsed, nothing_left, parse, value};
use crate::base::Span;
use crate::plan::expectation::{Bound, Metric};

const FOR: &str = " for ";

/// The condition, its bound in the metric's base unit, and how long it must hold.
pub fn parse_stop(text: &str, names: &Names) -> Result<(Parsed, f64, Span), ExpectError> {
    let (condition, hold) = match text.rfind(FOR) {
        Some(at) => (&text[..at], hold(text, at + FOR.len())?),
        None => (text, Span::ZERO),
    };
    let parsed = parse(condition, names)?;
    let whole = Cursor::new(condition).take(condition.len());
    let Bound::Value(bound) = parsed.bound else {
        let error = whole.error("a run is stopped by a number, not by another window");
        return Err(error.help("such as `errors(users) > 30% for 5s`"));
    };
    if matches!(parsed.metric, Metric::Fact { .. }) {
        return Err(whole.error("this is so before the run begins, and does not change in it"));
    }
    if matches!(parsed.metric, Metric::Recovery { .. } | Metric::Fires { .. }) {
        let error = whole.error("this is only known when the run is over");
        return Err(
            error.help("stop by errors, success, latencies, rates or levels, such as `errors(users) > 30% for 5s`")
        );
    }
    if matches!(parsed.metric, Metric::Correlation { .. }) {
        let error = whole.error("this needs ten windows, and a stop line looks at one at a time");
        return Err(error.help("stop by one of the two figures"));
    }
    if parsed.window.from != names.warmup || parsed.window.to != names.length {
        let error = whole.error("a stop line looks at every window in turn, not at one");
        return Err(error.help("leave the window out, such as `errors(users) > 30% for 5s`"));
    }
    Ok((parsed, bound, hold))
}

fn hold(text: &str, at: usize) -> Result<Span, ExpectError> {
    let mut cursor = Cursor { text, at };
    let span = value::read(&mut cursor)?.span()?;
    nothing_left(&mut cursor)?;
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { clients: vec!["users".into()], length: crate::base::Time::from_secs_f64(60.0), ..Names::default() }
    }

    #[test]
    fn a_condition_and_how_long_it_must_hold() {
        let (parsed, bound, hold) = parse_stop("errors(users) > 30% for 5s", &names()).expect("a good line");
        assert_eq!((bound, hold), (0.3, Span::from_secs(5)));
        assert!(matches!(parsed.metric, Metric::Errors { .. }));
        assert_eq!(parse_stop("p99(users) > 2s", &names()).expect("a good line").2, Span::ZERO);
    }

    #[test]
    fn mistakes_point_into_the_line() {
        for (text, at, says) in [
            ("errors(users) > 30% for 5", 24, "unit"),
            ("errors(nobody) > 30% for 5s", 7, "there is no client"),
            ("errors(users) > 30% between 1s and 2s", 0, "every window"),
            ("correlation(errors(users), offered(users)) > 0.9", 0, "ten windows"),
            ("errors(users) > 2x of whole", 0, "a number"),
            ("errors(users) > 30% for 5s now", 27, "left over"),
        ] {
            let mistake = parse_stop(text, &names()).expect_err(text);
            assert!(mistake.start == at && mistake.message.contains(says), "{text}: {mistake:?}");
        }
    }
}
