//! Each hypothesis against what was seen. A line that broke, or that cannot be told, is a finding; so is one that the simulator predicted
//! otherwise.

use super::held::{Days, Trial};
use super::shown;
use crate::judge::{Judged, Verdict};
use crate::report::figures;
use crate::report::page::Block;

pub fn sections(days: &Days) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(2, "Expected and seen".to_owned())];
    for hypothesis in &days.day.log.paper.hypotheses {
        blocks.push(Block::Heading(3, hypothesis.fault.clone()));
        let (when, stays, because) = (&hypothesis.when, &hypothesis.stays, &hypothesis.because);
        blocks.push(Block::Text(format!("When {when}, {stays}, because {because}.")));
        let Some(trial) = days.day.trial(&hypothesis.fault) else {
            blocks.push(Block::Text("This fault was not played.".to_owned()));
            continue;
        };
        let predicted = days.predicted.as_ref().and_then(|held| held.trial(&hypothesis.fault));
        blocks.push(lines(trial, predicted));
    }
    blocks.push(Block::Heading(2, "Findings".to_owned()));
    let found = all(days);
    blocks.push(if found.is_empty() { Block::Text("None: every line held.".to_owned()) } else { Block::List(found) });
    blocks
}

fn lines(trial: &Trial, predicted: Option<&Trial>) -> Block {
    let mut head = vec!["line", "expected", "seen", "verdict"];
    if predicted.is_some() {
        head.insert(2, "predicted");
    }
    let row = |line: &Judged| {
        let mut row = vec![named(line), bound(line), shown(line.measured, line.unit), line.verdict.word().to_owned()];
        if let Some(predicted) = predicted {
            let twin = twin(predicted, line);
            row.insert(2, twin.map_or("–".to_owned(), |twin| shown(twin.measured, twin.unit)));
        }
        row
    };
    let rows = trial.hypothesis().chain(trial.steady()).map(row).collect();
    Block::Table(head.into_iter().map(str::to_owned).collect(), rows)
}

/// Steady lines stand there twice, with the same text.
fn named(line: &Judged) -> String {
    if line.window.name.starts_with(crate::gameday::experiment::STEADY) {
        format!("{} ({})", line.text, line.window.name)
    } else {
        line.text.clone()
    }
}

fn bound(line: &Judged) -> String {
    use crate::plan::expectation::Compare;
    let sign = match line.compare {
        Compare::Less => "<",
        Compare::LessOrEqual => "≤",
        Compare::Greater => ">",
        Compare::GreaterOrEqual => "≥",
        Compare::Equal => "=",
    };
    format!("{sign} {}", shown(line.bound, line.unit))
}

fn twin<'a>(predicted: &'a Trial, line: &Judged) -> Option<&'a Judged> {
    predicted
        .judgement
        .expectations
        .iter()
        .find(|other| other.text == line.text && other.window.name == line.window.name)
}

/// Each in one sentence, in the order of the faults.
pub fn all(days: &Days) -> Vec<String> {
    let mut found = Vec::new();
    for trial in &days.day.trials {
        let fault = &trial.ran.fault;
        let predicted = days.predicted.as_ref().and_then(|held| held.trial(fault));
        for line in &trial.judgement.expectations {
            found.extend(of_line(fault, line));
            let twin = predicted.and_then(|predicted| twin(predicted, line));
            if let Some(twin) = twin.filter(|twin| twin.verdict != line.verdict) {
                let (then, now) = (shown(twin.measured, twin.unit), shown(line.measured, line.unit));
                found.push(format!(
                    "{fault}: `{}` was predicted otherwise: {then} in the simulator, {now} observed",
                    named(line)
                ));
            }
        }
        found.extend(trial.judgement.doubts.iter().map(|doubt| format!("{fault}: {doubt}")));
        if let Some(cut) = &trial.recording.cut_short {
            found.push(format!("{fault}: the run ended at {}: {}", cut.at, cut.why));
        }
    }
    found
}

fn of_line(fault: &str, line: &Judged) -> Option<String> {
    let seen = shown(line.measured, line.unit);
    match line.verdict {
        Verdict::Holds => None,
        Verdict::Broken => {
            let since = line.broken_at.map_or(String::new(), |at| format!(", first at {at}"));
            Some(format!("{fault}: `{}` broke: expected {}, it was {seen}{since}", named(line), bound(line)))
        }
        Verdict::CannotTell => Some(format!("{fault}: `{}` cannot be told: {}", named(line), figures::detail(line))),
    }
}
