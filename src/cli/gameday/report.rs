//! `firedrill gameday report`: the page of a day that was held, from its folder.

use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::gameday::report::{Days, report};
use crate::record::file::write_whole;
use clap::Args;
use std::path::PathBuf;

/// Write the report of a day that was held: timeline, expected and seen, post-mortem, action items
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill gameday report reports/day.gameday        report.md and report.html are written there

A plan that was held in the simulated world and live shows what was predicted and what was observed in one picture.")]
pub struct ReportArgs {
    /// The folder that `gameday run` has named
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub fn run(args: &ReportArgs, console: &mut Console) -> Result<Ending, Failure> {
    let next = "give the folder that `firedrill gameday run` has named at its end";
    let days = Days::read(&args.folder).map_err(|why| Failure::usage(why, next))?;
    let page = report(&days);
    for (name, text) in [("report.md", page.markdown()), ("report.html", page.html())] {
        let path = args.folder.join(name);
        write_whole(&path, text.as_bytes()).map_err(|error| {
            Failure::internal(format!("{} cannot be written: {error}", path.display()), "free some space")
        })?;
        console.out(&format!("{}\n", path.display()));
    }
    Ok(Ending::quiet())
}
