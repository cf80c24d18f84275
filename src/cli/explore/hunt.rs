//! `firedrill hunt`: a search for the faults that break an expectation, and the smallest scenario that shows it.

use super::{Common, ShardArgs, bar, forget, halted, hand_in, journal, refused, written};
use crate::base::Span;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::panics::quoted;
use crate::cli::run::shutdown;
use crate::explore::Study;
use crate::explore::hunt::{Budget, Guide, Hunt, Hunts, Wish};
use crate::explore::pieces::Pieces;
use crate::judge::ExitCode;
use clap::Args;
use std::path::Path;

/// Search for the faults that break an expectation, and shrink them to the fewest, shortest and weakest
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill hunt shop.yaml                                          any fault that a hunt knows, anywhere, two at once
  firedrill hunt shop.yaml --fault slow:db --fault latency --most 1 --longest 10s
  firedrill hunt shop.yaml --hold 'success(users) >= 99%' --runs 1000
  firedrill hunt shop.yaml --runs 100000 --searches 64 --shard 3/64 --out shards      one search of 64; then `firedrill merge shards/`

The scenario's own faults are taken away, and with them the lines that speak of them; say what must hold with --hold. What is found is a scenario
file of its own: `firedrill run reports/NAME.hunt/found.yaml` ends with 10.

Exit codes: 0 nothing was found, 10 a schedule breaks an expectation, 2 a wrong scenario, budget or command line.")]
pub struct HuntArgs {
    #[command(flatten)]
    pub common: Common,
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
    /// So many searches that know nothing of each other, each with dice of its own and its part of --runs; the smallest schedule found counts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    searches: u32,
    #[command(flatten)]
    pub shard: ShardArgs,
    /// Draw each schedule anew instead of going where it nearly broke
    #[arg(long)]
    random: bool,
}

pub fn run(args: &HuntArgs, console: &mut Console) -> Result<Ending, Failure> {
    let shard = args.shard.shard()?;
    let hunt = prepared(args)?;
    healthy(&hunt)?;
    if shard.is_none() {
        console.out(&format!(
            "{} may happen, {} at once, none longer than {}\n",
            counted(hunt.budget.templates.len(), "fault"),
            hunt.budget.most,
            hunt.budget.longest
        ));
        console.flush();
    }
    let head = &hunt.head;
    let folder = written::folder(&args.common.out, &head.scenario, head.variant.as_deref(), "hunt");
    let (shutdown, bar, journal) = (shutdown()?, bar(&head.scenario), journal(&folder, shard));
    bar.set_length(u64::from(args.runs));
    let played = hunt.play(shard, args.common.threads(), &journal, |tried| {
        bar.set_position(tried as u64);
        shutdown.reason().is_none()
    });
    bar.finish_and_clear();
    let hunts = played.map_err(|halt| halted(halt, &journal, &shutdown))?;
    let ending = match shard {
        Some(shard) => hand_in(&hunts, shard, &args.common.out, console),
        None => show(&hunts, &folder, console),
    }?;
    forget(&journal, &folder)?;
    Ok(ending)
}

pub fn prepared(args: &HuntArgs) -> Result<Hunt, Failure> {
    if args.searches > args.runs {
        return Err(Failure::usage(
            format!("{} searches cannot share {}", args.searches, counted(args.runs as usize, "run")),
            "give fewer --searches, or more --runs",
        ));
    }
    let (study, removed) = study(args)?;
    let gone: Vec<String> = removed.iter().map(|name| format!("faults.{name}=")).collect();
    let calm = study.plan(&gone, None).map_err(|words| refused(&words))?;
    let budget = Budget::new(&study, &calm, removed, &args.faults, usize::from(args.most), args.longest);
    let budget =
        budget.map_err(|words| Failure::usage(words, "say which faults may happen with --fault KIND[:PLACE]"))?;
    let guide = if args.random { Guide::None } else { Guide::Margin };
    Ok(Hunt::new(study, &calm, budget, guide, (args.runs as usize, args.searches as usize)))
}

/// What all searches came to: the smallest schedule, as a scenario of its own.
pub fn show(hunts: &Hunts, folder: &Path, console: &mut Console) -> Result<Ending, Failure> {
    written::write(&folder.join("hunt.json"), &hunts.line())?;
    let several = hunts.searches.len() > 1;
    let Some((search, broken)) = hunts.smallest() else {
        if let Some(near) = hunts.nearest() {
            let margin = crate::report::figures::digits(near.margin * 100.0, 3);
            console.out(&format!("nearest to breaking, {margin}% inside its bound:\n"));
            near.faults.iter().for_each(|line| console.out(&format!("  {line}\n")));
        }
        return Ok(Ending::told(ExitCode::Held, &format!("nothing was found in {}", counted(hunts.runs(), "run"))));
    };
    let path = folder.join("found.yaml");
    written::write(&path, &broken.scenario)?;
    if several {
        let found = hunts.searches.iter().filter(|search| search.broken.is_some()).count();
        console.out(&format!(
            "{found} of {} searches found something; the smallest is that of search {}\n",
            hunts.searches.len(),
            search.search + 1
        ));
    }
    console.out(&format!("run {} broke `{}`\n{}: `{}`\n", broken.run, broken.first, broken.class.word(), broken.line));
    broken.faults.iter().for_each(|line| console.out(&format!("  {line}\n")));
    let [seeds, of] = broken.seeds;
    console.out(&format!(
        "\nsmallest after {}; the same line breaks under {seeds} of {of} seeds\n  firedrill run {}\n",
        counted(broken.more, "more run"),
        quoted(&path.display().to_string())
    ));
    let faults = match broken.faults.len() {
        1 => "one fault breaks".to_owned(),
        count => format!("{count} faults break"),
    };
    Ok(Ending::told(ExitCode::Broken, &format!("{faults} `{}`", broken.line)))
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
fn healthy(hunt: &Hunt) -> Result<(), Failure> {
    let gone: Vec<String> = hunt.budget.removed.iter().map(|name| format!("faults.{name}=")).collect();
    let calm = hunt.study.plan(&gone, None).map_err(|words| refused(&words))?;
    let (outcome, _) = crate::explore::outcome::of(&calm);
    match outcome.why.as_str() {
        "" => Ok(()),
        why => Err(Failure::usage(
            format!("without any fault: {}: {why}", outcome.class.word()),
            "a hunt begins with a scenario that survives; see --hold, --set and --variant",
        )),
    }
}

fn span(text: &str) -> Result<Span, String> {
    crate::base::units::span(text).map_err(|error| error.to_string())
}
