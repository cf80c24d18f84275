//! The middle of a line: the comparison and the value it is held against, with its unit.

use super::ExpectError;
use super::cursor::{Cursor, Piece, listed_all};
use super::metric::Unit;
use crate::plan::expectation::Compare;

/// A number with its unit, as written.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub piece: Piece<'a>,
    number: f64,
    unit: &'a str,
}

/// Units and what one of them is in the base unit (seconds, per second, bytes).
type Scale = &'static [(&'static str, f64)];

const DURATIONS: Scale =
    &[("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0)];
const RATES: Scale = &[("/s", 1.0), ("/m", 1.0 / 60.0), ("/h", 1.0 / 3600.0)];
const BYTES: Scale = &[
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

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
    let length = piece.text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(piece.text.len());
    let (digits, unit) = piece.text.split_at(length);
    if piece.text.starts_with('-') {
        return Err(piece.error("a value cannot be negative"));
    }
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value { piece, number, unit }),
        _ => Err(piece.error(format!("`{}` is not a value", piece.text)).help("for example 250ms, 99%, 400/s")),
    }
}

impl Value<'_> {
    /// In the base unit of the metric.
    pub fn resolve(&self, unit: Unit) -> Result<f64, ExpectError> {
        match unit {
            Unit::Duration => self.seconds(),
            Unit::PerSecond => self.scaled(RATES, "a rate", "100/s"),
            Unit::Bytes if self.is_share() => self.share(),
            Unit::Bytes => self.scaled(BYTES, "a size or a share of the capacity", "2GiB or 80%"),
            Unit::Share => self.share(),
            Unit::Count if self.unit.is_empty() => Ok(self.number),
            Unit::Count => Err(self.wrong_unit("a plain number").help(format!("write `{}`", self.number))),
            Unit::Factor => self.factor().ok_or_else(|| self.wrong_unit("a number").help("for example 1.5 or 150%")),
        }
    }

    /// A length of time, as in a window or a bound of a latency.
    pub fn seconds(&self) -> Result<f64, ExpectError> {
        self.scaled(DURATIONS, "a length of time", "250ms")
    }

    /// `95%`, `0.95` or `1.2x`, without an upper limit.
    pub fn factor(&self) -> Option<f64> {
        match self.unit {
            "%" => Some(self.number / 100.0),
            "" | "x" => Some(self.number),
            _ => None,
        }
    }

    /// Written as a percentage or a plain ratio.
    pub fn is_share(&self) -> bool {
        self.unit == "%" || self.unit.is_empty() && self.number <= 1.0
    }

    fn share(&self) -> Result<f64, ExpectError> {
        let share = match self.unit {
            "%" => self.number / 100.0,
            "" => self.number,
            _ => return Err(self.wrong_unit("a share").help("for example 99% or 0.99")),
        };
        if share <= 1.0 {
            return Ok(share);
        }
        let message = format!("`{}` is more than all of it", self.piece.text);
        Err(self.piece.error(message).help(match self.unit {
            "" if self.number <= 100.0 => format!("did you mean `{}%`?", self.number),
            _ => "a share is at most 100%".to_owned(),
        }))
    }

    fn scaled(&self, scale: Scale, what: &str, example: &str) -> Result<f64, ExpectError> {
        if let Some((_, one)) = scale.iter().find(|(unit, _)| *unit == self.unit) {
            return Ok(self.number * one);
        }
        let units = || scale.iter().map(|(unit, _)| *unit).filter(|unit| unit.is_ascii());
        if self.unit.is_empty() {
            let message = format!("`{}` needs a unit: {what} is expected", self.piece.text);
            let help = format!("write it like {example}; units are {}", listed_all(units()));
            return Err(self.piece.error(message).help(help));
        }
        let help = near_unit(self.unit, scale)
            .map(|unit| format!("did you mean `{unit}`?"))
            .unwrap_or_else(|| format!("units are {}", listed_all(units())));
        Err(self.wrong_unit(what).help(help))
    }

    /// Points at the unit, or at the whole value when there is none.
    fn wrong_unit(&self, expected: &str) -> ExpectError {
        let start = if self.unit.is_empty() { self.piece.start } else { self.piece.end - self.unit.len() };
        let piece = Piece { start, ..self.piece };
        match self.unit {
            "" => piece.error(format!("{expected} is expected")),
            unit => piece.error(format!("`{unit}` does not fit: {expected} is expected")),
        }
    }
}

/// The unit that was probably meant: another case, a long word, a slip of the finger within the same sort of unit.
fn near_unit(word: &str, scale: Scale) -> Option<&'static str> {
    let units = || scale.iter().map(|(unit, _)| *unit);
    let slip = |unit: &&str| {
        unit.starts_with('/') == word.starts_with('/') && word.len() > 1 && strsim::osa_distance(unit, word) == 1
    };
    let long = long_word(word).filter(|long| units().any(|unit| unit == *long));
    units().find(|unit| unit.eq_ignore_ascii_case(word)).or(long).or_else(|| units().find(slip))
}

/// Units that people spell out.
fn long_word(word: &str) -> Option<&'static str> {
    match word {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hour" | "hours" | "hr" => Some("h"),
        "msec" | "millis" | "milliseconds" => Some("ms"),
        "usec" | "micros" => Some("us"),
        "day" | "days" => Some("d"),
        _ => None,
    }
}
