//! Lists of zones and regions in the fields of faults. What is done to them is said by the kinds.

use crate::plan::{Plan, ZoneSet};
use crate::scenario::{Fields, help_for, quote, values};

/// The zones that a field lists, by their own names or by those of regions.
pub fn listed(fields: &Fields, name: &str, plan: &Plan) -> Option<ZoneSet> {
    let mut all = ZoneSet::default();
    for node in fields.list(name) {
        let wanted = values::read_name(node, fields.diags())?;
        let Some(zones) = plan.zones.named(wanted) else {
            let note = fields.diags().error(node.place, format!("nothing is in a zone or region {}", quote(wanted)));
            note.maybe_help(help_for(wanted, plan.zones.words())).code("unknown-name");
            return None;
        };
        all = all.plus(zones);
    }
    Some(all)
}

/// The names in a field, for labels.
pub fn words(fields: &Fields, name: &str) -> String {
    fields.list(name).iter().filter_map(|node| node.scalar()).collect::<Vec<_>>().join(", ")
}
