//! Lists of zones and regions in the fields of faults. What is done to them is said by the kinds.

use crate::plan::{Plan, ZoneSet};
use crate::scenario::{Fields, Node, help_for, quote, values};

/// The zones that a field lists, by their own names or by those of regions.
pub fn listed(fields: &Fields, name: &str, plan: &Plan) -> Option<ZoneSet> {
    let mut all = ZoneSet::default();
    for node in fields.list(name) {
        all = all.plus(named(node, fields, plan)?);
    }
    Some(all)
}

/// The zone or the zones of the region that a node names.
pub fn named(node: &Node, fields: &Fields, plan: &Plan) -> Option<ZoneSet> {
    let wanted = values::read_name(node, fields.diags())?;
    let found = plan.zones.named(wanted);
    if found.is_none() {
        let note = fields.diags().error(node.place, format!("nothing is in a zone or region {}", quote(wanted)));
        note.maybe_help(help_for(wanted, plan.zones.words())).code("unknown-name");
    }
    found
}

/// The names in a field, for labels.
pub fn words(fields: &Fields, name: &str) -> String {
    fields.list(name).iter().filter_map(|node| node.scalar()).collect::<Vec<_>>().join(", ")
}
