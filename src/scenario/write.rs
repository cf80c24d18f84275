//! A tree of values as YAML text again, in block style, so that a scenario that was made by a program can be read, edited and kept. Comments and the
//! author's layout are lost; reading the text gives an equal tree.

use super::node::{Entry, Node, Quoting, Value};

const INDENT: usize = 2;

/// The text of a whole document.
pub fn text(root: &Node) -> String {
    let mut text = String::new();
    match &root.value {
        Value::Map(entries) if !entries.is_empty() => map(entries, 0, &mut text),
        Value::List(items) if !items.is_empty() => list(items, 0, &mut text),
        _ => text += &format!("{}\n", inline(root)),
    }
    text
}

fn map(entries: &[Entry], depth: usize, text: &mut String) {
    for entry in entries {
        *text += &format!("{}{}:", " ".repeat(depth), key(&entry.key));
        value(&entry.value, depth, text);
    }
}

fn list(items: &[Node], depth: usize, text: &mut String) {
    for item in items {
        *text += &format!("{}-", " ".repeat(depth));
        match &item.value {
            // A map begins on the line of its dash.
            Value::Map(entries) if !entries.is_empty() => {
                let mut inside = String::new();
                map(entries, depth + INDENT, &mut inside);
                *text += &format!(" {}", inside.trim_start());
            }
            _ => value(item, depth, text),
        }
    }
}

/// What stands behind a key's colon or a dash.
fn value(node: &Node, depth: usize, text: &mut String) {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            text.push('\n');
            map(entries, depth + INDENT, text);
        }
        Value::List(items) if !items.is_empty() => {
            text.push('\n');
            list(items, depth + INDENT, text);
        }
        Value::Scalar(words, Quoting::Block) if is_block(words) => block(words, depth + INDENT, text),
        _ => *text += &format!(" {}\n", inline(node)),
    }
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Map(_) => "{}".to_owned(),
        Value::List(_) => "[]".to_owned(),
        Value::Scalar(words, Quoting::Plain) if is_plain(words) => words.clone(),
        Value::Scalar(words, _) => quoted(words),
    }
}

/// A JSON string is a double-quoted one of YAML, but for what only YAML takes for the end of a line or leaves out.
fn quoted(words: &str) -> String {
    let mut text = serde_json::Value::from(words).to_string();
    for (unseen, escaped) in
        [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029"), ('\u{feff}', "\\uFEFF")]
    {
        text = text.replace(unseen, escaped);
    }
    text
}

fn key(words: &str) -> String {
    let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '>' | '#' | '/');
    let begins = words.starts_with(|c: char| c.is_ascii_alphabetic());
    // Readers of YAML 1.1 take these for truth values.
    let is_truth = ["y", "n", "on", "off", "yes", "no", "true", "false", "null"].contains(&words);
    if begins && !is_truth && words.chars().all(is_simple) { words.to_owned() } else { quoted(words) }
}

/// What was written without quotes on one line can be so again, unless only its place allowed it.
fn is_plain(words: &str) -> bool {
    let begins_badly = words.starts_with(|c: char| c.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`".contains(c));
    let is_number = words.parse::<f64>().is_ok();
    !words.is_empty()
        && (!begins_badly || is_number)
        && !words.ends_with(|c: char| c.is_whitespace() || c == ':')
        && !words.contains(['\n', '\r', '\t'])
        && !words.contains(": ")
        && !words.contains(" #")
}

/// Lines of a block keep their own spaces, but the first may not begin with one.
fn is_block(words: &str) -> bool {
    !words.is_empty()
        && !words.starts_with([' ', '\n', '\t'])
        && !words.ends_with("\n\n")
        && !words.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}'])
        && words.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t'))
}

fn block(words: &str, depth: usize, text: &mut String) {
    *text += if words.ends_with('\n') { " |\n" } else { " |-\n" };
    for line in words.lines() {
        *text += &if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(depth)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Diagnostics, load_text};
    use std::path::Path;

    fn read(words: &str) -> Node {
        let diags = Diagnostics::new();
        let loaded = load_text("a.yaml", words, Path::new(""), &diags);
        assert!(!diags.has_errors(), "{:?} in\n{words}", diags.sorted());
        loaded.root
    }

    /// Without places.
    fn same(one: &Node, other: &Node) -> bool {
        match (&one.value, &other.value) {
            (Value::Scalar(one, _), Value::Scalar(other, _)) => one == other,
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
            }
            (Value::Map(one), Value::Map(other)) => {
                let alike = |(one, other): (&Entry, &Entry)| one.key == other.key && same(&one.value, &other.value);
                one.len() == other.len() && one.iter().zip(other).all(alike)
            }
            (one, other) => one == other,
        }
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        for words in [
            "a: {b: [1, 'two', {c: exp(5ms, 6ms)}], d: null, e: [], f: {}}",
            "a: |\n  one\n   two\n\n  three\nb: >\n  folded\n  lines\n",
            "a: \"it's: a \\\"quoted\\\" # text\\n\"\n'web->cache#2': '- x'\n'': ' y '\n",
            "a: [[1, 2], [3]]\nb: -5\nc: 'null'\nd: '5'\ne: a->b\nf: '*'\n",
        ] {
            let node = read(words);
            let again = text(&node);
            assert!(same(&node, &read(&again)), "{words}\nbecame\n{again}");
        }
    }

    #[test]
    fn every_scenario_of_the_library_can_be_written_again() {
        for entry in crate::library::SCENARIOS {
            let node = read(entry.text);
            let again = text(&node);
            assert!(same(&node, &read(&again)), "{} became\n{again}", entry.name);
        }
    }
}
