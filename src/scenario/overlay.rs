//! Changes laid over a scenario before it is read: a variant's `set:` and `--set PATH=VALUE`. It checks that a path leads somewhere;
//! whether a new key or value makes sense is for the readers of fields.
//!
//! Dots part the keys; a call in a list is addressed by the service it calls (`services.app.calls.db.timeout`) or by its index.
//! A map is merged into a map, `null` removes, anything else replaces. Where a short form stands (`calls: proxy`, `retries: 3`)
//! and the path or the map asks for more, it becomes its long form first.

use super::diagnostic::{Diagnostics, quote};
use super::node::{Entry, Node, Place, Value};
use super::source::Sources;
use super::suggest::help_for;
use super::{values, yaml};

/// One change: a path and the value to put there.
#[derive(Clone, Debug)]
pub struct Setting {
    pub path: String,
    pub path_place: Place,
    pub value: Node,
}

/// Paths have at most this many parts.
const PARTS_MAX: usize = 16;
/// Sections whose keys are names: a misspelt one must not be made up on the way.
const SECTIONS: &[(&str, &str)] =
    &[("clients", "client"), ("services", "service"), ("faults", "fault"), ("variants", "variant")];
/// The key that a single value stands for, by the key that holds the value.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("calls", "to"),
    ("parallel", "to"),
    ("miss", "to"),
    ("retries", "max"),
    ("queue", "capacity"),
    ("budget", "ratio"),
    ("work", "any"),
];

/// Reads `PATH=VALUE`; the argument becomes a source of its own, so that places in it can be shown.
pub fn parse_setting(argument: &str, sources: &mut Sources, diags: &Diagnostics) -> Option<Setting> {
    let source = sources.add("--set", argument);
    let Some(equals) = argument.find('=') else {
        let place = Place { source, start: 0, end: argument.len() as u32 };
        let note = diags.error(place, "`--set` needs PATH=VALUE").code("bad-path");
        note.help("write it like `--set services.db.workers=12`");
        return None;
    };
    let path_place = Place { source, start: 0, end: equals as u32 };
    let value_place = Place { source, start: equals as u32 + 1, end: argument.len() as u32 };
    let value = match argument[equals + 1..].trim().is_empty() {
        true => Node { place: value_place, value: Value::Null },
        false => yaml::read_part(argument, equals + 1, source, diags)?,
    };
    Some(Setting { path: argument[..equals].to_owned(), path_place, value })
}

/// Applies settings in their order; a wrong path is reported and changes nothing.
pub fn apply(root: &mut Node, settings: &[Setting], diags: &Diagnostics) {
    for setting in settings {
        if let Some(path) = parts(setting, diags) {
            Overlay { diags }.set(root, &path, 0, &setting.value);
        }
    }
}

/// Makes the scenario the named variant: its `set`, and its `expect` and `world` in place of the scenario's.
/// False if there is no such variant, which is reported.
pub fn select_variant(root: &mut Node, name: &str, diags: &Diagnostics) -> bool {
    let entries = root.get("variants").map_or(&[][..], Node::entries);
    let Some(variant) = entries.iter().find(|entry| entry.key == name).map(|entry| entry.value.clone()) else {
        let note = diags.error(None, format!("there is no variant {}", quote(name))).code("unknown-name");
        let help = help_for(name, entries.iter().map(|entry| entry.key.as_str()));
        note.maybe_help(help.or_else(|| Some("this scenario has no variants".into())));
        return false;
    };
    apply(root, &settings_of(&variant, diags), diags);
    for key in ["expect", "world"] {
        let own = variant.entries().iter().find(|entry| entry.key == key && !entry.value.is_null());
        if let (Some(own), Value::Map(entries)) = (own, &mut root.value) {
            entries.retain(|entry| entry.key != key);
            entries.push(own.clone());
        }
    }
    true
}

/// The settings a variant lists.
pub fn settings_of(variant: &Node, diags: &Diagnostics) -> Vec<Setting> {
    let Some(set) = variant.get("set") else { return Vec::new() };
    let setting =
        |entry: &Entry| Setting { path: entry.key.clone(), path_place: entry.key_place, value: entry.value.clone() };
    values::read_map(set, "`set`", diags).iter().map(setting).collect()
}

/// One part of a path and where it stands.
#[derive(Clone)]
struct Part {
    name: String,
    place: Place,
}

fn parts(setting: &Setting, diags: &Diagnostics) -> Option<Vec<Part>> {
    let path = setting.path.trim();
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > PARTS_MAX || names.iter().any(|name| name.trim().is_empty()) {
        let message = format!("{} is not a path", quote(&setting.path));
        let note = diags.error(setting.path_place, message).code("bad-path");
        note.help("keys with single dots between them, such as `services.db.workers`");
        return None;
    }
    let mut at = setting.path.len() - setting.path.trim_start().len();
    let mut found = Vec::new();
    for name in names {
        found.push(Part { name: name.to_owned(), place: part_place(setting, at, name.len()) });
        at += name.len() + 1;
    }
    Some(found)
}

/// The place of some bytes of a path; the whole of it if quotes or escapes hide where they are.
fn part_place(setting: &Setting, start: usize, length: usize) -> Place {
    let whole = setting.path_place;
    let extra = (whole.end.saturating_sub(whole.start) as usize).checked_sub(setting.path.len());
    let Some(extra @ (0 | 2)) = extra else { return whole };
    let from = whole.start + (extra / 2 + start) as u32;
    Place { start: from, end: from + length as u32, ..whole }
}

struct Overlay<'a> {
    diags: &'a Diagnostics,
}

impl Overlay<'_> {
    /// Walks from `node`, which `path[..depth]` led to, along the rest of the path.
    fn set(&self, node: &mut Node, path: &[Part], depth: usize, value: &Node) {
        let Some(part) = path.get(depth) else { return self.put(node, path, value) };
        let holder = holder(path, depth);
        if is_call_of(node, holder, &part.name) {
            return self.set_within(node, path, depth, value);
        }
        if node.is_null() {
            *node = Node { place: part.place, value: Value::Map(Vec::new()) };
        }
        lengthen(node, holder);
        match &mut node.value {
            Value::Map(entries) => self.set_in_map(entries, path, depth, value),
            Value::List(items) => self.set_in_list(items, path, depth, value),
            _ => {
                let message = format!("{} is a single value, so it has no {}", quote(holder), quote(&part.name));
                self.diags
                    .error(part.place, message)
                    .code("bad-path")
                    .help(format!("end the path at {}", quote(holder)));
            }
        }
    }

    /// The part names the service that this single call goes to: the walk stays at the call.
    fn set_within(&self, node: &mut Node, path: &[Part], depth: usize, value: &Node) {
        let mut path = path.to_vec();
        path.remove(depth);
        if value.is_null() && path.len() == depth {
            node.value = Value::Null;
        } else {
            self.set(node, &path, depth, value);
        }
    }

    fn set_in_map(&self, entries: &mut Vec<Entry>, path: &[Part], depth: usize, value: &Node) {
        let part = &path[depth];
        let is_last = depth + 1 == path.len();
        if let Some(index) = entries.iter().position(|entry| entry.key == part.name) {
            match is_last && value.is_null() {
                true => drop(entries.remove(index)),
                false => self.set(&mut entries[index].value, path, depth + 1, value),
            }
        } else if is_last && value.is_null() {
            let note = self.diags.error(part.place, format!("there is no {} to remove", quote(&part.name)));
            note.code("bad-path").maybe_help(help_for(&part.name, entries.iter().map(|entry| entry.key.as_str())));
        } else if is_last {
            entries.push(Entry { key: part.name.clone(), key_place: part.place, value: value.clone() });
        } else if self.may_begin(entries, path, depth) {
            let mut fresh = Node { place: part.place, value: Value::Map(Vec::new()) };
            self.set(&mut fresh, path, depth + 1, value);
            entries.push(Entry { key: part.name.clone(), key_place: part.place, value: fresh });
        }
    }

    /// Whether a key that is not there yet may come into being in the middle of a path; if not, says so.
    fn may_begin(&self, entries: &[Entry], path: &[Part], depth: usize) -> bool {
        let part = &path[depth];
        let section = SECTIONS.iter().find(|(section, _)| *section == path[0].name);
        let (message, help) = match (depth, section) {
            (0, None) if part.name != "live" => {
                let known = entries
                    .iter()
                    .map(|entry| entry.key.as_str())
                    .chain(SECTIONS.iter().map(|(name, _)| *name))
                    .chain(["live"]);
                (format!("there is no {} in the scenario", quote(&part.name)), help_for(&part.name, known))
            }
            (1, Some((_, sort))) => {
                let help = help_for(&part.name, entries.iter().map(|entry| entry.key.as_str()));
                (format!("there is no {sort} {}", quote(&part.name)), help)
            }
            _ => return true,
        };
        self.diags.error(part.place, message).code("unknown-name").maybe_help(help);
        false
    }

    fn set_in_list(&self, items: &mut Vec<Node>, path: &[Part], depth: usize, value: &Node) {
        let Some((index, inner)) = self.find_item(items, path, depth) else { return };
        let is_removal = depth + 1 == path.len() && value.is_null();
        match inner {
            Some(inner) => {
                if let Some(Value::List(branch)) = branches_of(&mut items[index]) {
                    if is_removal {
                        drop(branch.remove(inner))
                    } else {
                        self.set(&mut branch[inner], path, depth + 1, value)
                    }
                }
            }
            None if is_removal => drop(items.remove(index)),
            None => self.set(&mut items[index], path, depth + 1, value),
        }
    }

    /// The item that a part addresses: an index, or the service called. Reports when there is none, or more than one.
    fn find_item(&self, items: &[Node], path: &[Part], depth: usize) -> Option<(usize, Option<usize>)> {
        let part = &path[depth];
        let holder = quote(holder(path, depth));
        if let Ok(index) = part.name.parse::<usize>() {
            if index < items.len() {
                return Some((index, None));
            }
            let message = format!("{holder} has {} entries, the first is 0", items.len());
            self.diags.error(part.place, message).code("bad-path");
            return None;
        }
        let calls = calls_in(items);
        // A call that was given a name of its own is known by that.
        let named = calls.iter().find(|(_, call)| call.get("name").and_then(Node::scalar) == Some(part.name.as_str()));
        if let Some((at, _)) = named {
            return Some(*at);
        }
        let calls: Vec<_> = calls.iter().filter_map(|(at, call)| Some((*at, callee(call)?))).collect();
        let mut matching = calls.iter().filter(|(_, name)| *name == part.name);
        match (matching.next(), matching.next()) {
            (Some((at, _)), None) => Some(*at),
            (Some(_), Some(_)) => {
                let message = format!("{holder} calls {} more than once", quote(&part.name));
                let note = self.diags.error(part.place, message).code("bad-path");
                note.help("use the `name` of the call if it has one, or its index in the list; the first is 0");
                None
            }
            (None, _) => {
                let note = self.diags.error(part.place, format!("{holder} has no call to {}", quote(&part.name)));
                note.code("unknown-name").maybe_help(help_for(&part.name, calls.iter().map(|(_, name)| *name)));
                None
            }
        }
    }

    /// The path ends at `node`: merge, or replace.
    fn put(&self, node: &mut Node, path: &[Part], value: &Node) {
        let Value::Map(changes) = &value.value else {
            *node = value.clone();
            return;
        };
        let holder = holder(path, path.len());
        let short = SHORT_FORMS.iter().find(|(key, _)| *key == holder).map(|(_, long)| *long);
        let replaces = changes
            .iter()
            .any(|change| matches!(change.key.as_str(), "parallel" | "work") || Some(change.key.as_str()) == short);
        if !replaces {
            lengthen(node, holder);
        }
        if !matches!(node.value, Value::Map(_)) {
            *node = value.clone();
            return;
        }
        for change in changes {
            let mut longer = path.to_vec();
            longer.push(Part { name: change.key.clone(), place: change.key_place });
            self.set(node, &longer, path.len(), &change.value);
        }
    }
}

/// The key that holds what `path[..depth]` leads to; a call in a list is held by the list's key.
fn holder(path: &[Part], depth: usize) -> &str {
    let last = depth.checked_sub(1).map_or("", |at| path[at].name.as_str());
    let before = depth.checked_sub(2).map_or("", |at| path[at].name.as_str());
    if matches!(before, "calls" | "parallel" | "split") && !is_call_key(last) { before } else { last }
}

/// Keys of a call map that hold more than a plain value, so that they cannot be the name of the service called.
fn is_call_key(key: &str) -> bool {
    matches!(key, "retries" | "miss" | "pool" | "parallel" | "latency" | "timeout" | "wait")
}

/// Is this a single call (not a list of them) to the service of this name?
fn is_call_of(node: &Node, holder: &str, name: &str) -> bool {
    let is_key = node.get(name).is_some();
    holder == "calls" && !is_key && callee(node) == Some(name)
}

fn callee(node: &Node) -> Option<&str> {
    node.scalar().or_else(|| node.get("to").and_then(Node::scalar))
}

/// All calls in a list of steps, those inside `parallel` included, with where they are.
fn calls_in(items: &[Node]) -> Vec<((usize, Option<usize>), &Node)> {
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        found.extend(callee(item).map(|_| ((index, None), item)));
        let branches = BRANCHES.iter().find_map(|key| item.get(key)).map_or(&[][..], Node::items);
        found.extend(branches.iter().enumerate().map(|(inner, branch)| ((index, Some(inner)), branch)));
    }
    found
}

/// Steps that hold several calls.
const BRANCHES: [&str; 2] = ["parallel", "split"];

fn branches_of(item: &mut Node) -> Option<&mut Value> {
    let Value::Map(entries) = &mut item.value else { return None };
    entries.iter_mut().find(|entry| BRANCHES.contains(&entry.key.as_str())).map(|entry| &mut entry.value.value)
}

/// Turns a short form into its long form: `proxy` under `calls` into `{to: proxy}`.
fn lengthen(node: &mut Node, holder: &str) {
    let long = SHORT_FORMS.iter().find(|(key, _)| *key == holder).map(|(_, long)| *long);
    if let (Value::Scalar(..), Some(long)) = (&node.value, long) {
        let entry = Entry { key: long.to_owned(), key_place: node.place, value: node.clone() };
        node.value = Value::Map(vec![entry]);
    }
}

#[cfg(test)]
#[path = "overlay_tests.rs"]
mod tests;
