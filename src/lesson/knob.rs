//! Knobs of a what-if: what each setting changes in the scenario, and how they are read. It plays nothing.

use super::case::compiled;
use super::fields::KNOB;
use super::read::Reader;
use crate::scenario::{Fields, Node, Value, values};

/// In place of a path: the values are variants of the scenario.
pub const VARIANT: &str = "variant";

/// Something that can be turned; its first setting is the scenario's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// What it turns, as it is shown.
    pub path: String,
    pub at: String,
    pub label: String,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// In the author's words, or else the value itself.
    pub name: String,
    pub turn: Turn,
}

/// What a setting changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// As `--set` takes them; nothing for the scenario as it is.
    Set(Vec<String>),
    Variant(String),
}

impl Reader<'_> {
    pub(super) fn knob(&self, node: &Node) -> Option<Knob> {
        let fields = Fields::open(node, "a knob", &KNOB, self.diags);
        let paths = self.paths(fields.node("knob")?)?;
        let list = fields.list("values");
        if list.len() < 2 {
            let note = fields.error("values", "a knob with one value cannot be turned");
            note.help("the scenario's own first, then others").code("wrong-value");
        }
        let names: Vec<&str> =
            fields.list("names").iter().filter_map(|one| values::read_text(one, self.diags)).collect();
        if !names.is_empty() && names.len() != list.len() {
            let message = format!("{} names for {} values", names.len(), list.len());
            fields.error("names", message).help("a name for each value, in their order").code("wrong-value");
        }
        let speechless = list.iter().find(|value| paths.len() == 1 && value.scalar().is_none() && !value.is_null());
        if let (Some(value), true) = (speechless, names.is_empty()) {
            let note = self.diags.error(value.place, "nobody reads this as what is done");
            note.help("say in `names`, for each value, what the player reads").code("missing-key");
        }
        let setting = |(at, value): (usize, &Node)| {
            let name = names.get(at).map_or_else(|| self.shown(value), |name| (*name).to_owned());
            Some(Setting { name, turn: self.turn(&paths, value, at == 0)? })
        };
        Some(Knob {
            path: paths.join(", "),
            at: self.file.sources.location(node.place),
            label: fields.text("label").unwrap_or_default().to_owned(),
            settings: list.iter().enumerate().filter_map(setting).collect(),
        })
    }

    fn paths(&self, node: &Node) -> Option<Vec<String>> {
        match &node.value {
            Value::List(paths) => {
                paths.iter().map(|one| values::read_text(one, self.diags).map(str::to_owned)).collect()
            }
            _ => Some(vec![values::read_text(node, self.diags)?.to_owned()]),
        }
    }

    /// What a value does, tried out on the scenario.
    fn turn(&self, paths: &[String], value: &Node, own: bool) -> Option<Turn> {
        if paths == [VARIANT] {
            return self.variant(value, own);
        }
        let each: Vec<&Node> = match (&value.value, paths.len()) {
            (_, 1) => vec![value],
            (Value::List(items), count) if items.len() == count => items.iter().collect(),
            (_, count) => {
                let note = self.diags.error(value.place, format!("this knob turns {count} paths at once"));
                note.help(format!("write each value as a list of {count}, one for each path")).code("wrong-value");
                return None;
            }
        };
        let set = paths.iter().zip(each).filter(|(_, value)| !(own && value.is_null()));
        let set: Vec<String> = set.map(|(path, value)| format!("{path}={}", self.written(value))).collect();
        self.try_out(value, None, set.clone())?;
        Some(Turn::Set(set))
    }

    fn variant(&self, value: &Node, own: bool) -> Option<Turn> {
        if own {
            if !value.is_null() {
                let note = self.diags.error(value.place, "the first value is the scenario as it is");
                note.help("begin with `null`, then the names of variants").code("wrong-value");
            }
            return Some(Turn::Set(Vec::new()));
        }
        let name = values::read_text(value, self.diags)?.to_owned();
        self.try_out(value, Some(&name), Vec::new())?;
        Some(Turn::Variant(name))
    }

    fn try_out(&self, value: &Node, variant: Option<&str>, set: Vec<String>) -> Option<()> {
        let Err(mistakes) = compiled(self.scenario, variant, set, None) else { return Some(()) };
        let note = self.diags.error(value.place, format!("the scenario cannot be played with this value: {mistakes}"));
        note.help("knob and value are what `--set KNOB=VALUE` takes, or `variant` and the name of one")
            .code("bad-path");
        None
    }

    /// A value for the player's eyes.
    fn shown(&self, value: &Node) -> String {
        match value.is_null() {
            true => "as it is".to_owned(),
            // Without the quotes that the file needs.
            false => value.scalar().map_or_else(|| self.written(value), str::to_owned),
        }
    }
}
