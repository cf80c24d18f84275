//! `firedrill hunt`: a search for the faults that break an expectation, and the smallest scenario that shows it.

use super::{Common, bar, refused, written};
use crate::base::Span;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::panics::quoted;
use crate::cli::run::shutdown;
use crate::cli::world;
use crate::explore::Study;
use crate::explore::hunt::{self, Budget, Guide, Wish};
use crate::judge::ExitCode;
use crate::plan::Plan;
use clap::Args;

/// How many seeds what was found is tried under.
const SEEDS: u64 = 20;

/// Search for the faults that break an expectation, and shrink them to the fewest, shortest and weakest
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill hunt shop.yaml                                          any fault that a hunt knows, anywhere, two at once
  firedrill hunt shop.yaml --fault slow:db --fault latency --most 1 --longest 10s
  firedrill hunt shop.yaml --hold 'success(users) >= 99%' --runs 1000

The scenario's own faults are taken away, and with them the lines that speak of them; say what must hold with --hold. What is found is a scenario
file of its own: `firedrill run reports/NAME.hunt/found.yaml` ends with 10.

Exit codes: 0 nothing was found, 10 a schedule breaks an expectation, 2 a wrong scenario, budget or command line.")]
pub struct HuntArgs {
    #[command(flatten)]
    common: Common,
    /// What may happen, where, and how strong at the most: latency, slow:db, 'latency:web->db<=200ms'; default: every kind that a hunt knows, everywhere
    /// (repeatable)
    #[arg(long = "fault", value_name = "KIND[:PLACE][<=STRENGTH]", value_parser = Wish::read)]
    faults: Vec<Wish>,
    /// So many faults in one run at most
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    most: u8,
    /// No fault lasts longer; default: a fifth of the run
    #[arg(long, value_name = "TIME", value_parser = span)]
    longest: Option<Span>,
    /// So many schedules are tried at most
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    runs: u32,
    /// Draw each schedule anew instead of going where it nearly broke
    #[arg(long)]
    random: bool,
}

pub fn run(args: &HuntArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (study, removed) = study(args)?;
    let gone: Vec<String> = removed.iter().map(|name| format!("faults.{name}=")).collect();
    let calm = study.plan(&gone, None).map_err(|words| refused(&words))?;
    let (seed, threads) = (calm.seed, args.common.threads());
    let budget = Budget::new(&study, &calm, removed, &args.faults, usize::from(args.most), args.longest);
    let budget =
        budget.map_err(|words| Failure::usage(words, "say which faults may happen with --fault KIND[:PLACE]"))?;
    healthy(&calm)?;
    console.out(&format!(
        "{} may happen, {} at once, none longer than {}\n",
        counted(budget.templates.len(), "fault"),
        budget.most,
        budget.longest
    ));
    console.flush();
    let (shutdown, bar) = (shutdown()?, bar(&calm.scenario));
    bar.set_length(u64::from(args.runs));
    let guide = if args.random { Guide::None } else { Guide::Margin };
    let found = hunt::search(&study, &budget, guide, (seed, args.runs as usize), threads, |tried| {
        bar.set_position(tried as u64);
        shutdown.reason().is_none()
    });
    bar.finish_and_clear();
    let found = found.map_err(|words| refused(&words))?;
    match found.broken {
        Some((tried, runs)) => {
            console.out(&format!("run {runs} broke `{}`; shrinking\n", tried.outcome.why));
            console.flush();
            let small = hunt::shrink(&study, &budget, &tried.schedule, &tried.outcome, seed)
                .map_err(|words| refused(&words))?;
            tell(args, &study, &budget, &calm, &small, console)
        }
        None => {
            if let Some(stop) = shutdown.reason() {
                return Err(Failure::told(
                    world::code_of(stop),
                    format!("stopped by {} after {}", stop.word(), counted(found.runs, "run")),
                ));
            }
            if let Some(nearest) = found.nearest {
                let margin = crate::report::figures::digits(nearest.score() * 100.0, 3);
                console.out(&format!("nearest to breaking, {margin}% inside its bound:\n"));
                hunt::told(&nearest.schedule, &budget).iter().for_each(|line| console.out(&format!("  {line}\n")));
            }
            Ok(Ending::told(ExitCode::Held, &format!("nothing was found in {}", counted(found.runs, "run"))))
        }
    }
}

/// The study without the lines that speak of faults which are taken away.
fn study(args: &HuntArgs) -> Result<(Study, Vec<String>), Failure> {
    let mut study = args.common.study()?;
    let removed: Vec<String> = study
        .scenario
        .root
        .get("faults")
        .map_or(&[][..], |faults| faults.entries())
        .iter()
        .map(|entry| entry.key.clone())
        .collect();
    if study.hold.is_empty() {
        let plan = study.plan(&[], None).map_err(|words| refused(&words))?;
        let speaks = |text: &str| text.split_whitespace().any(|word| matches!(word, "before" | "during" | "after"));
        let (lost, kept): (Vec<String>, Vec<String>) =
            plan.expectations.into_iter().map(|line| line.text).partition(|text| speaks(text));
        if kept.is_empty() {
            return Err(Failure::usage(
                format!("every line of `expect:` speaks of a fault that is taken away:\n  {}", lost.join("\n  ")),
                "say what must hold whatever happens with --hold LINE, such as --hold 'success(users) >= 99%'",
            ));
        }
        study.hold = kept;
    }
    Ok((study, removed))
}

/// What is broken already need not be broken.
fn healthy(calm: &Plan) -> Result<(), Failure> {
    let (outcome, _) = crate::explore::outcome::of(calm);
    match outcome.why.as_str() {
        "" => Ok(()),
        why => Err(Failure::usage(
            format!("without any fault: {}: {why}", outcome.class.word()),
            "a hunt begins with a scenario that survives; see --hold, --set and --variant",
        )),
    }
}

fn tell(
    args: &HuntArgs,
    study: &Study,
    budget: &Budget,
    calm: &Plan,
    small: &hunt::Shrunk,
    console: &mut Console,
) -> Result<Ending, Failure> {
    let plan = study.plan(&small.schedule.settings(budget), Some(calm.seed)).map_err(|words| refused(&words))?;
    let text = hunt::scenario(study, budget, &small.schedule, &plan).map_err(|words| refused(&words))?;
    let folder = written::folder(&args.common.out, &calm.scenario, calm.variant.as_deref(), "hunt");
    let path = folder.join("found.yaml");
    written::write(&path, &text)?;
    let (mut broken, seeds) = (0, SEEDS);
    for offset in 0..seeds {
        let plan = study
            .plan(&small.schedule.settings(budget), Some(calm.seed.wrapping_add(offset)))
            .map_err(|words| refused(&words))?;
        broken += u64::from(crate::explore::outcome::of(&plan).0.why == small.outcome.why);
    }
    let shown = quoted(&path.display().to_string());
    console.out(&format!("{}: `{}`\n", small.outcome.class.word(), small.outcome.why));
    hunt::told(&small.schedule, budget).iter().for_each(|line| console.out(&format!("  {line}\n")));
    console.out(&format!(
        "\nsmallest after {}; the same line breaks under {broken} of {seeds} seeds\n  firedrill run {shown}\n",
        counted(small.runs, "more run")
    ));
    Ok(Ending::told(
        ExitCode::Broken,
        &format!(
            "{} `{}`",
            if small.schedule.0.len() == 1 {
                "one fault breaks".to_owned()
            } else {
                format!("{} faults break", small.schedule.0.len())
            },
            small.outcome.why
        ),
    ))
}

fn span(text: &str) -> Result<Span, String> {
    crate::base::units::span(text).map_err(|error| error.to_string())
}
