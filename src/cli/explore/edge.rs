//! `firedrill edge`: where survival ends along one value, with its confidence; along a second value, the boundary as a curve.

use super::{Asked, ShardArgs, bar, forget, halted, hand_in, journal, refused, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::run::shutdown;
use crate::explore::edge::{Answer, Edges, Question, Searches};
use crate::explore::vary::Axis;
use crate::explore::{curve, pages};
use crate::judge::ExitCode;
use clap::Args;
use std::path::Path;

/// Find the value at which a scenario ceases to survive
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill edge retry-storm --set faults.brownout.for=30s --vary clients.users.rate=5/s..60/s
  firedrill edge shop.yaml --vary faults.slow-db.for=0s..60s --seeds 20
  firedrill edge shop.yaml --vary services.db.workers=4..64 --vary clients.users.rate=50/s..400/s:50/s      the boundary as a curve

One --vary is a bare range FROM..TO, in which the boundary is searched; a second one, with steps, makes it a curve. Each seed is searched by itself,
so the boundary is a mean over the seeds with its 95% interval.

Exit codes: 0 there is a boundary, 12 it cannot be told or it is not in the range, 2 a value that the scenario does not take.")]
pub struct EdgeArgs {
    #[command(flatten)]
    pub asked: Asked,
    /// Seeds that are searched
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// How well each seed's place is to be known, as a share of the range
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    within: f64,
    #[command(flatten)]
    pub shard: ShardArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &EdgeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let shard = args.shard.shard()?;
    let edges = prepared(args)?;
    let head = &edges.head;
    let folder = written::folder(&args.asked.common.out, &head.scenario, head.variant.as_deref(), "edge");
    let (shutdown, bar, journal) = (shutdown()?, bar(&head.scenario), journal(&folder, shard));
    let played = edges.play(shard, args.asked.common.threads(), &journal, |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        shutdown.reason().is_none()
    });
    bar.finish_and_clear();
    let searches = played.map_err(|halt| halted(halt, &journal, &shutdown))?;
    let ending = match shard {
        Some(shard) => hand_in(&searches, shard, &args.asked.common.out, console),
        None => show(&searches, &folder, args.json, console),
    }?;
    forget(&journal, &folder)?;
    Ok(ending)
}

/// What all searches come to, as sentences and as files.
pub fn show(all: &Searches, folder: &Path, json: bool, console: &mut Console) -> Result<Ending, Failure> {
    let answers = all.answers();
    let page = folder.join("report.html");
    written::write(&page, &curve::page(all, &answers).html())?;
    let document = curve::json(all, &answers);
    written::write(&folder.join("edge.json"), &document)?;
    let (code, reason) = ending(all, &answers);
    if json {
        console.out(&document);
        return Ok(Ending::told_aside(code, &reason));
    }
    console.out(&curve::text(all, &answers));
    console.out(&format!("\n{}\n", page.display()));
    Ok(Ending::told(code, &reason))
}

pub fn prepared(args: &EdgeArgs) -> Result<Edges, Failure> {
    let study = args.asked.common.study()?;
    let (question, other) = question(args)?;
    Edges::new(study, question, other, args.seeds).map_err(|words| refused(&words))
}

/// Which value is searched, and which one gives the curve.
fn question(args: &EdgeArgs) -> Result<(Question, Option<&Axis>), Failure> {
    let (searched, others): (Vec<&Axis>, Vec<&Axis>) = args.asked.vary.iter().partition(|axis| axis.range().is_some());
    let usage = |words: &str| {
        Failure::usage(
            words,
            "such as --vary clients.users.rate=50/s..400/s, and a second --vary with steps for a curve",
        )
    };
    let [one] = searched.as_slice() else {
        return Err(usage("one --vary must be a bare range FROM..TO, in which the boundary is searched"));
    };
    if others.len() > 1 {
        return Err(usage("a boundary is a curve over one other value at most"));
    }
    let range = one.range().cloned().unwrap_or_else(|| unreachable!("it was chosen for its range"));
    let question = Question { path: one.path.clone(), range, within: args.within };
    Ok((question, others.first().copied()))
}

fn ending(all: &Searches, answers: &[Answer]) -> (ExitCode, String) {
    let found = answers.iter().filter(|answer| matches!(answer, Answer::Found(_))).count();
    let code = if found == answers.len() { ExitCode::Held } else { ExitCode::Inconclusive };
    match (all.head.paths.is_empty(), answers) {
        (true, [answer]) => (code, pages::sentence(&all.question, all.head.seeds, answer)),
        _ => (code, format!("the boundary was found at {found} of {}", counted(answers.len(), "value"))),
    }
}

/// `1%`, `0.005`.
fn share(text: &str) -> Result<f64, String> {
    let share = crate::base::units::ratio(text).map_err(|error| error.to_string())?;
    if (1e-6..=0.5).contains(&share) { Ok(share) } else { Err("a share from 0.0001% to 50%, such as 1%".to_owned()) }
}
