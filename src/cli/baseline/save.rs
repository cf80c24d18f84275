//! `firedrill baseline save`: plays scenarios, or takes recordings, and keeps their figures.

use super::store::{Store, name_of_captured};
use crate::base::order;
use crate::cli::compare::recorded;
use crate::cli::compiled::{self, Source};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::shape::Shape;
use crate::cli::world::{self, Halt, Setting, Watchers};
use crate::cli::{panics, run, select};
use crate::judge::against::Captured;
use crate::judge::{ExitCode, judge};
use crate::plan::{Plan, World};
use crate::record::Recording;
use clap::Args;
use std::path::Path;

/// Play scenarios, or take recordings, and keep their figures as baselines
#[derive(Debug, Args)]
pub struct SaveArgs {
    /// Scenario files, folders of them, names of built-in scenarios; or recordings (recording.json, or its folder)
    #[arg(value_name = "SCENARIO")]
    what: Vec<String>,
    #[command(flatten)]
    shape: Shape,
    /// The base and every variant
    #[arg(long, conflicts_with = "variant")]
    all_variants: bool,
    /// So many seeds (seed, seed+1, …); with 6 and more, later runs are judged seed by seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// Let live runs reach the hosts outside this machine that the scenario lists under `allow:`
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    store: Store,
}

pub fn run(args: &SaveArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (recordings, scenarios): (Vec<String>, Vec<String>) =
        args.what.iter().cloned().partition(|what| recorded(Path::new(what)).is_some());
    let mut saved = 0;
    for path in &recordings {
        let captured = crate::cli::compare::open(path, &args.store)?;
        keep(&captured, args, &mut saved, console)?;
    }
    if !scenarios.is_empty() || recordings.is_empty() {
        let mut sources: Vec<Source> = select::choose(&scenarios)?.into_iter().map(Source::open).collect();
        let groups: Vec<Vec<Plan>> = sources.iter_mut().flat_map(|source| plans(source, args)).collect();
        compiled::accept(&sources, console)?;
        let shutdown = run::shutdown()?;
        let setting = Setting {
            allow_remote: args.allow_remote,
            shutdown,
            stop_file: None,
            generators: None,
            together: None,
            terminal: None,
        };
        for plans in &groups {
            let captured = play(plans, &setting)?;
            keep(&captured, args, &mut saved, console)?;
        }
    }
    Ok(Ending::told(ExitCode::Held, &format!("{} saved", counted(saved, "baseline"))))
}

fn keep(captured: &Captured, args: &SaveArgs, saved: &mut usize, console: &mut Console) -> Result<(), Failure> {
    let path = args.store.save(captured)?;
    *saved += 1;
    console.out(&format!("saved {} ({})\n", path.display(), counted(captured.seeds.len(), "seed")));
    console.flush();
    Ok(())
}

/// The plans of each variant, one for each seed; variants with mistakes are left out and told by the caller.
fn plans(source: &mut Source, args: &SaveArgs) -> Vec<Vec<Plan>> {
    let variants: Vec<Option<String>> = match (&args.shape.variant, args.all_variants) {
        (Some(name), _) => vec![Some(name.clone())],
        (None, false) => vec![None],
        (None, true) => std::iter::once(None).chain(source.variants.iter().cloned().map(Some)).collect(),
    };
    let mut group = |variant: Option<&str>| {
        let first = source.plan(&args.shape, variant, args.shape.seed)?;
        let seed = first.seed;
        let rest = (1..args.seeds).map(|offset| source.plan(&args.shape, variant, Some(seed.wrapping_add(offset))));
        std::iter::once(Some(first)).chain(rest).collect::<Option<Vec<Plan>>>()
    };
    variants.iter().filter_map(|variant| group(variant.as_deref())).collect()
}

fn play(plans: &[Plan], setting: &Setting) -> Result<Captured, Failure> {
    let threads = if plans.iter().any(|plan| plan.world == World::Live) { 1 } else { order::threads() };
    let mut whole: Option<Captured> = None;
    let played = order::in_order(
        plans,
        threads,
        |plan| world::play(plan, setting, Watchers { progress: Box::new(|_| {}), seen: None }),
        |_, answer| {
            let played = answer.unwrap_or_else(|()| Err(panics::failure().into()))?;
            if let Some(stop) = played.stopped {
                return Err(Halt::Stopped(stop));
            }
            let captured = sound(&played.recording)?;
            match &mut whole {
                Some(whole) => whole.add(captured),
                None => whole = Some(captured),
            }
            Ok(())
        },
    );
    match played {
        Ok(()) => whole.ok_or_else(|| Failure::nothing("nothing was played", "")),
        Err(Halt::Failed(failure)) => Err(failure),
        Err(Halt::Stopped(stop)) => {
            Err(Failure::told(world::code_of(stop), format!("stopped by {}; nothing was saved", stop.word())))
        }
    }
}

/// A run that proves nothing is no measure of others.
pub fn sound(recording: &Recording) -> Result<Captured, Failure> {
    let captured = Captured::of(recording);
    match judge(recording).doubts.first() {
        None => Ok(captured),
        Some(doubt) => {
            let name = name_of_captured(&captured);
            Err(Failure::usage(format!("{name} cannot be a baseline: {doubt}"), "`firedrill run` shows the whole run"))
        }
    }
}
