//! `firedrill list`: scenarios, and everything a scenario may hold, one line each.

use super::console::Console;
use super::ending::{Ending, Failure};
use super::explain::metrics;
use super::select::{self, Chosen};
use crate::compile::{self, catalogue};
use crate::library;
use crate::scenario::{Diagnostics, Node};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// List scenarios, faults, services, policies, loads, metrics and hazards
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill list                 what is built in
  firedrill list faults          one part of it: scenarios, faults, services, policies, metrics, hazards …
  firedrill list scenarios/      also the scenarios in a folder
  firedrill list --json | jq -r '.scenarios[].name'
  firedrill explain latency      the manual page of anything that is listed")]
pub struct ListArgs {
    /// A folder whose scenarios are listed as well, or the one part that is wanted
    #[arg(value_name = "FOLDER|PART")]
    what: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Everything {
    scenarios: Vec<Scenario>,
    kinds: Vec<Kind>,
    metrics: Vec<Kind>,
}

#[derive(Serialize)]
struct Scenario {
    /// What `firedrill run` takes.
    name: String,
    title: String,
    /// The one line to remember.
    law: Option<String>,
    /// The folder of a built-in incident.
    group: Option<&'static str>,
    built_in: bool,
    variants: Vec<Variant>,
}

#[derive(Serialize)]
struct Variant {
    name: String,
    title: Option<String>,
    still_broken: bool,
}

#[derive(Serialize)]
struct Kind {
    name: String,
    sort: &'static str,
    summary: String,
}

pub fn run(args: &ListArgs, console: &mut Console) -> Result<Ending, Failure> {
    let everything = gather(args)?;
    if args.json {
        let text = serde_json::to_string_pretty(&everything);
        console.out(&(text.map_err(|error| Failure::internal(error.to_string(), ""))? + "\n"));
        return Ok(Ending::quiet());
    }
    let part = args.part();
    let is_wanted = |title: &str| part.as_ref().is_none_or(|part| part.eq_ignore_ascii_case(title));
    let rows =
        |scenarios: Vec<&Scenario>| scenarios.iter().map(|one| (one.name.clone(), told(one))).collect::<Vec<_>>();
    let all = &everything.scenarios;
    for (group, title) in library::GROUPS {
        if library::of_group(group).next().is_none() || !is_wanted(SCENARIOS) {
            continue;
        }
        let title = if group.is_empty() { "Built-in scenarios (firedrill run NAME)" } else { title };
        table(console, title, &rows(all.iter().filter(|one| one.group == Some(group)).collect()));
    }
    let found: Vec<&Scenario> = all.iter().filter(|one| one.group.is_none()).collect();
    if let Some(folder) = args.folder() {
        table(console, &format!("Scenarios in {}", folder.display()), &rows(found));
    }
    for sort in SORTS.into_iter().filter(|sort| is_wanted(sort.plural())) {
        let title = sort.plural();
        let kinds = everything.kinds.iter().filter(|kind| kind.sort == sort.word());
        table(
            console,
            &capital(title),
            &kinds.map(|kind| (kind.name.clone(), kind.summary.clone())).collect::<Vec<_>>(),
        );
    }
    let metrics: Vec<_> = everything.metrics.iter().map(|kind| (kind.name.clone(), kind.summary.clone())).collect();
    if is_wanted(METRICS) {
        table(console, "Metrics", &metrics);
    }
    console.out("`firedrill explain WORD` is the manual page of any of these.\n");
    Ok(Ending::quiet())
}

const SCENARIOS: &str = "scenarios";
const METRICS: &str = "metrics";

impl ListArgs {
    /// The one part that is wanted; a folder of that name outweighs it.
    fn part(&self) -> Option<String> {
        let word = self.what.as_ref().filter(|what| !what.is_dir())?.to_str()?.to_lowercase();
        let is_known = [SCENARIOS, METRICS].contains(&word.as_str()) || SORTS.iter().any(|sort| sort.plural() == word);
        is_known.then_some(word)
    }

    fn folder(&self) -> Option<&PathBuf> {
        self.what.as_ref().filter(|_| self.part().is_none())
    }
}

const SORTS: [catalogue::Sort; 7] = [
    catalogue::Sort::Fault,
    catalogue::Sort::Service,
    catalogue::Sort::Policy,
    catalogue::Sort::Load,
    catalogue::Sort::Control,
    catalogue::Sort::Section,
    catalogue::Sort::Hazard,
];

fn gather(args: &ListArgs) -> Result<Everything, Failure> {
    let mut scenarios: Vec<Scenario> =
        library::SCENARIOS.iter().map(|entry| scenario(&Chosen::built_in(entry), Some(entry.group))).collect();
    if let Some(folder) = args.folder() {
        scenarios.extend(select::in_folder(folder)?.iter().map(|chosen| scenario(chosen, None)));
    }
    let kind = |entry: catalogue::Entry| Kind {
        name: entry.name.to_owned(),
        sort: entry.sort.word(),
        summary: entry.summary.trim_end_matches('.').to_owned(),
    };
    let metric = |row: &metrics::Row| Kind { name: row.names(), sort: "metric", summary: row.what.clone() };
    Ok(Everything {
        scenarios,
        kinds: catalogue::entries().into_iter().map(kind).collect(),
        metrics: metrics::rows().iter().map(metric).collect(),
    })
}

/// A file that cannot be read is listed without a title: `check` says what is wrong with it.
fn scenario(chosen: &Chosen, group: Option<&'static str>) -> Scenario {
    let diags = Diagnostics::new();
    let loaded = chosen.load(&diags);
    let title = match diags.has_errors() {
        true => "(cannot be read; `firedrill check` says why)",
        false => loaded.root.get("title").and_then(Node::scalar).unwrap_or_default(),
    };
    let variants = compile::variants(&loaded.root).into_iter();
    Scenario {
        name: chosen.name.clone(),
        title: title.to_owned(),
        law: loaded.root.get("law").and_then(Node::scalar).map(str::to_owned),
        group,
        built_in: group.is_some(),
        variants: variants
            .map(|one| Variant { name: one.name, title: one.title, still_broken: one.still_broken })
            .collect(),
    }
}

/// Its law, where it has one: that is what one looks for in a list of incidents.
fn told(one: &Scenario) -> String {
    one.law.clone().unwrap_or_else(|| one.title.clone())
}

/// Names in one column, what they are in the next.
pub fn table(console: &mut Console, title: &str, rows: &[(String, String)]) {
    const WIDTH_MAX: usize = 32;
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(WIDTH_MAX);
    let title = console.bold(title);
    console.out(&format!("{title}\n"));
    if rows.is_empty() {
        console.out("  none\n");
    }
    for (name, what) in rows {
        console.out(format!("  {name:<width$}  {what}").trim_end());
        console.out("\n");
    }
    console.out("\n");
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
