//! `firedrill merge` of shards of a set of runs: the reports, the last line and the exit code that one process would have had. It plays nothing.

use super::latest;
use super::output::{self, Outputs};
use super::play::Taken;
use super::telling::{Telling, TellingArgs};
use super::{Group, Run};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::explore::runset::{self, Kept, Refused, Results};
use crate::judge::judge;
use std::sync::Arc;

pub fn run(
    args: &TellingArgs,
    all: Vec<(String, Results)>,
    partly: bool,
    console: &mut Console,
) -> Result<Ending, Failure> {
    if let Some(help) = output::help(&args.outputs) {
        console.out(&help);
        return Ok(Ending::quiet());
    }
    let whole = Results::merge(all, partly).map_err(|refused| match refused {
        Refused::Unlike(words) => Failure::usage(words, "merge the shards of one set of runs at a time"),
        Refused::Missing(words) => Failure::usage(
            words,
            "play what is missing with `--shard K/N` and merge again; --partial judges what is there",
        ),
    })?;
    // Judged again from the recordings, they must be judged as they were.
    if whole.head.version != env!("CARGO_PKG_VERSION") {
        let (theirs, ours) = (&whole.head.version, env!("CARGO_PKG_VERSION"));
        return Err(Failure::usage(
            format!("these runs were played by version {theirs}, and this is version {ours}"),
            "merge them with the version that played them",
        ));
    }
    if args.beside.is_wanted() && whole.runs.iter().any(|run| run.captured.is_none()) {
        return Err(Failure::usage(
            "the shards hold no figures to compare with a baseline",
            "give --baseline to every `run --shard` as well",
        ));
    }
    let short = whole.head.runs() - whole.runs.len();
    let short = (short > 0).then(|| format!("{short} of {} are missing", counted(whole.head.runs(), "run")));
    let (mut groups, mut played) = (Vec::new(), Vec::new());
    let mut heads = Vec::new();
    for (head, runs, kept) in whole.into_groups() {
        groups.push(group(head.name.clone(), runs.len(), &kept));
        // What is not whole has not held.
        heads.push(Some(head).filter(|head| head.runs == runs.len()));
        played.extend(taken(runs, kept));
    }
    let outputs = Outputs::of_played(&args.outputs, &args.out, groups.len())?;
    let mut telling = Telling::new(args, &groups, outputs, console)?;
    for one in played {
        if let Some(done) = telling.take(one, false)? {
            telling.show(&done, console)?;
        }
    }
    let (judged, aside) = telling.finish(console)?;
    if judged.is_empty() {
        return Err(Failure::nothing("no run was played by these shards", "no run was selected when they were played"));
    }
    let whole: Vec<_> = heads.into_iter().zip(&judged).filter_map(|(head, one)| Some((head?, one))).collect();
    latest::keep(args, &whole, false, console);
    Ok(args.end(&judged, aside, short))
}

/// As it was when it was played: what the reports ask of a run is asked of the one that is reported.
fn group(folder: String, runs: usize, kept: &Kept) -> Group {
    let plan = Arc::new(kept.recording.plan.clone());
    let run = |_| Run { plan: plan.clone(), name: folder.clone(), generators: 1, again: kept.again.clone(), turn: 1 };
    Group { scenario_text: kept.scenario_text.clone(), runs: (0..runs).map(run).collect(), folder: folder.clone() }
}

fn taken(runs: Vec<runset::Run>, kept: Kept) -> Vec<Taken> {
    let mut kept = Some(kept);
    let mut all = Vec::new();
    for runset::Run { run, trial, speed, captured } in runs {
        let recording = kept.take_if(|kept| kept.run == run).map(|kept| *kept.recording);
        let played = recording.map(|recording| {
            let judgement = judge(&recording).after(trial.tries.clone());
            (recording, judgement)
        });
        all.push(Taken { trial, speed, captured, played });
    }
    all
}
