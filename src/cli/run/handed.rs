//! Runs of one scenario that another engine shall play, as shards: their words are read and compiled here, so that mistakes are told once.

use super::{Group, RunArgs, runs};
use crate::cli::compiled::{self, Source};
use crate::cli::console::Console;
use crate::cli::ending::{Failure, counted};
use crate::cli::explore::Parsed;
use crate::cli::select;
use crate::explore::Study;
use crate::explore::runset::Head;
use crate::library;
use std::path::Path;

/// What must be known of them.
pub fn parsed(args: &RunArgs, console: &mut Console) -> Result<Parsed, Failure> {
    let is_engines = args.shard.is_some() || args.jobs.is_some() || !args.telling.is_default();
    if is_engines || args.rerun.is_some() || args.list || args.dry_run {
        return Err(Failure::usage(
            "--shard, --jobs, --out and --output are the engine's to give, what decides verdicts (--fail-on, --no-fail, --flaky-result, --baseline, --quiet) \
             is for the merge, and --rerun, --list and --dry-run are for neither",
            "leave them out",
        ));
    }
    if args.scenarios.is_empty() && args.filter.is_given() {
        let message = "an engine takes the runs of one scenario at a time, and a filter chooses among many";
        return Err(Failure::usage(message, "name the scenario; `firedrill list scenarios` shows them"));
    }
    let scenario = match args.scenarios.as_slice() {
        [] => library::DEFAULT.to_owned(),
        [one] if !Path::new(one).is_dir() => one.clone(),
        _ => {
            return Err(Failure::usage(
                "an engine takes the runs of one scenario at a time",
                "give the file of one, or the name of a built-in scenario; variants and seeds are dealt out",
            ));
        }
    };
    let mut sources: Vec<Source> =
        select::choose(std::slice::from_ref(&scenario))?.into_iter().map(Source::open).collect();
    args.filter.keep(&mut sources, |source| runs::forms(source, args), console)?;
    let groups = runs::plan(&mut sources, args)?;
    compiled::accept(&sources, console)?;
    runs::check_worlds(&groups, args)?;
    let Some(source) = sources.pop() else { return Err(Failure::nothing("no scenario is selected", "")) };
    let text = Path::new(&scenario).is_file().then(|| source.text().to_owned());
    let head = Head::new(groups.iter().map(Group::head).collect(), "");
    let name = groups.first().map(|group| group.runs[0].plan.scenario.clone());
    let folder = source.loaded.folder.clone();
    let study = Study {
        name: scenario.clone(),
        scenario: source.loaded,
        variant: args.shape.variant.clone(),
        set: args.shape.set.clone(),
        hold: Vec::new(),
        seed: args.shape.seed,
    };
    Ok(Parsed {
        what: "run",
        name: name.ok_or_else(|| Failure::nothing("no run is selected", ""))?,
        scenario,
        text,
        files: study.files(&[]).map_err(|words| Failure::usage(words, ""))?,
        folder,
        size: counted(head.runs(), "run"),
        digest: head.digest,
    })
}
