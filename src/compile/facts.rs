//! What is known of a system without playing it: named sets of things and who needs whom, for expectations that need no clock.
//!
//! `sets` are lists of names, or a number where only that matters. `graphs` are arrows from whoever needs to what is needed; `calls` is
//! there by itself: clients and services, and every call that is not optional. Lines of `expect` ask of them, without a window:
//!
//! `size(A)`; `overlap(A, B)`, what is in both; `missing(A, B)`, what is in A and not in B; `combinations(A, B, C)`, the product of their
//! sizes; `reach(X)`, how many things X needs, directly or not; `cut_points(X)`, the things on each of which alone something else that X
//! needs depends; `cut_off(X, Y)`, what X can no longer reach when Y is gone, Y itself not counted; `cyclic(G)`, how many things of a graph
//! need themselves. A graph other than `calls` is the last word: `cut_points(office, wires)`. Where a set is asked for, `needs(X)` is the
//! set of all that X needs. A line that breaks names the things that it found.
//!
//! ```yaml
//! name: facts-example
//! length: 10s
//! clients:
//!   users: {calls: web, rate: 20/s}
//! services:
//!   web: {work: exp(2ms), calls: [db, login]}
//!   db: {work: exp(2ms)}
//!   login: {work: exp(2ms)}
//! facts:
//!   sets:
//!     routes: [login, help, flash]
//!     people: [ada, grace, flash]
//!     pods: 600
//!   graphs:
//!     wires: {office: [closet], closet: [tickets, code], code: [], tickets: []}
//! expect:
//!   - overlap(routes, people) == 1
//!   - combinations(pods, routes) <= 2000
//!   - cut_points(office, wires) == 1
//!   - cut_off(office, closet, wires) == 2
//!   - cut_points(users) == 1
//!   - overlap(needs(users), routes) == 1
//! ```

use crate::plan::facts::{Facts, Graph, Members, Set};
use crate::scenario::{Entry, FieldDoc, Fields, Node, Shape, Value, values};

pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::optional(
        "sets",
        Shape::MapOf(&Shape::OneOf(&[Shape::List(&Shape::Text), Shape::Count])),
        "none",
        "lists of names, or how many there are",
    ),
    FieldDoc::optional(
        "graphs",
        Shape::MapOf(&Shape::MapOf(&Shape::List(&Shape::Text))),
        "none",
        "of each thing, what it needs",
    ),
];

pub fn read(root: &Fields) -> Facts {
    let Some(node) = root.node("facts") else { return Facts::default() };
    let fields = Fields::open(node, "`facts`", &TABLE, root.diags());
    let sets = fields.entries("sets").iter().filter_map(|entry| set(entry, &fields)).collect();
    let graphs = fields.entries("graphs").iter().filter_map(|entry| graph(entry, &fields)).collect();
    Facts { sets, graphs }
}

fn set(entry: &Entry, fields: &Fields) -> Option<Set> {
    values::check_name(&entry.key, entry.key_place, fields.diags());
    let name = entry.key.clone();
    if let Some(count) = entry.value.scalar().and_then(|text| text.parse().ok()) {
        return Some(Set { name, members: Members::Count(count) });
    }
    let mut members = names(&entry.value, fields)?;
    members.sort();
    let all = members.len();
    members.dedup();
    if members.len() < all {
        let note = fields.diags().error(entry.value.place, "a set holds each name once");
        note.code("duplicate-name").help("drop what is there twice");
    }
    Some(Set { name, members: Members::Named(members) })
}

fn graph(entry: &Entry, fields: &Fields) -> Option<Graph> {
    values::check_name(&entry.key, entry.key_place, fields.diags());
    if entry.key == super::expect::CALLS {
        let note = fields.diags().error(entry.key_place, "the graph `calls` is there by itself");
        note.code("duplicate-name").help("give this one another name");
        return None;
    }
    let Value::Map(nodes) = &entry.value.value else {
        fields.diags().error(entry.value.place, "of each thing, a list of what it needs").code("wrong-value");
        return None;
    };
    let mut arrows = Vec::new();
    for node in nodes {
        let needed = names(&node.value, fields)?;
        arrows.extend(needed.into_iter().map(|to| (node.key.clone(), to)));
    }
    Some(Graph { name: entry.key.clone(), arrows })
}

fn names(list: &Node, fields: &Fields) -> Option<Vec<String>> {
    let Value::List(items) = &list.value else {
        fields.diags().error(list.place, "a list of names is wanted here").code("wrong-value").help("such as `[a, b]`");
        return None;
    };
    let text = |item: &Node| {
        if item.scalar().is_none() {
            fields.diags().error(item.place, "a name is wanted here").code("wrong-value");
        }
        item.scalar().map(str::to_owned)
    };
    Some(items.iter().filter_map(text).collect())
}
