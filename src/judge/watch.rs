//! Stop lines while a run goes on: each recording window is looked at when it is over, in both worlds alike. It says
//! that a run must stop and why; it stops nothing.
//!
//! Requests count here in the window in which they *ended*, since nobody can know yet what becomes of those under way;
//! everything else is the figure that the judge would give. A window without figures leaves a line as it is.

use super::Unit;
use super::line::passes;
use super::measure::{Measure, Stretch, measure};
use super::window::OneWindow;
use crate::base::Time;
use crate::plan::Plan;
use crate::plan::expectation::{Metric, Take};
use crate::plan::limits::StopLine;
use crate::record::{ClientCell, Grid, Recorder};

/// A share or a latency of fewer requests than this says nothing: one early error must not stop a run.
pub const SAMPLES_MIN: u64 = 20;

/// A line whose condition has held for long enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Tripped {
    pub at: Time,
    /// `errors(users) > 30% for 5s`
    pub line: String,
    /// `errors(users) > 30% for 5s: 41.2% in the last window, 523 samples since 12s`
    pub words: String,
}

/// Looks at the windows of a run, one after the other.
#[derive(Debug)]
pub struct Watch {
    grid: Grid,
    warmup: Time,
    /// The window to be looked at next.
    next: usize,
    view: OneWindow,
    held: Vec<Held>,
}

/// A line, and since when its condition holds.
#[derive(Debug)]
struct Held {
    line: StopLine,
    since: Option<Time>,
    samples: u64,
}

impl Watch {
    /// `None` for a plan without stop lines.
    pub fn new(plan: &Plan, recorder: &mut Recorder) -> Option<Watch> {
        if plan.stop_if.is_empty() {
            return None;
        }
        recorder.count_ended();
        let grid = recorder.grid.clone();
        let held = plan.stop_if.iter().map(|line| Held { line: line.clone(), since: None, samples: 0 }).collect();
        let view = OneWindow::new(plan);
        Some(Watch { grid, warmup: plan.warmup, next: 0, view, held })
    }

    /// When the next window is over; `None` after the last but one, whose end is the end of the run.
    pub fn due(&self) -> Option<Time> {
        let last = self.grid.cells.len() - 1;
        self.grid.cells.get(self.next).filter(|_| self.next < last).map(|cell| cell.to)
    }

    /// Looks at the next window, which must be over and its books closed.
    pub fn look(&mut self, recorder: &mut Recorder) -> Option<Tripped> {
        let index = self.next;
        self.next += 1;
        self.fill(recorder, index);
        let cell = self.grid.cells[index];
        if cell.to <= self.warmup {
            return None;
        }
        let stretch = Stretch { recording: &self.view.0, from: cell.from, to: cell.to };
        let tripped = self.held.iter_mut().filter_map(|held| held.look(stretch));
        tripped.fold(None, |first, next| first.or(Some(next)))
    }

    fn fill(&mut self, recorder: &mut Recorder, index: usize) {
        let ended = recorder.take_ended();
        self.view.fill(recorder, index);
        for (series, ended) in self.view.0.clients.iter_mut().zip(ended) {
            let ClientCell { offered, fresh, sent, retries, goodput, .. } = series.cells[0];
            series.cells[0] = ClientCell { offered, fresh, sent, retries, goodput, ..ended };
        }
    }
}

impl Held {
    fn look(&mut self, stretch: Stretch) -> Option<Tripped> {
        let Measure { value: Some(value), samples, .. } = measure(&self.line.metric, stretch, false) else {
            return None;
        };
        let unit = Unit::of(&self.line.metric);
        if !passes(value, self.line.compare, self.line.bound, unit) {
            (self.since, self.samples) = (None, 0);
            return None;
        }
        let since = *self.since.get_or_insert(stretch.from);
        self.samples += samples;
        let enough = !rests_on_requests(&self.line.metric) || self.samples >= SAMPLES_MIN;
        (enough && stretch.to.since(since) >= self.line.hold).then(|| {
            let (text, shown, samples) = (&self.line.text, shown(value, unit), self.samples);
            let words = format!("{text}: {shown} in the last window, {samples} samples since {since}");
            Tripped { at: stretch.to, line: text.clone(), words }
        })
    }
}

/// Whether the figure is a share or a latency of requests, of which there may be too few.
fn rests_on_requests(metric: &Metric) -> bool {
    match metric {
        Metric::Quantile { .. }
        | Metric::LatencyMean { .. }
        | Metric::LatencyMax { .. }
        | Metric::Success { .. }
        | Metric::Errors { .. }
        | Metric::Amplification { .. }
        | Metric::Waste { .. }
        | Metric::Retries { .. }
        | Metric::Received { .. }
        | Metric::Hits { .. } => true,
        Metric::Reported { metric, .. } => rests_on_requests(metric),
        Metric::Meter { take, .. } => *take == Take::Share,
        _ => false,
    }
}

fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ratio => format!("{:.1}%", value * 100.0),
        Unit::Seconds => crate::base::Span::from_secs_f64(value.max(0.0)).to_string(),
        Unit::PerSecond => format!("{value:.1}/s"),
        Unit::Bytes => format!("{value:.0} bytes"),
        Unit::Count => format!("{value:.1}"),
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
