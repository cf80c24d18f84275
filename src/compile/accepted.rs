//! `accept_hazards:`, the rules of the review that an author knows of and accepts. What they would find is not looked at here.

use crate::hazards;
use crate::plan::Accepted;
use crate::scenario::{Fields, Node, Place, Shape, Value, help_for, quote, values};

pub const SHAPE: Shape = Shape::OneOf(&[Shape::List(&Shape::Text), Shape::MapOf(&Shape::Text)]);

/// A list of rules, or of each its reason.
pub fn read(fields: &Fields) -> Vec<Accepted> {
    let Some(node) = fields.node("accept_hazards") else { return Vec::new() };
    if let Value::Map(_) = &node.value {
        let entries = fields.entries("accept_hazards");
        let one = |entry: &crate::scenario::Entry| {
            let reason = values::read_text(&entry.value, fields.diags()).unwrap_or_default();
            rule(&entry.key, entry.key_place, reason, fields)
        };
        return entries.iter().filter_map(one).collect();
    }
    let one = |item: &Node| rule(values::read_text(item, fields.diags())?, item.place, "", fields);
    fields.list("accept_hazards").iter().filter_map(one).collect()
}

fn rule(name: &str, place: Place, reason: &str, fields: &Fields) -> Option<Accepted> {
    let found = hazards::named(name);
    if found.is_none() {
        let note = fields.diags().error(place, format!("there is no rule {}", quote(name))).code("unknown-name");
        note.maybe_help(help_for(name, hazards::RULES.iter().map(|rule| rule.name())));
    }
    found.map(|rule| Accepted { code: rule.code.to_owned(), reason: reason.to_owned() })
}
