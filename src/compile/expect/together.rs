//! `correlation(A, B)`: how far two figures move together over a window, which neither of them says alone.

use super::cursor::Cursor;
use super::metric::Unit;
use super::{ExpectError, Names, Parsed, metric, nothing_left, plane, value, window};
use crate::plan::Window;
use crate::plan::expectation::{Bound, Metric};

const WORD: &str = "correlation(";

/// Reads `correlation(METRIC, METRIC) OP VALUE [WINDOW]`; `None` for another metric.
pub fn read(text: &str, names: &Names) -> Result<Option<Parsed>, ExpectError> {
    let mut cursor = Cursor::new(text);
    let Some(metric) = both(&mut cursor, names)? else { return Ok(None) };
    let compare = value::compare(&mut cursor)?;
    let bound = Bound::Value(value::read(&mut cursor)?.resolve(Unit::Factor)?);
    let window = rest(&mut cursor, names)?;
    Ok(Some(Parsed { metric, compare, bound, window }))
}

/// The same without a bound.
pub fn figure(text: &str, names: &Names) -> Result<Option<(Metric, Window)>, ExpectError> {
    let mut cursor = Cursor::new(text);
    let Some(metric) = both(&mut cursor, names)? else { return Ok(None) };
    Ok(Some((metric, rest(&mut cursor, names)?)))
}

fn both(cursor: &mut Cursor, names: &Names) -> Result<Option<Metric>, ExpectError> {
    cursor.skip_blanks();
    if !cursor.rest().starts_with(WORD) {
        return Ok(None);
    }
    cursor.take(WORD.len());
    let one = single(cursor, names)?;
    if !cursor.eat(',') {
        return Err(cursor.error_here("expected `,` and a second metric").help("correlation(errors(a), errors(b))"));
    }
    let other = single(cursor, names)?;
    if !cursor.eat(')') {
        return Err(cursor.error_here("expected `)`"));
    }
    Ok(Some(Metric::Correlation { of: Box::new([one, other]) }))
}

fn single(cursor: &mut Cursor, names: &Names) -> Result<Metric, ExpectError> {
    let plane = plane::read(cursor);
    let draft = metric::read(cursor, names)?;
    if draft.is_recovery() {
        return Err(draft.piece.error("a recovery is one figure, and moves with nothing"));
    }
    let seen = plane.of(draft.finish(false, None), draft.of(), names);
    seen.ok_or_else(|| draft.piece.error("this plane of telemetry has no such figure").help(plane.help()))
}

fn rest(cursor: &mut Cursor, names: &Names) -> Result<Window, ExpectError> {
    let window = if cursor.done() { window::whole(names) } else { window::read(cursor, names)? };
    nothing_left(cursor)?;
    Ok(window)
}
