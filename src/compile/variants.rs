//! The same scenario with something changed: wrong fixes, right fixes, other sizes, in the same file.
//!
//! `set` names each change by its path: dots part the keys, and a call in a list is addressed by the service it calls
//! (`services.web.calls.db.timeout`) or by its index. A map is merged into a map, `null` removes, anything else replaces. `--set PATH=VALUE`
//! does the same from the command line. `expect` and `world` take the place of the scenario's own.
//!
//! A variant is judged by `expect`. One that is marked `still_broken` is a wrong fix: it holds when at least one expectation breaks, so that
//! the file keeps the proof. To play one: `firedrill run FILE --variant NAME`; all: `--all-variants`.
//!
//! ```yaml
//! name: variants-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {workers: 64, work: exp(2ms), calls: [{to: db, timeout: 500ms}]}
//!   db: {workers: 8, work: exp(10ms)}
//! faults:
//!   slow-db: {kind: slow, on: db, factor: 3, at: 10s, for: 10s}
//! expect:
//!   - success(users) >= 99% whole
//! variants:
//!   half-the-database: {title: Half the workers, set: {services.db.workers: 1}, still_broken: true}
//!   more-patience: {title: A longer timeout, set: {services.web.calls.db.timeout: 800ms}}
//! ```

use crate::scenario::{Entry, FieldDoc, Node, Shape};

pub static TABLE: [FieldDoc; 5] = [
    FieldDoc::optional("title", Shape::Text, "", "one line for lists and reports"),
    FieldDoc::optional("set", Shape::MapOf(&Shape::Any), "none", "paths and their values"),
    FieldDoc::optional("still_broken", Shape::Flag, "false", "a wrong fix: it holds when an expectation breaks"),
    FieldDoc::optional("expect", Shape::List(&Shape::Text), "the scenario's", "expectations of its own"),
    FieldDoc::optional("world", Shape::Choice(&["sim", "live"]), "the scenario's", "where it plays"),
];

/// A variant of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantInfo {
    pub name: String,
    pub title: Option<String>,
    pub still_broken: bool,
}

/// The variants that a scenario lists, in its order.
pub fn variants(root: &Node) -> Vec<VariantInfo> {
    let entries = root.get("variants").map_or(&[][..], Node::entries);
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::scalar).map(str::to_owned);
    let info = |entry: &Entry| VariantInfo {
        name: entry.key.clone(),
        title: text(&entry.value, "title"),
        still_broken: text(&entry.value, "still_broken").as_deref() == Some("true"),
    };
    entries.iter().map(info).collect()
}
