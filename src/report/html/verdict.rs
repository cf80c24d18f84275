//! The verdict strip at the top: what was decided, in one plain sentence, and in which world.

use super::super::charts::escape;
use super::super::charts::scale;
use super::super::figures::banner_of;
use super::super::seeds;
use super::table::{Cell, text};
use super::{words, world_words};
use crate::judge::{Basis, Judged, Judgement, Verdict};
use crate::record::Recording;

pub fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Broken => "broken",
        Verdict::CannotTell => "unclear",
    }
}

/// A cell with a sign, so that the colour is not needed.
pub fn state(verdict: Verdict) -> Cell {
    let sign = match verdict {
        Verdict::Holds => "✓",
        Verdict::Broken => "✗",
        Verdict::CannotTell => "?",
    };
    text(format!("{sign} {}", verdict.word())).class(class(verdict))
}

pub fn strip(recording: &Recording, judgement: &Judgement) -> String {
    let plan = &recording.plan;
    let (world, means) = world_words(recording.head.world);
    let variant = plan.variant.iter().map(|name| format!("<span>variant <b>{}</b></span>", escape(name)));
    let title = if plan.title.is_empty() { &plan.scenario } else { &plan.title };
    format!(
        "<header class=\"strip {}\">\n<div class=\"verdict\">{}</div>\n<div class=\"words\"><h1>{}</h1><p>{}</p>\n\
         <p class=\"facts\"><span class=\"world {}\">{world}</span><span>{means}</span><span>scenario <b>{}</b></span>{}\
         <span>seed <b>{}</b></span><span>length <b>{}</b></span></p></div>\n</header>\n",
        class(judgement.verdict),
        banner_of(judgement),
        escape(title),
        escape(&sentence(judgement)),
        recording.head.world.word(),
        escape(&plan.scenario),
        variant.collect::<String>(),
        plan.seed,
        plan.length,
    )
}

/// Why, and the line that shows it best with its figures.
fn sentence(judgement: &Judgement) -> String {
    let reason = capital(&judgement.reason);
    if let Some(over) = judgement.seeds.as_deref() {
        return format!("{reason}. The charts and tables show {}.", seeds::which(over));
    }
    match telling(judgement) {
        Some(line) => format!("{reason}. {}", told(line)),
        None => format!("{reason}."),
    }
}

/// The first line of the kind that decided the run; where all held, the one nearest to its bound.
fn telling(judgement: &Judgement) -> Option<&Judged> {
    let decided = match (judgement.verdict, judgement.basis) {
        (Verdict::Holds, Basis::StillBroken) => Verdict::Broken,
        (Verdict::Broken, Basis::StillBroken) => Verdict::Holds,
        (verdict, _) => verdict,
    };
    let mut lines = judgement.deciding().iter().filter(|line| line.verdict == decided);
    if decided == Verdict::Holds { lines.min_by(|a, b| margin(a).total_cmp(&margin(b))) } else { lines.next() }
}

/// How far from its bound, as a share of the larger of the two.
fn margin(line: &Judged) -> f64 {
    match (line.measured, line.bound) {
        (Some(measured), Some(bound)) => (measured - bound).abs() / measured.abs().max(bound.abs()).max(1e-12),
        _ => f64::INFINITY,
    }
}

fn told(line: &Judged) -> String {
    let verdict = match line.verdict {
        Verdict::Holds => "held",
        Verdict::Broken => "broke",
        Verdict::CannotTell => "cannot be told",
    };
    let measured = line.measured.map(|value| format!("measured {}", words::value(line, value)));
    let bound = line.bound.map(|value| format!("bound {} {}", words::sign(line.compare), words::value(line, value)));
    let interval = words::interval(line).map(|interval| format!("95% interval {interval}"));
    let samples = (line.samples > 0).then(|| format!("n\u{a0}{}", scale::count(line.samples)));
    let facts: Vec<String> = [measured, bound, samples, interval, line.note.clone()].into_iter().flatten().collect();
    match facts.is_empty() {
        true => format!("“{}” {verdict}.", line.text),
        false => format!("“{}” {verdict}: {}.", line.text, facts.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
