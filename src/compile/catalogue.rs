//! Everything that has a manual page: the source of `firedrill list` and `firedrill explain`, and of docs/reference.
//! A page is the `//!` head of the file that defines the thing, so that it cannot drift away from it.

use super::{alerts, facts, guardrails, links, real, root, variants, zones};
use crate::faults;
use crate::hazards;
use crate::model::{controls, load, policies, services};
use crate::scenario::FieldDoc;

/// One documented kind.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub sort: Sort,
    /// First line of the page.
    pub summary: String,
    /// The whole page, in Markdown, without its example.
    pub text: String,
    /// A complete scenario that compiles and plays.
    pub example: String,
    pub fields: Vec<FieldDoc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Fault,
    Service,
    Policy,
    Load,
    Control,
    Section,
    Hazard,
}

impl Sort {
    pub fn word(self) -> &'static str {
        match self {
            Sort::Fault => "fault",
            Sort::Service => "service",
            Sort::Policy => "policy",
            Sort::Load => "load",
            Sort::Control => "control",
            Sort::Section => "scenario file",
            Sort::Hazard => "hazard",
        }
    }

    pub fn plural(self) -> &'static str {
        match self {
            Sort::Fault => "faults",
            Sort::Service => "services",
            Sort::Policy => "policies",
            Sort::Load => "load",
            Sort::Control => "controls",
            Sort::Section => "scenario file",
            Sort::Hazard => "hazards",
        }
    }
}

/// The scenario file itself, and those of its sections that no kind speaks for.
static SECTIONS: &[(&str, &str, &[FieldDoc])] = &[
    ("scenario", include_str!("root.rs"), &root::TABLE),
    ("variants", include_str!("variants.rs"), &variants::TABLE),
    ("alerts", include_str!("alerts.rs"), &alerts::TABLE),
    ("facts", include_str!("facts.rs"), &facts::TABLE),
    ("limits", include_str!("guardrails.rs"), &guardrails::TABLE),
    ("links", include_str!("links.rs"), &links::TABLE),
    ("zones", include_str!("zones.rs"), &zones::TABLE),
    ("live", include_str!("real.rs"), &real::TABLE),
];

/// Every entry, faults first, each sort in the order of its manual.
pub fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for kind in faults::KINDS {
        all.push(entry(kind.name, Sort::Fault, kind.page, &kind.tables()));
    }
    for kind in services::KINDS {
        all.push(entry(kind.name, Sort::Service, kind.page, &kind.tables()));
    }
    for (sort, pages) in [(Sort::Policy, policies::PAGES), (Sort::Load, load::PAGES)] {
        all.extend(pages.iter().map(|page| entry(page.name, sort, page.page, page.fields)));
    }
    for kind in controls::KINDS {
        all.push(entry(kind.name, Sort::Control, kind.page, &kind.tables()));
    }
    for (name, source, fields) in SECTIONS {
        all.push(entry(name, Sort::Section, source, &[*fields]));
    }
    all.extend(hazards::RULES.iter().map(|rule| entry(rule.name(), Sort::Hazard, rule.page, &[])));
    all
}

/// The keys of an entry that have keys of their own which no page tells: neither one of their name, nor the entry's own table.
pub fn inside(entry: &Entry) -> Vec<(&'static str, &'static [FieldDoc])> {
    let has_page = |name: &str| entries().iter().any(|other| other.name == name);
    let is_told = |table: &[FieldDoc]| {
        table.first().is_none_or(|first| entry.fields.iter().any(|field| field.name == first.name))
    };
    let of = |field: &FieldDoc| {
        let (name, table) = field.shape.keys()?;
        let has_page = has_page(field.name) || name.is_some_and(has_page);
        (!has_page && !is_told(table)).then_some((field.name, table))
    };
    entry.fields.iter().filter_map(of).collect()
}

/// An entry of its page and its fields.
pub fn entry(name: &'static str, sort: Sort, source: &str, tables: &[&'static [FieldDoc]]) -> Entry {
    let head = head_of(source);
    let (text, example) = split_example(&head);
    let summary = text.lines().next().unwrap_or_default().to_owned();
    let fields = tables.iter().flat_map(|table| table.iter().copied()).collect();
    Entry { name, sort, summary, text, example, fields }
}

/// The `//!` lines at the top of a source file, without the marks.
pub fn head_of(source: &str) -> String {
    let lines = source.lines().take_while(|line| line.starts_with("//!"));
    let bare = lines.map(|line| line.strip_prefix("//! ").unwrap_or(line.trim_start_matches("//!")));
    bare.collect::<Vec<_>>().join("\n")
}

fn split_example(head: &str) -> (String, String) {
    let Some((before, rest)) = head.split_once("```yaml\n") else { return (head.to_owned(), String::new()) };
    let (example, after) = rest.split_once("```").unwrap_or((rest, ""));
    let text = format!("{}\n{}", before.trim_end(), after.trim()).trim_end().to_owned();
    (text, example.to_owned())
}
