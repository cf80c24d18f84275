//! `firedrill merge`: the results of shards, put together into what one process would have written. What they are results of is in the files.

use super::{edge, hunt, sweep, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::cli::run;
use crate::cli::run::telling::TellingArgs;
use crate::explore::edge::Searches;
use crate::explore::hunt::Hunts;
use crate::explore::pieces::{self, Pieces};
use crate::explore::results::{Any, Head, Results};
use clap::Args;
use std::path::PathBuf;

/// Put the results of shards together, as if one process had played all
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill merge shards/
  firedrill merge shards/ --output junit=junit.xml --output html     of runs: any report that `run` writes
  kubectl logs -l job-name=sweep --tail=-1 | split -l 1 - logs/ && firedrill merge logs/*

Results of different scenarios, values, seeds or versions are refused; so is a merge while a shard is missing. A shard that an engine played twice
counts once. What is merged is what one process writes, byte for byte, but in reports of runs for figures of the wall clock.

Exit codes: 0 of a sweep; of an edge, of a hunt and of runs those that they have in one piece; 2 files that do not fit together.")]
pub struct MergeArgs {
    /// Result files of shards, folders of them (*.json), or logs that end with their line
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    telling: TellingArgs,
    /// Of runs: judge those that are there although shards are missing; it does not end with 0 then
    #[arg(long)]
    partial: bool,
    /// Of a sweep or an edge: print the results as JSON instead of a table
    #[arg(long)]
    json: bool,
}

const NEXT: &str =
    "give what `--shard K/N` wrote, or a folder of it; `firedrill report` writes the reports of a recording";

pub fn run(args: &MergeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (mut sweeps, mut edges, mut hunts, mut runs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for path in files(&args.files)? {
        match Any::read(&path).map_err(|words| Failure::usage(words, NEXT))? {
            Any::Sweep(one) => sweeps.push(one),
            Any::Edge(one) => edges.push(one),
            Any::Hunt(one) => hunts.push(one),
            Any::Runs(one) => runs.push((path.display().to_string(), *one)),
        }
    }
    if !runs.is_empty() && sweeps.is_empty() && edges.is_empty() && hunts.is_empty() {
        if args.json {
            let message = "--json is for a sweep or an edge, and these are runs";
            return Err(Failure::usage(message, "give --output json"));
        }
        return run::merge::run(&args.telling, runs, args.partial, console);
    }
    let of_runs = args.telling.of_runs_only().or(args.partial.then_some("--partial"));
    if let Some(option) = of_runs.filter(|_| runs.is_empty()) {
        let message = format!("{option} is for runs, and these are results of something else");
        return Err(Failure::usage(message, "leave it out"));
    }
    let ending = explored(args, (sweeps, edges, hunts), !runs.is_empty(), console)?;
    Ok(if args.telling.no_fail { ending.forgiven() } else { ending })
}

/// What came of one exploration: the table, the files, the page.
fn explored(
    args: &MergeArgs,
    (sweeps, edges, hunts): (Vec<Results>, Vec<Searches>, Vec<Hunts>),
    has_runs: bool,
    console: &mut Console,
) -> Result<Ending, Failure> {
    let folder = |head: &Head| written::folder(&args.telling.out, &head.scenario, head.variant.as_deref(), &head.what);
    match (sweeps.is_empty(), edges.is_empty(), hunts.is_empty(), has_runs) {
        (false, true, true, false) => {
            merged(sweeps).and_then(|all| sweep::show(&all, &folder(&all.head), args.json, console))
        }
        (true, false, true, false) => {
            merged(edges).and_then(|all| edge::show(&all, &folder(&all.head), args.json, console))
        }
        (true, true, false, false) => merged(hunts).and_then(|all| hunt::show(&all, &folder(&all.head), console)),
        _ => Err(Failure::usage("these are results of different commands", "merge those of one at a time")),
    }
}

fn merged<P: Pieces>(all: Vec<P>) -> Result<P, Failure> {
    pieces::merge(all).map_err(|words| Failure::usage(words, "play what is missing with `--shard K/N` and merge again"))
}

/// A folder stands for the result files that are in it.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error| Failure::usage(format!("the folder {} cannot be read: {error}", path.display()), "");
        let inside = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
        // Hidden files are not results, but what is known of the last run.
        let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_json = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
        let is_result = |path: &PathBuf| path.is_file() && is_json(path) && !is_hidden(path);
        let mut inside: Vec<PathBuf> = inside.into_iter().map(|entry| entry.path()).filter(is_result).collect();
        inside.sort();
        if inside.is_empty() {
            return Err(Failure::usage(format!("there are no results (*.json) in {}", path.display()), ""));
        }
        files.append(&mut inside);
    }
    Ok(files)
}
