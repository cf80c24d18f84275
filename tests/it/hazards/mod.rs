//! The review against the library: of each past outage the rule that should have told of its cause, whether it does, and whether the right
//! fixes are free of it. docs/hazards.md is written from what is found here (FIREDRILL_BLESS=1).

mod table;

use crate::scenarios;
use firedrill::compile::{self, Request, catalogue};
use firedrill::hazards;
use firedrill::plan::Plan;
use firedrill::scenario::{Diagnostics, load, load_text, render};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use table::{CAUSES, Cause};

/// The names of the rules that find something, each with how much it finds.
type Found = BTreeMap<&'static str, usize>;

fn found(plan: &Plan) -> Found {
    let mut found = Found::new();
    for one in hazards::review(plan) {
        assert!(!one.message.is_empty() && !one.help.is_empty(), "{one:?}");
        *found.entry(hazards::named(one.code).expect("a rule").name()).or_default() += 1;
    }
    found
}

/// One scenario of the library, reviewed.
struct Case {
    cause: &'static Cause,
    base: Found,
    /// What is right: not the base, and no wrong fix.
    right: Vec<(String, Found)>,
}

fn cases() -> Vec<Case> {
    let case = |cause: &'static Cause| {
        let file = scenarios::file(cause.scenario);
        let diags = Diagnostics::new();
        let all = compile::variants(&load(&file, &diags).root);
        let of = |variant: Option<&str>| found(&scenarios::plan(&file, variant, 0));
        let right = all.iter().filter(|one| !one.still_broken);
        let right = right.map(|one| (one.name.clone(), of(Some(&one.name)))).collect();
        Case { cause, base: of(None), right }
    };
    CAUSES.iter().map(case).collect()
}

#[test]
fn every_cause_that_a_rule_knows_is_found_and_no_fix_has_it() {
    let mut wrong = Vec::new();
    for case in cases() {
        let Some(rule) = case.cause.rule else { continue };
        if !case.base.contains_key(rule) {
            wrong.push(format!("{}: {rule} is not found in the base: {:?}", case.cause.scenario, case.base));
        }
        for (variant, found) in &case.right {
            let is_same = case.cause.same.iter().any(|(name, _)| name == variant);
            if found.contains_key(rule) != is_same {
                let what = if is_same { "is not in" } else { "is still in" };
                wrong.push(format!("{}: {rule} {what} `{variant}`", case.cause.scenario));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_holds_every_scenario_once_and_names_what_there_is() {
    let files: BTreeSet<String> = scenarios::files()
        .iter()
        .filter_map(|file| file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned))
        .filter(|name| name != "game-day")
        .collect();
    let named: BTreeSet<String> = CAUSES.iter().map(|cause| cause.scenario.to_owned()).collect();
    assert_eq!(named.len(), CAUSES.len(), "a scenario is in the table twice");
    assert_eq!(named, files);
    for cause in CAUSES {
        assert!(cause.rule.is_none_or(|rule| hazards::named(rule).is_some()), "{}", cause.scenario);
        let all = compile::variants(&load(&scenarios::file(cause.scenario), &Diagnostics::new()).root);
        for (name, why) in cause.same {
            assert!(all.iter().any(|one| one.name == *name && !one.still_broken), "{}: {name}", cause.scenario);
            assert!(!why.is_empty());
        }
    }
}

fn example(text: &str, variant: Option<&str>) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("example.yaml", text, Path::new("."), &diags);
    let request = Request { variant: variant.map(str::to_owned), ..Request::default() };
    let plan = compile::compile(&mut loaded, &request, &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

#[test]
fn each_page_shows_its_hazard_and_no_other_and_its_fix_has_none() {
    let mut wrong = Vec::new();
    for entry in catalogue::entries().into_iter().filter(|entry| entry.sort == catalogue::Sort::Hazard) {
        let base: Vec<_> = found(&example(&entry.example, None)).into_keys().collect();
        let fixed: Vec<_> = found(&example(&entry.example, Some("fixed"))).into_keys().collect();
        if base != [entry.name] || !fixed.is_empty() {
            wrong.push(format!("{}: base {base:?}, fixed {fixed:?}", entry.name));
        }
        for part in ["What it sees: ", "The arithmetic: ", "The fix: "] {
            assert!(entry.text.contains(part), "the page of {} does not say: {part}", entry.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The examples of the other pages: small scenarios that were written to show something else.
fn examples() -> Vec<(String, Found)> {
    let others = catalogue::entries().into_iter().filter(|entry| entry.sort != catalogue::Sort::Hazard);
    others.map(|entry| (entry.name.to_owned(), found(&example(&entry.example, None)))).collect()
}

/// What a rule found where.
#[derive(Default)]
struct Figures {
    /// Bases of which it is the cause, and those of them in which it is found.
    causes: usize,
    hits: usize,
    /// Right fixes of those, and those that still have it.
    fixes: usize,
    missed: usize,
    /// Other bases, right variants of others, and examples in which it is found.
    beside: usize,
    in_fixes: usize,
    in_examples: usize,
}

fn figures(cases: &[Case], examples: &[(String, Found)], rule: &str) -> Figures {
    let mut sum = Figures::default();
    for case in cases {
        let is_cause = case.cause.rule == Some(rule);
        let has = usize::from(case.base.contains_key(rule));
        if is_cause {
            (sum.causes, sum.hits) = (sum.causes + 1, sum.hits + has);
        } else {
            sum.beside += has;
        }
        for (variant, found) in &case.right {
            let has = usize::from(found.contains_key(rule));
            let is_same = case.cause.same.iter().any(|(name, _)| name == variant);
            match is_cause {
                true if is_same => {}
                true => (sum.fixes, sum.missed) = (sum.fixes + 1, sum.missed + has),
                false => sum.in_fixes += has,
            }
        }
    }
    sum.in_examples = examples.iter().filter(|(_, found)| found.contains_key(rule)).count();
    sum
}

fn page() -> String {
    let (cases, examples) = (cases(), examples());
    let mut page = INTRODUCTION.to_owned();
    let (known, unknown): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.cause.rule.is_some());
    let all: Vec<(&str, Figures)> =
        hazards::RULES.iter().map(|rule| (rule.name(), figures(&cases, &examples, rule.name()))).collect();
    let sum = |of: fn(&Figures) -> usize| all.iter().map(|(_, one)| of(one)).sum::<usize>();
    let right: usize = cases.iter().map(|case| case.right.len()).sum();
    let same: usize = known.iter().map(|case| case.cause.same.len()).sum();
    let facts = known.iter().filter(|case| case.cause.rule == Some("broken-fact")).count();
    write!(
        page,
        "\n## Figures\n\n- Scenarios with a cause that a rule should see: {} of {} ({facts} of them only by a fact that the author wrote down). Found: {} \
         (true positives), missed: {}.\n- Right fixes of these: {}. Still with the rule of the cause: {} (false positives). {same} more variants are no \
         fix (the same system under less, or with its harm counted) and keep it, as they should; they are listed below.\n- Other rules, in all {right} variants \
         that are no wrong fix: {} findings by a rule that is not that of the cause (a rule counts once a variant). Whether each is \
         worth a word was not judged one by one; no expectation of these runs broke by them.\n- The {} examples of the other pages, written to show something else: {} have no hazard.\n",
        known.len(),
        cases.len(),
        sum(|one| one.hits),
        sum(|one| one.causes - one.hits),
        sum(|one| one.fixes),
        sum(|one| one.missed),
        sum(|one| one.in_fixes),
        examples.len(),
        examples.iter().filter(|(_, found)| found.is_empty()).count()
    )
    .expect("to a String");
    page += "\n| rule | cause of | found | right fixes | still in | other bases with it | other right variants with it | examples with it |\n|---|---|---|---|---|---|---|---|\n";
    for (name, one) in &all {
        writeln!(
            page,
            "| [`{name}`](reference/hazards.md#{name}) | {} | {} | {} | {} | {} | {} | {} |",
            one.causes, one.hits, one.fixes, one.missed, one.beside, one.in_fixes, one.in_examples
        )
        .expect("to a String");
    }
    page += "\n## What each outage shows\n\n| scenario | rule of the cause | found | other rules that find something in the base | variants that keep it, and why |\n|---|---|---|---|---|\n";
    for case in &known {
        writeln!(page, "{}", row(case)).expect("to a String");
    }
    page += "\n## Causes that no rule sees\n\n| scenario | why not | rules that find something in the base |\n|---|---|---|\n";
    for case in &unknown {
        let others: Vec<String> = case.base.keys().map(|name| format!("`{name}`")).collect();
        writeln!(page, "| `{}` | {} | {} |", case.cause.scenario, case.cause.note, others.join(", "))
            .expect("to a String");
    }
    page
}

fn row(case: &Case) -> String {
    let rule = case.cause.rule.expect("a known cause");
    let others: Vec<String> = case.base.keys().filter(|name| **name != rule).map(|name| format!("`{name}`")).collect();
    let same: Vec<String> = case.cause.same.iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
    let yes = if case.base.contains_key(rule) { "yes" } else { "no" };
    format!("| `{}` | `{rule}` | {yes} | {} | {} |", case.cause.scenario, others.join(", "), same.join("; "))
}

const INTRODUCTION: &str = "# Hazards\n\n\
`firedrill check` reviews what a scenario describes, without playing it: timeouts in the wrong order, retries that multiply, lines without an end, \
caches that cannot be restarted. Each finding names a place, the figures, and what would end it; each rule has a page \
([reference/hazards.md](reference/hazards.md), `firedrill explain timeout-inversion`) with its arithmetic.\n\n\
- Findings are warnings. `firedrill check --deny hazards` (or `--deny timeout-inversion`) makes them exit 10.\n\
- The base is reviewed; `--variant NAME` reviews a variant, `--all-variants` all of them.\n\
- `accept_hazards: [timeout-inversion]`, or `accept_hazards: {timeout-inversion: the proxy goes next month}`, silences a rule in a scenario; what it finds is \
listed as accepted.\n\
- `--json` prints one line for each ([reference/check.schema.json](reference/check.schema.json)).\n\n\
The review computes with means and bounds: the rate at which each call is made when all is well, what each service can answer, how long a line can get, how long who \
waits. What a fault does it does not know, apart from pushes and crowds that the schedule brings. A rule that finds nothing proves nothing: play it.\n\n\
Written by a test from the scenarios of the library. The rule that should tell of a cause follows from the story of the outage; the rules were written \
with these outages at hand, so the figures say that they see what they were made to see, and that the right fixes end it. How they do on what \
was written for other purposes, the last columns say.\n";

#[test]
fn the_figures_are_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hazards.md");
    let page = page();
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "docs/hazards.md is out of date: run the tests once with FIREDRILL_BLESS=1");
}
