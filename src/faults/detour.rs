//! Messages between zones take a longer way: a route that was lost, a backbone that is full.
//!
//! What goes from a zone or region of `from` to one of `to` takes `by` longer, a distribution drawn anew for each message; what goes back
//! takes its usual time, unless another fault says so, or `between` both. It adds up with other detours and with what the edge and
//! the section `zones` say.
//!
//! - **Simulated world**: messages of all calls between replicas and clients in these zones are late.
//! - **Live world**: refused before the run: messages between stand-ins know of no zones.
//! - **Undo**: messages that set off afterwards take their usual time.
//! - **Evidence**: messages that were delayed.
//!
//! ```yaml
//! name: detour-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, zone: eu, rate: 50/s}
//! services:
//!   web: {replicas: 2, zones: [us], work: 1ms}
//! zones: {across: 40ms}
//! faults:
//!   cable: {kind: detour, between: [eu, us], by: 60ms, at: 20s, for: 20s}
//! expect:
//!   - p50(users) <= 90ms before
//!   - p50(users) >= 200ms during cable
//!   - p50(users) <= 90ms between 42s and 60s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words, zones};
use crate::plan::{Effect, Target};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "detour",
    page: include_str!("detour.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

const ZONES: Shape = Shape::List(&Shape::Name);

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("by", Shape::Dist, "how much longer it takes"),
    FieldDoc::optional("between", ZONES, "none", "two zones or regions; both ways"),
    FieldDoc::optional("from", ZONES, "none", "where messages come from, instead of `between`"),
    FieldDoc::optional("to", ZONES, "everything else", "where they go"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let plan = site.plan();
    let by = fields.dist("by")?;
    let (ways, label) = if fields.has("between") {
        let [one, other] = fields.list("between") else {
            fields.error("between", "a way is between two zones or regions").code("wrong-value");
            return None;
        };
        let (one, other) = (zones::named(one, fields, plan)?, zones::named(other, fields, plan)?);
        (vec![(one, other), (other, one)], format!("between {}", zones::words(fields, "between")))
    } else if fields.has("from") {
        let from = zones::listed(fields, "from", plan)?;
        let to = if fields.has("to") { zones::listed(fields, "to", plan)? } else { plan.zones.others(from) };
        (vec![(from, to)], format!("from {}", zones::words(fields, "from")))
    } else {
        let note = fields.diags().error(fields.place(), "it says neither `between` nor `from`");
        note.help("such as `between: [eu, us]`").code("missing-key");
        return None;
    };
    let effect = Effect::Delay { by, upstream: true };
    let effects = ways.into_iter().map(|(from, to)| (Target::Zones { from, to }, effect.clone())).collect();
    Some(Lowered { label: format!("detour of {} {label}", words(fields, "by", "")), effects, ..Lowered::default() })
}
