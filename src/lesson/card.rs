//! The debrief card: what was reached, what was behind it and what to talk about, as Markdown to keep. Nobody's name is on it.

use super::case::Case;
use super::key;
use super::score::Score;
use std::fmt::Write as _;

/// The whole card.
pub fn card(case: &Case, score: &Score) -> String {
    let lesson = &case.lesson;
    let mut card = format!("# {}\n\n", lesson.title);
    let law = key::law(case);
    if !law.is_empty() {
        let _ = write!(card, "> {law}\n\n");
    }
    if !score.parts.is_empty() {
        card += "| part | points | of |\n|---|---|---|\n";
        for (name, points, of) in &score.parts {
            let _ = writeln!(card, "| {name} | {points:.0} | {of:.0} |");
        }
        let _ = write!(
            card,
            "| hints | -{:.0} | |\n| **together** | **{:.0}** | {:.0} |\n\n",
            score.hints,
            score.total(),
            score.most()
        );
    }
    let _ = write!(card, "## What happened\n\n{}\n", lesson.reveal);
    list(&mut card, "To talk about", &lesson.debrief);
    list(&mut card, "What the model leaves out", &lesson.simplified);
    list(&mut card, "Assumed, because no source says", &lesson.assumed);
    let source = key::source(case);
    if !source.is_empty() {
        let _ = write!(card, "\nSource: {source}\n");
    }
    let _ = write!(card, "\nTo play the scenario itself: `firedrill run {} --all-variants`\n", lesson.scenario);
    card
}

fn list(card: &mut String, heading: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = write!(card, "\n## {heading}\n\n");
    items.iter().for_each(|item| {
        let _ = writeln!(card, "- {item}");
    });
}
