//! `firedrill sweep`: a grid or a sample of values, played on all cores, as a table, CSV and a page with a heatmap.

use super::{Asked, bar, refused, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::run::shutdown;
use crate::cli::world;
use crate::explore::outcome::Class;
use crate::explore::results::Results;
use crate::explore::shard::Shard;
use crate::explore::sweep::{Halt, Sweep};
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
    /// Only every n-th run, beginning with the k-th; its results are one file and one line on standard output, for `firedrill merge`
    #[arg(long, value_name = "K/N", value_parser = Shard::read)]
    pub shard: Option<Shard>,
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
    let of_environment = || Shard::of_environment(|name| std::env::var(name).ok());
    let shard =
        args.shard.map_or_else(of_environment, |shard| Ok(Some(shard))).map_err(|words| Failure::usage(words, ""))?;
    let sweep = prepared(args)?;
    let folder = written::folder(&args.asked.common.out, &sweep.head.scenario, sweep.head.variant.as_deref(), "sweep");
    let (results, journal) = play(args, &sweep, shard, &folder)?;
    match shard {
        Some(shard) => {
            let path = args.asked.common.out.join(file_of(&results, shard));
            results.write(&path).map_err(|error| written::trouble(&path, &error))?;
            forget(&journal, &folder)?;
            console.out(&results.line());
            let reason = format!("shard {shard}: {} written to {}", counted(results.runs.len(), "run"), path.display());
            Ok(Ending::told_aside(ExitCode::Held, &reason))
        }
        None => {
            let ending = show(&results, &folder, args.json, console)?;
            forget(&journal, &folder)?;
            Ok(ending)
        }
    }
}

fn distinct(args: &SweepArgs) -> Result<(), Failure> {
    let paths: Vec<&str> = args.asked.vary.iter().map(|axis| axis.path.as_str()).collect();
    match paths.iter().enumerate().find(|(index, path)| paths[..*index].contains(path)) {
        None => Ok(()),
        Some((_, path)) => Err(Failure::usage(format!("{path} is varied twice"), "give all its values in one --vary")),
    }
}

/// `NAME.sweep.3-of-8.json`.
fn file_of(results: &Results, shard: Shard) -> String {
    let head = &results.head;
    let variant = head.variant.as_ref().map_or(String::new(), |variant| format!(".{variant}"));
    format!("{}{variant}.sweep.{}-of-{}.json", head.scenario, shard.number, shard.of)
}

fn play(args: &SweepArgs, sweep: &Sweep, shard: Option<Shard>, folder: &Path) -> Result<(Results, PathBuf), Failure> {
    let shutdown = shutdown()?;
    let bar = bar(&sweep.head.scenario);
    let part = shard.map_or(String::new(), |shard| format!("-{}-of-{}", shard.number, shard.of));
    let journal = folder.join(format!("journal{part}.ndjson"));
    let played = sweep.play(shard, args.asked.common.threads(), &journal, |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        shutdown.reason().is_none()
    });
    bar.finish_and_clear();
    let results = played.map_err(|halt| match halt {
        Halt::Refused(words) => refused(&words),
        Halt::Disk(error) => written::trouble(&journal, &error),
        Halt::Stopped(done) => {
            let code = shutdown.reason().map_or(ExitCode::Internal, world::code_of);
            Failure::told(code, format!("stopped after {}; the same command goes on from there", counted(done, "run")))
        }
    })?;
    Ok((results, journal))
}

/// What is written elsewhere need not be kept for another try.
fn forget(journal: &Path, folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(journal) {
        // A task that was thought to be lost may have ended after all.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(written::trouble(journal, &error)),
        _ => {}
    }
    // Where something else is in the folder, it stays.
    let _ = std::fs::remove_dir(folder);
    Ok(())
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
