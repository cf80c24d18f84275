//! What an edge says: a sentence, or over a second value a row for each of its values and the boundary as a curve. Plain text, a page, and JSON.

use super::edge::{Answer, Edge, Look, Question, Searches};
use super::pages::{half_width, sentence};
use crate::report::charts::boundary::{self, Boundary};
use crate::report::page::{Block, Page};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the form of `edge.json`.
pub const SCHEMA_VERSION: u32 = 1;

/// Where survival ends, for programs. Numbers are in the unit of the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeResult {
    pub schema_version: u32,
    pub program: String,
    pub version: String,
    pub scenario: String,
    pub variant: Option<String>,
    /// The value that is searched, and from where to where.
    pub path: String,
    pub unit: String,
    pub from: f64,
    pub to: f64,
    /// A second value, with an answer for each of its values.
    pub other: Option<String>,
    pub first_seed: u64,
    pub seeds: u64,
    /// What must hold.
    pub lines: Vec<String>,
    pub answers: Vec<AnswerResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerResult {
    /// The second value.
    pub with: Option<String>,
    pub answer: AnswerWord,
    /// Mean of the seeds' boundaries, and its 95% interval.
    pub at: Option<f64>,
    pub interval: Option<[f64; 2]>,
    pub survives_below: Option<bool>,
    /// The boundary of each seed, in their order.
    pub seeds: Option<Vec<f64>>,
    pub looks: Vec<LookResult>,
    pub runs: usize,
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AnswerWord {
    #[serde(rename = "boundary")]
    Boundary,
    #[serde(rename = "survives everywhere")]
    Everywhere,
    #[serde(rename = "survives nowhere")]
    Nowhere,
    #[serde(rename = "no one boundary")]
    NoOne,
    #[serde(rename = "cannot tell")]
    CannotTell,
}

/// How many seeds survive at a value, and how many never recover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookResult {
    pub value: f64,
    pub survived: u64,
    pub stuck: u64,
    pub seeds: u64,
}

pub fn text(all: &Searches, answers: &[Answer]) -> String {
    let (question, mut text) = (&all.question, String::new());
    for (value, answer) in rows(all, answers) {
        let at = match (all.head.paths.first(), value) {
            (Some(path), Some(value)) => format!("{path} = {value}: "),
            _ => String::new(),
        };
        text += &format!("{at}{}\n", sentence(question, all.head.seeds, answer));
        for doubt in doubts(question, answer) {
            text += &format!("  {doubt}\n");
        }
        if value.is_none() {
            text += &looks(question, answer);
        }
    }
    text
}

/// What else was seen: how many seeds survive at values spread over the range.
fn looks(question: &Question, answer: &Answer) -> String {
    let line = |look: &Look| {
        let stuck = if look.stuck > 0 { format!(", {} never recover", look.stuck) } else { String::new() };
        format!(
            "  at {:>10}  {} of {} seeds survive{stuck}\n",
            question.range.shown(look.value),
            look.survived,
            look.of
        )
    };
    of_answer(answer).1.iter().map(line).collect()
}

/// Why the boundary may not be the whole truth.
fn doubts(question: &Question, answer: &Answer) -> Vec<String> {
    let Answer::Found(edge) = answer else { return Vec::new() };
    let say = |look: &&Look| {
        format!(
            "not one boundary only: at {} {} of {} seeds survive",
            question.range.shown(look.value),
            look.survived,
            look.of
        )
    };
    edge.contradictions().iter().map(say).collect()
}

fn rows<'a>(all: &'a Searches, answers: &'a [Answer]) -> Vec<(Option<&'a String>, &'a Answer)> {
    all.head.points.iter().map(|point| point.first()).zip(answers).collect()
}

pub fn page(all: &Searches, answers: &[Answer]) -> Page {
    let (head, question) = (&all.head, &all.question);
    let variant = head.variant.as_ref().map_or(String::new(), |variant| format!(" ({variant})"));
    let title = format!("Where {}{variant} ceases to survive", head.scenario);
    let intro = format!(
        "{} is searched from {} to {}, under {} seeds each by itself. It survives where every line holds: {}.",
        question.path,
        question.range.shown(question.range.from),
        question.range.shown(question.range.to),
        head.seeds,
        head.lines.join("; ")
    );
    let mut blocks = vec![Block::Heading(1, title.clone()), Block::Text(intro)];
    let drawn: Vec<Boundary> =
        rows(all, answers).iter().map(|(value, answer)| drawn(question, *value, answer)).collect();
    blocks.push(Block::Picture(boundary::chart(
        &question.path,
        head.paths.first().map(String::as_str),
        (question.range.from, question.range.to, &question.range.unit),
        &drawn,
    )));
    for (value, answer) in rows(all, answers) {
        let at = value.map_or(String::new(), |value| format!("{value}: "));
        blocks.push(Block::Text(format!("{at}{}.", sentence(question, head.seeds, answer))));
        blocks.extend(doubts(question, answer).into_iter().map(Block::Text));
    }
    if let (true, [answer]) = (head.paths.is_empty(), answers) {
        blocks.push(table(question, answer));
    }
    Page { title, blocks }
}

fn table(question: &Question, answer: &Answer) -> Block {
    let head = [question.path.as_str(), "survive", "never recover"].map(str::to_owned).to_vec();
    let row = |look: &Look| {
        vec![question.range.shown(look.value), format!("{} of {}", look.survived, look.of), look.stuck.to_string()]
    };
    Block::Table(head, of_answer(answer).1.iter().map(row).collect())
}

fn drawn(question: &Question, value: Option<&String>, answer: &Answer) -> Boundary {
    let edge = match answer {
        Answer::Found(edge) => Some(edge),
        _ => None,
    };
    Boundary {
        label: value.cloned().unwrap_or_default(),
        at: edge.map(|edge| (edge.at.mean, half_width(question, edge))),
        each: edge.map_or_else(Vec::new, |edge| edge.each.clone()),
        survives_below: edge.is_some_and(|edge| edge.survives_below),
        whole: match answer {
            Answer::Nowhere { survives, .. } => Some(*survives),
            _ => None,
        },
    }
}

fn of_answer(answer: &Answer) -> (usize, &[Look]) {
    match answer {
        Answer::Found(Edge { runs, looks, .. })
        | Answer::Nowhere { runs, looks, .. }
        | Answer::Uncertain { runs, looks, .. } => (*runs, looks),
        Answer::CannotTell { .. } => (0, &[]),
    }
}

/// For programs.
pub fn json(all: &Searches, answers: &[Answer]) -> String {
    let (head, question) = (&all.head, &all.question);
    let result = EdgeResult {
        schema_version: SCHEMA_VERSION,
        program: head.program.clone(),
        version: head.version.clone(),
        scenario: head.scenario.clone(),
        variant: head.variant.clone(),
        path: question.path.clone(),
        unit: question.range.unit.clone(),
        from: question.range.from,
        to: question.range.to,
        other: head.paths.first().cloned(),
        first_seed: head.first_seed,
        seeds: head.seeds,
        lines: head.lines.clone(),
        answers: rows(all, answers).into_iter().map(|(with, answer)| answered(all, with, answer)).collect(),
    };
    serde_json::to_string_pretty(&result).expect("plain data") + "\n"
}

fn answered(all: &Searches, with: Option<&String>, answer: &Answer) -> AnswerResult {
    let (runs, looks) = of_answer(answer);
    let (word, edge) = match answer {
        Answer::Found(edge) => (AnswerWord::Boundary, Some(edge)),
        Answer::Nowhere { survives: true, .. } => (AnswerWord::Everywhere, None),
        Answer::Nowhere { survives: false, .. } => (AnswerWord::Nowhere, None),
        Answer::Uncertain { .. } => (AnswerWord::NoOne, None),
        Answer::CannotTell { .. } => (AnswerWord::CannotTell, None),
    };
    let look =
        |look: &Look| LookResult { value: look.value, survived: look.survived, stuck: look.stuck, seeds: look.of };
    let interval = |edge: &Edge| {
        let half = half_width(&all.question, edge);
        [edge.at.mean - half, edge.at.mean + half]
    };
    AnswerResult {
        with: with.cloned(),
        answer: word,
        at: edge.map(|edge| edge.at.mean),
        interval: edge.map(interval),
        survives_below: edge.map(|edge| edge.survives_below),
        seeds: edge.map(|edge| edge.each.clone()),
        looks: looks.iter().map(look).collect(),
        runs,
        words: sentence(&all.question, all.head.seeds, answer),
    }
}

/// The JSON Schema of `edge.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(EdgeResult).to_value()
}
