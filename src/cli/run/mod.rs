//! `firedrill run`: plays and judges scenarios, writes their reports, and ends with the verdict as exit code.

mod actions;
pub mod again;
mod beside;
mod dry;
mod feed;
mod handed;
mod key;
mod latest;
mod listing;
pub mod merge;
pub mod output;
mod play;
mod progress;
mod runs;
mod shard;
mod show;
mod target;
pub mod telling;
mod together;

use super::compiled::{self, Source};
use super::console::Console;
use super::ending::{Ending, Failure};
use super::filter::FilterArgs;
use super::select;
use super::shape::Shape;
use super::world::{self, Halt, Setting};
use crate::explore::part::Part;
use crate::live::{Shutdown, Stop};
use crate::plan::World;
use crate::plan::real::GENERATORS_MAX;
use clap::Args;
pub use handed::parsed as handed;
use latest::Rerun;
use output::Outputs;
use play::Way;
use runs::{Group, Run};
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use telling::{Telling, TellingArgs};
use together::TogetherArgs;

/// Play and judge scenarios; reports land in --out
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill run                                       the built-in scenario `slow-cache`, simulated
  firedrill run shop.yaml --all-variants              the base and every variant of a scenario
  firedrill run shop.yaml --set services.db.workers=12 --seed 0x1F
  firedrill run shop.yaml --seeds 20                  twenty seeds, judged together: means, shares, their 95% intervals
  firedrill run shop.yaml --seeds 20 --all-variants   and every variant against the base, seed by seed
  firedrill run slow-cache --world live --dry-run     what live would start and touch, without doing it
  firedrill run scenarios/ --output junit=junit.xml   a folder of scenarios, one JUnit file for CI
  firedrill run scenarios/ --filter 'tag(retry) & !tag(slow)'     some of them
  firedrill run slow-cache --output json | jq .verdict
  firedrill run shop.yaml --seeds 20 --baseline baselines/     and against what `baseline save` kept
  firedrill run scenarios/ --seeds 20 --shard 3/8 --out shards    one part of eight; then
  firedrill merge shards/*.json                                   the reports and the exit code of all of them
  firedrill run scenarios/ --rerun latest             what did not hold, and what is new, since the last run
  firedrill run shop.yaml --world live --retries 2    a live run that holds at a later try is told as flaky

A live run in a terminal stops when `q` is pressed, and undoes everything within a second.

Exit codes: 0 all held, 10 an expectation broke, 11 regression against the baseline, 12 inconclusive, 13 stopped by a guardrail, 2 wrong scenario or command line, 4 nothing selected;
`firedrill --help` lists all, `firedrill explain 12` explains one.")]
pub struct RunArgs {
    /// Scenario files, folders of them, or names of built-in scenarios; default: the built-in `slow-cache`
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    shape: Shape,
    /// Play the base and every variant
    #[arg(long, conflicts_with = "variant")]
    all_variants: bool,
    /// Play N seeds (seed, seed+1, …) and judge them together: every expectation must hold under every seed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// Simulated runs that are played at the same time; default: as many as the machine has cores. Results do not depend on it
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Only every n-th run of the selection, beginning with the k-th; or, with hash:k/n, those whose names fall to this shard. Its results
    /// are one file below --out and one line on standard output, for `firedrill merge`
    #[arg(long, value_name = "[hash:]K/N", value_parser = Part::read)]
    shard: Option<Part>,
    /// Leave out what held when it was last run with the same --out; what did not, was not reached, is new or changed is played
    #[arg(long, value_enum, value_name = "WHICH")]
    rerun: Option<Rerun>,
    /// Play each live run N times; all must hold, and the share that did is told with its 95% interval (simulated: --seeds N)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    #[arg(conflicts_with_all = ["retries", "baseline"])]
    repeat: Option<u32>,
    /// Play a live run that does not hold up to N times more; one that holds then is flaky (simulated: same seed, same bytes)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: Option<u32>,
    /// Print what would be played, one run a line; play nothing
    #[arg(long)]
    list: bool,
    /// With --list: as JSON
    #[arg(long, requires = "list")]
    json: bool,
    /// Print the plan and what live would touch; play and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Let live runs reach the hosts outside this machine that the scenario lists under `allow:`
    #[arg(long)]
    allow_remote: bool,
    /// Stop a live run, undo everything and end with 13 when this file is there (it does not begin while it is)
    #[arg(long, value_name = "FILE")]
    stop_file: Option<PathBuf>,
    /// Make the load of a live run with N processes; together they send exactly what one would, and their histograms are merged.
    /// Worth it where one falls behind (`cannot tell`) and cores are free. Without it the scenario's `generators` counts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(GENERATORS_MAX)))]
    generators: Option<u32>,
    #[command(flatten)]
    together: TogetherArgs,
    #[command(flatten)]
    telling: TellingArgs,
}

pub fn run(args: &RunArgs, console: &mut Console) -> Result<Ending, Failure> {
    if let Some(help) = output::help(&args.telling.outputs) {
        console.out(&help);
        return Ok(Ending::quiet());
    }
    let part = shard::wanted(args, console)?;
    let chosen = select::choose_among(&args.scenarios, args.filter.is_given())?;
    let mut sources: Vec<Source> = chosen.into_iter().map(Source::open).collect();
    args.filter.keep(&mut sources, |source| runs::forms(source, args), console)?;
    let mut groups = runs::plan(&mut sources, args)?;
    compiled::accept(&sources, console)?;
    runs::check_worlds(&groups, args)?;
    if args.rerun.is_some() {
        let heads: Vec<_> = groups.iter().map(Group::head).collect();
        let mut left = latest::left(&args.telling, &heads, console)?.into_iter();
        groups.retain(|_| left.next().unwrap_or(true));
    }
    let list = shard::of(&groups, part);
    if args.list {
        listing::show(&list, args.json, console)?;
        return Ok(Ending::quiet());
    }
    if args.dry_run {
        dry::show(&list, args.allow_remote, args.generators, console)?;
        return Ok(Ending::quiet());
    }
    let worlds: Vec<World> = groups.iter().flat_map(|group| &group.runs).map(|run| run.plan.world).collect();
    together::check(args, &worlds)?;
    let (shutdown, stop_file) = (shutdown()?, args.stop_file.clone());
    let setting = Setting {
        allow_remote: args.allow_remote,
        shutdown,
        stop_file,
        generators: args.generators,
        together: args.together.agreed()?,
        terminal: None,
    };
    match part {
        Some(part) => shard::run(args, part, &groups, &setting, console),
        None => whole(args, &groups, &setting, console),
    }
}

/// Plays every run of every group, in their order; each group is written and shown when its last run is done.
fn whole(args: &RunArgs, groups: &[Group], setting: &Setting, console: &mut Console) -> Result<Ending, Failure> {
    let outputs = Outputs::new(&args.telling.outputs, &args.telling.out, groups.len())?;
    let mut telling = Telling::new(&args.telling, groups, outputs, console)?;
    let list: Vec<(usize, &Run)> = groups.iter().flat_map(|group| &group.runs).enumerate().collect();
    let way = args.way(setting, telling.outputs.feed());
    let halted = play::each(&list, &way, console, |_, taken, is_last, progress, console| {
        if let Some(done) = telling.take(taken, is_last)? {
            progress.aside(|| telling.show(&done, console))?;
        }
        Ok(())
    });
    // Whoever writes lines while runs go on ends when nobody is left to send any.
    drop(way);
    let runs = telling.runs;
    let (judged, aside) = telling.finish(console)?;
    // What was under way when it ended early may lack runs, or was not undone.
    let whole = if halted.is_ok() { judged.len() } else { judged.len().saturating_sub(1) };
    let heads: Vec<_> = groups.iter().map(Group::head).zip(&judged[..whole]).collect();
    latest::keep(&args.telling, &heads, args.rerun.is_some(), console);
    match halted {
        Ok(()) => Ok(args.telling.end(&judged, aside, None)),
        Err(Halt::Failed(failure)) => Err(failure),
        Err(Halt::Stopped(stop)) => Err(Failure::told(world::code_of(stop), stopped(stop, groups, runs))),
    }
}

impl RunArgs {
    fn way<'a>(&self, setting: &'a Setting, feed: Option<Sender<String>>) -> Way<'a> {
        let TellingArgs { quiet, beside, .. } = &self.telling;
        let retries = self.retries.unwrap_or(0);
        Way { setting, jobs: self.jobs, quiet: *quiet, feed, captures: beside.is_wanted(), retries }
    }
}

/// Signals as a request for an orderly stop.
pub fn shutdown() -> Result<Shutdown, Failure> {
    let notice = |text: &str| Console::new(super::ColorWish::Never).err(text);
    Shutdown::install(notice).map_err(|trouble| Failure::internal(trouble.to_string(), ""))
}

/// The last line's words after a signal, the stop key or the stop file.
fn stopped(stop: Stop, groups: &[Group], judged: usize) -> String {
    let runs: usize = groups.iter().map(|group| group.runs.len()).sum();
    let is_live = groups.iter().flat_map(|group| &group.runs).any(|run| run.plan.world == World::Live);
    let undone = if is_live { "; everything was undone" } else { "" };
    let which = if runs > 1 { format!(", {judged} of {runs} runs were reported") } else { String::new() };
    format!("stopped by {}{which}{undone}", stop.word())
}
