//! How long it took until things were as good as before: the first moment of the window from which, over 5 recording windows,
//! goodput is at least 95% and p99 at most 1.2 times what they were before.
//!
//! A single short window of random arrivals falls below 95% by chance alone, so the five are judged together; each of them alone
//! must only not be worse than chance allows (two standard deviations of a Poisson count), so that the moment is not claimed too early.

use super::measure::{Measure, Stretch, samples_needed};
use crate::base::Time;
use crate::plan::Window;
use crate::plan::expectation::Subject;
use crate::record::Latencies;

const WINDOWS: usize = 5;
const GOODPUT_SHARE: f64 = 0.95;
const P99_FACTOR: f64 = 1.2;

/// Seconds after the begin of the stretch; infinite when it did not recover.
pub fn measure(of: Subject, before: &Window, after: Stretch) -> Measure {
    let base_stretch = Stretch { from: before.from, to: before.to, ..after };
    let base = match Base::of(of, base_stretch) {
        Ok(base) => base,
        Err(why) => return Measure::none(0, why),
    };
    let windows = windows_of(after);
    if windows.len() < WINDOWS {
        let why = format!("the window holds {} recording windows, and a recovery needs {WINDOWS}", windows.len());
        return Measure::none(0, why);
    }
    let readings: Vec<Reading> = windows.iter().map(|window| Reading::of(of, *window)).collect();
    let samples = readings.iter().map(|reading| reading.latencies.count()).sum();
    let found = readings.windows(WINDOWS).position(|five| base.is_reached_by(five));
    match found {
        Some(first) => Measure::of(windows[first].from.since(after.from).as_secs_f64(), samples),
        None => Measure {
            note: Some(format!("did not recover within {}", after.to.since(after.from))),
            ..Measure::of(f64::INFINITY, samples)
        },
    }
}

/// How it was before.
struct Base {
    goodput_per_s: f64,
    p99_s: f64,
}

/// One recording window.
struct Reading {
    good: u64,
    seconds: f64,
    latencies: Latencies,
}

impl Reading {
    fn of(of: Subject, stretch: Stretch) -> Reading {
        Reading { good: stretch.good(of), seconds: stretch.seconds(), latencies: stretch.latencies(of) }
    }
}

impl Base {
    fn of(of: Subject, before: Stretch) -> Result<Base, String> {
        let reading = Reading::of(of, before);
        let (samples, needed) = (reading.latencies.count(), samples_needed(0.99));
        let p99_s = reading.latencies.quantile(0.99).filter(|_| samples >= needed && reading.good > 0);
        let Some(p99_s) = p99_s else {
            return Err(format!("{samples} samples before, and the p99 to compare with needs {needed}"));
        };
        Ok(Base { goodput_per_s: reading.good as f64 / reading.seconds, p99_s })
    }

    fn is_reached_by(&self, readings: &[Reading]) -> bool {
        let mut latencies = Latencies::default();
        readings.iter().for_each(|reading| latencies.merge(&reading.latencies));
        let good: u64 = readings.iter().map(|reading| reading.good).sum();
        let seconds: f64 = readings.iter().map(|reading| reading.seconds).sum();
        good as f64 >= GOODPUT_SHARE * self.goodput_per_s * seconds
            && latencies.quantile(0.99).is_some_and(|p99_s| p99_s <= P99_FACTOR * self.p99_s)
            && readings.iter().all(|reading| self.is_within_chance(reading))
    }

    fn is_within_chance(&self, reading: &Reading) -> bool {
        let expected = self.goodput_per_s * reading.seconds;
        reading.good as f64 >= GOODPUT_SHARE * expected - 2.0 * expected.sqrt()
    }
}

/// The stretch in pieces of at least one regular window: cells that a cut made narrower are joined with the next, at the end with the last.
pub fn windows_of(stretch: Stretch) -> Vec<Stretch> {
    let grid = &stretch.recording.grid;
    let regular = stretch.recording.plan.window;
    let mut edges: Vec<Time> = Vec::new();
    let mut end = stretch.from;
    for cell in &grid.cells[grid.range(stretch.from, stretch.to)] {
        end = cell.to;
        match edges.last() {
            None => edges.push(cell.from),
            Some(begin) if cell.from.since(*begin) >= regular => edges.push(cell.from),
            Some(_) => {}
        }
    }
    if edges.len() > 1 && edges.last().is_some_and(|begin| end.since(*begin) < regular) {
        edges.pop();
    }
    edges.push(end);
    edges.windows(2).map(|pair| Stretch { from: pair[0], to: pair[1], ..stretch }).collect()
}
