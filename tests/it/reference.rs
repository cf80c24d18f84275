//! docs/reference is generated from the pages of the kinds: this compares, or writes it with FIREDRILL_BLESS=1.

use firedrill::compile::catalogue::{self, Entry, Sort};
use std::fmt::Write as _;
use std::path::Path;

fn page(sort: Sort) -> String {
    let mut page =
        format!("# {}\n\nGenerated from the program's own manual pages (`firedrill explain NAME`).\n", title(sort));
    for entry in catalogue::entries().iter().filter(|entry| entry.sort == sort) {
        write_entry(&mut page, entry);
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
    }
}

fn write_entry(page: &mut String, entry: &Entry) {
    write!(page, "\n## {}\n\n{}\n\n| key | default | meaning |\n|---|---|---|\n", entry.name, entry.text)
        .expect("to a String");
    for field in &entry.fields {
        let default = if field.required { "required" } else { field.default };
        writeln!(page, "| `{}` | {} | {} |", field.name, default, field.doc).expect("to a String");
    }
    write!(page, "\n```yaml\n{}```\n", entry.example).expect("to a String");
}

fn engines_page() -> String {
    let mut page = "# Stock servers\n\nWhat `engine:` under `live:` starts. Generated from the program's own manual pages (`firedrill explain NAME`).\n".to_owned();
    for recipe in firedrill::live::engines::RECIPES {
        write!(page, "\n## {}\n\n{}\n", recipe.engine.word(), recipe.manual()).expect("to a String");
    }
    page
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
        (engines_page(), "engines.md"),
    ] {
        let path = folder.join(file);
        if bless {
            std::fs::write(&path, &expected).expect("docs/reference can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "docs/reference/{file} is out of date: run the tests once with FIREDRILL_BLESS=1");
    }
}
