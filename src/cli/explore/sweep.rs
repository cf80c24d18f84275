//! `firedrill sweep`: a grid or a sample of values, played on all cores, as a table, CSV and a page with a heatmap.

use super::{Asked, ShardArgs, bar, forget, halted, hand_in, journal, refused, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::run::shutdown;
use crate::explore::outcome::Class;
use crate::explore::pieces::Pieces;
use crate::explore::results::Results;
use crate::explore::shard::Shard;
use crate::explore::sweep::Sweep;
use crate::explore::tally::Tally;
use crate::explore::{pages, space};
use crate::judge::ExitCode;
use clap::Args;
use std::path::{Path, PathBuf};

/// Rows of the table in the terminal; all are in the CSV.
const ROWS_MAX: usize = 60;
const POINTS_MAX: i64 = space::POINTS_MAX as i64;

/// Play a scenario with many values, and show which of them survive
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill sweep slow-cache --vary services.db.workers=4..32:4
  firedrill sweep shop.yaml --vary services.db.workers=8..64:8 --vary clients.users.rate=50/s..400/s:50/s --seeds 5
  firedrill sweep shop.yaml --vary services.db.work='exp(5ms..50ms:5ms)' --hold 'p99(users) < 500ms'
  firedrill sweep shop.yaml --vary services.db.workers=4..64 --vary clients.users.rate=50/s..400/s --samples 200
  firedrill sweep shop.yaml --vary services.db.workers=4..64:1 --seeds 100 --shard 3/8 --out shards      one part of eight; then
  firedrill merge shards/*.json                                                                          what one process would have written

Every point is played under the same seeds, so that neighbours differ by their values and not by luck. A sweep that was killed goes on where
it was when the same command is given again. Tasks of a Slurm array and pods of a Kubernetes Indexed Job (with SHARDS set) find
their part by themselves.

Exit codes: 0 done, whatever survived; 2 a value that the scenario does not take; 130 stopped, what is done is kept.")]
pub struct SweepArgs {
    #[command(flatten)]
    pub asked: Asked,
    /// So many points drawn from the whole of the ranges (a Latin hypercube) instead of every combination
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=POINTS_MAX))]
    samples: Option<u32>,
    /// Seeds at each point
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    #[command(flatten)]
    pub shard: ShardArgs,
    /// Print the results as JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

pub fn prepared(args: &SweepArgs) -> Result<Sweep, Failure> {
    let study = args.asked.common.study()?;
    let axes = &args.asked.vary;
    distinct(args)?;
    let points = match args.samples {
        Some(points) => space::sample(axes, points as usize, args.asked.common.seed.unwrap_or(0)),
        None => space::grid(axes).map_err(|words| Failure::usage(words, ""))?,
    };
    Sweep::new(study, axes, points, args.seeds).map_err(|words| refused(&words))
}

pub fn run(args: &SweepArgs, console: &mut Console) -> Result<Ending, Failure> {
    let shard = args.shard.shard()?;
    let sweep = prepared(args)?;
    let folder = written::folder(&args.asked.common.out, &sweep.head.scenario, sweep.head.variant.as_deref(), "sweep");
    let (results, journal) = play(args, &sweep, shard, &folder)?;
    let ending = match shard {
        Some(shard) => hand_in(&results, shard, &args.asked.common.out, console),
        None => show(&results, &folder, args.json, console),
    }?;
    forget(&journal, &folder)?;
    Ok(ending)
}

fn distinct(args: &SweepArgs) -> Result<(), Failure> {
    let paths: Vec<&str> = args.asked.vary.iter().map(|axis| axis.path.as_str()).collect();
    match paths.iter().enumerate().find(|(index, path)| paths[..*index].contains(path)) {
        None => Ok(()),
        Some((_, path)) => Err(Failure::usage(format!("{path} is varied twice"), "give all its values in one --vary")),
    }
}

fn play(args: &SweepArgs, sweep: &Sweep, shard: Option<Shard>, folder: &Path) -> Result<(Results, PathBuf), Failure> {
    let shutdown = shutdown()?;
    let bar = bar(&sweep.head.scenario);
    let journal = journal(folder, shard);
    let played = sweep.play(shard, args.asked.common.threads(), &journal, |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        shutdown.reason().is_none()
    });
    bar.finish_and_clear();
    let results = played.map_err(|halt| halted(halt, &journal, &shutdown))?;
    Ok((results, journal))
}

/// The table, and the files of the whole.
pub fn show(results: &Results, folder: &Path, json: bool, console: &mut Console) -> Result<Ending, Failure> {
    written::write(&folder.join("results.json"), &results.line())?;
    written::write(&folder.join("sweep.csv"), &pages::csv(results))?;
    let page = folder.join("report.html");
    written::write(&page, &pages::of_sweep(results).html())?;
    let tallies = Tally::of(results);
    let count = |class: Class| tallies.iter().filter(|tally| tally.class() == class).count();
    let parts: Vec<String> = Class::ALL
        .into_iter()
        .filter(|class| count(*class) > 0)
        .map(|class| format!("{} {}", count(class), class.word()))
        .collect();
    let reason = format!("{}: {}", counted(tallies.len(), "point"), parts.join(", "));
    if json {
        console.out(&results.line());
        return Ok(Ending::told_aside(ExitCode::Held, &reason));
    }
    console.out(&table(results, &tallies));
    console.out(&format!("\n{}\n", page.display()));
    Ok(Ending::told(ExitCode::Held, &reason))
}

fn table(results: &Results, tallies: &[Tally]) -> String {
    let head = &results.head;
    let mut rows: Vec<Vec<String>> = vec![head.paths.clone()];
    rows[0].extend(["survived", "outcome", "first line that breaks"].map(str::to_owned));
    for (point, tally) in head.points.iter().zip(tallies).take(ROWS_MAX) {
        let mut row = point.clone();
        row.extend([
            format!("{}/{}", tally.survived(), tally.runs()),
            tally.class().word().to_owned(),
            tally.why.clone(),
        ]);
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text += &format!("{}\n", padded.join("  ").trim_end());
    }
    if tallies.len() > ROWS_MAX {
        text += &format!("… {} more in sweep.csv\n", tallies.len() - ROWS_MAX);
    }
    text
}
