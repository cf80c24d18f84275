//! `firedrill report`: writes the reports of a run again, from its recording. It plays nothing.

use super::console::Console;
use super::ending::{Ending, Failure};
use super::run::again;
use super::run::output::{self, Wish};
use crate::judge::judge;
use crate::record::file;
use clap::Args;
use std::path::PathBuf;

/// Judge a recording again and write its reports
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill report reports/slow-cache/recording.json               print the summary, write the reports beside it
  firedrill report recording.json --out elsewhere/
  firedrill report recording.json --output md=comment.md --output csv=windows.csv

Exit codes: those of `firedrill run`.")]
pub struct ReportArgs {
    /// A recording.json that `firedrill run` wrote
    #[arg(value_name = "RECORDING")]
    #[arg(required_unless_present = "outputs")]
    recording: Option<PathBuf>,
    /// What to write instead of the default (text to standard output; html, json and junit into the folder), to a file of your
    /// choice with =PATH (`-`: standard output); `--output help` lists the formats (repeatable)
    #[arg(long = "output", value_name = "FMT[=PATH]", value_parser = output::wish, long_help = output::long_help())]
    outputs: Vec<Wish>,
    /// Folder for the reports; default: where the recording is
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const NEXT: &str = "give the recording.json of a run, such as reports/slow-cache/recording.json";

pub fn run(args: &ReportArgs, console: &mut Console) -> Result<Ending, Failure> {
    if let Some(help) = output::help(&args.outputs) {
        console.out(&help);
        return Ok(Ending::quiet());
    }
    let path = args.recording.as_deref().ok_or_else(|| Failure::usage("a recording is missing", NEXT))?;
    let recording = file::read(path).map_err(|error| Failure::usage(error.to_string(), NEXT))?;
    let judgement = judge(&recording);
    let beside = || path.parent().map(PathBuf::from).unwrap_or_default();
    let out = args.out.clone().unwrap_or_else(beside);
    let (code, reason) = (judgement.exit, judgement.reason.clone());
    let aside = again::write(recording, judgement, path, (&args.outputs, &out), console)?;
    Ok(if aside { Ending::told_aside(code, &reason) } else { Ending::told(code, &reason) })
}
