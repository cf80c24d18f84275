//! What a joint verdict needs of one run: its own verdict, and of each line the figure and, for quantiles, the requests that it rests on. Plain data that
//! can be written down, so that runs that were played elsewhere are judged together as if they had been played here.

use super::pool::Sample;
use crate::judge::{ExitCode, Judged, Judgement, Try, Verdict};
use crate::plan::Expectation;
use crate::record::Recording;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub seed: u64,
    pub verdict: Verdict,
    /// A guardrail stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guardrail: bool,
    pub reason: String,
    /// Why it cannot be trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// Live: what earlier tries of it said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// In the order of the plan's lines.
    pub expectations: Vec<LineTrial>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<LineTrial>,
}

/// One line under one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineTrial {
    pub verdict: Verdict,
    pub measured: Option<f64>,
    pub bound: Option<f64>,
    /// Of quantiles only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

impl Trial {
    pub fn of(recording: &Recording, judgement: &Judgement) -> Trial {
        let plan = &recording.plan;
        let each = |asked: &[Expectation], judged: &[Judged]| {
            asked.iter().zip(judged).map(|(line, judged)| LineTrial::of(line, judged, recording)).collect()
        };
        Trial {
            seed: plan.seed,
            verdict: judgement.verdict,
            guardrail: judgement.exit == ExitCode::Guardrail,
            reason: judgement.reason.clone(),
            doubts: judgement.doubts.clone(),
            tries: judgement.tries.clone(),
            expectations: each(&plan.expectations, &judgement.expectations),
            symptoms: each(&plan.symptoms, &judgement.symptoms),
        }
    }

    /// Of several runs the one of least rank is reported, and of those the first: one that a guardrail stopped, else one that does not hold, else any.
    pub fn rank(&self) -> u8 {
        match self.verdict {
            _ if self.guardrail => 0,
            Verdict::Broken | Verdict::CannotTell => 1,
            Verdict::Holds => 2,
        }
    }
}

impl LineTrial {
    fn of(line: &Expectation, judged: &Judged, recording: &Recording) -> LineTrial {
        let Judged { verdict, measured, bound, .. } = *judged;
        LineTrial { verdict, measured, bound, sample: Sample::of(line, recording) }
    }
}
