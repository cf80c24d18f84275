//! Runs that another engine shall play: their words are read and compiled here, so that mistakes are told once, and not by every task.

use super::sweep::{self, SweepArgs};
use super::{Common, OUT, refused};
use crate::cli::ending::{Failure, counted};
use crate::cli::select;
use crate::explore::Study;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// What must be known of them.
pub struct Parsed {
    /// `sweep`.
    pub what: &'static str,
    /// The scenario's own name.
    pub name: String,
    /// As it was typed.
    pub scenario: String,
    /// The text of its file; `None` for a built-in one.
    pub text: Option<String>,
    /// The files that it names, relative to its folder.
    pub files: Vec<String>,
    pub folder: PathBuf,
    /// Of everything that decides what comes of it.
    pub digest: String,
    /// How much it is: `130 runs`.
    pub size: String,
}

#[derive(Debug, Parser)]
struct Alone {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Sweep(SweepArgs),
}

const WORDS: [&str; 1] = ["sweep"];

pub fn parsed(words: &[String]) -> Result<Parsed, Failure> {
    if words.first().is_none_or(|word| !WORDS.contains(&word.as_str())) {
        return Err(Failure::usage(
            format!("only a {} can be handed over", WORDS.join(" or a ")),
            "write it as you would type it: -- sweep SCENARIO --vary PATH=VALUES",
        ));
    }
    let words = std::iter::once("firedrill").chain(words.iter().map(String::as_str));
    let alone = Alone::try_parse_from(words).map_err(|error| Failure::usage(error.to_string(), ""))?;
    match &alone.what {
        What::Sweep(args) => of_sweep(args),
    }
}

fn of_sweep(args: &SweepArgs) -> Result<Parsed, Failure> {
    ours(&args.asked.common, args.shard.is_some() || args.json)?;
    let sweep = sweep::prepared(args)?;
    let files = sweep.files().map_err(|words| refused(&words))?;
    let size = counted(sweep.head.runs(), "run");
    let head = sweep.head;
    Ok(with_scenario(&args.asked.common, &sweep.study, files, ("sweep", head.scenario, head.digest, size)))
}

/// What the engine decides is not to be said twice.
fn ours(common: &Common, is_more: bool) -> Result<(), Failure> {
    if is_more || common.jobs.is_some() || common.out != Path::new(OUT) {
        return Err(Failure::usage("--shard, --jobs, --out and --json are the engine's to give", "leave them out"));
    }
    Ok(())
}

fn with_scenario(
    common: &Common,
    study: &Study,
    files: Vec<String>,
    (what, name, digest, size): (&'static str, String, String, String),
) -> Parsed {
    let is_file =
        Path::new(&common.scenario).is_file() && select::choose(std::slice::from_ref(&common.scenario)).is_ok();
    let loaded = &study.scenario;
    let text = loaded.sources.get(loaded.root.place.source).map(|source| source.text.clone());
    Parsed {
        what,
        name,
        scenario: common.scenario.clone(),
        text: text.filter(|_| is_file),
        files,
        folder: loaded.folder.clone(),
        digest,
        size,
    }
}
