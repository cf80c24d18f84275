//! `firedrill list`: scenarios, and everything a scenario may hold, one line each.

use super::console::Console;
use super::ending::{Ending, Failure, counted};
use super::explain::metrics;
use super::filter::{FilterArgs, Traits};
use super::select::{self, Chosen};
use crate::compile::{self, catalogue};
use crate::library;
use crate::scenario::{Diagnostics, Node};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// List scenarios, faults, services, policies, loads, metrics and hazards
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill list                 what is built in
  firedrill list faults          one part of it: scenarios, faults, services, policies, metrics, hazards …
  firedrill list scenarios/      also the scenarios in a folder
  firedrill list --filter 'tag(retry) & !name(storm)'     only scenarios, and only some of them
  firedrill list tags            the words that scenarios are tagged with
  firedrill list --json | jq -r '.scenarios[].name'
  firedrill explain latency      the manual page of anything that is listed")]
pub struct ListArgs {
    /// A folder whose scenarios are listed as well, or the one part that is wanted
    #[arg(value_name = "FOLDER|PART")]
    what: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
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
    tags: Vec<String>,
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
    let everything = gather(args, console)?;
    if args.json {
        let text = serde_json::to_string_pretty(&everything);
        console.out(&(text.map_err(|error| Failure::internal(error.to_string(), ""))? + "\n"));
        return Ok(Ending::quiet());
    }
    let part = args.part();
    let is_wanted = |title: &str| part.as_ref().is_none_or(|part| part.eq_ignore_ascii_case(title));
    if part.as_deref() == Some(TAGS) {
        table(console, "Tags", &tags(&everything.scenarios));
        console.out("`firedrill run --tag WORD` plays those with one of them.\n");
        return Ok(Ending::quiet());
    }
    let rows =
        |scenarios: Vec<&Scenario>| scenarios.iter().map(|one| (one.name.clone(), told(one))).collect::<Vec<_>>();
    let all = &everything.scenarios;
    for (group, title) in library::GROUPS {
        let of_group: Vec<&Scenario> = all.iter().filter(|one| one.group == Some(group)).collect();
        if of_group.is_empty() || !is_wanted(SCENARIOS) {
            continue;
        }
        let title = if group.is_empty() { "Built-in scenarios (firedrill run NAME)" } else { title };
        table(console, title, &rows(of_group));
    }
    let found: Vec<&Scenario> = all.iter().filter(|one| one.group.is_none()).collect();
    if let Some(folder) = args.folder() {
        table(console, &format!("Scenarios in {}", folder.display()), &rows(found));
    }
    if args.filter.is_given() {
        return Ok(Ending::quiet());
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
const TAGS: &str = "tags";

impl ListArgs {
    /// The one part that is wanted; a folder of that name outweighs it.
    fn part(&self) -> Option<String> {
        let word = self.what.as_ref().filter(|what| !what.is_dir())?.to_str()?.to_lowercase();
        let is_known =
            [SCENARIOS, METRICS, TAGS].contains(&word.as_str()) || SORTS.iter().any(|sort| sort.plural() == word);
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

fn gather(args: &ListArgs, console: &Console) -> Result<Everything, Failure> {
    let mut chosen: Vec<(Chosen, Option<&'static str>)> =
        library::SCENARIOS.iter().map(|entry| (Chosen::built_in(entry), Some(entry.group))).collect();
    if let Some(folder) = args.folder() {
        chosen.extend(select::in_folder(folder)?.into_iter().map(|chosen| (chosen, None)));
    }
    let mut all = Vec::new();
    let scenarios: Vec<Scenario> =
        chosen.iter().filter_map(|(chosen, group)| scenario(chosen, *group, &args.filter, &mut all)).collect();
    let idle = args.filter.idle(&all);
    if scenarios.is_empty() && args.filter.is_given() {
        return Err(Failure::nothing(
            format!("none of {} is selected", counted(all.len(), "scenario")),
            idle.join("; "),
        ));
    }
    idle.iter().for_each(|word| console.err(&format!("note: {word}")));
    // With a filter scenarios are asked for, and nothing else.
    let others = !args.filter.is_given();
    let kind = |entry: catalogue::Entry| Kind {
        name: entry.name.to_owned(),
        sort: entry.sort.word(),
        summary: entry.summary.trim_end_matches('.').to_owned(),
    };
    let metric = |row: &metrics::Row| Kind { name: row.names(), sort: "metric", summary: row.what.clone() };
    Ok(Everything {
        scenarios,
        kinds: catalogue::entries().into_iter().filter(|_| others).map(kind).collect(),
        metrics: metrics::rows().iter().filter(|_| others).map(metric).collect(),
    })
}

/// A file that cannot be read is listed without a title: `check` says what is wrong with it.
fn scenario(
    chosen: &Chosen,
    group: Option<&'static str>,
    filter: &FilterArgs,
    all: &mut Vec<Traits>,
) -> Option<Scenario> {
    let diags = Diagnostics::new();
    let loaded = chosen.load(&diags);
    let title = match diags.has_errors() {
        true => "(cannot be read; `firedrill check` says why)",
        false => loaded.root.get("title").and_then(Node::scalar).unwrap_or_default(),
    };
    let traits = Traits::of(&loaded.root);
    let fits = |variant: Option<&str>| diags.has_errors() || filter.has(&traits.subject(variant));
    let is_wanted = traits.variants.iter().map(|one| Some(one.as_str())).chain([None]).any(fits);
    let variants = compile::variants(&loaded.root).into_iter().filter(|one| fits(Some(&one.name)));
    let scenario = is_wanted.then(|| Scenario {
        name: chosen.name.clone(),
        title: title.to_owned(),
        law: loaded.root.get("law").and_then(Node::scalar).map(str::to_owned),
        group,
        built_in: group.is_some(),
        variants: variants
            .map(|one| Variant { name: one.name, title: one.title, still_broken: one.still_broken })
            .collect(),
        tags: traits.tags.clone(),
    });
    all.push(traits);
    scenario
}

/// Every tag, and how many scenarios have it.
fn tags(scenarios: &[Scenario]) -> Vec<(String, String)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in scenarios.iter().flat_map(|one| &one.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    counts.into_iter().map(|(tag, count)| (tag.to_owned(), counted(count, "scenario"))).collect()
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
