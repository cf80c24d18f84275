//! Several seeds of one plan judged together. A line holds when it held under every seed and is broken when it broke under one: a seed under
//! which it breaks is a finding, not noise. The share of seeds and the mean are told beside it, since a system with two stable states
//! (metastable failure) has a mean that no run ever shows.

mod gather;
mod paired;
mod pool;
mod trial;

#[cfg(test)]
mod tests;

pub use gather::Gather;
pub use paired::{Change, Paired, against};
pub use pool::Pooled;
pub use trial::{LineTrial, Trial};

use super::statistics::Interval;
use super::statistics::student::Estimate;
use super::statistics::wilson;
use super::{Unit, Verdict};
use crate::plan::expectation::Compare;

/// What several runs say together; plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct OverSeeds {
    /// In the order in which they were asked for.
    pub runs: Vec<SeedRun>,
    /// The run whose figures stand beside this: the first that does not hold, else the first.
    pub shown: usize,
    /// Seeds whose own verdict is "holds".
    pub held: Share,
    pub expectations: Vec<LineOverSeeds>,
    pub symptoms: Vec<LineOverSeeds>,
    /// A variant against its base under the same seeds; empty for a base.
    pub against_base: Vec<Paired>,
}

/// The verdict on one seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedRun {
    pub seed: u64,
    pub verdict: Verdict,
    pub reason: String,
}

/// A count out of a number of tries, with the 95% interval by Wilson; none when nothing was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub hits: u64,
    pub n: u64,
    pub interval: Option<Interval>,
}

/// One line of `expect:` or `symptoms:` under all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct LineOverSeeds {
    pub text: String,
    pub place: String,
    pub compare: Compare,
    pub unit: Unit,
    pub verdict: Verdict,
    /// Of the seeds under which it could be told.
    pub held: Share,
    /// In `unit`; `None` when it differs from seed to seed (`95% of before`).
    pub bound: Option<f64>,
    /// The mean of what was measured, over the seeds in which it could be, with Student's t interval.
    pub mean: Option<Estimate>,
    /// Quantiles: over the requests of all seeds as one sample. Averages of quantiles are not quantiles.
    pub pooled: Option<Pooled>,
    /// In the order of the runs.
    pub each: Vec<Reading>,
}

/// One line under one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub verdict: Verdict,
    pub measured: Option<f64>,
}

impl Share {
    pub fn of(hits: usize, n: usize) -> Share {
        let (hits, n) = (hits as u64, n as u64);
        Share { hits, n, interval: wilson::interval(hits, n) }
    }

    /// `None` when nothing was tried.
    pub fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }
}

impl OverSeeds {
    /// What there are several of: seeds, or runs with the same seed.
    pub fn what(&self) -> &'static str {
        if self.has_own_seeds() { "seeds" } else { "runs" }
    }

    pub fn one(&self) -> &'static str {
        if self.has_own_seeds() { "seed" } else { "run" }
    }

    /// What tells a run from the others: `seed 7`, `run 3`.
    pub fn label(&self, run: usize) -> String {
        format!("{} {}", self.one(), self.number(run))
    }

    /// The same without the word.
    pub fn number(&self, run: usize) -> u64 {
        if self.has_own_seeds() { self.runs[run].seed } else { run as u64 + 1 }
    }

    fn has_own_seeds(&self) -> bool {
        self.runs.windows(2).all(|pair| pair[0].seed != pair[1].seed)
    }

    /// Expectations and symptoms.
    pub fn lines(&self) -> impl Iterator<Item = &LineOverSeeds> {
        self.expectations.iter().chain(&self.symptoms)
    }
}

impl LineOverSeeds {
    /// The smallest and the largest measured value, each with the index of its run.
    pub fn extremes(&self) -> Option<((f64, usize), (f64, usize))> {
        let known = || self.each.iter().enumerate().filter_map(|(index, one)| Some((one.measured?, index)));
        let least = known().min_by(|a, b| a.0.total_cmp(&b.0))?;
        // Of equal values the first run is named on both sides.
        let most = known().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        Some((least, most))
    }
}
