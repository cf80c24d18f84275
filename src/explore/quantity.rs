//! A number with a unit as people write it (`400/s`, `1.5GiB`, `64`): taken apart so that values between two of them can be written again. What a
//! unit means it does not know; both ends of a range must have the same.

use serde::{Deserialize, Serialize};

/// Digits that are kept of a value between two others: more would only show how floats round.
const DIGITS: usize = 9;

/// `from` to `to` in one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// What stands around it: `exp(` and `)`.
    pub before: String,
    pub after: String,
    pub from: f64,
    pub to: f64,
    pub unit: String,
    /// Only whole numbers make sense between two whole numbers without a unit: workers, replicas.
    pub is_whole: bool,
}

impl Range {
    /// The value at this place, as text to be put into a scenario.
    pub fn written(&self, value: f64) -> String {
        format!("{}{}{}{}", self.before, number(self.snapped(value)), self.unit, self.after)
    }

    /// As it is shown to people: without what stands around it.
    pub fn shown(&self, value: f64) -> String {
        format!("{}{}", number(self.snapped(value)), self.unit)
    }

    /// A value that is known to within so much: both to the second digit of the latter.
    pub fn shown_within(&self, value: f64, half: f64) -> String {
        if self.is_whole && half == 0.0 {
            return self.shown(value);
        }
        let decimals = if half > 0.0 { (1.0 - half.log10().floor()).clamp(0.0, 9.0) as usize } else { 3 };
        format!("{value:.decimals$}{unit} ± {half:.decimals$}{unit}", unit = self.unit)
    }

    fn snapped(&self, value: f64) -> f64 {
        if self.is_whole { value.round() } else { rounded(value, DIGITS) }
    }

    pub fn span(&self) -> f64 {
        self.to - self.from
    }
}

/// The number at the beginning and the unit behind it.
pub fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let is_exponent = |at: usize| {
            let rest = &text[at + 1..];
            let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            rest.starts_with(|c: char| c.is_ascii_digit())
        };
        match c {
            '0'..='9' | '.' => {}
            '-' | '+' if at == 0 || text[..at].ends_with(['e', 'E']) => {}
            'e' | 'E' if at > 0 && is_exponent(at) => {}
            _ => break,
        }
        end = at + c.len_utf8();
    }
    let value: f64 = text[..end].parse().ok()?;
    value.is_finite().then(|| (value, text[end..].trim()))
}

/// The shortest text that reads back as the same number.
pub fn number(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value}") }
}

fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_taken_apart() {
        assert_eq!(split("400/s"), Some((400.0, "/s")));
        assert_eq!(split("1.5e3ms"), Some((1500.0, "ms")));
        assert_eq!(split("2e"), Some((2.0, "e")));
        assert_eq!(split("-3"), Some((-3.0, "")));
        assert_eq!((split("ms"), split(""), split("1e999")), (None, None, None));
    }

    #[test]
    fn values_between_are_written_without_the_noise_of_floats() {
        let range =
            Range { before: "exp(".into(), after: ")".into(), from: 0.1, to: 0.7, unit: "s".into(), is_whole: false };
        assert_eq!(range.written(0.1 + 0.2), "exp(0.3s)");
        assert_eq!(range.shown(1.0 / 3.0), "0.333333333s");
        assert_eq!(range.shown_within(0.30512, 0.0123), "0.305s ± 0.012s");
        assert_eq!(Range { unit: "/s".into(), ..range.clone() }.shown_within(1234.4, 57.0), "1234/s ± 57/s");
        let whole = Range { is_whole: true, unit: String::new(), before: String::new(), after: String::new(), ..range };
        assert_eq!(whole.written(11.6), "12");
    }
}
