//! The table of expectations and symptoms: first those that decide the verdict, then those shown beside them.

use super::super::charts::scale;
use super::table::{self, Cell, dash, figure, text};
use super::{verdict, words};
use crate::judge::seeds::OverSeeds;
use crate::judge::{Basis, Judged, Judgement};

pub fn section(judgement: &Judgement) -> String {
    let groups = match judgement.basis {
        Basis::Expectations => {
            [("", &judgement.expectations), ("Symptoms of the base, for comparison", &judgement.symptoms)]
        }
        Basis::StillBroken => [
            ("A wrong fix: it holds when at least one of these breaks", &judgement.expectations),
            ("Symptoms of the base, for comparison", &judgement.symptoms),
        ],
        Basis::Symptoms => [
            ("Symptoms: the incident happens when all are seen", &judgement.symptoms),
            ("Expectations: what the incident breaks; this run is not judged by them", &judgement.expectations),
        ],
    };
    let tables: String = groups.into_iter().map(|(heading, lines)| group(heading, lines)).collect();
    let nothing = "<p class=\"note\">The scenario expects nothing, so nothing was judged.</p>\n";
    format!(
        "<section id=\"expectations\"><h2>Expectations{}</h2>\n{}</section>\n",
        judgement.seeds.as_deref().map(|over| format!(", {}", words_of_seed(over))).unwrap_or_default(),
        if tables.is_empty() { nothing } else { &tables }
    )
}

fn group(heading: &str, lines: &[Judged]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let head = ["verdict", "expectation", "measured", "bound", "95% interval", "n", "first broken", "note", "at"];
    let rows: Vec<Vec<Cell>> = lines.iter().map(row).collect();
    let shown = if heading.is_empty() { String::new() } else { format!("<h3>{}</h3>\n", super::escape(heading)) };
    shown + &table::table(if heading.is_empty() { "Expectations" } else { heading }, &head, &rows)
}

fn row(line: &Judged) -> Vec<Cell> {
    let bound = line.bound.map(|bound| format!("{} {}", words::sign(line.compare), words::value(line, bound)));
    vec![
        verdict::state(line.verdict),
        text(&line.text).class("code"),
        line.measured.map_or_else(|| dash("could not be measured"), |value| figure(words::value(line, value))),
        bound.map_or_else(|| dash("could not be resolved"), figure),
        words::interval(line).map_or_else(
            || dash("percentiles have one, and means over steady windows of ten or more recording windows"),
            figure,
        ),
        figure(scale::count(line.samples)),
        line.broken_at.map_or_else(|| text(""), |at| figure(at.to_string())),
        line.note.as_ref().map_or_else(|| text(""), |note| text(note).class("errors")),
        text(&line.place).class("faint"),
    ]
}

fn words_of_seed(over: &OverSeeds) -> String {
    format!("seed {}", over.runs[over.shown].seed)
}
