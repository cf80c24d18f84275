//! The skeleton of a post-mortem, filled as far as recordings can, and the action items. What only people know is left to be written.

use super::findings;
use super::held::{Days, Trial};
use crate::base::ErrorKind;
use crate::gameday::log::What;
use crate::judge::Verdict;
use crate::report::figures;
use crate::report::page::Block;

pub fn sections(days: &Days) -> Vec<Block> {
    let found = findings::all(days);
    let heading = |text: &str| Block::Heading(3, text.to_owned());
    let open = |text: &str| Block::Text(format!("TODO: {text}"));
    let notes: Vec<String> =
        days.day.log.moments.iter().filter(|one| one.what == What::Note).map(|one| one.text.clone()).collect();
    let mut blocks = vec![Block::Heading(2, "Post-mortem".to_owned()), heading("Impact")];
    blocks.push(Block::List(days.day.trials.iter().flat_map(impact).collect()));
    blocks.push(heading("What went well"));
    blocks.push(listed(well(days), "no hypothesis held as a whole"));
    blocks.push(heading("What went badly"));
    blocks.push(listed(found.clone(), "nothing that the lines would show"));
    blocks.push(heading("What was noted"));
    blocks.push(listed(notes, "nobody wrote anything down"));
    blocks
        .extend([heading("Why"), open("the chain from the fault to what users noticed; name mechanisms, not people")]);
    blocks.extend([heading("Where we were lucky"), open("what would have made it worse, and did not happen")]);
    blocks.push(Block::Heading(2, "Action items".to_owned()));
    blocks.push(Block::Tasks(tasks(days, &found)));
    blocks
}

fn listed(items: Vec<String>, otherwise: &str) -> Block {
    if items.is_empty() { Block::Text(format!("So far: {otherwise}.")) } else { Block::List(items) }
}

/// What users bore while the fault lasted.
fn impact(trial: &Trial) -> Vec<String> {
    let recording = &trial.recording;
    let Some(fault) = recording.plan.faults.first() else { return Vec::new() };
    let of_client = |(client, series): (usize, &crate::record::Series<crate::record::ClientCell>)| {
        let cell = recording.client_over(client, fault.from, fault.to);
        let kinds = ErrorKind::ALL.into_iter().filter(|kind| cell.errors[*kind as usize] > 0);
        let kinds: Vec<String> = kinds.map(|kind| format!("{} {}", cell.errors[kind as usize], kind.word())).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let p99 = cell
            .latency
            .quantile(0.99)
            .map_or("none succeeded".to_owned(), |p99| format!("p99 {}", figures::duration(p99)));
        format!(
            "{} while {} lasted: {} of {} requests failed{kinds}, {p99}",
            series.name,
            fault.name,
            cell.failed(),
            cell.sent
        )
    };
    recording.clients.iter().enumerate().map(of_client).collect()
}

fn well(days: &Days) -> Vec<String> {
    let held = |trial: &&Trial| {
        trial.judgement.doubts.is_empty()
            && trial.judgement.expectations.iter().all(|line| line.verdict == Verdict::Holds)
    };
    let words = |trial: &Trial| {
        let hypothesis = days.day.log.paper.hypotheses.iter().find(|one| one.fault == trial.ran.fault);
        format!("{}: {}", trial.ran.fault, hypothesis.map_or("as expected", |one| one.stays.as_str()))
    };
    let undone = days.day.trials.iter().filter_map(|trial| {
        let after = trial.ran.undone_after_s?;
        Some(format!("{}: aborted, and everything was undone after {}", trial.ran.fault, figures::duration(after)))
    });
    days.day.trials.iter().filter(held).map(words).chain(undone).collect()
}

fn tasks(days: &Days, found: &[String]) -> Vec<String> {
    let paper = &days.day.log.paper;
    let mut tasks: Vec<String> = found.iter().map(|finding| format!("{finding} (owner: TODO, until: TODO)")).collect();
    let unplayed = paper.hypotheses.iter().filter(|one| days.day.trial(&one.fault).is_none());
    tasks.extend(
        unplayed.map(|one| format!("Play {}, which was not reached (owner: {})", one.fault, paper.roles.coordinator)),
    );
    tasks.push(format!("Write down why, and where we were lucky (owner: {})", paper.roles.reporter));
    tasks.push(format!("Hold {} again when this is mended (owner: {})", paper.name, paper.roles.owner));
    tasks
}
