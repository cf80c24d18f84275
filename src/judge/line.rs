//! One line against the recording: its figure, its bound, and the verdict.

use super::measure::{Measure, Stretch, measure};
use super::{Judged, Unit, Verdict, steady};
use crate::base::{Span, Time};
use crate::plan::Window;
use crate::plan::expectation::{Bound, Compare, Expectation, Metric, Subject};
use crate::record::Recording;

/// Figures are sums of floats: differences below this share are none.
const ROUNDING: f64 = 1e-9;
/// A latency is kept to 3 digits: within this share it is not told apart from its bound.
const LATENCY_RESOLUTION: f64 = 1e-3;

pub fn judge(recording: &Recording, line: &Expectation) -> Judged {
    let unit = Unit::of(&line.metric);
    let measured = over(recording, line, &line.window);
    let bound = bound(recording, line);
    let lateness = late_by(recording, line);
    let (verdict, doubt) = match (measured.value, bound.value) {
        (Some(value), Some(bound)) => {
            let holds = |value| passes(value, line.compare, bound, unit);
            match (holds(value), holds((value - lateness).max(0.0))) {
                (true, true) => (Verdict::Holds, None),
                (false, false) => (Verdict::Broken, None),
                _ => (Verdict::CannotTell, Some(in_doubt(lateness))),
            }
        }
        _ => (Verdict::CannotTell, None),
    };
    let broken = (verdict == Verdict::Broken).then_some(bound.value).flatten();
    Judged {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict,
        measured: measured.value.filter(|value| value.is_finite()),
        compare: line.compare,
        bound: bound.value,
        unit,
        samples: measured.samples,
        interval: measured.interval,
        window: line.window.clone(),
        broken_at: broken.and_then(|bound| first_broken(recording, line, bound)),
        note: doubt.or(measured.note).or(bound.note),
    }
}

/// The metric over each of these stretches of whole cells, whatever its bound; `None` where it cannot be told, and for what belongs to a run as
/// a whole (a recovery, a fact, the number of alerts).
pub fn over_time(recording: &Recording, metric: &Metric, stretches: &[(Time, Time)]) -> Vec<Option<f64>> {
    let of_the_whole = matches!(metric, Metric::Recovery { .. } | Metric::Fact { .. } | Metric::Fires { .. });
    let value = |(from, to): &(Time, Time)| {
        let found = measure(metric, Stretch { recording, from: *from, to: *to }, true).value;
        found.filter(|value| value.is_finite() && !of_the_whole)
    };
    stretches.iter().map(value).collect()
}

/// The metric over a window, unless the recording says that it cannot be known.
fn over(recording: &Recording, line: &Expectation, window: &Window) -> Measure {
    if let Some(cut) = recording.cut_short.as_ref().filter(|cut| cut.at < window.to) {
        return Measure::none(0, format!("the run ended at {}, before this window did", cut.at));
    }
    if let Some(why) = recording.latency_unsound.as_ref().filter(|_| is_latency(&line.metric)) {
        return Measure::none(0, format!("latency was not measured soundly: {why}"));
    }
    if let Some(why) = unread(recording, &line.metric) {
        return Measure::none(0, why);
    }
    let stretch = Stretch { recording, from: window.from, to: window.to };
    let found = measure(&line.metric, stretch, true);
    let found = Measure { samples: asked(recording, &line.metric).unwrap_or(found.samples), ..found };
    // Batches of whole windows may leave out the end of a stretch: an interval without its own mean says nothing.
    let of_batches =
        |value: f64| steady::interval(&line.metric, stretch).filter(|(low, high)| (*low..=*high).contains(&value));
    let interval = found.interval.or_else(|| found.value.and_then(of_batches));
    Measure { interval, ..found }
}

/// By how much the load generator's own lateness may have lengthened a client's latency, in seconds: for a quantile, what all but half
/// of the requests beyond it were late by. It only ever adds, so the system's own latency lies between what was measured and that much less.
fn late_by(recording: &Recording, line: &Expectation) -> f64 {
    let (Metric::Quantile { of, .. } | Metric::LatencyMean { of } | Metric::LatencyMax { of }) = &line.metric else {
        return 0.0;
    };
    if !matches!(of, Subject::Client(_)) || recording.head.lateness.is_empty() {
        return 0.0;
    }
    let late = recording.head.lateness.over(line.window.from, line.window.to);
    let by = match &line.metric {
        Metric::Quantile { quantile, .. } => late.quantile(1.0 - (1.0 - quantile) / 2.0),
        Metric::LatencyMean { .. } => late.mean(),
        _ => late.max(),
    };
    by.unwrap_or(0.0)
}

fn in_doubt(lateness: f64) -> String {
    let late = Span::from_secs_f64(lateness);
    format!("the load generator sent its requests up to {late} late, and without that the verdict would be another")
}

fn bound(recording: &Recording, line: &Expectation) -> Measure {
    match &line.bound {
        Bound::Value(value) => Measure::of(*value, 0),
        Bound::Of { factor, window } => {
            let base = over(recording, line, window);
            let note = base.note.map(|why| format!("nothing to compare with in `{}`: {why}", window.name));
            Measure { value: base.value.map(|value| value * factor), note, ..base }
        }
    }
}

/// Of how many things a meter that was read at the end counts some.
fn asked(recording: &Recording, metric: &Metric) -> Option<u64> {
    let Metric::Meter { meter, .. } = metric else { return None };
    recording.asked.iter().find(|(asked, _)| asked == meter).map(|(_, count)| *count)
}

/// Why nobody knows the figure of a meter.
fn unread<'r>(recording: &'r Recording, metric: &Metric) -> Option<&'r String> {
    let Metric::Meter { meter, .. } = metric else { return None };
    recording.unread.iter().find(|(unread, _)| unread == meter).map(|(_, why)| why)
}

fn is_latency(metric: &Metric) -> bool {
    Unit::of(metric) == Unit::Seconds
}

pub fn passes(value: f64, compare: Compare, bound: f64, unit: Unit) -> bool {
    let share = if unit == Unit::Seconds { LATENCY_RESOLUTION } else { ROUNDING };
    let same = |share: f64| value == bound || (value - bound).abs() <= share * bound.abs();
    match compare {
        Compare::Less => value < bound && !same(ROUNDING),
        Compare::LessOrEqual => value < bound || same(share),
        Compare::Greater => value > bound && !same(ROUNDING),
        Compare::GreaterOrEqual => value > bound || same(share),
        Compare::Equal => same(share),
    }
}

/// The begin of the first cell whose own figure breaks the bound. A recovery has no figure in a single cell, nor has a correlation.
fn first_broken(recording: &Recording, line: &Expectation, bound: f64) -> Option<Time> {
    if matches!(line.metric, Metric::Recovery { .. } | Metric::Correlation { .. }) {
        return None;
    }
    let grid = &recording.grid;
    let unit = Unit::of(&line.metric);
    let breaks = |from, to| {
        let value = measure(&line.metric, Stretch { recording, from, to }, false).value;
        value.is_some_and(|value| !passes(value, line.compare, bound, unit))
    };
    let cells = &grid.cells[grid.range(line.window.from, line.window.to)];
    cells.iter().find(|cell| breaks(cell.from, cell.to)).map(|cell| cell.from)
}
