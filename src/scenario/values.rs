//! Reads one node as one typed value; a wrong value is reported here, with its place and a help, and then `None` is answered.

use super::diagnostic::{Diagnostics, quote};
use super::dist;
use super::files;
use super::node::{Entry, Node, Quoting, Value};
use super::suggest::help_for;
use crate::base::units::{self, UnitError};
use crate::base::{Dist, Span};

/// A length of time.
pub fn read_span(node: &Node, diags: &Diagnostics) -> Option<Span> {
    read_unit(node, diags, "a length of time, such as `250ms`", units::span)
}

/// Per second.
pub fn read_rate(node: &Node, diags: &Diagnostics) -> Option<f64> {
    read_unit(node, diags, "a rate, such as `400/s`", units::rate)
}

/// Bytes per second.
pub fn read_byte_rate(node: &Node, diags: &Diagnostics) -> Option<f64> {
    read_unit(node, diags, "a byte rate, such as `1MiB/s`", units::byte_rate)
}

/// 0 to 1.
pub fn read_ratio(node: &Node, diags: &Diagnostics) -> Option<f64> {
    read_unit(node, diags, "a share, such as `30%`", units::ratio)
}

pub fn read_bytes(node: &Node, diags: &Diagnostics) -> Option<u64> {
    read_unit(node, diags, "a size, such as `64KiB`", units::bytes)
}

pub fn read_count(node: &Node, diags: &Diagnostics) -> Option<u64> {
    read_unit(node, diags, "a whole number", units::count)
}

/// A finite number, 0 or more.
pub fn read_number(node: &Node, diags: &Diagnostics) -> Option<f64> {
    read_unit(node, diags, "a number", units::number)
}

pub fn read_factor(node: &Node, diags: &Diagnostics) -> Option<f64> {
    read_unit(node, diags, "a factor, such as `5x`", units::factor)
}

pub fn read_flag(node: &Node, diags: &Diagnostics) -> Option<bool> {
    let text = scalar(node, diags, "`true` or `false`")?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        "yes" | "on" | "1" => wrong_flag(node, text, "true", diags),
        "no" | "off" | "0" => wrong_flag(node, text, "false", diags),
        _ => {
            diags.error(node.place, format!("{} is not `true` or `false`", quote(text))).code("wrong-value");
            None
        }
    }
}

/// Any scalar as text.
pub fn read_text<'a>(node: &'a Node, diags: &Diagnostics) -> Option<&'a str> {
    scalar(node, diags, "a text")
}

/// A name that other parts of the scenario can refer to.
pub fn read_name<'a>(node: &'a Node, diags: &Diagnostics) -> Option<&'a str> {
    let text = scalar(node, diags, "a name")?;
    check_name(text, node.place, diags).then_some(text)
}

/// Reports a name that could not be used in paths and expectations: letters, digits, `-` and `_`, with at least one letter.
pub fn check_name(name: &str, place: super::Place, diags: &Diagnostics) -> bool {
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let starts = name.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(|c: char| c.is_ascii_alphabetic());
    let is_name = fits && starts && name.len() <= 100;
    if !is_name {
        let note = diags.error(place, format!("{} cannot be a name", quote(name))).code("bad-name");
        note.help("use letters, digits, `-` and `_`, beginning with a letter, such as `db-primary`");
    }
    is_name
}

pub fn read_choice(node: &Node, choices: &'static [&'static str], diags: &Diagnostics) -> Option<&'static str> {
    let text = scalar(node, diags, &format!("one of {}", listed(choices)))?;
    let found = choices.iter().find(|choice| **choice == text).copied();
    if found.is_none() {
        let note = diags.error(node.place, format!("{} is not one of {}", quote(text), listed(choices)));
        note.code("wrong-value")
            .maybe_help(help_for(text, choices.iter().copied()).filter(|help| help.starts_with("did")));
    }
    found
}

/// A distribution over times.
pub fn read_dist(node: &Node, diags: &Diagnostics) -> Option<Dist> {
    let values_of = |file: &str| files::values(&diags.resolve(file), file);
    read_unit(node, diags, "a length of time or a distribution, such as `exp(5ms)`", |text| {
        dist::parse(text, &values_of)
    })
}

/// The values, in seconds, of the file that a scalar names: one per line, with a unit or in bare seconds.
pub fn read_values_file(node: &Node, diags: &Diagnostics) -> Option<Vec<f64>> {
    read_unit(node, diags, "the name of a file", |file| files::values(&diags.resolve(file), file))
}

/// The text of the file that a scalar names.
pub fn read_text_file(node: &Node, diags: &Diagnostics) -> Option<String> {
    read_unit(node, diags, "the name of a file", |file| files::text(&diags.resolve(file), file))
}

/// The rates of the file that a scalar names, each with its moment in seconds if the file has moments.
pub fn read_rates_file(node: &Node, diags: &Diagnostics) -> Option<Vec<(Option<f64>, f64)>> {
    read_unit(node, diags, "the name of a file", |file| files::rates(&diags.resolve(file), file))
}

/// The entries of a map of names, such as `services`. `what` names it in messages.
pub fn read_map<'a>(node: &'a Node, what: &str, diags: &Diagnostics) -> &'a [Entry] {
    if !matches!(node.value, Value::Map(_) | Value::Null) {
        let note =
            diags.error(node.place, format!("{what} must be a map of names, not {}", node.sort())).code("wrong-value");
        note.help("write `name: …`, one per line");
    }
    node.entries()
}

/// The items of a list. `what` names it in messages.
pub fn read_list<'a>(node: &'a Node, what: &str, diags: &Diagnostics) -> &'a [Node] {
    if !matches!(node.value, Value::List(_) | Value::Null) {
        let note = diags.error(node.place, format!("{what} must be a list, not {}", node.sort())).code("wrong-value");
        note.help("write `- …`, one per line, or `[…, …]`");
    }
    node.items()
}

fn read_unit<T>(
    node: &Node,
    diags: &Diagnostics,
    expected: &str,
    parse: impl FnOnce(&str) -> Result<T, UnitError>,
) -> Option<T> {
    let text = scalar(node, diags, expected)?;
    match parse(text) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.error(node.part(error.at), error.message).code("wrong-value").maybe_help(error.help);
            None
        }
    }
}

/// The text of a scalar; anything else is reported.
fn scalar<'a>(node: &'a Node, diags: &Diagnostics, expected: &str) -> Option<&'a str> {
    match &node.value {
        Value::Scalar(text, Quoting::Block) => Some(text.trim_end_matches('\n')),
        Value::Scalar(text, _) => Some(text),
        _ => {
            diags.error(node.place, format!("expected {expected}, found {}", node.sort())).code("wrong-value");
            None
        }
    }
}

fn wrong_flag(node: &Node, text: &str, meant: &str, diags: &Diagnostics) -> Option<bool> {
    let note = diags.error(node.place, format!("{} is not `true` or `false`", quote(text))).code("wrong-value");
    note.help(format!("write `{meant}`"));
    None
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
