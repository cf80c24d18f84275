//! What people did and what the system did, in one order: decisions and notes from the log; faults, breakers, alerts and stops from the
//! recordings.

use super::held::{Held, Trial};
use crate::base::{ErrorKind, Time};
use crate::gameday::log::{Moment, What};
use crate::judge::firing;
use crate::plan::expectation::Subject;
use crate::report::figures;

/// A breaker or an alert that never rests is not told more often.
const TOLD_MAX: usize = 8;

/// UTC, fault, time of the run, what.
pub fn rows(day: &Held) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let moments = &day.log.moments;
    for of_fault in moments.chunk_by(|a, b| a.fault == b.fault) {
        let fault = of_fault[0].fault.as_deref().unwrap_or_default();
        let begin = of_fault.iter().position(|one| one.what == What::Begin).unwrap_or(of_fault.len());
        rows.extend(of_fault[..begin].iter().map(|one| row(one, fault)));
        let mut run: Vec<(Time, Vec<String>)> =
            of_fault[begin..].iter().map(|one| (one.at.unwrap_or(Time::MAX), row(one, fault))).collect();
        if let Some(trial) = day.trial(fault).filter(|_| begin < of_fault.len()) {
            let told = system(trial).into_iter();
            run.extend(told.map(|(at, text)| (at, vec![String::new(), fault.to_owned(), figures::moment(at), text])));
        }
        run.sort_by_key(|(at, _)| *at);
        rows.extend(run.into_iter().map(|(_, row)| row));
    }
    rows
}

fn row(one: &Moment, fault: &str) -> Vec<String> {
    let text = match one.what {
        What::Steady | What::End => one.text.clone(),
        what if one.text.is_empty() => what.word().to_owned(),
        what => format!("{}: {}", what.word(), one.text),
    };
    vec![one.utc.clone(), fault.to_owned(), one.at.map_or(String::new(), figures::moment), text]
}

fn system(trial: &Trial) -> Vec<(Time, String)> {
    let recording = &trial.recording;
    let mut told: Vec<(Time, String)> = recording.events.iter().map(|event| (event.at, event.text.clone())).collect();
    for rule in &recording.plan.alerts {
        for (from, to) in firing(rule, recording).into_iter().take(TOLD_MAX) {
            told.push((from, format!("alert {} fires: {}", rule.name, rule.text)));
            told.push((to, format!("alert {} is over", rule.name)));
        }
    }
    told.extend(opened(trial));
    told
}

/// Breakers that open, with what had failed until then.
fn opened(trial: &Trial) -> Vec<(Time, String)> {
    let recording = &trial.recording;
    let from = recording.plan.faults.first().map_or(Time::ZERO, |fault| fault.from);
    let mut told = Vec::new();
    for (meter, series) in
        recording.plan.meters.iter().zip(&recording.meters).filter(|(meter, _)| meter.name == "opens")
    {
        let Subject::Edge(edge) = meter.of else { continue };
        let opens = recording.grid.cells.iter().zip(&series.cells).filter(|(_, cell)| cell.sum > 0.0);
        for (cell, count) in opens.take(TOLD_MAX) {
            let errors = recording.edge_over(edge as usize, from, cell.to).errors;
            // What the breaker turned away itself was never sent.
            let failed = errors.iter().sum::<u64>() - errors[ErrorKind::BreakerOpen as usize];
            let times = if count.sum > 1.0 { format!(" {} times", count.sum) } else { String::new() };
            told.push((
                cell.to,
                format!(
                    "the breaker of {} opened{times}; {failed} attempts had failed since {from}",
                    recording.plan.edges[edge as usize].name
                ),
            ));
        }
    }
    told
}
