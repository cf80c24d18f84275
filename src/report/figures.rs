//! Figures for people: one value in its unit, short, with three significant digits. Nothing here decides what is shown.

use crate::base::{Span, Time};
use crate::judge::{Judged, Judgement, Unit, Verdict};

/// `253ms`, `99.2%`, `1.5x`, `95.3/s`, `1.5GiB`, `12`.
pub fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => duration(value),
        // A share that is a sum of floats may come out a hair above the whole.
        Unit::Ratio if value <= 1.0 + 1e-6 => format!("{}%", digits(value * 100.0, 4)),
        Unit::Ratio => format!("{}x", digits(value, 4)),
        Unit::PerSecond => format!("{}/s", digits(value, 4)),
        Unit::Bytes => bytes(value),
        Unit::Count => digits(value, 4),
    }
}

/// In the unit in which they read best, with four significant digits.
fn bytes(value: f64) -> String {
    const NAMES: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (0..NAMES.len() - 1).find(|power| value < 1024f64.powi(*power as i32 + 1)).unwrap_or(NAMES.len() - 1);
    format!("{}{}", digits(value / 1024f64.powi(power as i32), 4), NAMES[power])
}

/// Seconds in the unit in which they read best.
pub fn duration(seconds: f64) -> String {
    let significant = digits(seconds * 1e9, 3).parse::<f64>().unwrap_or(0.0);
    Span(significant as u64).to_string()
}

/// A moment of a run to a tenth of a second: people who write it down need no more.
pub fn moment(at: Time) -> String {
    const TENTH: u64 = 100_000_000;
    Time((at.0 + TENTH / 2) / TENTH * TENTH).to_string()
}

/// The number with at most so many significant digits and no trailing zeros; whole numbers keep all theirs.
pub fn digits(value: f64, significant: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = significant - 1 - magnitude;
    if decimals <= 0 {
        let step = 10f64.powi(-decimals);
        return format!("{:.0}", if significant > 3 { value } else { (value / step).round() * step });
    }
    let text = format!("{value:.*}", decimals.min(12) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What was measured against what, in one line: `measured 1.2s, bound 1s, n 2000, first broken at 40s`.
pub fn detail(line: &Judged) -> String {
    let mut parts = Vec::new();
    if let Some(measured) = line.measured {
        parts.push(format!("measured {}", figure(measured, line.unit)));
    }
    if let Some((low, high)) = line.interval {
        parts.push(format!("95% CI {} to {}", figure(low, line.unit), figure(high, line.unit)));
    }
    if let Some(bound) = line.bound {
        parts.push(format!("bound {}", figure(bound, line.unit)));
    }
    parts.push(format!("n {}", line.samples));
    if let Some(at) = line.broken_at {
        parts.push(format!("first broken at {at}"));
    }
    parts.extend(line.note.clone());
    parts.join(", ")
}

/// One count of a fault's evidence for people: `bytes delayed 1.2MiB`, `delay added 408s`, `chunks delayed 1359`.
pub fn evidence(what: &str, count: u64) -> String {
    match what.strip_prefix("microseconds of ") {
        Some(what) => format!("{what} {}", duration(count as f64 / 1e6)),
        None if what.starts_with("bytes ") => format!("{what} {}", figure(count as f64, Unit::Bytes)),
        None => format!("{what} {count}"),
    }
}

/// How the verdict of a run reads in capitals, at the head of a report: a line can or cannot be told, a run is conclusive or not.
/// Of a run as a whole: one that held after other tries is told from one that held.
pub fn banner_of(judgement: &Judgement) -> &'static str {
    if judgement.flaky { "FLAKY" } else { banner(judgement.verdict) }
}

pub fn banner(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "HOLDS",
        Verdict::Broken => "BROKEN",
        Verdict::CannotTell => "INCONCLUSIVE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let cases = [
            (0.2531234, Unit::Seconds, "253ms"),
            (12.3456, Unit::Seconds, "12.3s"),
            (0.0, Unit::Seconds, "0s"),
            (123.4, Unit::Seconds, "123s"),
            (0.99213, Unit::Ratio, "99.21%"),
            (1.0, Unit::Ratio, "100%"),
            (1.0 + 1e-12, Unit::Ratio, "100%"),
            (2.51234, Unit::Ratio, "2.512x"),
            (0.0, Unit::Ratio, "0%"),
            (95.0, Unit::PerSecond, "95/s"),
            (123456.0, Unit::PerSecond, "123456/s"),
            (1_610_612_736.0, Unit::Bytes, "1.5GiB"),
            (12.0, Unit::Count, "12"),
            (0.000123456, Unit::Count, "0.0001235"),
        ];
        for (value, unit, text) in cases {
            assert_eq!(figure(value, unit), text);
        }
    }

    #[test]
    fn evidence_is_in_units_that_people_read() {
        assert_eq!(evidence("microseconds of delay added", 4_600_000), "delay added 4.6s");
        assert_eq!(evidence("bytes delayed", 3 << 20), "bytes delayed 3MiB");
        assert_eq!(evidence("bytes delayed", 139_565), "bytes delayed 136.3KiB");
        assert_eq!(evidence("bytes filled", 512), "bytes filled 512B");
        assert_eq!(evidence("chunks delayed", 1359), "chunks delayed 1359");
    }
}
