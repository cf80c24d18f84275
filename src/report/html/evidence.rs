//! What the faults really touched, what happened when, and what a live run undid.

use super::super::charts::{escape, scale};
use super::super::figures;
use super::table::{self, Cell, figure, text};
use crate::record::{Recording, UndoNote};

/// A run that logs more than this is read from its recording, not from the page.
const EVENTS_MAX: usize = 200;

pub fn section(recording: &Recording) -> String {
    format!(
        "<section id=\"faults\"><h2>Faults and evidence</h2>\n{}{}{}</section>\n",
        faults(recording),
        events(recording),
        undo(recording)
    )
}

fn faults(recording: &Recording) -> String {
    if recording.plan.faults.is_empty() {
        return "<p class=\"note\">No fault was injected.</p>\n".to_owned();
    }
    let rows: Vec<Vec<Cell>> = recording
        .plan
        .faults
        .iter()
        .zip(&recording.evidence)
        .map(|(fault, evidence)| {
            let details: Vec<String> = evidence.details.iter().map(|(what, n)| figures::evidence(what, *n)).collect();
            let proof = if evidence.touched == 0 {
                text("touched nothing: the fault did not happen").class("unclear")
            } else {
                text(details.join(", ")).class("errors")
            };
            vec![
                text(&fault.name).class("phase"),
                text(&fault.kind),
                text(&fault.on).class("code"),
                text(&fault.label).class("errors"),
                text(format!("{} – {}", fault.from, fault.to)).class("faint"),
                figure(scale::count(evidence.touched)),
                proof,
            ]
        })
        .collect();
    let head = ["fault", "kind", "on", "what", "time", "touched", "evidence"];
    table::table("Faults and what they touched", &head, &rows)
}

fn events(recording: &Recording) -> String {
    if recording.events.is_empty() {
        return String::new();
    }
    let shown = recording.events.iter().take(EVENTS_MAX);
    let rows: Vec<Vec<Cell>> = shown.map(|event| vec![figure(event.at.to_string()), text(&event.text)]).collect();
    let left = recording.events.len().saturating_sub(EVENTS_MAX);
    let summary = match left {
        0 => format!("What happened when ({})", recording.events.len()),
        left => format!("What happened when (the first {EVENTS_MAX}; {left} more are in the recording)"),
    };
    table::folded(&summary, &["at", "event"], &rows)
}

fn undo(recording: &Recording) -> String {
    if recording.undo.is_empty() {
        return String::new();
    }
    let row = |note: &UndoNote| {
        let state = if note.done { text("✓ undone").class("holds") } else { text("✗ left behind").class("broken") };
        let when = note.at.map_or("at the end".to_owned(), |at| at.to_string());
        let looked = if note.looked_at.is_empty() { text("–") } else { text(&note.looked_at) };
        vec![state, text(&note.what), figure(when), text(&note.detail), looked, text(&note.seen)]
    };
    let rows: Vec<Vec<Cell>> = recording.undo.iter().map(row).collect();
    let left = recording.undo.iter().any(|note| !note.done);
    let hint = if left { "<p>Run <code>firedrill clean</code> to remove what is left.</p>\n" } else { "" };
    let head = ["state", "what", "when", "what was done", "then looked at", "and saw"];
    format!(
        "<h3>{}</h3>\n{}{hint}",
        escape("Undo"),
        table::table("What was undone, and the look afterwards", &head, &rows)
    )
}
