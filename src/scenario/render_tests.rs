//! Bad text to exact diagnostics, and no input that panics.

use super::super::{FieldDoc, Fields, Shape, load, load_text, overlay, values};
use super::*;
use proptest::prelude::*;
use std::path::Path;

static SERVICE: &[FieldDoc] = &[
    FieldDoc::optional("workers", Shape::Count, "unbounded", "How many requests are worked on at once."),
    FieldDoc::optional("work", Shape::Dist, "none", "How long one request takes."),
    FieldDoc::optional("timeout", Shape::Span, "none", "How long a caller waits."),
    FieldDoc::optional("kind", Shape::Choice(&["service", "cache", "store"]), "service", "What it is."),
    FieldDoc::optional("warm", Shape::Flag, "true", "Whether it starts full."),
    FieldDoc::optional("tags", Shape::List(&Shape::Text), "", "Words."),
];
static TOP: &[FieldDoc] = &[
    FieldDoc::required("name", Shape::Name, "what the scenario is called"),
    FieldDoc::optional("about", Shape::Text, "", "The story."),
    FieldDoc::optional("services", Shape::MapOf(&Shape::Object(SERVICE)), "", "The services."),
];

/// Reads a small scenario with every reader there is.
fn read(text: &[u8]) -> (Diagnostics, Sources) {
    let diags = Diagnostics::new();
    let loaded = load::load_bytes("t.yaml", text, Path::new("/nonexistent"), &diags);
    if diags.has_errors() {
        return (diags, loaded.sources);
    }
    let top = Fields::open(&loaded.root, "the scenario", TOP, &diags);
    top.text("name");
    top.text("about");
    for entry in top.entries("services") {
        values::check_name(&entry.key, entry.key_place, &diags);
        let fields = Fields::open(&entry.value, &format!("service `{}`", entry.key), SERVICE, &diags);
        let _ = (fields.count("workers"), fields.dist("work"), fields.span("timeout"));
        let _ = (fields.choice("kind"), fields.flag("warm"), fields.list("tags"));
    }
    (diags, loaded.sources)
}

fn shown(text: &str) -> String {
    let (diags, sources) = read(text.as_bytes());
    render(&diags, &sources, false)
}

fn lines(text: &[u8]) -> String {
    let (diags, sources) = read(text);
    render_lines(&diags, &sources)
}

#[test]
fn a_mistake_is_shown_with_its_line_underlined() {
    let text = "name: t\nservices:\n  db: {wrokers: 5, work: exp(5mss)}\n";
    let expected = "\
error[unknown-key]: unknown key `wrokers` in service `db`
 --> t.yaml:3:8
  |
3 |   db: {wrokers: 5, work: exp(5mss)}
  |        ^^^^^^^
  |
  = help: did you mean `workers`?

error[wrong-value]: `5mss`: `mss` is no unit of a length of time
 --> t.yaml:3:31
  |
3 |   db: {wrokers: 5, work: exp(5mss)}
  |                               ^^^
  |
  = help: did you mean `5ms`?

";
    assert_eq!(shown(text), expected);
}

#[test]
fn columns_count_characters_and_underlines_their_width() {
    let text = "name: t\nservices: {\"zürich→bern\": {work: 'exp(5)'}, ö: {timeout: 5}}  # ☕\n";
    let expected = "\
error[bad-name]: `zürich→bern` cannot be a name
 --> t.yaml:2:12
  |
2 | services: {\"zürich→bern\": {work: 'exp(5)'}, ö: {timeout: 5}}  # ☕
  |            ^^^^^^^^^^^^^
  |
  = help: use letters, digits, `-` and `_`, beginning with a letter, such as `db-primary`
";
    assert!(shown(text).starts_with(expected), "{}", shown(text));
    let expected = "\
t.yaml:2:12: error: `zürich→bern` cannot be a name (use letters, digits, `-` and `_`, beginning with a letter, such as `db-primary`)
t.yaml:2:39: error: `5` needs a unit, because it is a length of time (did you mean `5ms` or `5s`?)
t.yaml:2:45: error: `ö` cannot be a name (use letters, digits, `-` and `_`, beginning with a letter, such as `db-primary`)
t.yaml:2:58: error: `5` needs a unit, because it is a length of time (did you mean `5ms` or `5s`?)
";
    assert_eq!(lines(text.as_bytes()), expected);
}

#[test]
fn wide_characters_keep_the_underline_under_its_text() {
    let expected = "\
error[wrong-value]: `5` needs a unit, because it is a length of time
 --> t.yaml:1:48
  |
1 | {name: a, about: ☕日本, services: {db: {timeout: 5}}}
  |                                                   ^
  |
  = help: did you mean `5ms` or `5s`?

";
    assert_eq!(shown("{name: a, about: ☕日本, services: {db: {timeout: 5}}}\n"), expected);
}

#[test]
fn a_long_line_is_shown_in_part_with_its_true_column() {
    let text = format!("name: a\nservices: {{db: {{tags: [{}], timeout: 5}}}}\n", "é, ".repeat(600));
    let shown = shown(&text);
    assert!(shown.contains(" --> t.yaml:2:1836\n"), "{shown}");
    assert!(shown.contains("], timeout: 5}}") && shown.len() < 800, "{shown}");
    let absurd = format!("name: a\nservices: {{db: {{tags: [{}], timeout: 5}}}}\n", "é, ".repeat(60_000));
    assert!(self::shown(&absurd).contains(" --> t.yaml:2:180036\n"));
    assert!(lines(text.as_bytes()).starts_with("t.yaml:2:1836: error: `5` needs a unit"));
}

#[test]
fn each_mistake_has_its_words() {
    for (text, expected) in [
        (
            "",
            "t.yaml:1:1: error: the file is empty (a scenario has at least `name`, `length`, `clients` and `services`)\n",
        ),
        (
            "# only\n",
            "t.yaml:1:1: error: the file is empty (a scenario has at least `name`, `length`, `clients` and `services`)\n",
        ),
        ("about: x\n", "t.yaml:1:1: error: the scenario has no `name` (`name`: what the scenario is called)\n"),
        ("[a]", "t.yaml:1:1: error: the scenario must be a map, not a list\n"),
        ("name: a\nname: b\n", "t.yaml:2:1: error: `name` is given twice (keep one of the two)\n"),
        ("name: a\nservices:\n\tdb: {}\n", "t.yaml:3:1: error: a tab cannot indent YAML (indent with spaces)\n"),
        (
            "name: a\nservices: {db: {workers: 5}\n",
            "t.yaml:3:1: error: this `{` map is not closed properly (check that every `[` and `{` is closed, with commas between the items)\n",
        ),
        (
            "name: a\nabout: b: c\n",
            "t.yaml:2:9: error: a second `:` on this line (put quotes around a text that holds `: `)\n",
        ),
        (
            "name: a\nabout: \"b\n",
            "t.yaml:2:8: error: a quoted text that does not end (check that every quote is closed)\n",
        ),
        (
            "name: a\n---\nname: b\n",
            "t.yaml:2:1: error: the file holds more than one YAML document (one file holds one scenario: split it at `---`)\n",
        ),
        (
            "name: a\nservices: {a: &a {workers: 1}, b: {<<: *a}}\n",
            "t.yaml:2:36: error: merge keys (`<<`) are not supported (write the keys out, or give the whole map an anchor)\n",
        ),
        (
            "name: a\nservices: &a {b: *a}\n",
            "t.yaml:2:18: error: this alias stands inside the value it refers to (write the value out)\n",
        ),
        (
            "name: a\nservices: {b: *x}\n",
            "t.yaml:2:15: error: an alias to an anchor that does not exist (write `&name` before the value that `*name` repeats)\n",
        ),
        ("name: !x a\n", "t.yaml:1:7: error: YAML tags have no meaning here (remove the `!…` in front of the value)\n"),
        (
            "name: a\nservices: {db: {warm: yes}}\n",
            "t.yaml:2:23: error: `yes` is not `true` or `false` (write `true`)\n",
        ),
        (
            "name: a\nservices: {db: {kind: cahce}}\n",
            "t.yaml:2:23: error: `cahce` is not one of `service`, `cache`, `store` (did you mean `cache`?)\n",
        ),
        (
            "name: a\nservices: {db: {tags: x, workers: [1]}}\n",
            "t.yaml:2:23: error: `tags` must be a list, not a single value (write `- …`, one per line, or `[…, …]`)\n\
             t.yaml:2:35: error: expected a whole number, found a list\n",
        ),
        (
            "name: a\nservices:\n  db:\n    work: empirical(none.csv)\n",
            "t.yaml:4:21: error: cannot read `none.csv`: there is no such file (file names are relative to the scenario's folder)\n",
        ),
        (
            "name: a\nservices:\n  db:\n    work: mixture(90%: exp(5ms), 20%: 1s)\n",
            "t.yaml:4:19: error: the shares sum to 110%, not 100%\n",
        ),
        (
            "name: \"a\\eb\"\n",
            "t.yaml:1:7: error: `a\\u{1b}b` cannot be a name (use letters, digits, `-` and `_`, beginning with a letter, such as `db-primary`)\n",
        ),
    ] {
        assert_eq!(lines(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(lines(b"name: a\xff\n"), "t.yaml:1:8: error: this is not UTF-8 text (save the file as UTF-8)\n");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_tolerated() {
    assert_eq!(lines("\u{feff}name: a\r\nservices:\r\n  db: {workers: 1}\r\n".as_bytes()), "");
    let (_, sources) = read("\u{feff}name: a\r\nabuot: x\r\n".as_bytes());
    let place = crate::scenario::Place { source: crate::scenario::SourceId(0), start: 9, end: 14 };
    assert_eq!(sources.location(place), "t.yaml:2:1");
}

#[test]
fn aliases_repeat_values_and_cannot_explode() {
    assert_eq!(lines(b"name: a\nservices: {a: &w {workers: 1}, b: *w}\n"), "");
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
    }
    assert!(lines(bomb.as_bytes()).contains("more than 200000 values, aliases included"), "{}", lines(bomb.as_bytes()));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100));
    assert!(lines(long.as_bytes()).contains("the aliases expand to more than 16MiB of text"));
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..80 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(lines(chain.as_bytes()).contains("nested more than 64 levels deep"));
    assert!(lines("[".repeat(100_000).as_bytes()).contains("nested more than 64 levels deep"));
    assert!(lines(&vec![b'#'; load::BYTES_MAX + 1]).contains("the scenario is larger than 4MiB"));
}

#[test]
fn a_missing_file_and_a_folder_are_told_plainly() {
    for (path, words) in [("/nonexistent/x.yaml", "there is no such file"), ("/", "it is a folder")] {
        let diags = Diagnostics::new();
        let loaded = load::load(Path::new(path), &diags);
        let help = "give the path of a scenario file, such as scenarios/slow-cache.yaml";
        assert_eq!(render_lines(&diags, &loaded.sources), format!("error: cannot read `{path}`: {words} ({help})\n"));
    }
}

#[test]
fn a_file_of_values_is_read_beside_the_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("v.csv"), "250ms\n# note\n1.5\n\n0.5s,\n").expect("written");
    std::fs::write(folder.path().join("bad.csv"), "1\nx\n").expect("written");
    let diags = Diagnostics::new();
    let loaded = load_text(
        "t.yaml",
        "a: empirical(v.csv)\nb: empirical(bad.csv)\nc: empirical(/dev/zero)\n",
        folder.path(),
        &diags,
    );
    let dist = |key: &str| values::read_dist(loaded.root.get(key).expect("there"), &diags);
    assert_eq!(dist("a"), Some(crate::base::Dist::Empirical(vec![0.25, 0.5, 1.5])));
    assert_eq!((dist("b"), dist("c")), (None, None));
    let expected = "t.yaml:2:14: error: line 2 of `bad.csv`: `x` is not a length of time (write one value per line, with a unit (`250ms`) or in seconds)\n\
                    t.yaml:3:14: error: `/dev/zero` is not a plain file (save the values in a file beside the scenario)\n";
    assert_eq!(render_lines(&diags, &loaded.sources), expected);
}

#[test]
fn colour_is_there_only_on_demand() {
    let (diags, sources) = read(b"nmae: a\n");
    assert!(render(&diags, &sources, true).contains("\u{1b}["));
    assert!(!render(&diags, &sources, false).contains('\u{1b}'));
}

const SAMPLE: &str = "\
name: sample  # ünïcode ☕
about: |
  Two lines,
  kept.
services:
  proxy: &p {workers: 5, work: uniform(1s, 2s), tags: [a, 'b c', \"d\\n\"]}
  app: *p
  db:
    workers: 25
    work: mixture(90%: exp(5ms), 10%: lognormal(p50=10ms, p99=50ms))
    timeout: 1m30s
    kind: cache
    warm: false
    tags:
      - x
      - y
variants:
  fix: {set: {services.db.workers: 5, services.app: {timeout: 1s}}}
";

/// Everything that text can reach: reading, overlays, rendering in all forms.
fn play(text: &[u8], setting: &str) {
    let (diags, sources) = read(text);
    let _ = (render(&diags, &sources, false), render(&diags, &sources, true), render_lines(&diags, &sources));
    let diags = Diagnostics::new();
    let mut loaded = load::load_bytes("t.yaml", text, Path::new("/nonexistent"), &diags);
    overlay::select_variant(&mut loaded.root, "fix", &diags);
    if let Some(setting) = overlay::parse_setting(setting, &mut loaded.sources, &diags) {
        overlay::apply(&mut loaded.root, &[setting], &diags);
    }
    let _ = (crate::scenario::schema::to_json(&loaded.root), render(&diags, &loaded.sources, false));
}

fn mutate(text: &mut Vec<u8>, (kind, at, other, byte): (u8, usize, usize, u8)) {
    if text.is_empty() {
        return;
    }
    let (at, other) = (at % text.len(), other % text.len());
    let span = at..(at + other % 12).min(text.len());
    match kind {
        0 => drop(text.drain(span)),
        1 => text.insert(at, byte),
        2 => drop(text.splice(at..at, text[span].to_vec()).collect::<Vec<_>>()),
        3 => text.swap(at, other),
        _ => text.insert(at, b"\t\n:,{}[]&*!|>'\"%@`#()-? \\<~"[usize::from(byte) % 27]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in "(\\PC|[\\n\\t :,{}\\[\\]&*!|>'\"#()a-c-]){0,80}", setting in "\\PC{0,20}|[a-c.=0-9{}: ]{0,20}") {
        play(text.as_bytes(), &setting);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        play(&bytes, "a=b");
    }

    #[test]
    fn no_mutated_scenario_panics(
        changes in prop::collection::vec((0u8..5, any::<usize>(), any::<usize>(), any::<u8>()), 1..6),
        setting in "(services|faults|clients)(\\.(db|app|proxy|tags|0|x)){0,4}=(5|\\{a: b\\}|)",
    ) {
        let mut text = SAMPLE.as_bytes().to_vec();
        changes.into_iter().for_each(|change| mutate(&mut text, change));
        play(&text, &setting);
    }
}
