//! The typed field reader: a table says which keys a map may have, what each is, and what it means. The same table makes the
//! JSON Schema and the manual, so the three cannot disagree. It never reads a key that no table names.

use super::diagnostic::{Diagnostics, Note, quote};
use super::node::{Entry, Node, Place, Value};
use super::suggest::help_for;
use super::values;
use crate::base::{Dist, Span};

/// One key of a map.
#[derive(Clone, Copy, Debug)]
pub struct FieldDoc {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// For people; empty if there is none.
    pub default: &'static str,
    pub doc: &'static str,
}

impl FieldDoc {
    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> FieldDoc {
        FieldDoc { name, shape, required: true, default: "", doc }
    }

    pub const fn optional(name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> FieldDoc {
        FieldDoc { name, shape, required: false, default, doc }
    }
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    /// A name that other parts of the scenario refer to.
    Name,
    Span,
    Rate,
    ByteRate,
    Ratio,
    Bytes,
    Count,
    Number,
    Factor,
    Flag,
    Dist,
    Choice(&'static [&'static str]),
    List(&'static Shape),
    Object(&'static [FieldDoc]),
    /// An object that the schema defines once under this name; for tables used in many places, or inside themselves
    /// (which must be a `static [FieldDoc; N]` and refer to itself as `&NAME`).
    Shared(&'static str, &'static [FieldDoc]),
    MapOf(&'static Shape),
    OneOf(&'static [Shape]),
    Any,
}

impl Shape {
    /// The keys of the map that can stand here, and the name under which they are known, if they have one.
    pub fn keys(&self) -> Option<(Option<&'static str>, &'static [FieldDoc])> {
        match self {
            Shape::Object(table) => Some((None, table)),
            Shape::Shared(name, table) => Some((Some(name), table)),
            Shape::List(inner) | Shape::MapOf(inner) => inner.keys(),
            Shape::OneOf(all) => all.iter().find_map(Shape::keys),
            _ => None,
        }
    }
}

/// An open map: its keys are known to be in the tables.
pub struct Fields<'a> {
    node: &'a Node,
    what: String,
    tables: Vec<&'static [FieldDoc]>,
    diags: &'a Diagnostics,
}

impl<'a> Fields<'a> {
    /// Opens a map. Reports at once: not a map, unknown keys, missing required keys. (Duplicate keys were reported with the text.)
    pub fn open(node: &'a Node, what: &str, table: &'static [FieldDoc], diags: &'a Diagnostics) -> Fields<'a> {
        Self::open_all(node, what, &[table], diags)
    }

    /// The same for several tables at once: common fields and a kind's own.
    pub fn open_all(node: &'a Node, what: &str, tables: &[&'static [FieldDoc]], diags: &'a Diagnostics) -> Fields<'a> {
        let fields = Fields { node, what: what.to_owned(), tables: tables.to_vec(), diags };
        match &node.value {
            Value::Map(entries) => {
                fields.report_unknown(entries);
                fields.report_missing();
            }
            Value::Null => fields.report_missing(),
            _ => {
                drop(diags.error(node.place, format!("{what} must be a map, not {}", node.sort())).code("wrong-value"))
            }
        }
        fields
    }

    /// The value of a key; `null` counts as absent.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        debug_assert!(self.doc(name).is_some(), "{name} is in no table of {}", self.what);
        self.node.get(name).filter(|node| !node.is_null())
    }

    /// Is there such a key in the tables?
    pub fn knows(&self, name: &str) -> bool {
        self.doc(name).is_some()
    }

    pub fn has(&self, name: &str) -> bool {
        self.node(name).is_some()
    }

    pub fn span(&self, name: &str) -> Option<Span> {
        values::read_span(self.node(name)?, self.diags)
    }

    /// Per second.
    pub fn rate(&self, name: &str) -> Option<f64> {
        values::read_rate(self.node(name)?, self.diags)
    }

    /// Bytes per second.
    pub fn byte_rate(&self, name: &str) -> Option<f64> {
        values::read_byte_rate(self.node(name)?, self.diags)
    }

    /// 0 to 1.
    pub fn ratio(&self, name: &str) -> Option<f64> {
        values::read_ratio(self.node(name)?, self.diags)
    }

    pub fn bytes(&self, name: &str) -> Option<u64> {
        values::read_bytes(self.node(name)?, self.diags)
    }

    pub fn count(&self, name: &str) -> Option<u64> {
        values::read_count(self.node(name)?, self.diags)
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        values::read_number(self.node(name)?, self.diags)
    }

    pub fn factor(&self, name: &str) -> Option<f64> {
        values::read_factor(self.node(name)?, self.diags)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        values::read_flag(self.node(name)?, self.diags)
    }

    /// A text; where the table says it is a name, also that it can be one.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let node = self.node(name)?;
        match self.doc(name).map(|doc| doc.shape) {
            Some(Shape::Name) => values::read_name(node, self.diags),
            _ => values::read_text(node, self.diags),
        }
    }

    pub fn dist(&self, name: &str) -> Option<Dist> {
        values::read_dist(self.node(name)?, self.diags)
    }

    /// One of the words that the table lists for this key.
    pub fn choice(&self, name: &str) -> Option<&'static str> {
        let node = self.node(name)?;
        match self.doc(name).map(|doc| doc.shape) {
            Some(Shape::Choice(choices)) => values::read_choice(node, choices, self.diags),
            other => {
                debug_assert!(false, "{name} is {other:?}, not a choice");
                None
            }
        }
    }

    /// The items of a list; empty if the key is absent.
    pub fn list(&self, name: &str) -> &'a [Node] {
        self.node(name).map_or(&[], |node| values::read_list(node, &format!("`{name}`"), self.diags))
    }

    /// The entries of a map of names; empty if the key is absent.
    pub fn entries(&self, name: &str) -> &'a [Entry] {
        self.node(name).map_or(&[], |node| values::read_map(node, &format!("`{name}`"), self.diags))
    }

    pub fn place(&self) -> Place {
        self.node.place
    }

    /// Where the value of a key stands; the whole map if it is absent.
    pub fn place_of(&self, name: &str) -> Place {
        self.node(name).map_or(self.node.place, |node| node.place)
    }

    /// Where the key itself stands; the whole map if it is absent.
    pub fn key_place(&self, name: &str) -> Place {
        self.node.entries().iter().find(|entry| entry.key == name).map_or(self.node.place, |entry| entry.key_place)
    }

    /// Reports an error at the value of a key.
    pub fn error(&self, name: &str, message: impl Into<String>) -> Note<'a> {
        self.diags.error(self.place_of(name), message)
    }

    pub fn warning(&self, name: &str, message: impl Into<String>) -> Note<'a> {
        self.diags.warning(self.place_of(name), message)
    }

    pub fn diags(&self) -> &'a Diagnostics {
        self.diags
    }

    pub fn what(&self) -> &str {
        &self.what
    }

    fn docs(&self) -> impl Iterator<Item = &'static FieldDoc> + Clone + '_ {
        self.tables.iter().flat_map(|table| table.iter())
    }

    fn doc(&self, name: &str) -> Option<&'static FieldDoc> {
        self.docs().find(|doc| doc.name == name)
    }

    fn report_unknown(&self, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| self.doc(&entry.key).is_none()) {
            let message = format!("unknown key {} in {}", quote(&entry.key), self.what);
            let note = self.diags.error(entry.key_place, message).code("unknown-key");
            note.maybe_help(help_for(&entry.key, self.docs().map(|doc| doc.name)));
        }
    }

    fn report_missing(&self) {
        for doc in self.docs().filter(|doc| doc.required && self.node(doc.name).is_none()) {
            let message = format!("{} has no `{}`", self.what, doc.name);
            self.diags.error(self.node.place, message).code("missing-key").help(format!("`{}`: {}", doc.name, doc.doc));
        }
    }
}
