//! The report as one HTML file that needs no network, no script and no server: verdict, tables, charts, evidence, and how to play it again.
//! Nothing in it refers to anything outside; every name is escaped; the same Recording gives the same bytes.

mod against;
pub mod alone;
mod downloads;
mod evidence;
mod expectations;
mod method;
mod monitoring;
mod phases;
pub mod pictures;
mod seeds;
mod story;
mod table;
mod tables;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

use super::charts::{escape, theme};
use super::figures;
use super::result::{self, RunResult};
use crate::judge::Judgement;
use crate::plan::World;
use crate::record::Recording;
pub use pictures::framed;

/// What the page needs beside the figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The command that plays this run again, exactly.
    pub command: String,
    /// The scenario as the author wrote it, to be kept with the report.
    pub scenario_text: Option<String>,
}

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn render(recording: &Recording, judgement: &Judgement, options: &Options) -> String {
    let result = result::result(recording, judgement);
    let sections = [
        verdict::strip(recording, judgement),
        story::section(&recording.plan),
        warnings(&result),
        against::section(judgement),
        seeds::section(judgement),
        expectations::section(judgement),
        phases::section(recording),
        pictures::sections(recording),
        monitoring::sections(recording),
        evidence::section(recording),
        method::section(recording, &result, options),
        downloads::section(recording, &result),
    ];
    page(recording, judgement, &sections.concat())
}

fn page(recording: &Recording, judgement: &Judgement, body: &str) -> String {
    let title = format!("{}: {}", figures::banner_of(judgement), recording.plan.scenario);
    let footer = format!("<footer>{} {}</footer>\n", escape(&recording.head.program), escape(&recording.head.version));
    document(&title, "", &format!("<main>\n{body}</main>\n{footer}"))
}

/// A page in the report's style that refers to nothing outside. `more`: style rules of its own.
pub fn document(title: &str, more: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{}</title>\n<link rel=\"icon\" href=\"data:,\"/>\n<style>\n{STYLE}{more}</style>\n</head>\n<body>\n{}{body}</body>\n</html>\n",
        escape(title),
        theme::patterns(),
    )
}

/// What must be known before any figure is believed comes before every figure.
fn warnings(result: &RunResult) -> String {
    let all = &result.warnings;
    if all.is_empty() {
        return String::new();
    }
    let items: String = all.iter().map(|text| format!("<li>{}</li>", escape(text))).collect();
    format!("<section class=\"warnings\"><h2>Before you trust the figures</h2><ul>{items}</ul></section>\n")
}

fn world_words(world: World) -> (&'static str, &'static str) {
    match world {
        World::Sim => ("SIMULATED", "virtual time; no real system was touched"),
        World::Live => ("LIVE", "real processes and real time"),
    }
}
