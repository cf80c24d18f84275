//! `firedrill run`: plays and judges scenarios, writes their reports, and ends with the verdict as exit code.

mod actions;
pub mod again;
mod beside;
mod dry;
mod feed;
mod key;
mod listing;
pub mod output;
mod progress;
mod runs;
mod show;
mod target;

use super::compiled::{self, Source};
use super::console::Console;
use super::ending::{Ending, Failure};
use super::filter::FilterArgs;
use super::shape::Shape;
use super::world::{self, Halt, Setting, Watchers};
use super::{panics, select};
use crate::base::order;
use crate::judge::{ExitCode, Judgement, exit, judge};
use crate::live::{Shutdown, Stop};
use crate::plan::World;
use crate::plan::real::GENERATORS_MAX;
use crate::record::Recording;
use beside::{Beside, BesideArgs};
use clap::{Args, ValueEnum};
use feed::{Feed, Following};
use key::StopKey;
use output::{Outputs, Wish};
use progress::Progress;
use runs::{Group, Run};
use std::path::PathBuf;

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
    /// What to write instead of the default (text to standard output; html, json, junit and recording below --out), to a file of
    /// your choice with =PATH (`-`: standard output); `--output help` lists the formats (repeatable)
    #[arg(long = "output", value_name = "FMT[=PATH]", value_parser = output::wish, long_help = output::long_help())]
    outputs: Vec<Wish>,
    /// Folder for reports
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
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
    beside: BesideArgs,
    /// Print the last line only
    #[arg(short, long)]
    quiet: bool,
    /// Which verdicts end with a failure code
    #[arg(long, value_enum, value_name = "VERDICT", value_delimiter = ',', default_values_t = [FailOn::Broken, FailOn::Regression, FailOn::Inconclusive])]
    fail_on: Vec<FailOn>,
    /// End with 0 whatever the verdict is (errors still fail)
    #[arg(long, conflicts_with = "fail_on")]
    no_fail: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// An expectation broke (10)
    Broken,
    /// Something is worse than in the baseline (11)
    Regression,
    /// It cannot be told (12)
    Inconclusive,
}

pub fn run(args: &RunArgs, console: &mut Console) -> Result<Ending, Failure> {
    if let Some(help) = output::help(&args.outputs) {
        console.out(&help);
        return Ok(Ending::quiet());
    }
    let chosen = select::choose_among(&args.scenarios, args.filter.is_given())?;
    let mut sources: Vec<Source> = chosen.into_iter().map(Source::open).collect();
    args.filter.keep(&mut sources, |source| runs::forms(source, args), console)?;
    let groups = runs::plan(&mut sources, args)?;
    compiled::accept(&sources, console)?;
    if args.list {
        listing::show(&groups, args.json, console)?;
        return Ok(Ending::quiet());
    }
    if args.dry_run {
        dry::show(&groups, args.allow_remote, args.generators, console)?;
        return Ok(Ending::quiet());
    }
    let (shutdown, stop_file) = (shutdown()?, args.stop_file.clone());
    let setting =
        Setting { allow_remote: args.allow_remote, shutdown, stop_file, generators: args.generators, terminal: None };
    let beside = Beside::new(&args.beside, &groups, &args.out, console)?;
    let mut outputs = Outputs::new(&args.outputs, &args.out, &groups)?;
    let mut told = Told { beside, ..Told::default() };
    let halted = play(args, &groups, &setting, &mut outputs, &mut told, console);
    let aside = outputs.holds_stdout();
    outputs.finish(args.quiet, console)?;
    match halted {
        Ok(()) => Ok(end(args, &told.judged, aside)),
        Err(Halt::Failed(failure)) => Err(failure),
        Err(Halt::Stopped(stop)) => Err(Failure::told(world::code_of(stop), stopped(stop, &groups, told.runs))),
    }
}

/// What was played so far.
#[derive(Default)]
struct Told {
    runs: usize,
    /// One for each group.
    judged: Vec<Judgement>,
    beside: Beside,
}

/// Signals as a request for an orderly stop.
pub fn shutdown() -> Result<Shutdown, Failure> {
    let notice = |text: &str| Console::new(super::ColorWish::Never).err(text);
    Shutdown::install(notice).map_err(|trouble| Failure::internal(trouble.to_string(), ""))
}

/// Plays every run of every group, in their order; each group is written and shown when its last run is done.
fn play(
    args: &RunArgs,
    groups: &[Group],
    setting: &Setting,
    outputs: &mut Outputs,
    told: &mut Told,
    console: &mut Console,
) -> Result<(), Halt> {
    let runs: Vec<&Run> = groups.iter().flat_map(|group| &group.runs).collect();
    if !args.quiet {
        Progress::announce(&runs, console);
    }
    let progress = Progress::new(&runs);
    let any_live = runs.iter().any(|run| run.plan.world == World::Live);
    // Each run sets the terminal, and puts it back.
    let keys = any_live.then(|| StopKey::listen(&setting.shutdown)).flatten();
    if keys.is_some() && !args.quiet {
        progress.aside(|| console.err("press `q` to stop and to undo everything"));
    }
    let setting = &Setting { terminal: keys.as_ref().map(|keys| keys.terminal.clone()), ..setting.clone() };
    let threads = if any_live { 1 } else { args.jobs.map_or_else(order::threads, usize::from) };
    let mut open = show::Open::new(groups);
    let feed = outputs.feed();
    order::in_order(
        &runs,
        threads,
        |run| {
            let following = feed.as_ref().map(|to| Feed::follow(to, run, threads == 1 || runs.len() == 1));
            let seen = following.as_ref().map(Following::seen);
            let watchers = Watchers { progress: Box::new(progress.of_run()), seen };
            let played = world::play(&run.plan, setting, watchers)
                .inspect_err(|halt| following.iter().for_each(|following| following.fail(&halt.why())))?;
            let judgement = judge(&played.recording);
            let told = following.map(|following| following.finish(&played.recording, &judgement));
            Ok::<_, Halt>((played, judgement, told))
        },
        |run, answer| {
            let (played, judgement, lines) =
                answer.unwrap_or_else(|()| Err(panics::with_command(&run.again).into()))?;
            let _ = feed.as_ref().zip(lines).map(|(to, lines)| to.send(lines));
            let left = not_undone(&played.recording);
            let halt = played.stopped.map(Halt::Stopped).or(left.map(Halt::Failed));
            told.runs += 1;
            told.beside.take(&played.recording);
            if let Some(mut done) = open.take(played.recording, judgement, halt.is_some()) {
                done.judgement = told.beside.judge(told.judged.len(), done.folder, done.judgement)?;
                told.judged.push(done.judgement.clone());
                progress.aside(|| show::group(&done, args.quiet, groups.len(), outputs, console))?;
            }
            halt.map_or(Ok(()), Err)
        },
    )
}

/// What a run changed and could not undo outweighs every verdict.
fn not_undone(recording: &Recording) -> Option<Failure> {
    let left: Vec<String> =
        recording.undo.iter().filter(|note| !note.done).map(|note| format!("{}: {}", note.what, note.detail)).collect();
    let next = "run `firedrill clean`, or undo it by hand";
    (!left.is_empty()).then(|| Failure::internal(format!("not everything was undone\n{}", left.join("\n")), next))
}

/// The last line's words after a signal, the stop key or the stop file.
fn stopped(stop: Stop, groups: &[Group], judged: usize) -> String {
    let runs: usize = groups.iter().map(|group| group.runs.len()).sum();
    let is_live = groups.iter().flat_map(|group| &group.runs).any(|run| run.plan.world == World::Live);
    let undone = if is_live { "; everything was undone" } else { "" };
    let which = if runs > 1 { format!(", {judged} of {runs} runs were reported") } else { String::new() };
    format!("stopped by {}{which}{undone}", stop.word())
}

fn end(args: &RunArgs, judged: &[Judgement], aside: bool) -> Ending {
    let all: Vec<&Judgement> = judged.iter().collect();
    let (verdict, reason) = exit::of_runs(&all);
    let seeds = judged.iter().filter_map(|one| one.seeds.as_deref()).map(|over| over.runs.len()).max();
    let reason = match seeds {
        Some(seeds) if judged.len() > 1 => format!("{reason}, each over {seeds} seeds"),
        _ => reason,
    };
    let forgiven = |exit: ExitCode| match exit {
        ExitCode::Broken => args.no_fail || !args.fail_on.contains(&FailOn::Broken),
        ExitCode::Regression => args.no_fail || !args.fail_on.contains(&FailOn::Regression),
        ExitCode::Inconclusive => args.no_fail || !args.fail_on.contains(&FailOn::Inconclusive),
        _ => false,
    };
    let code = ExitCode::combine(judged.iter().map(|one| if forgiven(one.exit) { ExitCode::Held } else { one.exit }));
    let how = if args.no_fail { "--no-fail" } else { "--fail-on" };
    let reason = if code == verdict { reason } else { format!("{reason} (would be {}, but {how})", verdict.number()) };
    if aside { Ending::told_aside(code, &reason) } else { Ending::told(code, &reason) }
}
