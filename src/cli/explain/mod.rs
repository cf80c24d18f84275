//! `firedrill explain`: the manual page of a word: a kind of fault, service, policy or load, a stock server, a metric, a unit or distribution,
//! an exit code, a format of `--output`, a hazard, a built-in scenario.

pub mod engines;
pub mod metrics;

use super::console::Console;
use super::ending::{Ending, Failure};
use super::list;
use crate::compile::catalogue;
use crate::judge::ExitCode;
use crate::lesson;
use crate::library;
use crate::report::formats::{self, Format};
use crate::scenario::{self, Diagnostics, FieldDoc, Node};
use clap::Args;
use std::path::Path;

const VALUES: &str = include_str!("../../../docs/reference/values.md");

/// Print the manual page of a word: a fault, a service, a policy, a metric, a unit, an exit code, a built-in scenario
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill explain latency        a kind of fault, with its fields and an example
  firedrill explain retries        a policy
  firedrill explain recovery       a metric; `expectations` is the whole language
  firedrill explain lognormal      a distribution; `values` is every unit
  firedrill explain 12             an exit code
  firedrill explain junit          a format of --output
  firedrill explain cold-cache     a hazard that `check` found
  firedrill explain slow-cache     a built-in scenario")]
pub struct ExplainArgs {
    /// Without a word: the list of all words
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

pub fn run(args: &ExplainArgs, console: &mut Console) -> Result<Ending, Failure> {
    let Some(word) = &args.word else {
        for (title, words) in words() {
            list::table(console, title, &[(words.join(" "), String::new())]);
        }
        return Ok(Ending::quiet());
    };
    let folded = word.trim().to_lowercase().replace('_', "-");
    match page(word.trim(), console).or_else(|| page(&folded, console)) {
        Some(page) => {
            console.out(&format!("{}\n", page.trim_end()));
            Ok(Ending::quiet())
        }
        None => {
            let known: Vec<String> = words().into_iter().flat_map(|(_, words)| words).collect();
            let meant = scenario::did_you_mean(&folded, known.iter().map(String::as_str));
            let next = meant.map_or("`firedrill explain` without a word lists all".to_owned(), |meant| {
                format!("did you mean `{meant}`?")
            });
            Err(Failure::usage(format!("there is no manual page for {}", scenario::quote(word)), next))
        }
    }
}

/// Every word that has a page, by sort.
fn words() -> Vec<(&'static str, Vec<String>)> {
    let entries = catalogue::entries();
    let of = |sort| entries.iter().filter(|entry| entry.sort == sort).map(|entry| entry.name.to_owned()).collect();
    let values = sections(VALUES).into_iter().flat_map(|(keys, _)| keys);
    let mut codes: Vec<u8> = ExitCode::BY_RANK.iter().map(|code| code.number()).collect();
    codes.sort_unstable();
    vec![
        ("Faults", of(catalogue::Sort::Fault)),
        ("Services", of(catalogue::Sort::Service)),
        ("Policies", of(catalogue::Sort::Policy)),
        ("Load", of(catalogue::Sort::Load)),
        ("Scenario file", of(catalogue::Sort::Section)),
        ("Hazards (firedrill check)", of(catalogue::Sort::Hazard)),
        ("Lessons", vec![lesson::manual().name.to_owned()]),
        ("Stock servers", engines::words()),
        ("Metrics", metrics::rows().into_iter().flat_map(|row| row.words).chain(["expectations".to_owned()]).collect()),
        ("Values and distributions", values.chain(["values".to_owned()]).collect()),
        ("Outputs", formats::FORMATS.iter().map(|format| format.word.to_owned()).collect()),
        ("Exit codes", codes.iter().map(u8::to_string).collect()),
        ("Built-in scenarios", library::SCENARIOS.iter().map(|entry| entry.name.to_owned()).collect()),
    ]
}

fn page(word: &str, console: &Console) -> Option<String> {
    let bold = |text: &str| console.bold(text);
    let word = crate::hazards::named(word).map_or(word, |rule| rule.name());
    // One word may be two things: a hazard and the incident that it caused.
    let kinds: Vec<String> = catalogue::entries()
        .into_iter()
        .filter(|entry| entry.name == word)
        .map(|entry| kind(&entry, &catalogue::inside(&entry), &bold))
        .chain(Some(lesson::manual()).filter(|page| page.name == word).map(|page| kind(&page, &lesson::PARTS, &bold)))
        .chain(engines::page(word, &bold))
        .chain(formats::named(word).map(|format| output(format, &bold)))
        .chain(formats::named(word).and_then(|_| key(word, &bold)))
        .chain(built_in(word, &bold))
        .collect();
    if !kinds.is_empty() {
        return Some(kinds.join("\n\n"));
    }
    exit_code(word, &bold)
        .or_else(|| metrics::named(word).map(|row| metric(word, &row, &bold)))
        .or_else(|| {
            sections(VALUES).into_iter().find(|(keys, _)| keys.iter().any(|key| key == word)).map(|(_, text)| text)
        })
        .or_else(|| match word {
            "expectations" | "expect" | "symptoms" => Some(metrics::PAGE.to_owned()),
            "values" | "units" | "distributions" => Some(VALUES.to_owned()),
            _ => None,
        })
        .or_else(|| key(word, &bold))
}

/// A key of a scenario, in every place where it may stand.
fn key(word: &str, bold: &dyn Fn(&str) -> String) -> Option<String> {
    let places: Vec<String> = catalogue::entries()
        .iter()
        .flat_map(|entry| entry.fields.iter().filter(|doc| doc.name == word).map(|doc| (entry.name, doc)))
        .map(|(of, doc)| format!("In `{of}` (firedrill explain {of}):\n{}{}", field(doc), inside(doc)))
        .collect();
    (!places.is_empty()).then(|| format!("{}\n\n{}", bold(&format!("{word} (key)")), places.join("\n\n")))
}

/// The keys inside a key, deeper than itself.
fn inside(doc: &FieldDoc) -> String {
    let keys = doc.shape.keys().map_or(&[][..], |(_, table)| table);
    keys.iter().map(|key| format!("\n  {}", field(key))).collect()
}

/// `inside`: keys with keys of their own.
fn kind(entry: &catalogue::Entry, inside: &[(&str, &[FieldDoc])], bold: &dyn Fn(&str) -> String) -> String {
    let mut parts = vec![bold(&format!("{} ({})", entry.name, entry.sort.word())), String::new(), entry.text.clone()];
    if !entry.fields.is_empty() {
        parts.extend([String::new(), bold("Fields")]);
        parts.extend(entry.fields.iter().map(field));
    }
    for (name, fields) in inside {
        parts.extend([String::new(), bold(&format!("Fields of `{name}`"))]);
        parts.extend(fields.iter().map(field));
    }
    if !entry.example.is_empty() {
        parts.extend([String::new(), bold("Example"), indented(&entry.example)]);
    }
    parts.join("\n")
}

fn output(format: &Format, bold: &dyn Fn(&str) -> String) -> String {
    let place = if format.is_printed { "standard output" } else { "a file below --out" };
    let head = bold(&format!("{} (output)", format.word));
    let usage =
        format!("  firedrill run shop.yaml --output {}={}    (without a path: {place})", format.word, format.file);
    [head.as_str(), "", &format.page(), "", &usage].join("\n")
}

fn field(doc: &FieldDoc) -> String {
    let default = match (doc.required, doc.default) {
        (true, _) => " (required)".to_owned(),
        (false, "") => String::new(),
        (false, default) => format!(" (default: {default})"),
    };
    format!("  {:<13} {}{default}", doc.name, doc.doc)
}

fn exit_code(word: &str, bold: &dyn Fn(&str) -> String) -> Option<String> {
    let code = ExitCode::from_number(word.parse().ok()?)?;
    let more = match code {
        ExitCode::Held => "Every expectation held, every symptom was seen, and every fault left evidence.",
        ExitCode::Internal => {
            "A bug, or the machine's trouble: a full disk, a process that cannot be started. The message says what to do."
        }
        ExitCode::Usage => "Nothing was played. `firedrill check FILE` shows every mistake with its line.",
        ExitCode::NothingSelected => {
            "The folder or filter holds no scenario, so nothing was judged: that must not look like success."
        }
        ExitCode::Broken => {
            "At least one line of `expect:` (in an incident's base: of `symptoms:`) did not hold. The report shows when it first broke."
        }
        ExitCode::Regression => {
            "A latency, the share of errors or the goodput of a client in a phase is worse than in the baseline: the 95% intervals lie apart, the \
             difference exceeds --min-effect (10%), and there are samples enough; with six seeds and more, most pairs of seeds say so (sign test). \
             `firedrill baseline accept` takes it in, if it is meant."
        }
        ExitCode::Inconclusive => {
            "The run proves nothing either way. A fault that touched nothing, too few samples for a percentile (n >= 10/(1-q)), \
             or a load generator that could not keep up. Make the run longer, the rate higher, or aim the fault at something that is used."
        }
        ExitCode::Guardrail => {
            "A limit that was set for the run was reached, and it was stopped before more harm was done."
        }
        ExitCode::Interrupted | ExitCode::Terminated => {
            "The run was stopped from outside. Everything that it had changed was undone first."
        }
    };
    let head = bold(&format!("exit {}: {}", code.number(), code.meaning()));
    Some(format!("{head}\n\n{more}\n\nOf several runs, the exit code that ranks highest counts: {}.", ranks()))
}

fn ranks() -> String {
    ExitCode::BY_RANK.iter().map(|code| code.number().to_string()).collect::<Vec<_>>().join(", ")
}

fn metric(word: &str, row: &metrics::Row, bold: &dyn Fn(&str) -> String) -> String {
    let head = bold(&format!("{word} (metric)"));
    let section = sections(metrics::PAGE).into_iter().find(|(keys, _)| keys.iter().any(|key| key == word));
    let more = section.map_or(String::new(), |(_, text)| format!("\n\n{text}"));
    format!(
        "{head}\n\n{}\n\n  of:    {}\n  value: {}\n\n`firedrill explain expectations` describes the whole language.{more}",
        row.what, row.of, row.value
    )
}

fn built_in(word: &str, bold: &dyn Fn(&str) -> String) -> Option<String> {
    let entry = library::named(word)?;
    let loaded = scenario::load_text(entry.name, entry.text, Path::new(""), &Diagnostics::new());
    let text = |key: &str| loaded.root.get(key).and_then(Node::scalar).unwrap_or_default().trim_end().to_owned();
    let head = bold(&format!("{} (built-in scenario)", entry.name));
    Some(format!(
        "{head}\n\n{}\n\n{}\n\n{}\n{}\nTo play it: firedrill run {word} --all-variants\nTo change it: firedrill new my-{word} --from {word}",
        text("title"),
        text("about"),
        bold("The file"),
        indented(entry.text)
    ))
}

/// The sections of a reference page with the words of their headings: `## exp (exponential)`.
fn sections(page: &str) -> Vec<(Vec<String>, String)> {
    let parts = page.split("\n## ").skip(1);
    parts
        .map(|part| {
            let heading = part.lines().next().unwrap_or_default();
            let words = heading.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|word| !word.is_empty());
            (words.map(str::to_lowercase).collect(), format!("## {}", part.trim_end()))
        })
        .collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::ColorWish;

    #[test]
    fn every_word_that_is_listed_has_a_page() {
        let console = Console::new(ColorWish::Never);
        for (sort, words) in words() {
            assert!(!words.is_empty(), "{sort}");
            for word in words {
                assert!(page(&word, &console).is_some_and(|page| page.len() > 20), "{sort}: {word}");
            }
        }
    }

    #[test]
    fn the_page_of_the_lesson_has_the_fields_of_its_parts_and_the_charts() {
        let page = page("lesson", &Console::new(ColorWish::Never)).expect("a page");
        for words in [
            "Fields of `what_if`",
            "  goal ",
            "Fields of `what_if.knobs`",
            "  names ",
            "  evidence ",
            "`saturation`, `topology`",
        ] {
            assert!(page.contains(words), "{words}:\n{page}");
        }
    }

    #[test]
    fn every_kind_of_error_is_explained() {
        let page = page("error-kinds", &Console::new(ColorWish::Never)).expect("a page");
        for kind in crate::base::ErrorKind::ALL {
            assert!(page.contains(&format!("- `{}`: ", kind.word())), "{}", kind.word());
        }
    }
}
