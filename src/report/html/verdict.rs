//! The verdict strip at the top, and the table of expectations below it.

use super::super::charts::{escape, scale};
use super::table::{self, Cell, dash, figure, text};
use super::world_words;
use crate::record::Recording;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Holds,
    Broken,
    CannotTell,
}

/// A verdict in words, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub standing: Standing,
    /// One plain sentence: measured, bound, n, interval.
    pub sentence: String,
    pub lines: Vec<Line>,
}

/// One expectation or symptom.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub text: String,
    pub place: String,
    pub standing: Standing,
    pub measured: Option<String>,
    pub bound: String,
    /// 95% confidence interval of what was measured.
    pub interval: Option<String>,
    pub samples: Option<u64>,
    /// Why, where the figures do not say it.
    pub reason: String,
    pub role: Role,
}

/// What the line is for: whether the run is judged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Judged,
    /// Shown beside; the run is not judged by it.
    Beside,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Holds => "HOLDS",
            Standing::Broken => "BROKEN",
            Standing::CannotTell => "INCONCLUSIVE",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Standing::Holds => "holds",
            Standing::Broken => "broken",
            Standing::CannotTell => "unclear",
        }
    }

    /// With a sign, so that the colour is not needed.
    fn cell(self) -> Cell {
        let (sign, word) = match self {
            Standing::Holds => ("✓", "holds"),
            Standing::Broken => ("✗", "broken"),
            Standing::CannotTell => ("?", "cannot tell"),
        };
        text(format!("{sign} {word}")).class(self.class())
    }
}

pub fn strip(recording: &Recording, shown: &Shown) -> String {
    let plan = &recording.plan;
    let (world, means) = world_words(recording.head.world);
    let variant =
        plan.variant.as_ref().map(|name| format!("<span>variant <b>{}</b></span>", escape(name))).unwrap_or_default();
    let title = if plan.title.is_empty() { &plan.scenario } else { &plan.title };
    format!(
        "<header class=\"strip {}\">\n<div class=\"verdict\">{}</div>\n<div class=\"words\"><h1>{}</h1><p>{}</p>\n\
         <p class=\"facts\"><span class=\"world {}\">{world}</span><span>{means}</span><span>scenario <b>{}</b></span>{variant}\
         <span>seed <b>{}</b></span><span>length <b>{}</b></span></p></div>\n</header>\n",
        shown.standing.class(),
        shown.standing.word(),
        escape(title),
        escape(&shown.sentence),
        recording.head.world.word(),
        escape(&plan.scenario),
        plan.seed,
        plan.length,
    )
}

pub fn table(shown: &Shown) -> String {
    if shown.lines.is_empty() {
        return "<section><h2>Expectations</h2><p class=\"note\">The scenario expects nothing, so there was nothing to judge.</p></section>\n".to_owned();
    }
    let judged = group(shown, Role::Judged, "What the run is judged by");
    let beside = group(shown, Role::Beside, "Shown beside: the run is not judged by these");
    format!("<section><h2>Expectations</h2>\n{judged}{beside}</section>\n")
}

fn group(shown: &Shown, role: Role, caption: &str) -> String {
    let rows: Vec<Vec<Cell>> = shown.lines.iter().filter(|line| line.role == role).map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = ["verdict", "expectation", "measured", "bound", "95% interval", "n", "why", "at"];
    let caption_line = if role == Role::Beside { format!("<h3>{}</h3>\n", escape(caption)) } else { String::new() };
    caption_line + &table::table(caption, &head, &rows)
}

fn row(line: &Line) -> Vec<Cell> {
    let or_dash = |value: &Option<String>, why: &str| value.as_ref().map_or_else(|| dash(why), figure);
    vec![
        line.standing.cell(),
        text(&line.text).class("code"),
        or_dash(&line.measured, "there was nothing to measure"),
        figure(&line.bound),
        or_dash(&line.interval, "no interval for this metric"),
        line.samples.map_or_else(|| dash("not a sample of requests"), |n| figure(scale::count(n))),
        text(&line.reason),
        text(&line.place).class("faint"),
    ]
}
