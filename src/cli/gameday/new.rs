//! `firedrill gameday new`: a commented plan for a scenario. It never overwrites a file.

use crate::cli::compiled::{self, Source};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::cli::new::{path_and_name, write_new};
use crate::cli::panics::quoted;
use crate::cli::select;
use crate::cli::shape::Shape;
use crate::{gameday, library};
use clap::Args;
use std::path::Path;

/// Write a commented plan with blanks to fill in
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill gameday new day.yaml                             for the built-in scenario `slow-cache`
  firedrill gameday new day.yaml --scenario shop.yaml        for one of yours")]
pub struct NewArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: String,
    /// A built-in scenario or a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = library::DEFAULT)]
    scenario: String,
}

pub fn run(args: &NewArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (path, name) = path_and_name(&args.file)?;
    let mut sources: Vec<Source> =
        select::choose(std::slice::from_ref(&args.scenario))?.into_iter().map(Source::open).collect();
    let [source] = sources.as_mut_slice() else {
        return Err(Failure::usage("a game day has one scenario", "give the file of one"));
    };
    let plan = source.plan(&Shape::default(), None, None);
    compiled::accept(&sources, console)?;
    let Some(plan) = plan.filter(|plan| !plan.faults.is_empty()) else {
        return Err(Failure::usage(
            format!("{} has no fault", args.scenario),
            "a game day plays the faults of a scenario, one at a time",
        ));
    };
    write_new(&path, &gameday::template(&name, &seen_from(&path, &args.scenario), &plan))?;
    let shown = quoted(&path.display().to_string());
    console.out(&format!("{} written.\n  firedrill gameday check {shown}   what is still blank\n", path.display()));
    Ok(Ending::quiet())
}

/// The scenario as the plan names it: a file's path is relative to the plan.
fn seen_from(plan: &Path, scenario: &str) -> String {
    let file = Path::new(scenario);
    if !file.is_file() {
        return scenario.to_owned();
    }
    let folder = |path: &Path| {
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).canonicalize()
    };
    match (folder(plan), folder(file), file.file_name()) {
        (Ok(here), Ok(there), Some(name)) => match there.strip_prefix(&here) {
            Ok(below) => below.join(name).display().to_string(),
            Err(_) => there.join(name).display().to_string(),
        },
        _ => scenario.to_owned(),
    }
}
