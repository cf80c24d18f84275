//! A quantile over the requests of all seeds as one sample: histograms are merged, quantiles are never averaged.
//! It lets seeds tell together what each alone has too few requests for.

use crate::judge::line;
use crate::judge::measure::{Stretch, samples_needed};
use crate::judge::statistics::{Interval, quantile};
use crate::judge::{Unit, Verdict};
use crate::plan::Window;
use crate::plan::expectation::{Bound, Expectation, Metric};
use crate::record::{CutShort, Latencies, Recording};
use serde::{Deserialize, Serialize};

/// The quantile of the pooled sample, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    pub value: f64,
    pub samples: u64,
    /// The 95% interval, by order statistics.
    pub interval: Option<Interval>,
}

/// What one run gives to the sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    latencies: Latencies,
    /// Of the window that the bound refers to.
    #[serde(default, skip_serializing_if = "is_empty")]
    base: Latencies,
    /// It gave nothing, or nothing that can be trusted: then the sample is not one of all seeds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_gap: bool,
}

pub struct Pool {
    line: Expectation,
    quantile: f64,
    sum: Sample,
}

impl Sample {
    /// `None` for what is no quantile.
    pub fn of(line: &Expectation, recording: &Recording) -> Option<Sample> {
        let Metric::Quantile { of, .. } = line.metric else { return None };
        let over = |window: &Window| Stretch { recording, from: window.from, to: window.to }.latencies(of);
        let latencies = over(&line.window);
        let is_cut = |cut: &CutShort| line.spans().iter().any(|(_, to)| cut.at < *to);
        let has_gap = latencies.count() == 0
            || recording.latency_unsound.is_some()
            || recording.cut_short.as_ref().is_some_and(is_cut);
        let base = match &line.bound {
            Bound::Of { window, .. } => over(window),
            Bound::Value(_) => Latencies::default(),
        };
        Some(Sample { latencies, base, has_gap })
    }
}

fn is_empty(latencies: &Latencies) -> bool {
    latencies.count() == 0
}

impl Pool {
    /// `None` for what is no quantile.
    pub fn new(line: &Expectation) -> Option<Pool> {
        let Metric::Quantile { quantile, .. } = line.metric else { return None };
        let (latencies, base) = Default::default();
        Some(Pool { line: line.clone(), quantile, sum: Sample { latencies, base, has_gap: false } })
    }

    pub fn add(&mut self, sample: &Sample) {
        self.sum.has_gap |= sample.has_gap;
        self.sum.base.merge(&sample.base);
        self.sum.latencies.merge(&sample.latencies);
    }

    /// `None` when even all seeds together have too few requests.
    pub fn pooled(&self) -> Option<Pooled> {
        if self.sum.has_gap || self.sum.latencies.count() < samples_needed(self.quantile) {
            return None;
        }
        let value = self.sum.latencies.quantile(self.quantile)?;
        let interval = quantile::interval(&self.sum.latencies, self.quantile);
        Some(Pooled { value, samples: self.sum.latencies.count(), interval })
    }

    pub fn verdict(&self) -> Verdict {
        let bound = match &self.line.bound {
            Bound::Value(value) => Some(*value),
            Bound::Of { .. } if self.sum.base.count() < samples_needed(self.quantile) => None,
            Bound::Of { factor, .. } => self.sum.base.quantile(self.quantile).map(|base| base * factor),
        };
        match (self.pooled(), bound) {
            (Some(pooled), Some(bound)) if line::passes(pooled.value, self.line.compare, bound, Unit::Seconds) => {
                Verdict::Holds
            }
            (Some(_), Some(_)) => Verdict::Broken,
            _ => Verdict::CannotTell,
        }
    }
}
