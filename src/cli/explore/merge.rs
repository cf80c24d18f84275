//! `firedrill merge`: the results of shards, put together into what one process would have written.

use super::{sweep, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::explore::results::Results;
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
}

pub fn run(args: &MergeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let read = |path: &PathBuf| Results::read(path);
    let files = files(&args.files)?;
    let all: Vec<Results> =
        files.iter().map(read).collect::<Result<_, _>>().map_err(|words| Failure::usage(words, ""))?;
    let whole = Results::merge(all)
        .map_err(|words| Failure::usage(words, "play what is missing with `--shard K/N` and merge again"))?;
    let folder = written::folder(&args.out, &whole.head.scenario, whole.head.variant.as_deref(), "sweep");
    sweep::show(&whole, &folder, args.json, console)
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
