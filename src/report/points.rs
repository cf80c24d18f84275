//! What a run is judged by as test points: each line, each fault ("it happened"), its end, and whether it left nothing behind. The formats for CI
//! say the same in their own ways. Nothing is judged here.

use super::against;
use super::figures::detail;
use super::seeds;
use crate::judge::seeds::{LineOverSeeds, OverSeeds};
use crate::judge::{Basis, Judged, Judgement, Try, Verdict};
use crate::plan::World;
use crate::record::Recording;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// It cannot be told.
    Inconclusive,
    /// Shown for information only.
    Skipped,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub name: String,
    /// `file:line:column`; empty where nothing in the scenario stands for it.
    pub place: String,
    pub outcome: Outcome,
    /// What sort of trouble it is, in one word; empty where there is none.
    pub sort: &'static str,
    /// In one line; empty where there is nothing to say.
    pub message: String,
    /// The same in full.
    pub body: String,
    /// How far it is from what it should be, to put the worst first: relative to the bound, infinite where nothing could be measured.
    pub badness: f64,
}

/// A line as it was judged: under one seed, or under all of them.
struct Line {
    text: String,
    place: String,
    verdict: Verdict,
    detail: String,
    badness: f64,
}

pub fn of(recording: &Recording, judgement: &Judgement) -> Vec<Point> {
    let mut points = lines(judgement);
    points.extend(faults(recording));
    points.extend(cut_short(recording));
    points.extend(baseline(judgement));
    points.extend((recording.plan.world == World::Live).then(|| undone(recording)));
    points
}

/// A try before the one that counts, in one line.
pub fn earlier(one: &Try) -> String {
    let missed: Vec<String> = one.missed.iter().map(|line| format!("{} ({})", line.text, detail(line))).collect();
    let missed = if missed.is_empty() { String::new() } else { format!(": {}", missed.join("; ")) };
    format!("an earlier try did not hold: {}{missed}", one.reason)
}

fn lines(judgement: &Judgement) -> Vec<Point> {
    let all = |decide: fn(&Line) -> Point, lines: &[Line]| -> Vec<Point> { lines.iter().map(decide).collect() };
    let (expectations, symptoms) = told(judgement);
    match judgement.basis {
        Basis::Expectations => all(deciding, &expectations),
        Basis::Symptoms => [all(deciding, &symptoms), all(informative, &expectations)].concat(),
        Basis::StillBroken => [vec![still_broken(judgement)], all(informative, &expectations)].concat(),
    }
}

fn told(judgement: &Judgement) -> (Vec<Line>, Vec<Line>) {
    let alone = |line: &Judged| Line {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        detail: detail(line),
        badness: excess(line),
    };
    let over_all = |over: &OverSeeds, line: &LineOverSeeds| Line {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        detail: seeds::detail(line, over),
        badness: (line.held.n - line.held.hits) as f64,
    };
    match judgement.seeds.as_deref() {
        None => (judgement.expectations.iter().map(alone).collect(), judgement.symptoms.iter().map(alone).collect()),
        Some(over) => {
            let each = |lines: &[LineOverSeeds]| lines.iter().map(|line| over_all(over, line)).collect();
            (each(&over.expectations), each(&over.symptoms))
        }
    }
}

fn excess(line: &Judged) -> f64 {
    match (line.measured, line.bound) {
        (Some(measured), Some(bound)) => (measured - bound).abs() / bound.abs().max(1e-9),
        _ => f64::INFINITY,
    }
}

fn deciding(line: &Line) -> Point {
    let body = format!("{}\n{}\n{}", line.text, line.place, line.detail);
    let (outcome, sort) = match line.verdict {
        Verdict::Holds => (Outcome::Passed, ""),
        Verdict::Broken if line.text.starts_with("recovery(") => (Outcome::Failed, "recovery"),
        Verdict::Broken => (Outcome::Failed, "slo"),
        Verdict::CannotTell => (Outcome::Inconclusive, "inconclusive"),
    };
    let (name, place, message) = (line.text.clone(), line.place.clone(), line.detail.clone());
    Point { name, place, outcome, sort, message, body, badness: line.badness }
}

fn informative(line: &Line) -> Point {
    let message = format!("for information: {}: {}", line.verdict.word(), line.detail);
    Point { outcome: Outcome::Skipped, sort: "", message, ..deciding(line) }
}

/// A wrong fix is judged as a whole.
fn still_broken(judgement: &Judgement) -> Point {
    let (outcome, sort) = match judgement.verdict {
        _ if judgement.count(Verdict::Broken) > 0 => (Outcome::Passed, ""),
        Verdict::CannotTell => (Outcome::Inconclusive, "inconclusive"),
        Verdict::Holds | Verdict::Broken => (Outcome::Failed, "still-broken"),
    };
    let place = judgement.expectations.first().map(|line| line.place.clone()).unwrap_or_default();
    let message = if outcome == Outcome::Passed { String::new() } else { judgement.reason.clone() };
    point("still broken: at least one expectation breaks", outcome, sort, message, place)
}

fn faults(recording: &Recording) -> impl Iterator<Item = Point> {
    recording.plan.faults.iter().zip(&recording.evidence).map(|(fault, evidence)| {
        let name = format!("fault {} happened", fault.name);
        let message = format!("{} on {} touched nothing, so the run shows nothing about it", fault.label, fault.on);
        match evidence.touched {
            0 => point(&name, Outcome::Inconclusive, "inconclusive", message, String::new()),
            _ => point(&name, Outcome::Passed, "", String::new(), String::new()),
        }
    })
}

fn cut_short(recording: &Recording) -> Option<Point> {
    let cut = recording.cut_short.as_ref()?;
    let message = format!("the run ended early, at {}: {}", cut.at, cut.why);
    Some(point("the run reached its end", Outcome::Inconclusive, "inconclusive", message, String::new()))
}

/// Whether anything is worse than in the baseline, if there is one.
fn baseline(judgement: &Judgement) -> Option<Point> {
    let comparison = judgement.baseline.as_deref()?;
    let name = format!("no regression against the baseline {}", comparison.base);
    let body = against::table(comparison, false);
    Some(match comparison.regression() {
        Some(reason) => Point { body, ..point(&name, Outcome::Failed, "regression", reason, String::new()) },
        None => point(&name, Outcome::Passed, "", String::new(), String::new()),
    })
}

fn undone(recording: &Recording) -> Point {
    let left = recording.undo.iter().filter(|note| !note.done);
    let left: Vec<String> = left.map(|note| format!("{}: {}", note.what, note.detail)).collect();
    let name = "everything undone";
    let Some(first) = left.first() else { return point(name, Outcome::Passed, "", String::new(), String::new()) };
    let body = left.join("\n");
    Point { body, ..point(name, Outcome::Failed, "left-behind", first.clone(), String::new()) }
}

fn point(name: &str, outcome: Outcome, sort: &'static str, message: String, place: String) -> Point {
    let body = message.clone();
    Point { name: name.to_owned(), place, outcome, sort, message, body, badness: f64::INFINITY }
}
