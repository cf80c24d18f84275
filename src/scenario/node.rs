//! The tree of values as the author wrote them, each with its place. It gives no value a meaning: that is for those who read fields.

use super::source::SourceId;
use std::ops::Range;

/// A stretch of a source text, in bytes. It need not lie on character boundaries: whoever cuts text snaps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    /// As written, unquoted and unescaped.
    Scalar(String, Quoting),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    Plain,
    /// In single or double quotes.
    Quoted,
    /// A `|` or `>` block of lines.
    Block,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Node,
}

impl Node {
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of a scalar.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key of a map, `null` included.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// What it is, for messages: `a list`.
    pub fn sort(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(..) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The place of some bytes of a scalar's text; the whole place when escapes or line folds make the text differ from what is written.
    pub fn part(&self, bytes: Range<usize>) -> Place {
        let Value::Scalar(text, quoting) = &self.value else { return self.place };
        let quote = u32::from(*quoting == Quoting::Quoted);
        let written = self.place.end.saturating_sub(self.place.start);
        if *quoting == Quoting::Block || written as usize != text.len() + 2 * quote as usize || bytes.end > text.len() {
            return self.place;
        }
        let from = self.place.start + quote;
        Place { start: from + bytes.start as u32, end: from + bytes.end as u32, ..self.place }
    }
}
