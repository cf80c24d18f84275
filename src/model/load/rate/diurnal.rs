//! A rate that swings between a trough and a peak, as the hours of a day make it: a sinusoid, lowered to short straight lines.
//!
//! With 96 lines in a period (one for each quarter of an hour of a day) the rate is off by less than 0.06% of half the swing.

use super::point;
use crate::base::{Span, Time};
use crate::plan::RatePoint;
use crate::scenario::{FieldDoc, Fields, Shape};

pub static TABLE: [FieldDoc; 4] = [
    FieldDoc::required("trough", Shape::Rate, "the lowest rate"),
    FieldDoc::required("peak", Shape::Rate, "the highest rate"),
    FieldDoc::optional("period", Shape::Span, "24h", "from one peak to the next"),
    FieldDoc::optional("peak_at", Shape::Span, "half of the period", "when a peak is reached"),
];

const LINES: u64 = 96;
/// A run holds at most this many periods.
const PERIODS_MAX: u64 = 1000;

pub fn read(fields: &Fields, length: Time) -> Option<Vec<RatePoint>> {
    let period = fields.span("period").unwrap_or(Span::from_secs(24 * 3600));
    let peak_at = fields.span("peak_at").unwrap_or(Span(period.0 / 2));
    let (trough, peak) = (fields.rate("trough"), fields.rate("peak"));
    let (trough, peak) = (trough?, peak?);
    if trough > peak {
        fields.error("trough", "the trough is higher than the peak").help("exchange them").code("wrong-value");
        return None;
    }
    if period == Span::ZERO || length.0 / period.0.max(1) > PERIODS_MAX {
        let note =
            fields.error("period", format!("a run of {length} holds more than {PERIODS_MAX} periods of {period}"));
        note.help("make `period` longer, or give the mean as a constant rate").code("wrong-value");
        return None;
    }
    Some(swing(trough, peak, period, peak_at, length))
}

fn swing(trough: f64, peak: f64, period: Span, peak_at: Span, length: Time) -> Vec<RatePoint> {
    let (mean, half) = ((trough + peak) / 2.0, (peak - trough) / 2.0);
    let at = |line: u64| Span((u128::from(line) * u128::from(period.0) / u128::from(LINES)) as u64);
    let rate = |at: Span| {
        let turns = (at.as_secs_f64() - peak_at.as_secs_f64()) / period.as_secs_f64();
        // Rounding must not make a trough of 0 a negative rate.
        (mean + half * libm::cos(std::f64::consts::TAU * turns)).clamp(trough, peak)
    };
    let last = u128::from(length.0) * u128::from(LINES) / u128::from(period.0) + 1;
    let mut points: Vec<RatePoint> = (0..=last as u64).map(|line| point(at(line), rate(at(line)))).collect();
    // Periods of a few nanoseconds fall together.
    points.dedup_by_key(|point| point.at);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_peak_where_it_was_put_and_the_mean_of_its_ends() {
        let hours = |h: u64| Span::from_secs(3600 * h);
        let length = Time(hours(48).0);
        let points = swing(20.0, 100.0, hours(24), hours(20), length);
        assert_eq!(points.len(), 2 * 96 + 2);
        let at = |h: u64| points.iter().find(|point| point.at == Time(hours(h).0)).expect("a point").rate;
        assert!((at(20) - 100.0).abs() < 1e-9 && (at(44) - 100.0).abs() < 1e-9, "{} {}", at(20), at(44));
        assert!((at(8) - 20.0).abs() < 1e-9 && (at(14) - 60.0).abs() < 1e-9);
        let area: f64 = points
            .windows(2)
            .filter(|pair| pair[1].at <= length)
            .map(|pair| (pair[0].rate + pair[1].rate) / 2.0 * (pair[1].at - pair[0].at).as_secs_f64())
            .sum();
        assert!((area / (60.0 * 48.0 * 3600.0) - 1.0).abs() < 1e-9, "{area}");
    }
}
