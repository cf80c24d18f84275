//! `firedrill merge`: the results of shards, put together into what one process would have written.

use super::{edge, hunt, sweep, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::explore::pieces::{self, Pieces};
use crate::explore::results::{Any, Head};
use clap::Args;
use std::path::PathBuf;

/// Put the results of shards together, byte for byte as if one process had played all
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill merge shards/
  kubectl logs -l job-name=sweep --tail=-1 | split -l 1 - logs/ && firedrill merge logs/*

Results of different scenarios, values, seeds or versions are refused; so is a merge while a shard is missing. A shard that an engine played twice
counts once.")]
pub struct MergeArgs {
    /// Result files of shards, folders of them (*.json), or logs that end with their line
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Folder for reports
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Print the results as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// End with 0 whatever came of it (errors still fail), for engines that take any other code for a task to be tried again
    #[arg(long)]
    no_fail: bool,
}

pub fn run(args: &MergeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let ending = merge(args, console)?;
    Ok(if args.no_fail { ending.forgiven() } else { ending })
}

fn merge(args: &MergeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (mut sweeps, mut edges, mut hunts) = (Vec::new(), Vec::new(), Vec::new());
    for path in files(&args.files)? {
        match Any::read(&path).map_err(|words| Failure::usage(words, ""))? {
            Any::Sweep(one) => sweeps.push(one),
            Any::Edge(one) => edges.push(one),
            Any::Hunt(one) => hunts.push(one),
        }
    }
    let folder = |head: &Head| written::folder(&args.out, &head.scenario, head.variant.as_deref(), &head.what);
    match (sweeps.is_empty(), edges.is_empty(), hunts.is_empty()) {
        (false, true, true) => merged(sweeps).and_then(|all| sweep::show(&all, &folder(&all.head), args.json, console)),
        (true, false, true) => merged(edges).and_then(|all| edge::show(&all, &folder(&all.head), args.json, console)),
        (true, true, false) => merged(hunts).and_then(|all| hunt::show(&all, &folder(&all.head), console)),
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
        let is_result = |path: &PathBuf| path.is_file() && path.extension().is_some_and(|ending| ending == "json");
        let mut inside: Vec<PathBuf> = inside.into_iter().map(|entry| entry.path()).filter(is_result).collect();
        inside.sort();
        if inside.is_empty() {
            return Err(Failure::usage(format!("there are no results (*.json) in {}", path.display()), ""));
        }
        files.append(&mut inside);
    }
    Ok(files)
}
