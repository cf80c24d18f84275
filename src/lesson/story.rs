//! What a lesson holds once it is read. Plain data with look-ups.

use super::knob::{Knob, Turn};
use super::line::Line;
use crate::report::html::alone::Picture;

#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The scenario's name, which often gives the answer away.
    pub scenario: String,
    /// `file:line:column` of its beginning.
    pub at: String,
    pub title: String,
    pub level: Option<u64>,
    pub minutes: u64,
    pub needs: Vec<String>,
    pub concepts: Vec<String>,
    pub brief: String,
    pub brief_at: String,
    pub show: Vec<Picture>,
    pub predictions: Vec<Prediction>,
    pub hypotheses: Vec<Hypothesis>,
    pub hints: Vec<Hint>,
    pub reveal: String,
    pub knobs: Vec<Knob>,
    /// Empty: the scenario's expectations.
    pub goal: Vec<Line>,
    pub fix: Option<String>,
    pub quiz: Vec<Question>,
    pub debrief: Vec<String>,
    pub simplified: Vec<String>,
    pub assumed: Vec<String>,
    pub source: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    pub ask: String,
    pub at: String,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Number { figure: Line, within: f64 },
    Choice(Vec<Choice>),
}

/// An option and the conditions that hold together if it is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: String,
    pub when: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub text: String,
    pub right: bool,
    pub evidence: Line,
    pub feedback: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Points of 100.
    pub cost: f64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub ask: String,
    pub answer: String,
    pub choices: Vec<String>,
    pub why: String,
}

impl Lesson {
    /// Every line that is asked of a run of the base.
    pub fn lines(&self) -> Vec<&Line> {
        let predicted = self.predictions.iter().flat_map(|one| match &one.answer {
            Answer::Number { figure, .. } => vec![figure],
            Answer::Choice(choices) => choices.iter().flat_map(|choice| &choice.when).collect(),
        });
        predicted.chain(self.hypotheses.iter().map(|one| &one.evidence)).chain(&self.goal).collect()
    }

    /// How the knobs can stand: for each the index of its value, the base first.
    pub fn settings(&self) -> Vec<Vec<usize>> {
        self.knobs.iter().fold(vec![Vec::new()], |all, knob| {
            let with = |at: &Vec<usize>| (0..knob.settings.len()).map(|value| [&at[..], &[value]].concat()).collect();
            all.iter().flat_map(|at| -> Vec<Vec<usize>> { with(at) }).collect()
        })
    }

    /// The variant and the values, as `--set` takes them, of knobs that stand so; those at the scenario's own setting change nothing.
    pub fn set(&self, at: &[usize]) -> (Option<&str>, Vec<String>) {
        let (mut variant, mut set) = (None, Vec::new());
        for (knob, value) in self.knobs.iter().zip(at).filter(|(_, value)| **value > 0) {
            match &knob.settings[*value].turn {
                Turn::Set(values) => set.extend(values.iter().cloned()),
                Turn::Variant(name) => variant = Some(name.as_str()),
            }
        }
        (variant, set)
    }

    /// In words: `cooks: 3; patience: 1s`.
    pub fn standing(&self, at: &[usize]) -> String {
        let turned = self.knobs.iter().zip(at).filter(|(_, value)| **value > 0);
        let told: Vec<String> =
            turned.map(|(knob, value)| format!("{}: {}", knob.label, knob.settings[*value].name)).collect();
        told.join("; ")
    }
}
