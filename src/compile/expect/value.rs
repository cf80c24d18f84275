//! The middle of a line: the comparison and the value it is held against, with its unit.

use super::ExpectError;
use super::cursor::{Cursor, Piece};
use super::metric::Unit;
use crate::base::Span;
use crate::base::units::{self, UnitError};
use crate::plan::expectation::Compare;

/// A value as written, which looks like a number with a unit.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub piece: Piece<'a>,
}

pub fn compare(cursor: &mut Cursor) -> Result<Compare, ExpectError> {
    let signs = cursor.take_while(|c| matches!(c, '<' | '>' | '=' | '!' | '~' | '≤' | '≥' | '≠'));
    let help = match signs.text {
        "<" => return Ok(Compare::Less),
        "<=" => return Ok(Compare::LessOrEqual),
        ">" => return Ok(Compare::Greater),
        ">=" => return Ok(Compare::GreaterOrEqual),
        "==" => return Ok(Compare::Equal),
        "" => return Err(cursor.error_here("expected a comparison").help("write <, <=, >, >= or ==")),
        "=" | "===" => "write `==`",
        "=<" | "≤" => "write `<=`",
        "=>" | "≥" => "write `>=`",
        _ => "write <, <=, >, >= or ==",
    };
    Err(signs.error(format!("`{}` is not a comparison", signs.text)).help(help))
}

/// Reads a number and the unit that sticks to it.
pub fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Value<'a>, ExpectError> {
    let piece = cursor.word();
    if piece.text.is_empty() {
        return Err(cursor.error_here("expected a value").help("for example 250ms, 99%, 400/s"));
    }
    if piece.text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-')) {
        return Ok(Value { piece });
    }
    Err(piece.error(format!("`{}` is not a value", piece.text)).help("for example 250ms, 99%, 400/s"))
}

impl Value<'_> {
    /// In the base unit of the metric.
    pub fn resolve(&self, unit: Unit) -> Result<f64, ExpectError> {
        let text = self.piece.text;
        match unit {
            Unit::Duration => self.span().map(Span::as_secs_f64),
            Unit::PerSecond => units::rate(text).map_err(|error| self.at(error)),
            Unit::Bytes if self.is_share() => self.share(),
            Unit::Bytes => self.bytes(),
            Unit::Share => self.share(),
            Unit::Count => units::number(text).map_err(|error| self.at(error)),
            Unit::Factor => self.factor().map_err(|error| self.at(error)),
        }
    }

    /// A length of time, as in a window or a bound of a latency.
    pub fn span(&self) -> Result<Span, ExpectError> {
        units::span(self.piece.text).map_err(|error| self.at(error))
    }

    /// `95%`, `0.95` or `1.2x`, without an upper limit.
    pub fn factor(&self) -> Result<f64, UnitError> {
        match self.piece.text.strip_suffix('%') {
            Some(digits) => units::number(digits).map(|percent| percent / 100.0),
            None => units::factor(self.piece.text),
        }
    }

    /// Written as a percentage or a plain ratio.
    pub fn is_share(&self) -> bool {
        self.piece.text.ends_with('%') || units::ratio(self.piece.text).is_ok()
    }

    fn share(&self) -> Result<f64, ExpectError> {
        units::ratio(self.piece.text).map_err(|error| self.at(error))
    }

    fn bytes(&self) -> Result<f64, ExpectError> {
        let error = |error: UnitError| {
            let also = error.help.clone().map_or("".to_owned(), |help| format!("{help} "));
            self.at(error).help(format!("{also}(a share of the capacity, such as 80%, will do, too)"))
        };
        // A bound of more bytes than 2^53 loses its last digits, which no store will notice.
        units::bytes(self.piece.text).map(|bytes| bytes as f64).map_err(error)
    }

    /// The unit's error, moved to where the value stands in the line.
    fn at(&self, error: UnitError) -> ExpectError {
        let (start, end) = (self.piece.start + error.at.start, self.piece.start + error.at.end);
        ExpectError { start, end, message: error.message, help: error.help }
    }
}
