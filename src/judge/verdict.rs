//! What judging gives: one verdict a line, and one for the run. Plain data, no behaviour beyond look-ups.

use super::against::Comparison;
use super::seeds::OverSeeds;
use super::{ExitCode, Try};
use crate::base::Time;
use crate::plan::Window;
use crate::plan::expectation::{Compare, Gauge, Metric, Take};
use crate::plan::meters::Unit as MeterUnit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Holds,
    Broken,
    /// The recording does not allow an answer: too few samples, no data, a fault that never happened.
    CannotTell,
}

/// What `measured` and `bound` are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "ratio")]
    Ratio,
    #[serde(rename = "1/s")]
    PerSecond,
    #[serde(rename = "bytes")]
    Bytes,
    #[serde(rename = "count")]
    Count,
}

/// One line of `expect:` or `symptoms:` with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub text: String,
    /// `file:line:column`.
    pub place: String,
    pub verdict: Verdict,
    /// In `unit`. `None` when it could not be measured, and for a recovery that did not come.
    pub measured: Option<f64>,
    pub compare: Compare,
    /// In `unit`, with `95% of before` already resolved; `None` when that could not be.
    pub bound: Option<f64>,
    pub unit: Unit,
    /// How many requests (for gauges: readings) the figure rests on.
    pub samples: u64,
    /// The 95% confidence interval: of quantiles by order statistics, of means by batch means where the window is steady.
    pub interval: Option<(f64, f64)>,
    pub window: Window,
    /// The begin of the first recording cell whose own figure breaks the bound; only where the verdict is `Broken`.
    pub broken_at: Option<Time>,
    /// Why it cannot be told, or what else a reader must know.
    pub note: Option<String>,
}

/// By what a run is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Each expectation must hold.
    Expectations,
    /// An incident's base: each symptom must be seen; expectations show what breaks.
    Symptoms,
    /// A wrong fix: at least one expectation must break.
    StillBroken,
}

/// The verdict on one run, or on one plan under several seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    pub exit: ExitCode,
    pub basis: Basis,
    /// One line without the exit code: `2 of 14 expectations broken`.
    pub reason: String,
    /// Why the run as a whole cannot be trusted: faults that touched nothing, a run that was cut short.
    pub doubts: Vec<String>,
    pub expectations: Vec<Judged>,
    pub symptoms: Vec<Judged>,
    /// What a reader must know of the figures; it changes no verdict.
    pub warnings: Vec<String>,
    /// Several seeds judged together: then verdict, exit, reason and doubts are those of all, and the lines are those of one seed.
    pub seeds: Option<Box<OverSeeds>>,
    /// Live: tries of the same run, or of one of them, before this one; none held.
    pub tries: Vec<Try>,
    /// It held, and not at the first try.
    pub flaky: bool,
    /// Judged against a baseline as well.
    pub baseline: Option<Box<Comparison>>,
}

impl Verdict {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Broken => "broken",
            Verdict::CannotTell => "cannot tell",
        }
    }
}

impl Judgement {
    /// The same with a comparison beside it. What regressed makes the run a bad one, but for what outranks that.
    pub fn beside(self, comparison: Comparison) -> Judgement {
        let regressed = comparison.regression();
        let judgement = Judgement { baseline: Some(Box::new(comparison)), ..self };
        let exit = ExitCode::combine([judgement.exit, ExitCode::Regression]);
        match regressed {
            Some(reason) if exit == ExitCode::Regression => {
                Judgement { verdict: Verdict::Broken, exit, reason, ..judgement }
            }
            _ => judgement,
        }
    }

    /// The lines that decide the verdict (of the run that is shown).
    pub fn deciding(&self) -> &[Judged] {
        match self.basis {
            Basis::Symptoms => &self.symptoms,
            Basis::Expectations | Basis::StillBroken => &self.expectations,
        }
    }

    /// The verdicts on the lines that decide: those of all seeds where there are several.
    pub fn verdicts(&self) -> Vec<Verdict> {
        match (self.seeds.as_deref(), self.basis) {
            (None, _) => self.deciding().iter().map(|line| line.verdict).collect(),
            (Some(over), Basis::Symptoms) => over.symptoms.iter().map(|line| line.verdict).collect(),
            (Some(over), _) => over.expectations.iter().map(|line| line.verdict).collect(),
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts().into_iter().filter(|one| *one == verdict).count()
    }
}

impl Unit {
    pub fn of(metric: &Metric) -> Unit {
        match metric {
            Metric::Quantile { .. }
            | Metric::LatencyMean { .. }
            | Metric::LatencyMax { .. }
            | Metric::Recovery { .. } => Unit::Seconds,
            Metric::Goodput { .. } | Metric::Offered { .. } | Metric::Fresh { .. } | Metric::Throughput { .. } => {
                Unit::PerSecond
            }
            Metric::Meter { take: Take::Rate, .. } => Unit::PerSecond,
            Metric::Meter { unit, .. } => match unit {
                MeterUnit::Number => Unit::Count,
                MeterUnit::Seconds => Unit::Seconds,
                MeterUnit::Bytes => Unit::Bytes,
                MeterUnit::Ratio => Unit::Ratio,
            },
            Metric::Reported { metric, .. } => Unit::of(metric),
            Metric::Fires { .. } | Metric::Fact { .. } | Metric::Correlation { .. } => Unit::Count,
            Metric::Received { .. } => Unit::Ratio,
            Metric::Gauge { gauge: Gauge::Used, .. } => Unit::Bytes,
            Metric::Gauge { gauge: Gauge::Queue | Gauge::Inflight, .. } => Unit::Count,
            Metric::Gauge { gauge: Gauge::Utilisation | Gauge::UsedShare | Gauge::Cold, .. }
            | Metric::Success { .. }
            | Metric::Errors { .. }
            | Metric::Amplification { .. }
            | Metric::Waste { .. }
            | Metric::Retries { .. }
            | Metric::Hits { .. } => Unit::Ratio,
        }
    }
}
