//! `run --shard`: plays a part of the runs and leaves its results in one file, for `firedrill merge`. It writes no report, and judges no run together
//! with another.

use super::play::{self, Taken};
use super::target::{self, Target};
use super::{Group, Run, RunArgs};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::explore::trouble;
use crate::cli::world::{Halt, Setting};
use crate::explore::part::{Deal, Part};
use crate::explore::runset::{self, Head, Kept, Results};
use crate::explore::shard::Shard;
use crate::judge::ExitCode;
use crate::report::figures::banner;
use crate::report::formats::recording;
use std::env;

/// What the command line says, or else the engine that this is a task of.
pub fn wanted(args: &RunArgs, console: &Console) -> Result<Option<Part>, Failure> {
    // A task that plays a share of one run's load plays no part of a set.
    if args.shard.is_some() || args.together.is_given() {
        return Ok(args.shard);
    }
    let shard = Shard::of_environment(|name| env::var(name).ok()).map_err(|words| {
        Failure::usage(
            words,
            "give --shard K/N, or take the variable out of the environment: `env -u NAME firedrill run …`",
        )
    })?;
    if let Some(shard) = shard.filter(|_| !args.telling.quiet) {
        console.err(&format!("note: this is shard {shard}, as the environment of this task says"));
    }
    Ok(shard.map(|shard| Part { shard, deal: Deal::EveryNth }))
}

/// The runs of all groups with their numbers, or those of a part of them.
pub fn of(groups: &[Group], part: Option<Part>) -> Vec<(usize, &Group, &Run)> {
    let all = groups.iter().flat_map(|group| group.runs.iter().map(move |run| (group, run))).enumerate();
    let ours = |index: usize, run: &Run| part.is_none_or(|part| part.has(index, &run.identity()));
    all.filter(|(index, (_, run))| ours(*index, run)).map(|(index, (group, run))| (index, group, run)).collect()
}

pub fn run(
    args: &RunArgs,
    part: Part,
    groups: &[Group],
    setting: &Setting,
    console: &mut Console,
) -> Result<Ending, Failure> {
    // A profile may ask for reports of every run: that is no mistake.
    if !args.telling.outputs.is_empty() && !args.telling.quiet {
        console.err(
            "note: a shard writes no reports; give --output to `firedrill merge`, which has the runs of all shards",
        );
    }
    // That a baseline is missing is told by the first shard, and not by the merge.
    super::beside::Beside::new(&args.telling.beside, groups, &args.telling.out, console)?;
    target::probe(&[(&recording::FORMAT, &Target::Folder)], &args.telling.out)?;
    let ours = of(groups, Some(part));
    let mut results = Results::new(head(args, groups), Some(part));
    let mut failing = 0;
    let list: Vec<(usize, &Run)> = ours.iter().map(|(index, _, run)| (*index, *run)).collect();
    let way = args.way(setting, None);
    let played = play::each(&list, &way, console, |index, taken, _, progress, console| {
        let (_, group, run) = ours[ours.partition_point(|(other, ..)| *other < index)];
        if taken.trial.rank() < 2 {
            failing += 1;
            if !args.telling.quiet {
                progress.aside(|| console.err(&told(run, &taken)));
            }
        }
        keep(&mut results, index, group, run, taken);
        Ok(())
    });
    match played {
        Ok(()) => written(args, part, &results, failing, console),
        Err(Halt::Failed(failure)) => Err(failure),
        Err(Halt::Stopped(stop)) => {
            let done = format!(
                "{} of {} were played, and nothing was written",
                results.runs.len(),
                counted(list.len(), "run")
            );
            Err(Failure::told(crate::cli::world::code_of(stop), format!("stopped by {}: {done}", stop.word())))
        }
    }
}

fn head(args: &RunArgs, groups: &[Group]) -> Head {
    let options = format!("{:?} {:?} {:?}", args.generators, args.retries, args.repeat);
    Head::new(groups.iter().map(Group::head).collect(), &options)
}

fn keep(results: &mut Results, index: usize, group: &Group, run: &Run, taken: Taken) {
    let Taken { trial, speed, captured, played } = taken;
    let rank = trial.rank();
    let Some((recording, _)) = played else { return };
    results.take(runset::Run { run: index, trial, speed, captured }, || Kept {
        run: index,
        rank,
        again: run.again.clone(),
        scenario_text: group.scenario_text.clone(),
        recording: Box::new(recording),
    });
}

/// A run that does not hold by itself, for whoever reads the log of this task.
fn told(run: &Run, taken: &Taken) -> String {
    let trial = &taken.trial;
    format!("{:<12}  {}  {}\n              again: {}", banner(trial.verdict), run.name, trial.reason, run.again)
}

fn written(
    args: &RunArgs,
    part: Part,
    results: &Results,
    failing: usize,
    console: &mut Console,
) -> Result<Ending, Failure> {
    let path = args.telling.out.join(format!("run.{}.json", part.in_file_names()));
    results.write(&path).map_err(|error| trouble(&path, &error))?;
    if !args.telling.quiet && !console.is_terminal() {
        console.out(&results.line());
    }
    let all = results.head.runs();
    let not = match failing {
        0 => String::new(),
        1 => ", 1 of them does not hold by itself".to_owned(),
        more => format!(", {more} of them do not hold by themselves"),
    };
    let reason = format!(
        "shard {part}: {} of {all} runs played{not}; `firedrill merge` judges them: {}",
        results.runs.len(),
        path.display()
    );
    Ok(Ending::told_aside(ExitCode::Held, &reason))
}
