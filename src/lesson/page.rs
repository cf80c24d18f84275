//! The lesson as one HTML file that needs no network: brief, masked charts and questions in clear text, everything else sealed (base64 of JSON: a
//! guard against a glance at the source, no secret) until the predictions are locked. The only page of the program with a script.

use super::case::{Case, Played};
use super::cover::{covered, covers};
use super::grid::Grid;
use super::key::{self, Finding, Truth};
use super::knob::Knob;
use super::marks::{self, Mark, Trace};
use super::mask::masked;
use super::score::{self, form};
use super::story::{Answer, Lesson, Prediction};
use crate::judge::Unit;
use crate::report::charts::escape;
use crate::report::html::alone::{Wall, alone, touched};
use crate::report::html::document;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
/// About so many windows of what no chart shows.
const WINDOWS: f64 = 100.0;
pub const SCRIPT: &str = include_str!("page.js");

/// What the page shows later.
#[derive(Serialize)]
struct Sealed<'a> {
    truths: Vec<Truth>,
    marks: Vec<Option<Mark>>,
    /// The course of what no chart shows.
    traces: Vec<Option<Trace>>,
    findings: Vec<Finding>,
    hints: Vec<(f64, &'a str)>,
    reveal: String,
    law: String,
    charts: String,
    /// Label, path, names of the settings.
    knobs: Vec<(&'a str, &'a str, Vec<&'a str>)>,
    grid: &'a Grid,
    quiz: Vec<(&'a str, &'a str, &'a [String], &'a str)>,
    debrief: &'a [String],
    simplified: &'a [String],
    assumed: &'a [String],
    source: String,
    points: [f64; 4],
}

/// The whole page. `played`: the base, cut for the lesson's lines.
pub fn render(case: &Case, played: &Played, grid: &Grid) -> Result<String, String> {
    let lesson = &case.lesson;
    let wall = wall(lesson, played);
    let sealed = sealed(case, played, grid, &wall)?;
    let json = serde_json::to_vec(&sealed).map_err(|error| error.to_string())?;
    let body = format!(
        "<main>\n{}{}{}<div id=\"after\" hidden></div>\n</main>\n<noscript><p class=\"note\">What comes after the predictions needs a script.</p></noscript>\n\
         <footer>firedrill {}</footer>\n<script type=\"text/plain\" id=\"sealed\">{}</script>\n<script>\n{SCRIPT}</script>\n",
        head(lesson),
        wall.html,
        questions(lesson, &sealed.truths),
        env!("CARGO_PKG_VERSION"),
        STANDARD.encode(json),
    );
    Ok(document(&lesson.title, STYLE, &body))
}

/// What hangs there before the predictions are locked.
fn wall(lesson: &Lesson, played: &Played) -> Wall {
    let covers = covers(lesson, played);
    touched(&masked(&played.recording), &lesson.show, &|subject, chart| covered(&covers, subject, chart))
}

fn sealed<'a>(case: &'a Case, played: &Played, grid: &'a Grid, wall: &Wall) -> Result<Sealed<'a>, String> {
    let lesson = &case.lesson;
    let truths = key::truths(lesson, played).map_err(|ask| format!("the run does not answer: {ask}"))?;
    let marks = marks::marks(lesson, played, &wall.hung);
    let traces = marks::traces(lesson, played, WINDOWS);
    let traces = traces.into_iter().zip(&marks).map(|(trace, mark)| trace.filter(|_| mark.is_none())).collect();
    Ok(Sealed {
        truths,
        marks,
        traces,
        findings: lesson.hypotheses.iter().map(|one| key::finding(one, played)).collect(),
        hints: lesson.hints.iter().map(|hint| (hint.cost, hint.text.as_str())).collect(),
        reveal: reflowed(&lesson.reveal),
        law: key::law(case),
        charts: alone(&played.recording, &lesson.show).html,
        knobs: lesson.knobs.iter().map(knob).collect(),
        grid,
        quiz: lesson
            .quiz
            .iter()
            .map(|one| (one.ask.as_str(), one.answer.as_str(), &one.choices[..], one.why.as_str()))
            .collect(),
        debrief: &lesson.debrief,
        simplified: &lesson.simplified,
        assumed: &lesson.assumed,
        source: key::source(case),
        points: [score::PREDICTIONS, score::CAUSE, score::FIX, score::QUIZ],
    })
}

/// Lines that end inside a sentence go on with the next: where the author wrapped them is no place for a reader's page to break.
fn reflowed(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let ends = all.is_empty() || all.ends_with(['.', ':', '!', '?', ')', '"', '\n']) || line.trim().is_empty();
        if !all.is_empty() {
            all.push(if ends { '\n' } else { ' ' });
        }
        all + line.trim_end()
    })
}

fn knob(knob: &Knob) -> (&str, &str, Vec<&str>) {
    (&knob.label, &knob.path, knob.settings.iter().map(|one| one.name.as_str()).collect())
}

fn head(lesson: &Lesson) -> String {
    let level = lesson.level.map_or(String::new(), |level| format!("<span>level <b>{level}</b></span>"));
    format!(
        "<section id=\"brief\"><h1>{}</h1>\n{}<p class=\"facts\">{level}<span>about <b>{} minutes</b></span><span id=\"score\"></span></p></section>\n",
        escape(&lesson.title),
        paragraphs(&lesson.brief),
        lesson.minutes,
    )
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n").map(|part| format!("<p>{}</p>\n", escape(part.trim()))).collect()
}

fn questions(lesson: &Lesson, truths: &[Truth]) -> String {
    let (heading, button) = match lesson.predictions.is_empty() {
        true => ("What could it be?", "I have looked at the charts"),
        false => ("Before you look further: what do you expect?", "Lock my predictions and go on"),
    };
    let mut html = format!("<section id=\"predict\"><h2>{heading}</h2>\n<form id=\"guesses\">\n");
    for (index, (one, truth)) in lesson.predictions.iter().zip(truths).enumerate() {
        html += &question(index, one, truth);
    }
    html + &format!("<button type=\"submit\">{button}</button>\n</form></section>\n")
}

fn question(index: usize, one: &Prediction, truth: &Truth) -> String {
    let mut html = format!("<fieldset id=\"guess-{index}\"><legend>{}</legend>\n", escape(&one.ask));
    match &one.answer {
        Answer::Number { .. } => {
            let (unit, share) =
                if let Truth::Number { unit, share, .. } = truth { (*unit, *share) } else { (Unit::Count, false) };
            let _ = writeln!(
                html,
                "<label><input type=\"text\" name=\"guess-{index}\" autocomplete=\"off\" required/> <span class=\"note\">{}</span></label>",
                form(unit, share)
            );
        }
        Answer::Choice(choices) => {
            for (at, choice) in choices.iter().enumerate() {
                let _ = writeln!(
                    html,
                    "<label><input type=\"radio\" name=\"guess-{index}\" value=\"{at}\" required/> {}</label>",
                    escape(&choice.text)
                );
            }
        }
    }
    let unsure = match &one.answer {
        Answer::Number { .. } => "<label><input type=\"checkbox\" class=\"unsure\"/> I do not know</label>".to_owned(),
        Answer::Choice(_) => {
            format!("<label><input type=\"radio\" name=\"guess-{index}\" value=\"\"/> I do not know</label>")
        }
    };
    html + &unsure + "\n</fieldset>\n"
}

/// Brief and masked charts alone, to look at beside a terminal; `open`: with what was covered while predictions were asked for.
pub fn masked_page(case: &Case, played: &Played, open: bool) -> String {
    let lesson = &case.lesson;
    let wall = if open { alone(&masked(&played.recording), &lesson.show) } else { wall(lesson, played) };
    document(&lesson.title, STYLE, &format!("<main>\n{}{}</main>\n", head(lesson), wall.html))
}

#[cfg(test)]
mod tests {
    use super::reflowed;

    #[test]
    fn only_lines_that_end_a_sentence_end_on_the_page() {
        assert_eq!(
            reflowed("It was cut, and\nthe backup was left.\nIt took\n63 s\n\nThat is all"),
            "It was cut, and the backup was left.\nIt took 63 s\n\nThat is all"
        );
    }
}
