//! `firedrill check`: every mistake in scenarios at once, with file, line and column, and a review of what is dangerous in a right one.
//! It plays nothing.

use super::compiled::{Source, Tally};
use super::console::Console;
use super::ending::{Ending, Failure, counted};
use super::filter::FilterArgs;
use super::hazards::{self, Denied, Told};
use super::select;
use super::shape::Shape;
use crate::judge::ExitCode;
use crate::live;
use crate::plan::Plan;
use crate::scenario::{self, Diagnostic, Diagnostics, Severity, Sources};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Find every mistake in scenario files, and the hazards in what they describe
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill check shop.yaml                    mistakes in the base and every variant, hazards of the base
  firedrill check --all-variants shop.yaml     hazards of every variant, too
  firedrill check --deny hazards shop.yaml     exit 10 if there is a hazard that the scenario does not accept
  firedrill check scenarios/                   every *.yaml below a folder
  firedrill check scenarios/ --tag retry       those with a tag; --filter takes expressions
  firedrill check --json shop.yaml             one diagnostic a line, for editors and scripts
  firedrill explain timeout-inversion          what a hazard is, and what ends it

A scenario accepts hazards that it knows of: `accept_hazards: {timeout-inversion: why}`.

Exit codes: 0 no mistake, 2 at least one, 4 nothing to check, 10 a hazard that --deny names.")]
pub struct CheckArgs {
    /// Scenario files, folders of them, or names of built-in scenarios
    #[arg(value_name = "SCENARIO", required_unless_present_any = ["filters", "tags", "skip_tags"])]
    scenarios: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// One diagnostic a line, as JSON (`firedrill schema check` is its schema)
    #[arg(long)]
    json: bool,
    /// Override a value, such as services.db.workers=12 (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Review this variant instead of the base
    #[arg(long, value_name = "NAME", conflicts_with = "all_variants")]
    variant: Option<String>,
    /// Review every variant as well as the base
    #[arg(long)]
    all_variants: bool,
    /// Fail on every hazard (`hazards`) or on those of a rule, unless the scenario accepts it (repeatable)
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
}

/// One line of `firedrill check --json`. Lines and columns count from 1, columns in characters.
#[derive(Serialize, JsonSchema)]
pub struct Line<'a> {
    /// `error`, `warning`, or `accepted` for a hazard that the scenario accepts.
    severity: &'a str,
    /// What kind of mistake or hazard it is: `unknown-key`, `hazard/timeout-inversion`.
    code: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    label: &'a str,
    help: Option<&'a str>,
    /// The variant in which a hazard was found; absent for the base and for mistakes.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    /// Why a hazard is accepted, in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Ending, Failure> {
    let denied = args.deny.iter().map(|word| Denied::read(word)).collect::<Result<Vec<_>, _>>()?;
    let shape = Shape { set: args.set.clone(), ..Shape::default() };
    let chosen = select::choose_among(&args.scenarios, args.filter.is_given())?;
    let mut sources: Vec<Source> = chosen.into_iter().map(Source::open).collect();
    args.filter.keep(&mut sources, all_forms, console)?;
    let mut told = Vec::new();
    for source in &mut sources {
        let plan = source.check(&shape);
        let hazards = if plan.is_some() { review(source, &shape, args)? } else { Vec::new() };
        if args.json {
            for (diagnostic, places) in source.found() {
                console.out(&json(&line(diagnostic, places))?);
            }
            for one in &hazards {
                console.out(&json(&hazard_line(one))?);
            }
        } else {
            console.out(&source.rendered(console.out_color()));
            console.out(&shown(&hazards, console.out_color()));
            if let Some(plan) = plan {
                console.out(&format!("{}: {}\n", source.chosen.name, fine(&plan, source.variants.len())));
                console.out(&live_here(&plan));
            }
        }
        told.extend(hazards);
    }
    ending(args, &sources, &told, &denied)
}

/// Of the base, of the variant that was named, or of all.
fn review(source: &mut Source, shape: &Shape, args: &CheckArgs) -> Result<Vec<Told>, Failure> {
    if let Some(name) = &args.variant {
        if !source.variants.contains(name) {
            let known = scenario::help_for(name, source.variants.iter().map(String::as_str)).unwrap_or_default();
            let message = format!("{} has no variant {}", source.chosen.name, scenario::quote(name));
            return Err(Failure::usage(message, known));
        }
        return Ok(hazards::review(source, shape, Some(name)));
    }
    // Where a filter chooses a variant alone, its hazards are wanted, and not those of the base.
    let mut forms = all_forms(source);
    forms.retain(|variant| args.filter.wants(source, variant.as_deref()));
    if !args.all_variants && forms.first() == Some(&None) {
        forms.truncate(1);
    }
    Ok(forms.iter().flat_map(|variant| hazards::review(source, shape, variant.as_deref())).collect())
}

/// The base and every variant: mistakes in any of them are told.
fn all_forms(source: &Source) -> Vec<Option<String>> {
    std::iter::once(None).chain(source.variants.iter().cloned().map(Some)).collect()
}

fn ending(args: &CheckArgs, sources: &[Source], told: &[Told], denied: &[Denied]) -> Result<Ending, Failure> {
    let tally = Tally::of(sources);
    let accepted = told.iter().filter(|one| one.accepted.is_some()).count();
    let more =
        [(tally.warnings, "warning", ""), (told.len() - accepted, "hazard", ""), (accepted, "hazard", " accepted")];
    let more = more.iter().filter(|(count, ..)| *count > 0);
    let more: String = more.map(|(count, what, so)| format!(", {}{so}", counted(*count, what))).collect();
    if tally.errors > 0 {
        return Err(Failure::told(ExitCode::Usage, tally.reason(sources) + &more));
    }
    let bad = told.iter().filter(|one| denied.iter().any(|rule| rule.holds_for(one))).count();
    if bad > 0 {
        let what = format!("{} that must not be there", counted(bad, "hazard"));
        return Err(Failure::told(ExitCode::Broken, what));
    }
    Ok(match args.json {
        true => Ending::quiet(),
        false => {
            Ending::told_aside(ExitCode::Held, &format!("no mistakes in {}{more}", counted(sources.len(), "file")))
        }
    })
}

/// Hazards with their source lines; accepted ones in a line each.
fn shown(told: &[Told], color: bool) -> String {
    let one = |told: &Told| {
        let inside = told.variant.as_ref().map_or(String::new(), |name| format!("variant {name}: "));
        match &told.accepted {
            None => {
                let diags = Diagnostics::new();
                diags.push(Diagnostic {
                    message: format!("{inside}{}", told.diagnostic.message),
                    ..told.diagnostic.clone()
                });
                scenario::render(&diags, &told.sources, color)
            }
            Some(reason) => {
                let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                format!("accepted: {inside}{}: {}{why}\n", told.diagnostic.code, told.diagnostic.message)
            }
        }
    };
    told.iter().map(one).collect()
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

fn line<'a>(one: &'a Diagnostic, sources: &'a Sources) -> Line<'a> {
    let position = one.place.map(|place| sources.line_column(place));
    Line {
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
        variant: None,
        reason: None,
    }
}

fn hazard_line(told: &Told) -> Line<'_> {
    let line = line(&told.diagnostic, &told.sources);
    let severity = if told.accepted.is_some() { "accepted" } else { line.severity };
    let reason = told.accepted.as_deref().filter(|reason| !reason.is_empty());
    Line { severity, variant: told.variant.as_deref(), reason, ..line }
}

fn json(line: &Line) -> Result<String, Failure> {
    let text = serde_json::to_string(line).map_err(|error| Failure::internal(error.to_string(), ""))?;
    Ok(text + "\n")
}
