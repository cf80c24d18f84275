//! Zones and regions: how long messages take between them.
//!
//! Replicas of a service are dealt to its `zones` in turn, and a client may be in a `zone`. A call between two of them takes, each way
//! and beside its own `latency`, what the path between the zone of the calling replica and the zone of the replica that serves it says:
//! `within` a zone, `across` from any zone to any other, and the `paths`, of which the last that fits counts. `between` is both ways,
//! `from` and `to` one. The replica is chosen when the call is made, so `balance: {zone: prefer}` is what keeps calls near. Whatever is
//! in no zone is near to all. A balancer sees what is inside the replicas, not what is on its way to them.
//!
//! `regions` gives a name to several zones, for `paths` and for the faults `blackout` and `partition`, which take zones and regions.
//! In the live world messages between stand-ins take no longer for their zones.
//!
//! ```yaml
//! name: zones-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, zone: eu-1, rate: 100/s}
//! services:
//!   web: {replicas: 4, zones: [eu-1, us-1], balance: {zone: prefer}, calls: [db]}
//!   db: {replicas: 2, zones: [eu-2, us-1], work: 1ms, balance: {zone: prefer}}
//! zones:
//!   regions: {eu: [eu-1, eu-2], us: [us-1]}
//!   across: 1ms
//!   paths:
//!     - {between: [eu, us], latency: 40ms}
//! faults:
//!   apart: {kind: partition, from: [eu], to: [us], at: 30s, for: 10s}
//! expect:
//!   - p50(users) >= 3ms before
//!   - mean(users) <= 50ms before
//!   - success(users) <= 60% during apart
//!   - success(users) >= 99% between 42s and 60s
//! ```

use crate::base::Dist;
use crate::plan::zones::{ZonePath, ZoneSet};
use crate::plan::{Plan, Zones};
use crate::scenario::{FieldDoc, Fields, Node, Shape, help_for, quote, values};

/// The keys of `zones:`.
pub static TABLE: [FieldDoc; 4] = [
    FieldDoc::optional("regions", Shape::MapOf(&Shape::List(&Shape::Name)), "none", "names for several zones together"),
    FieldDoc::optional("within", Shape::Dist, "0s", "one-way time of a message within a zone"),
    FieldDoc::optional("across", Shape::Dist, "0s", "one-way time of a message from a zone to any other"),
    FieldDoc::optional("paths", Shape::List(&Shape::Object(&PATH)), "none", "where it is another time"),
];

static PATH: [FieldDoc; 4] = [
    FieldDoc::optional("between", Shape::List(&Shape::Name), "none", "two zones or regions; both ways"),
    FieldDoc::optional("from", Shape::Name, "none", "a zone or region, instead of `between`"),
    FieldDoc::optional("to", Shape::Name, "none", "a zone or region, instead of `between`"),
    FieldDoc::required("latency", Shape::Dist, "one-way time of a message"),
];

/// Reads the section, and gathers the zones that services and clients are in.
pub fn read(root: &Fields, plan: &mut Plan) {
    let of_services = plan.services.iter().flat_map(|service| service.zones.iter());
    let of_clients = plan.clients.iter().filter_map(|client| client.zone.as_ref());
    let mut zones = Zones::default();
    for name in of_services.chain(of_clients) {
        if !zones.names.contains(name) {
            zones.names.push(name.clone());
        }
    }
    if zones.names.len() > ZoneSet::ZONES_MAX {
        root.error("services", format!("more than {} zones", ZoneSet::ZONES_MAX)).code("too-large");
        return;
    }
    if let Some(node) = root.node("zones") {
        read_section(&Fields::open(node, "`zones`", &TABLE, root.diags()), &mut zones);
    }
    plan.zones = zones;
}

fn read_section(fields: &Fields, zones: &mut Zones) {
    for entry in fields.entries("regions") {
        values::check_name(&entry.key, entry.key_place, fields.diags());
        if zones.named(&entry.key).is_some() {
            let message = format!("{} is the name of a zone or region already", quote(&entry.key));
            fields.diags().error(entry.key_place, message).code("duplicate-name");
        }
        let listed = values::read_list(&entry.value, "a region", fields.diags());
        let members = listed.iter().filter_map(|node| set(node, zones, fields));
        let members = members.fold(ZoneSet::default(), ZoneSet::plus);
        zones.regions.push((entry.key.clone(), members));
    }
    let each = || (0..zones.names.len()).map(ZoneSet::of);
    let mut paths = Vec::new();
    if let Some(latency) = fields.dist("within") {
        paths.extend(each().map(|zone| ZonePath { from: zone, to: zone, latency: latency.clone() }));
    }
    if let Some(latency) = fields.dist("across") {
        paths.extend(each().map(|zone| ZonePath { from: zone, to: zones.others(zone), latency: latency.clone() }));
    }
    for node in fields.list("paths") {
        let path = Fields::open(node, "a path", &PATH, fields.diags());
        if let (Some((from, to)), Some(latency)) = (ends(&path, zones), path.dist("latency")) {
            paths.extend(both_ways(&path, from, to, latency));
        }
    }
    zones.paths = paths;
}

fn both_ways(path: &Fields, from: ZoneSet, to: ZoneSet, latency: Dist) -> Vec<ZonePath> {
    let forth = ZonePath { from, to, latency };
    match path.has("between") {
        true => vec![ZonePath { from: to, to: from, ..forth.clone() }, forth],
        false => vec![forth],
    }
}

fn ends(path: &Fields, zones: &Zones) -> Option<(ZoneSet, ZoneSet)> {
    let one = |name: &str| path.node(name).and_then(|node| set(node, zones, path));
    match (path.has("between"), path.has("from") || path.has("to")) {
        (true, false) => match path.list("between") {
            [one, other] => Some((set(one, zones, path)?, set(other, zones, path)?)),
            _ => {
                path.error("between", "a path is between two zones or regions").code("wrong-value");
                None
            }
        },
        (false, true) if path.has("from") && path.has("to") => Some((one("from")?, one("to")?)),
        _ => {
            let note = path.diags().error(path.place(), "a path has `between`, or both `from` and `to`");
            note.help("such as `{between: [eu, us], latency: 40ms}`").code("missing-key");
            None
        }
    }
}

/// The zone or the zones of the region that a node names.
fn set(node: &Node, zones: &Zones, fields: &Fields) -> Option<ZoneSet> {
    let name = values::read_name(node, fields.diags())?;
    let found = zones.named(name);
    if found.is_none() {
        let message = format!("nothing is in a zone or region {}", quote(name));
        let note = fields.diags().error(node.place, message).code("unknown-name");
        note.maybe_help(help_for(name, zones.words()));
    }
    found
}
