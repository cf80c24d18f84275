//! Keeps the house in order: which room may import which, how long a file may be, how it opens, which texts may not stay.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room -> rooms it may import. A room that is missing here fails the test: add it with a thought.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("scenario", &["base"]),
    ("plan", &["base"]),
    ("model", &["base", "scenario", "plan"]),
    ("faults", &["base", "scenario", "plan"]),
    ("hazards", &["base", "plan"]),
    ("compile", &["base", "scenario", "plan", "model", "faults", "hazards"]),
    ("record", &["base", "plan"]),
    ("engine", &["base", "plan", "record"]),
    ("sim", &["base", "plan", "record", "engine", "judge"]),
    ("live", &["base", "plan", "record", "engine", "judge"]),
    ("judge", &["base", "plan", "record"]),
    ("report", &["base", "plan", "record", "judge"]),
    ("library", &[]),
    ("lesson", &["base", "scenario", "plan", "compile", "sim", "record", "judge", "report", "library"]),
    ("gameday", &["base", "scenario", "plan", "compile", "sim", "live", "record", "judge", "report", "library"]),
    ("emit", &["base", "scenario", "plan"]),
    ("explore", &["base", "scenario", "plan", "compile", "sim", "record", "judge", "report"]),
    (
        "cli",
        &[
            "base", "scenario", "plan", "model", "faults", "compile", "record", "engine", "sim", "live", "judge",
            "report", "library", "lesson", "gameday", "explore", "emit", "hazards",
        ],
    ),
];

const LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 50, "the tidy test found only {} files", files.len());
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("src/ can be listed") {
        let path = entry.expect("src/ can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            files.push((path, text));
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

fn room_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    (inside.components().count() > 1).then(|| first.to_owned())
}

/// Rooms named by `crate::room` outside of test modules.
fn imports(text: &str) -> Vec<(usize, String)> {
    let code = text.lines().enumerate().take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]\nmod"));
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| {
            line.match_indices("crate::").map(move |(at, _)| {
                let rest = &line[at + "crate::".len()..];
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (number + 1, rest[..end].to_owned())
            })
        })
        .collect()
}

#[test]
fn rooms_import_only_what_they_may() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        let Some(room) = room_of(&path) else { continue };
        let Some(allowed) = table.get(room.as_str()) else {
            breaches.push(format!("{}: the room `{room}` is not in the table of this test", shown(&path)));
            continue;
        };
        // Tests may reach across: what they prove is often how rooms fit together.
        if is_test_file(&path) {
            continue;
        }
        let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
        for (line, imported) in imports(body) {
            if imported != room && table.contains_key(imported.as_str()) && !allowed.contains(&imported.as_str()) {
                breaches.push(format!("{}:{line}: `{room}` may not import `{imported}`", shown(&path)));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let in_tests = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "fixture");
    in_tests || name == "tests" || name.ends_with("_tests") || name == "fixture"
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            breaches.push(format!("{}: does not open with `//!`", shown(&path)));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX && !is_test_file(&path) {
            breaches.push(format!("{}: {lines} lines, more than {LINES_MAX}: split it", shown(&path)));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn functions_are_short() {
    let mut breaches = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test_file(path)) {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let start = line.trim_start();
            let is_fn = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "async fn ", "pub async fn "]
                .iter()
                .any(|head| start.starts_with(head));
            if is_fn && !line.trim_end().ends_with(';') {
                open = Some((number, indent, start.to_owned()));
            }
            if let Some((from, level, head)) = &open
                && line.trim_end() == format!("{}}}", " ".repeat(*level))
            {
                if number - from + 1 > FUNCTION_LINES_MAX {
                    breaches.push(format!("{}:{}: {} lines: {head}", shown(&path), from + 1, number - from + 1));
                }
                open = None;
            }
        }
    }
    assert!(breaches.is_empty(), "functions over {FUNCTION_LINES_MAX} lines:\n{}", breaches.join("\n"));
}

#[test]
fn nothing_is_left_half_done() {
    // Assembled, so that this file does not find itself.
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("FIX", "ME"), concat!("#[", "allow(")];
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for word in words {
                if line.contains(word) {
                    breaches.push(format!("{}:{}: {word}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}
