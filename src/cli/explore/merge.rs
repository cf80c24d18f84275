//! `firedrill merge`: the results of shards, put together into what one process would have written.

use super::{sweep, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::explore::results::Results;
use clap::Args;
use std::path::{Path, PathBuf};

/// Put the results of shards together, byte for byte as if one process had played all
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill merge shards/*.json
  kubectl logs -l job-name=sweep --tail=-1 | split -l 1 - logs/ && firedrill merge logs/*

Results of different scenarios, values, seeds or versions are refused; so is a merge while a shard is missing. A shard that an engine played twice
counts once.")]
pub struct MergeArgs {
    /// Result files of shards, or logs that end with their line
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
    let read = |path: &PathBuf| Results::read(Path::new(path));
    let all: Vec<Results> =
        args.files.iter().map(read).collect::<Result<_, _>>().map_err(|words| Failure::usage(words, ""))?;
    let whole = Results::merge(all)
        .map_err(|words| Failure::usage(words, "play what is missing with `--shard K/N` and merge again"))?;
    let folder = written::folder(&args.out, &whole.head.scenario, whole.head.variant.as_deref(), "sweep");
    sweep::show(&whole, &folder, args.json, console)
}
