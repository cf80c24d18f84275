//! `firedrill check`: every mistake in scenarios at once, with file, line and column. It plays nothing.

use super::compiled::{Source, Tally};
use super::console::Console;
use super::ending::{Ending, Failure, counted};
use super::select;
use super::shape::Shape;
use crate::judge::ExitCode;
use crate::live;
use crate::plan::Plan;
use crate::scenario::{Diagnostic, Severity, Sources};
use clap::Args;
use serde::Serialize;

/// Find every mistake in scenario files, with line, column and suggestion
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill check shop.yaml              the base and every variant
  firedrill check scenarios/             every *.yaml below a folder
  firedrill check --json shop.yaml       one diagnostic a line, for editors and scripts

Exit codes: 0 no mistake, 2 at least one, 4 nothing to check.")]
pub struct CheckArgs {
    /// Scenario files, folders of them, or names of built-in scenarios
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
    /// One diagnostic a line, as JSON
    #[arg(long)]
    json: bool,
    /// Override a value, such as services.db.workers=12 (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
}

/// One diagnostic for machines. Lines and columns count from 1, columns in characters.
#[derive(Serialize)]
struct Line<'a> {
    severity: &'a str,
    code: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    label: &'a str,
    help: Option<&'a str>,
}

pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Ending, Failure> {
    let shape = Shape { set: args.set.clone(), ..Shape::default() };
    let mut sources: Vec<Source> = select::choose(&args.scenarios)?.into_iter().map(Source::open).collect();
    for source in &mut sources {
        let plan = source.check(&shape);
        if args.json {
            for (diagnostic, places) in source.found() {
                console.out(&json(diagnostic, places)?);
            }
            continue;
        }
        console.out(&source.rendered(console.out_color()));
        if let Some(plan) = plan {
            console.out(&format!("{}: {}\n", source.chosen.name, fine(&plan, source.variants.len())));
            console.out(&live_here(&plan));
        }
    }
    let tally = Tally::of(&sources);
    let warnings = if tally.warnings > 0 { format!(", {}", counted(tally.warnings, "warning")) } else { String::new() };
    match tally.errors {
        0 if args.json => Ok(Ending::quiet()),
        0 => Ok(Ending::told_aside(
            ExitCode::Held,
            &format!("no mistakes in {}{warnings}", counted(sources.len(), "file")),
        )),
        _ => Err(Failure::told(ExitCode::Usage, tally.reason(&sources) + &warnings)),
    }
}

/// `ok, 3 services, 1 client, 1 fault, 7 expectations, 3 variants`.
fn fine(plan: &Plan, variants: usize) -> String {
    let parts = [
        (plan.services.len(), "service"),
        (plan.clients.len(), "client"),
        (plan.faults.len(), "fault"),
        (plan.expectations.len(), "expectation"),
        (plan.symptoms.len(), "symptom"),
        (variants, "variant"),
    ];
    let shown = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(*count, what));
    format!("ok, {}", shown.collect::<Vec<_>>().join(", "))
}

/// Whether what the scenario lists as real could be started and broken here. Another machine may have what this one lacks, so it is no
/// mistake; what the command line must allow is asked for when it is played.
fn live_here(plan: &Plan) -> String {
    if plan.real.services.is_empty() {
        return String::new();
    }
    match live::check(plan, true) {
        Ok(_) => "  can be played live on this machine\n".to_owned(),
        Err(trouble) => trouble.to_string().lines().map(|line| format!("  {line}\n")).collect(),
    }
}

fn json(one: &Diagnostic, sources: &Sources) -> Result<String, Failure> {
    let position = one.place.map(|place| sources.line_column(place));
    let line = Line {
        severity: match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: one.code,
        file: one.place.and_then(|place| sources.get(place.source)).map(|source| source.name.as_str()),
        line: position.map(|(line, _)| line),
        column: position.map(|(_, column)| column),
        message: &one.message,
        label: &one.label,
        help: one.help.as_deref(),
    };
    let text = serde_json::to_string(&line).map_err(|error| Failure::internal(error.to_string(), ""))?;
    Ok(text + "\n")
}
