//! Which meters a Plan's lines ask for. What nobody asks for, and is read only for those who do, is left out of the recording.

use super::expectation::Metric;
use super::meters::CERTIFICATE;
use super::{Expectation, Plan};

impl Plan {
    /// Leaves out the meters at the end that are counted only on demand, if no line names one.
    pub fn drop_unasked_meters(&mut self) {
        let on_demand = self.meters.iter().rev().take_while(|meter| meter.name == CERTIFICATE).count();
        let first = self.meters.len() - on_demand;
        if !self.metrics().any(|metric| asks_from(metric, first)) {
            self.meters.truncate(first);
        }
    }

    /// Of every line that is judged or watched.
    fn metrics(&self) -> impl Iterator<Item = &Metric> {
        fn of(lines: &[Expectation]) -> impl Iterator<Item = &Metric> {
            lines.iter().map(|line| &line.metric)
        }
        let watched = self.alerts.iter().map(|alert| &alert.metric);
        let stops = self.stop_if.iter().map(|line| &line.metric);
        of(&self.expectations).chain(of(&self.symptoms)).chain(watched).chain(stops)
    }
}

/// Does it name one of the meters from this index on?
fn asks_from(metric: &Metric, first: usize) -> bool {
    match metric {
        Metric::Meter { meter, .. } => *meter as usize >= first,
        Metric::Reported { metric, .. } => asks_from(metric, first),
        Metric::Correlation { of } => of.iter().any(|metric| asks_from(metric, first)),
        _ => false,
    }
}
