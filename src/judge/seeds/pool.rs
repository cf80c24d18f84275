//! A quantile over the requests of all seeds as one sample: histograms are merged, quantiles are never averaged.
//! It lets seeds tell together what each alone has too few requests for.

use crate::judge::line;
use crate::judge::measure::{Stretch, samples_needed};
use crate::judge::statistics::{Interval, quantile};
use crate::judge::{Unit, Verdict};
use crate::plan::Window;
use crate::plan::expectation::{Bound, Expectation, Metric, Subject};
use crate::record::{Latencies, Recording};

/// The quantile of the pooled sample, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    pub value: f64,
    pub samples: u64,
    /// The 95% interval, by order statistics.
    pub interval: Option<Interval>,
}

pub struct Pool {
    line: Expectation,
    of: Subject,
    quantile: f64,
    latencies: Latencies,
    /// Of the window that the bound refers to.
    base: Latencies,
    /// A run gave nothing, or nothing that can be trusted: then the sample is not one of all seeds.
    has_gap: bool,
}

impl Pool {
    /// `None` for what is no quantile.
    pub fn new(line: &Expectation) -> Option<Pool> {
        let Metric::Quantile { of, quantile } = line.metric else { return None };
        let (latencies, base) = Default::default();
        Some(Pool { line: line.clone(), of, quantile, latencies, base, has_gap: false })
    }

    pub fn add(&mut self, recording: &Recording) {
        let over = |window: &Window| Stretch { recording, from: window.from, to: window.to }.latencies(self.of);
        let here = over(&self.line.window);
        let is_cut = |cut: &crate::record::CutShort| self.line.spans().iter().any(|(_, to)| cut.at < *to);
        self.has_gap |= here.count() == 0
            || recording.latency_unsound.is_some()
            || recording.cut_short.as_ref().is_some_and(is_cut);
        if let Bound::Of { window, .. } = &self.line.bound {
            let base = over(window);
            self.base.merge(&base);
        }
        self.latencies.merge(&here);
    }

    /// `None` when even all seeds together have too few requests.
    pub fn pooled(&self) -> Option<Pooled> {
        if self.has_gap || self.latencies.count() < samples_needed(self.quantile) {
            return None;
        }
        let value = self.latencies.quantile(self.quantile)?;
        let interval = quantile::interval(&self.latencies, self.quantile);
        Some(Pooled { value, samples: self.latencies.count(), interval })
    }

    pub fn verdict(&self) -> Verdict {
        let bound = match &self.line.bound {
            Bound::Value(value) => Some(*value),
            Bound::Of { .. } if self.base.count() < samples_needed(self.quantile) => None,
            Bound::Of { factor, .. } => self.base.quantile(self.quantile).map(|base| base * factor),
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
