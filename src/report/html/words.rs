//! The figures of a judged line in words, with the same units as in the terminal.

use super::super::figures::figure;
use crate::judge::Judged;
use crate::plan::expectation::Compare;

pub fn value(line: &Judged, value: f64) -> String {
    figure(value, line.unit)
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
