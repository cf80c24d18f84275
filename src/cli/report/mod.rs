//! `firedrill report`: writes the reports of a run again, from its recording. It plays nothing.

mod shares;

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
  firedrill report shares/ --evidence faults.ndjson --out whole/     the parts of one live run that several machines played, joined

Exit codes: those of `firedrill run`.")]
pub struct ReportArgs {
    /// A recording.json that `firedrill run` wrote; of a run whose load several machines made (`run --share`) those of all, or a folder of them
    #[arg(value_name = "RECORDING")]
    #[arg(required_unless_present = "outputs")]
    recordings: Vec<PathBuf>,
    /// What somebody else saw of the faults of such a run, one line of JSON each, as the Job that `emit kubernetes` writes leaves it
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// What to write instead of the default (text to standard output; html, json and junit into the folder), to a file of your
    /// choice with =PATH (`-`: standard output); `--output help` lists the formats (repeatable)
    #[arg(long = "output", value_name = "FMT[=PATH]", value_parser = output::wish, long_help = output::long_help())]
    outputs: Vec<Wish>,
    /// Folder for the reports; default: where the recording is, of several reports/NAME.joined
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const NEXT: &str = "give the recording.json of a run, such as reports/slow-cache/recording.json";

pub fn run(args: &ReportArgs, console: &mut Console) -> Result<Ending, Failure> {
    if let Some(help) = output::help(&args.outputs) {
        console.out(&help);
        return Ok(Ending::quiet());
    }
    let paths = shares::paths(&args.recordings)?;
    let path = paths.first().map(PathBuf::as_path).ok_or_else(|| Failure::usage("a recording is missing", NEXT))?;
    let read = |path: &PathBuf| file::read(path).map_err(|error| Failure::usage(error.to_string(), NEXT));
    let all = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let recording = shares::whole(all, args.evidence.as_deref())?;
    let judgement = judge(&recording);
    let beside = || match paths.len() {
        1 => path.parent().map(PathBuf::from).unwrap_or_default(),
        // Beside the first they would take the place of its own.
        _ => PathBuf::from("reports").join(format!("{}.joined", recording.plan.scenario)),
    };
    let out = args.out.clone().unwrap_or_else(beside);
    let (code, reason) = (judgement.exit, judgement.reason.clone());
    let aside = again::write(recording, judgement, path, (&args.outputs, &out), console)?;
    Ok(if aside { Ending::told_aside(code, &reason) } else { Ending::told(code, &reason) })
}
