//! Two sets of services and clients cannot reach each other.
//!
//! Every edge between a member of `from` and a member of `to` is cut, whoever of the two calls. Without `to` the other side is
//! everything else. `ways: forth` holds only what goes from `from` to `to`: the requests of calls from there, and the answers of calls to
//! there; `back` the other way. Both sides may instead be zones and regions: then what is held is what replicas and clients in
//! the one would send to replicas and clients in the other, of all services, as the balancer has chosen them. A half-open network is the harder case, because one side believes that all is well.
//!
//! - **Simulated world**: as `cut` on each of these edges.
//! - **Live world**: as `cut`: the fault proxies on these edges hold what goes that way.
//! - **Undo**: what is held is passed on (or, with `lose`, the connections are closed).
//! - **Evidence**: messages (live: chunks and connections) that were held.
//!
//! ```yaml
//! name: partition-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web: {calls: [{to: db, timeout: 200ms}, {to: cache, timeout: 200ms, optional: true}]}
//!   db: {work: exp(5ms)}
//!   cache: {work: exp(1ms)}
//! faults:
//!   apart: {kind: partition, from: [web], to: [db, cache], at: 10s, for: 10s}
//!   deaf: {kind: partition, from: [db], to: [web], ways: forth, lose: true, at: 25s, for: 5s}
//! expect:
//!   - success(users) <= 5% during apart
//!   - success(users) <= 1% during deaf
//!   - throughput(db) >= 40/s during deaf
//!   - success(users) >= 99% between 32s and 40s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, cut, zones};
use crate::base::EdgeId;
use crate::plan::{Effect, Party, Plan, Target, Ways};
use crate::scenario::{FieldDoc, Fields, Shape, help_for, quote, values};

pub const KIND: FaultKind = FaultKind {
    name: "partition",
    page: include_str!("partition.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("from", Shape::List(&Shape::Name), "services and clients on the one side, or zones"),
    FieldDoc::optional(
        "to",
        Shape::List(&Shape::Name),
        "everything else",
        "services and clients on the other side, or zones",
    ),
    FieldDoc::optional("ways", Shape::Choice(&["both", "forth", "back"]), "both", "`forth`: from `from` to `to`"),
    cut::LOSE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let plan = site.plan();
    if fields.list("from").iter().any(|node| node.scalar().is_some_and(|name| is_zone(name, plan))) {
        return lower_zones(fields, plan);
    }
    let from = side(fields, "from", plan)?;
    let to = if fields.has("to") { Some(side(fields, "to", plan)?) } else { None };
    let is_there = |party: &Party| to.as_ref().map_or(!from.contains(party), |to| to.contains(party));
    if let Some(both) = to.iter().flatten().find(|party| from.contains(party)) {
        fields.error("to", format!("`{}` is on both sides", plan.party_name(*both))).code("wrong-value");
        return None;
    }
    let lose = fields.flag("lose").unwrap_or(false);
    let (forth, back) = match fields.choice("ways") {
        Some("forth") => (Ways::Requests, Ways::Responses),
        Some("back") => (Ways::Responses, Ways::Requests),
        _ => (Ways::Both, Ways::Both),
    };
    let mut effects = Vec::new();
    for (index, edge) in plan.edges.iter().enumerate() {
        let called = Party::Service(edge.to);
        let ways = match () {
            () if from.contains(&edge.from) && is_there(&called) => forth,
            () if is_there(&edge.from) && from.contains(&called) => back,
            () => continue,
        };
        effects.push((Target::Edge(EdgeId::from(index)), Effect::Cut { lose, ways }));
    }
    if effects.is_empty() {
        fields.error("from", "nobody calls anybody across this partition").code("wrong-value");
        return None;
    }
    Some(Lowered { label: label(fields, plan, &from, to.as_deref()), effects, ..Lowered::default() })
}

fn is_zone(name: &str, plan: &Plan) -> bool {
    plan.zones.named(name).is_some() && plan.service_named(name).is_none() && plan.client_named(name).is_none()
}

fn lower_zones(fields: &Fields, plan: &Plan) -> Option<Lowered> {
    let from = zones::listed(fields, "from", plan)?;
    let to = if fields.has("to") { zones::listed(fields, "to", plan)? } else { plan.zones.others(from) };
    if from.overlaps(to) {
        fields.error("to", "a zone is on both sides").code("wrong-value");
        return None;
    }
    let (target, ways) = match fields.choice("ways") {
        Some("forth") => (Target::Zones { from, to }, Ways::Requests),
        Some("back") => (Target::Zones { from: to, to: from }, Ways::Requests),
        _ => (Target::Zones { from, to }, Ways::Both),
    };
    let other = if fields.has("to") { zones::words(fields, "to") } else { "everything else".to_owned() };
    let label = format!("{} zones {} from {other}", way(fields), zones::words(fields, "from"));
    Lowered::one(label, target, Effect::Cut { lose: fields.flag("lose").unwrap_or(false), ways })
}

fn way(fields: &Fields) -> &'static str {
    match fields.choice("ways") {
        Some("forth") => "partition on the way from",
        Some("back") => "partition on the way back to",
        _ => "partition of",
    }
}

fn label(fields: &Fields, plan: &Plan, from: &[Party], to: Option<&[Party]>) -> String {
    let names = |side: &[Party]| side.iter().map(|party| plan.party_name(*party)).collect::<Vec<_>>().join(", ");
    format!("{} {} from {}", way(fields), names(from), to.map_or("everything else".to_owned(), names))
}

fn side(fields: &Fields, name: &str, plan: &Plan) -> Option<Vec<Party>> {
    let mut side = Vec::new();
    for node in fields.list(name) {
        let wanted = values::read_name(node, fields.diags())?;
        let service = plan.service_named(wanted).map(Party::Service);
        let Some(party) = service.or(plan.client_named(wanted).map(Party::Client)) else {
            let clients = plan.clients.iter().map(|client| client.name.as_str());
            let all = plan.services.iter().map(|service| service.name.as_str()).chain(clients);
            let note = fields.diags().error(node.place, format!("no service or client is called {}", quote(wanted)));
            note.maybe_help(help_for(wanted, all)).code("unknown-name");
            return None;
        };
        side.push(party);
    }
    // A side that was not said at all is told already.
    if side.is_empty() && fields.has(name) {
        fields.error(name, "a side of a partition has somebody on it").code("wrong-value");
        return None;
    }
    Some(side).filter(|side| !side.is_empty())
}
