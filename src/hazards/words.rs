//! Figures in messages: short, with their units. It decides nothing.

use crate::base::{Span, units};

/// `1.5s`, `40ms`; no more than three figures that count.
pub fn time(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "for ever".to_owned();
    }
    Span::from_secs_f64(rounded(seconds)).to_string()
}

/// `70/s`.
pub fn rate(per_second: f64) -> String {
    units::show_rate(rounded(per_second))
}

/// Bytes a second: `900kB/s`.
pub fn bytes(per_second: f64) -> String {
    let units = [("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3)];
    let (unit, size) = units.into_iter().find(|(_, size)| per_second >= *size).unwrap_or(("B/s", 1.0));
    format!("{}{unit}", rounded(per_second / size))
}

/// `3.2`, `5500`.
pub fn number(value: f64) -> String {
    format!("{}", rounded(value))
}

/// `1 worker`, `20 workers`.
pub fn counted(count: f64, what: &str) -> String {
    format!("{} {what}{}", number(count), if count == 1.0 { "" } else { "s" })
}

/// `95%`.
pub fn share(share: f64) -> String {
    format!("{}%", rounded(share * 100.0))
}

/// To three figures that count; whole numbers stay what they are.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() || value.fract() == 0.0 && value.abs() < 1e9 {
        return value;
    }
    let digits = (2.0 - libm::floor(libm::log10(value.abs()))) as i32;
    let scale = libm::pow(10.0, f64::from(digits.abs()));
    if digits >= 0 { libm::round(value * scale) / scale } else { libm::round(value / scale) * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(
            (time(6.0), time(0.0123456), time(f64::INFINITY)),
            ("6s".into(), "12.3ms".into(), "for ever".into())
        );
        assert_eq!(
            (number(3.3333), number(5500.0), number(123_456.7)),
            ("3.33".into(), "5500".into(), "123000".into())
        );
        assert_eq!((share(0.9444), rate(70.0), bytes(900e3)), ("94.4%".into(), "70/s".into(), "900kB/s".into()));
    }
}
