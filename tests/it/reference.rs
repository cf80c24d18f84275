//! docs/reference is generated from the pages of the kinds: this compares, or writes it with FIREDRILL_BLESS=1.

use firedrill::compile;
use firedrill::compile::catalogue::{self, Entry, Sort};
use firedrill::library;
use firedrill::report::formats::FORMATS;
use firedrill::scenario::{Diagnostics, FieldDoc, Node, load_text};
use std::fmt::Write as _;
use std::path::Path;

fn page(sort: Sort) -> String {
    let mut page =
        format!("# {}\n\nGenerated from the program's own manual pages (`firedrill explain NAME`).\n", title(sort));
    for entry in catalogue::entries().iter().filter(|entry| entry.sort == sort) {
        write_entry(&mut page, entry, &catalogue::inside(entry));
    }
    page
}

fn title(sort: Sort) -> &'static str {
    match sort {
        Sort::Fault => "Faults",
        Sort::Service => "Services",
        Sort::Policy => "Policies",
        Sort::Load => "Load",
        Sort::Control => "Controls",
        Sort::Section => "The scenario file",
        Sort::Hazard => "Hazards",
    }
}

fn write_entry(page: &mut String, entry: &Entry, inside: &[(&str, &[FieldDoc])]) {
    write!(page, "\n## {}\n\n{}\n", entry.name, entry.text).expect("to a String");
    write_fields(page, &entry.fields);
    for (name, fields) in inside {
        write!(page, "\nKeys of `{name}`:\n").expect("to a String");
        write_fields(page, fields);
    }
    write!(page, "\n```yaml\n{}```\n", entry.example).expect("to a String");
}

fn write_fields(page: &mut String, fields: &[FieldDoc]) {
    write!(page, "\n| key | default | meaning |\n|---|---|---|\n").expect("to a String");
    for field in fields {
        let default = if field.required { "required" } else { field.default };
        writeln!(page, "| `{}` | {} | {} |", field.name, default, field.doc).expect("to a String");
    }
}

fn lesson_page() -> String {
    let mut page =
        "# Lessons\n\nGenerated from the program's own manual page (`firedrill explain lesson`).\n".to_owned();
    write_entry(&mut page, &firedrill::lesson::manual(), &firedrill::lesson::PARTS);
    page
}

fn engines_page() -> String {
    let mut page = "# Stock servers\n\nWhat `engine:` under `live:` starts. Generated from the program's own manual pages (`firedrill explain NAME`).\n".to_owned();
    for recipe in firedrill::live::engines::RECIPES {
        write!(page, "\n## {}\n\n{}\n", recipe.engine.word(), recipe.manual()).expect("to a String");
    }
    page
}

fn outputs_page() -> String {
    let mut page = "# Formats of `--output`\n\nWhat `firedrill run` and `firedrill report` write with `--output FMT[=PATH]`. Generated from the program's own manual pages (`firedrill explain FMT`).\n\n\
        | format | for | file in a run's folder | without a path |\n|---|---|---|---|\n"
        .to_owned();
    for format in FORMATS {
        let place = if format.is_printed { "standard output" } else { "a file below `--out`" };
        writeln!(page, "| [`{0}`](#{0}) | {1} | `{2}` | {place} |", format.word, format.purpose, format.file)
            .expect("to a String");
    }
    for format in FORMATS {
        write!(page, "\n## {}\n\n{}\n", format.word, format.page()).expect("to a String");
    }
    page
}

/// One row a fault: what each world does, and what it takes.
fn table_of_faults() -> String {
    let mut page = "# Every fault, in both worlds\n\nGenerated from the manual pages (`firedrill explain NAME`, [reference/faults.md](reference/faults.md)).\n\n\
        No fault of a live run lasts longer than `limits: {longest_fault: …}` says, 10 minutes if nothing does: the guardian undoes it\nthen even if \
        firedrill itself hangs. A fault that touched nothing makes the run inconclusive. Stand-ins play in the live world what the\nsimulator plays, \
        without any privilege.\n\n\
        | fault | simulated world | live world | privilege | undo | longest time | evidence |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for entry in catalogue::entries().iter().filter(|entry| entry.sort == Sort::Fault) {
        let said = |what: &str| bullet(&entry.text, what);
        let must =
            |what: &str| said(what).unwrap_or_else(|| panic!("the page of `{}` does not say its {what}", entry.name));
        let privilege = said("Privilege").unwrap_or_else(|| "none".to_owned());
        let longest = match firedrill::faults::named(entry.name).map(|kind| kind.lasts) {
            Some(firedrill::faults::Lasts::Instantly) => "done at once",
            _ => "`longest_fault`",
        };
        let (model, live, undo, evidence) =
            (must("Simulated world"), must("Live world"), must("Undo"), must("Evidence"));
        writeln!(page, "| `{}` | {model} | {live} | {privilege} | {undo} | {longest} | {evidence} |", entry.name)
            .expect("to a String");
    }
    page
}

/// The library, one row an incident.
fn table_of_incidents() -> String {
    let mut page = "# Incidents\n\nPast outages as scenarios that play: the broken base shows its symptoms, each wrong fix still fails, the right fix holds. Generated\n\
        from the files under [scenarios/incidents](../scenarios/incidents).\n\n\
        To play one: `firedrill run NAME`; with every fix, wrong and right: `firedrill run NAME --all-variants`; one of them: `firedrill run NAME\n\
        --variant FIX`.\n"
        .to_owned();
    for (group, title) in library::GROUPS.iter().filter(|(group, _)| !["", "ladder"].contains(group)) {
        if library::of_group(group).next().is_none() {
            continue;
        }
        write!(page, "\n## {title}\n\n| incident | law | wrong fixes | right fixes and other runs | after |\n|---|---|---|---|---|\n")
            .expect("to a String");
        for entry in library::of_group(group) {
            writeln!(page, "{}", row_of(entry)).expect("to a String");
        }
    }
    page
}

fn row_of(entry: &library::Entry) -> String {
    let loaded = load_text(entry.name, entry.text, Path::new("."), &Diagnostics::new());
    let text = |key: &str| {
        let said = loaded.root.get(key).and_then(Node::scalar).unwrap_or_default().replace('|', "\\|");
        assert!(
            !said.trim().is_empty(),
            "scenarios/incidents/{}/{}.yaml does not say its {key}",
            entry.group,
            entry.name
        );
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (wrong, right): (Vec<_>, Vec<_>) =
        compile::variants(&loaded.root).into_iter().partition(|one| one.still_broken);
    let names = |variants: Vec<compile::VariantInfo>| {
        let names: Vec<String> = variants.iter().map(|one| format!("`{}`", one.name)).collect();
        names.join(", ")
    };
    let (name, group) = (entry.name, entry.group);
    let title = format!("[`{name}`](../scenarios/incidents/{group}/{name}.yaml): {}", text("title"));
    format!("| {title} | {} | {} | {} | {} |", text("law"), names(wrong), names(right), text("source"))
}

/// What a page says behind `- **WHAT**:`, on one line.
fn bullet(text: &str, what: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("- **{what}**:"))?;
    let mut lines = rest.lines();
    let first = lines.next().unwrap_or_default().trim().to_owned();
    let more = lines.take_while(|line| line.starts_with("  "));
    let whole = more.fold(first, |whole, line| whole + " " + line.trim());
    Some(whole.replace('|', "\\|"))
}

#[test]
fn the_reference_is_what_the_program_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let bless = std::env::var_os("FIREDRILL_BLESS").is_some();
    for (expected, file) in [
        (page(Sort::Fault), "faults.md"),
        (page(Sort::Service), "services.md"),
        (page(Sort::Policy), "policies.md"),
        (page(Sort::Load), "load.md"),
        (page(Sort::Control), "controls.md"),
        (page(Sort::Section), "scenario.md"),
        (page(Sort::Hazard), "hazards.md"),
        (lesson_page(), "lessons.md"),
        (engines_page(), "engines.md"),
        (outputs_page(), "outputs.md"),
        (table_of_faults(), "../faults.md"),
        (table_of_incidents(), "../incidents.md"),
    ] {
        let path = folder.join(file);
        if bless {
            std::fs::write(&path, &expected).expect("docs/reference can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "docs/reference/{file} is out of date: run the tests once with FIREDRILL_BLESS=1");
    }
}
