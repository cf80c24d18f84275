//! Runs that another engine shall play: their words are read and compiled here, so that mistakes are told once, and not by every task.

use super::edge::{self, EdgeArgs};
use super::hunt::{self, HuntArgs};
use super::sweep::{self, SweepArgs};
use super::{Common, OUT, refused};
use crate::cli::console::Console;
use crate::cli::ending::{Failure, counted, unread};
use crate::cli::run::{self, RunArgs};
use crate::cli::select;
use crate::explore::Study;
use crate::explore::results::Head;
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
    Edge(EdgeArgs),
    Hunt(HuntArgs),
    Run(Box<RunArgs>),
}

const WORDS: [&str; 4] = ["sweep", "edge", "hunt", "run"];

pub fn parsed(words: &[String], console: &mut Console) -> Result<Parsed, Failure> {
    if words.first().is_none_or(|word| !WORDS.contains(&word.as_str())) {
        return Err(Failure::usage(
            "only a sweep, an edge, a hunt or runs can be handed over",
            "write it as you would type it: -- sweep SCENARIO --vary PATH=VALUES",
        ));
    }
    let words = std::iter::once("firedrill").chain(words.iter().map(String::as_str));
    let alone = Alone::try_parse_from(words).map_err(|error| Failure::usage(unread(&error), ""))?;
    match &alone.what {
        What::Sweep(args) => of_sweep(args),
        What::Edge(args) => of_edge(args),
        What::Hunt(args) => of_hunt(args),
        What::Run(args) => run::handed(args, console),
    }
}

fn of_sweep(args: &SweepArgs) -> Result<Parsed, Failure> {
    ours(&args.asked.common, args.shard.is_given() || args.json)?;
    let sweep = sweep::prepared(args)?;
    let files = sweep.files().map_err(|words| refused(&words))?;
    let size = counted(sweep.head.runs(), "run");
    Ok(with_scenario(&args.asked.common, &sweep.study, files, (&sweep.head, "sweep", size)))
}

fn of_edge(args: &EdgeArgs) -> Result<Parsed, Failure> {
    ours(&args.asked.common, args.shard.is_given() || args.json)?;
    let edges = edge::prepared(args)?;
    let files = edges.files().map_err(|words| refused(&words))?;
    let size = format!("{} searches", edges.head.runs());
    Ok(with_scenario(&args.asked.common, &edges.study, files, (&edges.head, "edge", size)))
}

fn of_hunt(args: &HuntArgs) -> Result<Parsed, Failure> {
    ours(&args.common, args.shard.is_given())?;
    let hunt = hunt::prepared(args)?;
    let files = hunt.study.files(&[]).map_err(|words| refused(&words))?;
    let size = format!("{} searches", hunt.head.runs());
    Ok(with_scenario(&args.common, &hunt.study, files, (&hunt.head, "hunt", size)))
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
    (head, what, size): (&Head, &'static str, String),
) -> Parsed {
    let is_file =
        Path::new(&common.scenario).is_file() && select::choose(std::slice::from_ref(&common.scenario)).is_ok();
    let loaded = &study.scenario;
    let text = loaded.sources.get(loaded.root.place.source).map(|source| source.text.clone());
    Parsed {
        what,
        name: head.scenario.clone(),
        scenario: common.scenario.clone(),
        text: text.filter(|_| is_file),
        files,
        folder: loaded.folder.clone(),
        digest: head.digest.clone(),
        size,
    }
}
