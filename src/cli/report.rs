//! `firedrill report`: writes the reports of a run again, from its recording. It plays nothing.

use super::console::Console;
use super::ending::{Ending, Failure};
use super::run::again;
use crate::judge::judge;
use crate::record::file;
use clap::Args;
use std::path::PathBuf;

/// Judge a recording again and write its reports
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill report reports/slow-cache/recording.json               print the summary, write the reports beside it
  firedrill report recording.json --out elsewhere/

Exit codes: those of `firedrill run`.")]
pub struct ReportArgs {
    /// A recording.json that `firedrill run` wrote
    #[arg(value_name = "RECORDING")]
    recording: PathBuf,
    /// Folder for the reports; default: where the recording is
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(args: &ReportArgs, console: &mut Console) -> Result<Ending, Failure> {
    let recording = file::read(&args.recording).map_err(|error| {
        Failure::usage(error.to_string(), "give the recording.json of a run, such as reports/slow-cache/recording.json")
    })?;
    let judgement = judge(&recording);
    let beside = || args.recording.parent().map(PathBuf::from).unwrap_or_default();
    let out = args.out.clone().unwrap_or_else(beside);
    let (code, reason) = (judgement.exit, judgement.reason.clone());
    again::write(recording, judgement, &args.recording, &out, console)?;
    Ok(Ending::told(code, &reason))
}
