//! The parts of `result.json` about several seeds and several tries. Fields are only ever added.

use crate::judge::seeds::{Change, LineOverSeeds, OverSeeds, Paired, Share};
use crate::judge::{Try, Unit, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Several seeds judged together (`run --seeds N`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedsResult {
    /// Seeds whose own verdict is `holds`.
    pub held: ShareResult,
    /// In the order of the seeds.
    pub runs: Vec<SeedResult>,
    pub expectations: Vec<SeedsLineResult>,
    pub symptoms: Vec<SeedsLineResult>,
    /// A variant against its base under the same seeds (`--all-variants`); else empty.
    pub against_base: Vec<PairedResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedResult {
    pub seed: u64,
    pub verdict: Verdict,
    pub reason: String,
}

/// A count out of so many tries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShareResult {
    pub hits: u64,
    pub n: u64,
    /// Null when nothing was tried.
    pub share: Option<f64>,
    /// The 95% interval of the share (Wilson).
    pub interval: Option<[f64; 2]>,
}

/// One line under all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedsLineResult {
    pub text: String,
    /// `file:line:column`.
    pub place: String,
    /// `holds` when it held under every seed, `broken` when it broke under one.
    pub verdict: Verdict,
    pub unit: Unit,
    /// In `unit`; null when it differs from seed to seed.
    pub bound: Option<f64>,
    /// Of the seeds under which it could be told.
    pub held: ShareResult,
    /// The mean of what was measured, over the seeds in which it could be; null when in none.
    pub mean: Option<MeanResult>,
    /// Quantiles: over the requests of all seeds as one sample.
    pub pooled: Option<PooledResult>,
    /// In the order of the seeds; null where it could not be measured.
    pub measured: Vec<Option<f64>>,
    /// In the order of the seeds.
    pub verdicts: Vec<Verdict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeanResult {
    pub n: u64,
    pub mean: f64,
    /// Standard deviation of the value of one seed.
    pub deviation: f64,
    /// The 95% interval of the mean (Student's t).
    pub interval: Option<[f64; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PooledResult {
    pub value: f64,
    pub samples: u64,
    /// The 95% interval (order statistics).
    pub interval: Option<[f64; 2]>,
}

/// One line of a variant against the same line of its base, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairedResult {
    pub text: String,
    pub unit: Unit,
    pub pairs: u64,
    /// Means over the pairs.
    pub base: f64,
    pub variant: f64,
    /// Variant minus base.
    pub difference: f64,
    /// The 95% interval of the difference (Student's t over the pairs).
    pub interval: Option<[f64; 2]>,
    pub change: ChangeResult,
    /// How many times the variance of the difference would be larger with different seeds for base and variant; null where nothing varies.
    pub variance_saved: Option<f64>,
}

/// Towards an expectation's bound, or away from a symptom's, is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeResult {
    Better,
    Worse,
    NotShown,
}

/// A try that did not hold (`run --retries`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TryResult {
    pub verdict: Verdict,
    pub reason: String,
}

pub fn try_result(one: &Try) -> TryResult {
    TryResult { verdict: one.verdict, reason: one.reason.clone() }
}

pub fn result(over: &OverSeeds) -> SeedsResult {
    let runs =
        over.runs.iter().map(|run| SeedResult { seed: run.seed, verdict: run.verdict, reason: run.reason.clone() });
    SeedsResult {
        held: share(&over.held),
        runs: runs.collect(),
        expectations: over.expectations.iter().map(line).collect(),
        symptoms: over.symptoms.iter().map(line).collect(),
        against_base: over.against_base.iter().map(paired).collect(),
    }
}

fn ends(interval: (f64, f64)) -> [f64; 2] {
    [interval.0, interval.1]
}

fn share(share: &Share) -> ShareResult {
    ShareResult { hits: share.hits, n: share.n, share: share.share(), interval: share.interval.map(ends) }
}

fn line(line: &LineOverSeeds) -> SeedsLineResult {
    let mean = line.mean.map(|mean| MeanResult {
        n: mean.n as u64,
        mean: mean.mean,
        deviation: mean.deviation,
        interval: mean.interval.map(ends),
    });
    let pooled = line.pooled.map(|pooled| PooledResult {
        value: pooled.value,
        samples: pooled.samples,
        interval: pooled.interval.map(ends),
    });
    SeedsLineResult {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        unit: line.unit,
        bound: line.bound,
        held: share(&line.held),
        mean,
        pooled,
        measured: line.each.iter().map(|one| one.measured).collect(),
        verdicts: line.each.iter().map(|one| one.verdict).collect(),
    }
}

fn paired(pair: &Paired) -> PairedResult {
    PairedResult {
        text: pair.text.clone(),
        unit: pair.unit,
        pairs: pair.difference.n as u64,
        base: pair.base,
        variant: pair.variant,
        difference: pair.difference.mean,
        interval: pair.difference.interval.map(ends),
        change: match pair.change {
            Change::Better => ChangeResult::Better,
            Change::Worse => ChangeResult::Worse,
            Change::NotShown => ChangeResult::NotShown,
        },
        variance_saved: pair.variance_saved,
    }
}
