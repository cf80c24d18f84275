//! The reports of a run that was played earlier.

use super::Run;
use super::output::{Outputs, Wish};
use super::runs;
use super::show::{self, Done};
use crate::cli::compiled::Source;
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::cli::panics::quoted;
use crate::cli::select;
use crate::cli::shape::Shape;
use crate::judge::Judgement;
use crate::plan::{Plan, digest};
use crate::record::Recording;
use std::path::Path;
use std::sync::Arc;

/// Writes what is wished; without a wish it prints the summary and writes the usual files, but for the recording itself, into the folder.
/// Returns whether standard output holds a document that further lines would spoil.
pub fn write(
    recording: Recording,
    judgement: Judgement,
    path: &Path,
    (wishes, out): (&[Wish], &Path),
    console: &mut Console,
) -> Result<bool, Failure> {
    let mut outputs = Outputs::again(wishes, out)?;
    let (again, scenario_text) = origin(&recording, path);
    let run = [Run {
        plan: Arc::new(recording.plan.clone()),
        again,
        name: runs::name(&recording.plan),
        generators: 1,
        turn: 1,
    }];
    let done = Done::single(&run, &scenario_text, recording, judgement);
    show::group(&done, false, 1, &mut outputs, console)?;
    let aside = outputs.holds_stdout();
    outputs.finish(false, console)?;
    Ok(aside)
}

/// The command that plays it again and the scenario's text, if the scenario is still there and still the same.
fn origin(recording: &Recording, path: &Path) -> (String, String) {
    let plan = &recording.plan;
    let same = |mut source: Source| {
        let shape = Shape::of(plan.world);
        let now = source.plan(&shape, plan.variant.as_deref(), Some(plan.seed))?;
        let again = shape.again(&source.chosen.name, plan.variant.as_deref(), plan.seed, plan.world);
        (digest::of(&now) == recording.head.plan_digest).then(|| (again, source.text().to_owned()))
    };
    let found = scenario_of(plan).and_then(|name| select::choose(&[name]).ok()).and_then(|mut all| all.pop());
    let otherwise = || (format!("firedrill report {}", quoted(&path.display().to_string())), String::new());
    found.and_then(|chosen| same(Source::open(chosen))).unwrap_or_else(otherwise)
}

/// The scenario's file, or the name of a built-in one, from the places of its lines (`file:line:column`).
fn scenario_of(plan: &Plan) -> Option<String> {
    let place = &plan.expectations.first().or(plan.symptoms.first())?.place;
    let file = place.rsplitn(3, ':').nth(2)?;
    let built_in = file.strip_prefix("built-in/").and_then(|name| name.strip_suffix(".yaml"));
    Some(built_in.unwrap_or(file).to_owned())
}
