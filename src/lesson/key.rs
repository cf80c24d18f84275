//! The answers of a lesson, as one run of the base gave them: what the player is shown once the predictions are locked. Nothing in it was typed
//! but the words.

use super::case::{Case, Played};
use super::story::{Answer, Choice, Hypothesis, Lesson};
use crate::judge::{Judged, Unit, Verdict};
use crate::plan::expectation::{Gauge, Metric, Take};
use crate::report::figures;
use crate::scenario::Node;
use serde::Serialize;

/// The answer to a prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Truth {
    /// `value` in the base unit, and as it reads. `share`: never more than the whole.
    Number { value: f64, shown: String, within: f64, unit: Unit, share: bool },
    /// Which option, from 0.
    Choice { right: usize, shown: String },
}

/// A cause and what the run says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub text: String,
    pub right: bool,
    /// The condition that was looked at, and its figure.
    pub evidence: String,
    pub confirmed: bool,
    pub feedback: String,
}

/// The truth of each prediction; words if the run does not say.
pub fn truths(lesson: &Lesson, played: &Played) -> Result<Vec<Truth>, String> {
    lesson.predictions.iter().map(|one| truth(&one.answer, played).ok_or_else(|| one.ask.clone())).collect()
}

fn truth(answer: &Answer, played: &Played) -> Option<Truth> {
    match answer {
        Answer::Number { figure, within } => {
            let judged = played.judged(figure);
            let value = judged.measured?;
            Some(Truth::Number {
                value,
                shown: figures::figure(value, judged.unit),
                within: *within,
                unit: judged.unit,
                share: is_share(&played.asked(figure).metric),
            })
        }
        Answer::Choice(choices) => {
            let holds = |choice: &Choice| choice.when.iter().all(|line| played.judged(line).verdict == Verdict::Holds);
            let right = choices.iter().position(holds)?;
            let line = &choices[right].when[0];
            let behind = format!("{}: {}", line.text, measured(&played.judged(line)));
            Some(Truth::Choice { right, shown: format!("{} ({behind})", choices[right].text) })
        }
    }
}

/// Whether a ratio is a part of a whole, and no factor.
pub fn is_share(metric: &Metric) -> bool {
    match metric {
        Metric::Success { .. } | Metric::Errors { .. } | Metric::Waste { .. } | Metric::Hits { .. } => true,
        Metric::Received { .. } | Metric::Meter { take: Take::Share, .. } => true,
        Metric::Gauge { gauge, .. } => matches!(gauge, Gauge::Utilisation | Gauge::UsedShare | Gauge::Cold),
        Metric::Reported { metric, .. } => is_share(metric),
        _ => false,
    }
}

/// What the run says of a cause.
pub fn finding(one: &Hypothesis, played: &Played) -> Finding {
    let judged = played.judged(&one.evidence);
    Finding {
        text: one.text.clone(),
        right: one.right,
        evidence: format!("{}: {}", one.evidence.text, measured(&judged)),
        confirmed: judged.verdict == Verdict::Holds,
        feedback: one.feedback.clone(),
    }
}

/// The one line to remember, which the scenario says.
pub fn law(case: &Case) -> String {
    case.scenario.root.get("law").and_then(Node::scalar).unwrap_or_default().to_owned()
}

/// Where the story is told.
pub fn source(case: &Case) -> String {
    let own = case.lesson.source.clone();
    own.unwrap_or_else(|| case.scenario.root.get("source").and_then(Node::scalar).unwrap_or_default().to_owned())
}

fn measured(judged: &Judged) -> String {
    judged
        .measured
        .map_or("not measured".to_owned(), |value| format!("measured {}", figures::figure(value, judged.unit)))
}
