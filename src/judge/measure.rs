//! One metric over one window of a recording: a figure, the number of samples behind it, or why there is none.

use super::statistics::{Interval, quantile};
use super::{alerts, gauge, recovery, together};
use crate::base::{ErrorKind, Time};
use crate::plan::expectation::{Gauge, Metric, Subject, Take};
use crate::record::{ClientCell, EdgeCell, Latencies, Recording, ServiceCell};

/// What was found in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// In the metric's base unit; infinite for a recovery that did not come.
    pub value: Option<f64>,
    pub samples: u64,
    pub interval: Option<(f64, f64)>,
    /// Why there is no value, or what else must be known about it.
    pub note: Option<String>,
}

impl Measure {
    pub fn of(value: f64, samples: u64) -> Measure {
        Measure { value: Some(value), samples, ..Measure::default() }
    }

    pub fn none(samples: u64, why: impl Into<String>) -> Measure {
        Measure { samples, note: Some(why.into()), ..Measure::default() }
    }

    /// part / whole, where `whole` counts the samples.
    pub fn ratio(part: u64, whole: u64, what: &str) -> Measure {
        match whole {
            0 => Measure::none(0, format!("no {what} in this window")),
            _ => Measure::of(part as f64 / whole as f64, whole),
        }
    }
}

/// A stretch of whole cells.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'r> {
    pub recording: &'r Recording,
    pub from: Time,
    pub to: Time,
}

/// How many samples a quantile needs before it means anything: ten beyond it.
pub fn samples_needed(quantile: f64) -> u64 {
    // The small step down keeps 10 / (1 - 0.99), which is a hair above 1000 in floating point, at 1000.
    (10.0 / (1.0 - quantile) - 1e-6).ceil() as u64
}

/// An interval cut to what the metric can be: nothing is below 0, and a share of requests or of workers is at most 1.
pub fn within_limits(metric: &Metric, (low, high): Interval) -> Interval {
    let most = match metric {
        Metric::Success { .. } | Metric::Errors { .. } | Metric::Waste { .. } | Metric::Hits { .. } => 1.0,
        Metric::Gauge { gauge: Gauge::Utilisation | Gauge::UsedShare | Gauge::Cold, .. } => 1.0,
        Metric::Meter { take: Take::Share, .. } => 1.0,
        // A meter may count what goes below 0, such as the skew of a clock.
        Metric::Meter { .. } | Metric::Correlation { .. } => return (low, high),
        _ => f64::INFINITY,
    };
    (low.max(0.0), high.min(most))
}

/// The metric over the stretch. `strict`: a quantile of too few samples is refused.
pub fn measure(metric: &Metric, stretch: Stretch, strict: bool) -> Measure {
    match metric {
        Metric::Quantile { of, quantile } => stretch.quantile(*of, *quantile, strict),
        Metric::LatencyMean { of } => stretch.of_latencies(*of, Latencies::mean),
        Metric::LatencyMax { of } => stretch.of_latencies(*of, Latencies::max),
        Metric::Success { of } => {
            let (ok, failed) = stretch.ends(*of, None);
            Measure::ratio(ok, ok + failed, "ended requests")
        }
        Metric::Errors { of, kind } => {
            let (ok, all_failed) = stretch.ends(*of, None);
            Measure::ratio(stretch.ends(*of, *kind).1, ok + all_failed, "ended requests")
        }
        Metric::Goodput { of } => stretch.rate(stretch.good(*of)),
        Metric::Offered { of } => stretch.rate(stretch.sent(*of)),
        Metric::Fresh { of } => stretch.rate(stretch.client(*of).map_or(0, |cell| cell.fresh)),
        Metric::Throughput { of } => stretch.rate(stretch.service(*of).map_or(0, |cell| cell.completed)),
        Metric::Amplification { of } => stretch.amplification(*of),
        Metric::Waste { of } => {
            let cell = stretch.service(*of).unwrap_or_default();
            Measure::ratio(cell.wasted, cell.completed, "completed work")
        }
        Metric::Retries { of } => stretch.retries(*of),
        Metric::Hits { of } => {
            let cell = stretch.service(*of).unwrap_or_default();
            Measure::ratio(cell.hits, cell.hits + cell.misses, "look-ups")
        }
        Metric::Gauge { gauge, of, aggregate } => gauge::measure(*gauge, *of, *aggregate, stretch),
        Metric::Reported { metric, blind } => match blind.map(|meter| stretch.meter(meter as usize, Take::Mean)) {
            Some(Measure { value: Some(hidden), .. }) if hidden > 0.0 => {
                Measure::none(0, "monitoring did not see it in this window")
            }
            _ => measure(metric, stretch, strict),
        },
        Metric::Received { of } => {
            let cell = stretch.service(*of).unwrap_or_default();
            let (ok, failed) = stretch.ends(*of, None);
            Measure::ratio(cell.completed - cell.wasted, ok + failed, "ended requests")
        }
        Metric::Fact { value, found } => {
            let note = (!found.is_empty()).then(|| found.join(", "));
            Measure { value: Some(*value), samples: 1, note, ..Measure::default() }
        }
        Metric::Correlation { of } => together::correlation(of, stretch),
        Metric::Fires { alert } => alerts::fires(*alert as usize, stretch),
        Metric::Meter { meter, take, .. } => stretch.meter(*meter as usize, *take),
        Metric::Recovery { of, before } => recovery::measure(*of, before, stretch),
    }
}

impl Stretch<'_> {
    pub fn client(&self, of: Subject) -> Option<ClientCell> {
        let Subject::Client(index) = of else { return None };
        Some(self.recording.client_over(index as usize, self.from, self.to))
    }

    pub fn service(&self, of: Subject) -> Option<ServiceCell> {
        let Subject::Service(index) = of else { return None };
        Some(self.recording.service_over(index as usize, self.from, self.to))
    }

    pub fn edge(&self, of: Subject) -> Option<EdgeCell> {
        let Subject::Edge(index) = of else { return None };
        Some(self.recording.edge_over(index as usize, self.from, self.to))
    }

    fn meter(&self, meter: usize, take: Take) -> Measure {
        let Some(cell) = self.recording.meter_over(meter, self.from, self.to) else {
            return Measure::none(0, "no readings in this window");
        };
        let readings = self.recording.grid.range(self.from, self.to).len() as u64;
        match take {
            Take::Total => Measure::of(cell.sum, cell.sum as u64),
            Take::Rate => self.rate(cell.sum as u64),
            Take::Share => Measure::ratio(cell.sum as u64, cell.whole as u64, "of them"),
            Take::Mean if cell.whole > 0.0 => Measure::of(cell.sum / cell.whole, readings),
            Take::Mean => Measure::none(0, "no readings in this window"),
            Take::Min => Measure::of(cell.min, readings),
            Take::Max => Measure::of(cell.max, readings),
            Take::Last => Measure::of(cell.last, readings),
        }
    }

    /// Seconds of the cells that make it up.
    pub fn seconds(&self) -> f64 {
        let cells = &self.recording.grid.cells[self.recording.grid.range(self.from, self.to)];
        cells.iter().map(|cell| cell.to.since(cell.from).as_secs_f64()).sum()
    }

    /// Of successful requests; an edge has none.
    pub fn latencies(&self, of: Subject) -> Latencies {
        let client = self.client(of).map(|cell| cell.latency);
        client.or_else(|| self.service(of).map(|cell| cell.latency)).unwrap_or_default()
    }

    /// Answers that were of use to somebody.
    pub fn good(&self, of: Subject) -> u64 {
        let client = self.client(of).map(|cell| cell.goodput);
        let service = || self.service(of).map(|cell| cell.completed.saturating_sub(cell.wasted));
        client.or_else(service).or_else(|| self.edge(of).map(|cell| cell.ok)).unwrap_or(0)
    }

    fn sent(&self, of: Subject) -> u64 {
        let client = self.client(of).map(|cell| cell.sent);
        let service = || self.service(of).map(|cell| cell.arrived);
        client.or_else(service).or_else(|| self.edge(of).map(|cell| cell.attempts)).unwrap_or(0)
    }

    /// How many ended well, and how many failed (of one kind).
    fn ends(&self, of: Subject, kind: Option<ErrorKind>) -> (u64, u64) {
        let of_kind = |errors: &[u64; ErrorKind::COUNT]| kind.map_or(errors.iter().sum(), |kind| errors[kind as usize]);
        if let Some(cell) = self.client(of) {
            return (cell.ok, of_kind(&cell.errors));
        }
        if let Some(cell) = self.edge(of) {
            return (cell.ok, of_kind(&cell.errors));
        }
        let cell = self.service(of).unwrap_or_default();
        match kind {
            None => (cell.completed, cell.failed + cell.rejected + cell.dropped),
            Some(ErrorKind::Rejected) => (cell.completed, cell.rejected),
            Some(_) => (cell.completed, 0),
        }
    }

    fn quantile(&self, of: Subject, quantile: f64, strict: bool) -> Measure {
        let latencies = self.latencies(of);
        let (samples, needed) = (latencies.count(), samples_needed(quantile));
        let Some(value) = latencies.quantile(quantile) else { return Measure::none(0, no_success()) };
        if strict && samples < needed {
            let why = format!("{samples} samples, and this quantile needs {needed}");
            return Measure::none(samples, why);
        }
        let interval = if strict { quantile::interval(&latencies, quantile) } else { None };
        Measure { value: Some(value), samples, interval, note: None }
    }

    fn of_latencies(&self, of: Subject, read: impl Fn(&Latencies) -> Option<f64>) -> Measure {
        let latencies = self.latencies(of);
        read(&latencies).map_or_else(|| Measure::none(0, no_success()), |value| Measure::of(value, latencies.count()))
    }

    /// A rate of zero is a figure, too: nothing happened for that long.
    fn rate(&self, count: u64) -> Measure {
        let seconds = self.seconds();
        match seconds > 0.0 {
            true => Measure::of(count as f64 / seconds, count),
            false => Measure::none(0, "the window is empty"),
        }
    }

    fn amplification(&self, of: Subject) -> Measure {
        if let Some(cell) = self.client(of) {
            return Measure::ratio(cell.sent, cell.fresh, "visits");
        }
        let clients = 0..self.recording.clients.len();
        let sent = clients.map(|index| self.recording.client_over(index, self.from, self.to).sent).sum();
        Measure::ratio(self.service(of).unwrap_or_default().arrived, sent, "user requests")
    }

    fn retries(&self, of: Subject) -> Measure {
        if let Some(cell) = self.client(of) {
            return Measure::ratio(cell.retries, cell.sent, "requests");
        }
        let cell = self.edge(of).unwrap_or_default();
        Measure::ratio(cell.attempts.saturating_sub(cell.calls), cell.calls, "calls")
    }
}

fn no_success() -> &'static str {
    "no successful requests in this window"
}
