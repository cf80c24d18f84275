//! `firedrill compare`: two recordings or baselines against each other. It plays nothing and writes nothing.

use super::baseline::store::{self, Store};
use super::console::Console;
use super::ending::{Ending, Failure};
use crate::judge::ExitCode;
use crate::judge::against::{Captured, Comparison, Difference, Gate, compare};
use crate::record::file;
use crate::report::against;
use clap::Args;
use std::path::{Path, PathBuf};

/// Compare two recordings or baselines: what regressed, with confidence
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill compare reports/before/shop reports/after/shop
  firedrill compare baselines/shop.json reports/shop/recording.json --all
  firedrill compare shop reports/shop --json | jq .outcome

A figure regressed when its 95% interval lies above that of the baseline, it is worse by more than --min-effect, and there are samples enough; `changed?`
where only one of the first two holds.

Exit codes: 0 nothing regressed, 11 something did, 2 the two cannot be compared.")]
pub struct CompareArgs {
    /// recording.json, its folder, a baseline file, or the name of a baseline
    #[arg(value_name = "A")]
    base: String,
    #[arg(value_name = "B")]
    new: String,
    #[command(flatten)]
    rules: Rules,
    /// Every figure, not only those that differ
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: Store,
}

/// How two sides are compared.
#[derive(Clone, Debug, Args)]
pub struct Rules {
    /// Smaller changes of a figure are no regression
    #[arg(long, value_name = "SHARE", default_value = "10%", value_parser = share)]
    min_effect: f64,
    /// Compare although scenario, load, faults, length or world differ
    #[arg(long)]
    force_compare: bool,
}

impl Rules {
    pub fn compare(&self, base: &Captured, new: &Captured, name: &str) -> Result<Comparison, Failure> {
        compare(base, new, name, Gate { effect_min: self.min_effect }, self.force_compare)
            .map_err(|one| refused(&one, name))
    }

    pub fn forces(&self) -> bool {
        self.force_compare
    }
}

pub fn refused(difference: &Difference, name: &str) -> Failure {
    Failure::usage(
        format!("cannot compare with {name}: {difference}"),
        "compare runs of the same load, faults and length; `--force-compare` compares all the same, `firedrill baseline save` begins anew",
    )
}

/// `10%` or `0.1`.
fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let read = number.trim().parse::<f64>().ok().map(|value| value / scale);
    read.filter(|value| value.is_finite() && *value >= 0.0).ok_or_else(|| "a share such as 10% or 0.1".to_owned())
}

pub fn run(args: &CompareArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (base, new) = (open(&args.base, &args.store)?, open(&args.new, &args.store)?);
    let comparison = args.rules.compare(&base, &new, &args.base)?;
    let (code, reason) = match comparison.regression() {
        Some(reason) => (ExitCode::Regression, reason),
        None => (ExitCode::Held, format!("nothing regressed: {}", comparison.outcome.word())),
    };
    if args.json {
        let json = serde_json::to_string_pretty(&against::result(&comparison));
        console.out(&(json.map_err(|error| Failure::internal(error.to_string(), ""))? + "\n"));
        return Ok(Ending::told_aside(code, &reason));
    }
    let heading = console.bold(&against::heading(&comparison));
    console.out(&format!("{heading}\n{}", against::table(&comparison, args.all)));
    Ok(Ending::told(code, &reason))
}

/// The file, if it is one of ours to read: a JSON file, or a folder with a recording.
pub fn recorded(path: &Path) -> Option<PathBuf> {
    let inside = path.join("recording.json");
    match path.is_dir() {
        true => Some(inside).filter(|inside| inside.is_file()),
        false => {
            Some(path.to_owned()).filter(|path| path.is_file() && path.extension().is_some_and(|end| end == "json"))
        }
    }
}

/// A recording's figures, or those of a baseline.
pub fn open(what: &str, store: &Store) -> Result<Captured, Failure> {
    let Some(path) = recorded(Path::new(what)) else { return store.get(what) };
    let text =
        std::fs::read_to_string(&path).map_err(|error| Failure::usage(format!("{}: {error}", path.display()), ""))?;
    let is_baseline = text.trim_start().trim_start_matches('{').trim_start().starts_with("\"clients\"");
    if is_baseline {
        return store::read(&path);
    }
    let help = "give recordings of `firedrill run`, or baselines";
    file::read(&path).map(|recording| Captured::of(&recording)).map_err(|error| Failure::usage(error.to_string(), help))
}
