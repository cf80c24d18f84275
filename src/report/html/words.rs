//! The figures of a judged line in words.

use super::super::charts::scale;
use crate::base::units;
use crate::judge::{Judged, Unit};
use crate::plan::expectation::Compare;

/// A value of the line's metric with its unit.
pub fn value(line: &Judged, value: f64) -> String {
    match line.unit {
        Unit::Seconds => scale::latency(value),
        // Calls per request and retries per call are ratios too, but nobody says 150% of calls.
        Unit::Ratio if line.text.starts_with("amplification") || line.text.starts_with("retries") => {
            format!("×{}", scale::digits(value))
        }
        Unit::Ratio => scale::percent(value),
        Unit::PerSecond => format!("{}/s", scale::number(value)),
        Unit::Bytes => units::show_bytes(value.max(0.0) as u64),
        Unit::Count => scale::number(value),
    }
}

pub fn sign(compare: Compare) -> &'static str {
    match compare {
        Compare::Less => "<",
        Compare::LessOrEqual => "≤",
        Compare::Greater => ">",
        Compare::GreaterOrEqual => "≥",
        Compare::Equal => "=",
    }
}

pub fn interval(line: &Judged) -> Option<String> {
    line.interval.map(|(low, high)| format!("{} to {}", value(line, low), value(line, high)))
}
