//! What an edge says: a sentence, or over a second value a row for each of its values and the boundary as a curve. Plain text, a page, and JSON.

use super::edge::{Answer, Edge, Look, Question};
use super::pages::{half_width, sentence};
use super::vary::Axis;
use crate::plan::Plan;
use crate::report::charts::boundary::{self, Boundary};
use crate::report::page::{Block, Page};
use serde_json::{Value, json};

pub const SCHEMA_VERSION: u32 = 1;

pub fn text(question: &Question, other: Option<&Axis>, answers: &[Answer]) -> String {
    let mut text = String::new();
    for (value, answer) in rows(other, answers) {
        let at = match (other, value) {
            (Some(axis), Some(value)) => format!("{} = {value}: ", axis.path),
            _ => String::new(),
        };
        text += &format!("{at}{}\n", sentence(question, answer));
        for doubt in doubts(question, answer) {
            text += &format!("  {doubt}\n");
        }
        if other.is_none() {
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

fn rows<'a>(other: Option<&'a Axis>, answers: &'a [Answer]) -> Vec<(Option<&'a String>, &'a Answer)> {
    match other.and_then(Axis::list) {
        Some(values) => values.iter().map(Some).zip(answers).collect(),
        None => answers.iter().map(|answer| (None, answer)).collect(),
    }
}

pub fn page(base: &Plan, lines: &[String], question: &Question, other: Option<&Axis>, answers: &[Answer]) -> Page {
    let variant = base.variant.as_ref().map_or(String::new(), |variant| format!(" ({variant})"));
    let title = format!("Where {}{variant} ceases to survive", base.scenario);
    let intro = format!(
        "{} is searched from {} to {}, under {} seeds each by itself. It survives where every line holds: {}.",
        question.path,
        question.range.shown(question.range.from),
        question.range.shown(question.range.to),
        question.seeds,
        lines.join("; ")
    );
    let mut blocks = vec![Block::Heading(1, title.clone()), Block::Text(intro)];
    let drawn: Vec<Boundary> =
        rows(other, answers).iter().map(|(value, answer)| drawn(question, *value, answer)).collect();
    blocks.push(Block::Picture(boundary::chart(
        &question.path,
        other.map(|axis| axis.path.as_str()),
        (question.range.from, question.range.to, &question.range.unit),
        &drawn,
    )));
    for (value, answer) in rows(other, answers) {
        let at = value.map_or(String::new(), |value| format!("{value}: "));
        blocks.push(Block::Text(format!("{at}{}.", sentence(question, answer))));
        blocks.extend(doubts(question, answer).into_iter().map(Block::Text));
    }
    if other.is_none() {
        blocks.push(table(question, &answers[0]));
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

/// For programs; the units are those of the range.
pub fn json(base: &Plan, lines: &[String], question: &Question, other: Option<&Axis>, answers: &[Answer]) -> String {
    let one = |(value, answer): &(Option<&String>, &Answer)| -> Value {
        let (runs, looks) = of_answer(answer);
        let (answer_word, edge) = match answer {
            Answer::Found(edge) => ("boundary", Some(edge)),
            Answer::Nowhere { survives: true, .. } => ("survives everywhere", None),
            Answer::Nowhere { survives: false, .. } => ("survives nowhere", None),
            Answer::Uncertain { .. } => ("no one boundary", None),
            Answer::CannotTell { .. } => ("cannot tell", None),
        };
        let looks: Vec<Value> = looks
            .iter()
            .map(|look| json!({"value": look.value, "survived": look.survived, "stuck": look.stuck, "seeds": look.of}))
            .collect();
        json!({
            "with": value,
            "answer": answer_word,
            "at": edge.map(|edge| edge.at.mean),
            "interval": edge.map(|edge| [edge.at.mean - half_width(question, edge), edge.at.mean + half_width(question, edge)]),
            "survives_below": edge.map(|edge| edge.survives_below),
            "seeds": edge.map(|edge| edge.each.clone()),
            "looks": looks,
            "runs": runs,
            "words": sentence(question, answer),
        })
    };
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "program": "firedrill",
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": base.scenario,
        "variant": base.variant,
        "path": question.path,
        "unit": question.range.unit,
        "from": question.range.from,
        "to": question.range.to,
        "other": other.map(|axis| axis.path.clone()),
        "first_seed": question.first_seed,
        "seeds": question.seeds,
        "lines": lines,
        "answers": rows(other, answers).iter().map(one).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).expect("plain data") + "\n"
}
