//! The kinds of services. Adding one: a file here (its `//!` head is its manual page) and its line in [`KINDS`].

pub mod broker;
pub mod cache;
pub mod database;
mod placement;
pub mod service;
pub mod store;

use super::policies::call::{self, CallDraft, StepDraft};
use super::policies::class::Classes;
use super::policies::consumes::{self, ConsumeDraft};
use super::policies::{
    self, balance, batch, connections, cores, efficiency, health, ledger, limit, lock, outliers, parallel, queue,
    rate_limit, reject_cost, shed, versions, volume, warm_up, work,
};
use crate::plan::balance::Check;
use crate::plan::{Order, Role, Service, Working};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Value, did_you_mean, quote, values};

/// One kind of service.
pub struct ServiceKind {
    pub name: &'static str,
    pub page: &'static str,
    /// Fields beside [`COMMON`].
    pub fields: &'static [FieldDoc],
    /// Reads what the service is beside a pool of workers. `None` when a value is wrong, which is then reported.
    pub role: fn(&Fields, &Surroundings) -> Option<Role>,
}

/// What a kind may need to know of the rest of the scenario.
pub struct Surroundings {
    /// The largest number of keys that a client asks for.
    pub keys: Option<u32>,
    /// The classes of requests.
    pub classes: Classes,
}

pub static KINDS: &[ServiceKind] = &[service::KIND, cache::KIND, store::KIND, database::KIND, broker::KIND];

/// The fields that every service has.
pub static COMMON: &[FieldDoc] = &[
    FieldDoc::optional("kind", Shape::Choice(NAMES), "service", "what sort of service it is"),
    FieldDoc::optional("replicas", Shape::Count, "1", "equal copies, each with its own workers and queue"),
    FieldDoc::optional(
        "workers",
        queue::COUNT_OR_UNBOUNDED,
        "unbounded",
        "per replica; held until the answer, calls included",
    ),
    FieldDoc::optional("balance", balance::SHAPE, "round-robin", "which replica a request goes to"),
    FieldDoc::optional("health", health::SHAPE, "none", "checks that take replicas out of rotation"),
    FieldDoc::optional("outliers", outliers::SHAPE, "none", "ejection of replicas whose requests fail"),
    FieldDoc::optional("zones", Shape::List(&Shape::Name), "none", "zones that the replicas are dealt to in turn"),
    FieldDoc::optional("queue", queue::SHAPE, "unbounded", "where requests wait for a worker"),
    FieldDoc::optional("overflow", queue::OVERFLOW, "reject", "what happens when the queue is full"),
    FieldDoc::optional("limit", limit::SHAPE, "none", "requests that each replica may hold"),
    FieldDoc::optional("shed", shed::SHAPE, "none", "when each replica turns requests away"),
    FieldDoc::optional("rate_limit", rate_limit::SHAPE, "none", "requests a second, all replicas together"),
    reject_cost::TABLE[0],
    ledger::TABLE[0],
    connections::TABLE[0],
    FieldDoc::optional("retry_after", Shape::Dist, "none", "how long those who are turned away are asked to wait"),
    FieldDoc::optional("work", work::SHAPE, "none", "how long a worker works on a request, before any calls"),
    FieldDoc::optional("calls", Shape::OneOf(&CALLS), "none", "what it calls, in order"),
    cores::TABLE[0],
    cores::TABLE[1],
    FieldDoc::optional("efficiency", efficiency::SHAPE, "none", "how the speed falls with what is in flight"),
    FieldDoc::optional("warm_up", warm_up::SHAPE, "none", "how slow it is after a start"),
    FieldDoc::optional("batch", batch::SHAPE, "none", "how many requests a worker takes at once"),
    FieldDoc::optional("versions", versions::SHAPE, "all go together", "what it makes of pages of another version"),
    FieldDoc::optional("volume", volume::SHAPE, "none", "the disk under it, which fills"),
    FieldDoc::optional("consumes", consumes::SHAPE, "nothing", "the broker whose messages it is given"),
    FieldDoc::optional("note", Shape::Text, "", "a remark for readers"),
];

const NAMES: &[&str] = &["service", "cache", "store", "database", "broker"];

/// What `calls` can be. Statics, not constants: a locked step holds steps.
pub static CALLS: [Shape; 3] = [Shape::Name, Shape::Shared("call", &call::TABLE), Shape::List(&Shape::OneOf(&STEPS))];
static STEPS: [Shape; 6] = [
    Shape::Name,
    Shape::Shared("call", &call::TABLE),
    Shape::Object(&parallel::TABLE),
    Shape::Object(&SPLIT),
    Shape::Object(&WORK),
    Shape::Shared("lock", &lock::TABLE),
];
const CALL: Shape = Shape::OneOf(&[Shape::Name, Shape::Shared("call", &call::TABLE)]);
static SPLIT: [FieldDoc; 1] =
    [FieldDoc::required("split", Shape::List(&CALL), "calls of which one is made, in turn by their weights")];
static WORK: [FieldDoc; 1] = [FieldDoc::required("work", work::SHAPE, "work between calls")];

/// A service as it was written: what it calls are still names.
pub struct ServiceDraft {
    pub service: Service,
    pub steps: Vec<StepDraft>,
    pub consumes: Option<ConsumeDraft>,
    pub name_place: Place,
}

impl ServiceKind {
    pub fn named(name: &str) -> Option<&'static ServiceKind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The kind of this name; for a misspelt one, which the field's reader reports, the kind that was probably meant.
    fn meant(name: &str) -> &'static ServiceKind {
        let near = || ServiceKind::named(&did_you_mean(name, NAMES.iter().copied())?);
        ServiceKind::named(name).or_else(near).unwrap_or(&service::KIND)
    }

    pub fn tables(&self) -> Vec<&'static [FieldDoc]> {
        vec![COMMON, self.fields]
    }
}

/// Reads one service. `None` only when it is no map at all; wrong values are reported and replaced by defaults.
pub fn read(
    name: &str,
    name_place: Place,
    node: &Node,
    around: &Surroundings,
    diags: &Diagnostics,
) -> Option<ServiceDraft> {
    let what = format!("service `{name}`");
    let kind = node.get("kind").and_then(Node::scalar).map_or(&service::KIND, ServiceKind::meant);
    let fields = Fields::open_all(node, &what, &kind.tables(), diags);
    fields.choice("kind");
    fields.text("note");
    let replicas = at_least_one(&fields, "replicas", 100_000);
    let workers = fields.node("workers").and_then(|node| queue::count_or_unbounded(node, diags)).flatten();
    if workers == Some(0) {
        fields
            .error("workers", "0 workers would never serve anybody")
            .help("at least 1, or `unbounded`")
            .code("wrong-value");
    }
    let work = fields.node("work").and_then(|node| work::read(node, diags));
    let mut steps: Vec<StepDraft> = work.map(StepDraft::Work).into_iter().collect();
    steps.extend(read_steps(&fields));
    let consumes = fields.node("consumes").and_then(|node| consumes::read(node, name, diags));
    let role = (kind.role)(&fields, around).unwrap_or(Role::Plain);
    let of_store = if let Role::Store(spec) = &role { Some(store::volume(&fields, spec)) } else { None };
    let service = Service {
        name: name.to_owned(),
        volume: volume::read(&fields, &role, of_store, &around.classes).map(Box::new),
        kind: kind.name.to_owned(),
        replicas,
        workers,
        queue: queue::read(&fields, &around.classes),
        working: read_working(&fields),
        versions: fields.node("versions").map(|node| versions::read(node, diags)),
        balance: balance::read(&fields, &around.classes),
        zones: read_zones(&fields, replicas),
        guards: policies::guards_of_service(&fields),
        retry_after: fields.dist("retry_after"),
        connections: connections::read(&fields),
        program: Vec::new(),
        role,
    };
    check_working(&fields, &service);
    check_health(&fields, &service);
    Some(ServiceDraft { service, steps, consumes, name_place })
}

fn read_zones(fields: &Fields, replicas: u32) -> Vec<String> {
    let named = fields.list("zones").iter().filter_map(|node| values::read_name(node, fields.diags()));
    let zones: Vec<String> = named.map(str::to_owned).collect();
    if let Some(twice) = zones.iter().enumerate().find(|(index, zone)| zones[..*index].contains(zone)) {
        fields.error("zones", format!("{} is listed twice", quote(twice.1))).code("duplicate-name");
    }
    if zones.len() > replicas as usize {
        let note =
            fields.error("zones", format!("{} zones for {replicas} replica(s): some would be empty", zones.len()));
        note.help("give it at least one replica a zone").code("wrong-value");
    }
    zones
}

fn at_least_one(fields: &Fields, name: &str, max: u64) -> u32 {
    match fields.count(name) {
        Some(count) if count == 0 || count > max => {
            fields.error(name, format!("`{name}` must be 1 to {max}")).code("wrong-value");
            1
        }
        Some(count) => count as u32,
        None => 1,
    }
}

fn read_working(fields: &Fields) -> Working {
    let diags = fields.diags();
    Working {
        cores: cores::read(fields),
        efficiency: fields.node("efficiency").and_then(|node| efficiency::read(node, diags)),
        warm_up: fields.node("warm_up").and_then(|node| warm_up::read(node, diags)),
        batch: fields.node("batch").and_then(|node| batch::read(node, diags)),
        reject_cost: reject_cost::read(fields),
        ledger: fields.flag("ledger").unwrap_or(false),
    }
}

/// Says what cannot go together.
fn check_working(fields: &Fields, service: &Service) {
    let Some(batch) = service.working.batch else { return };
    if service.volume.is_some() && matches!(service.role, Role::Plain) {
        let note = fields.error("batch", "a batch is no write of anybody");
        note.help("put the `volume` under a service that the batch calls").code("wrong-value");
    }
    if !matches!(service.role, Role::Plain) {
        let note = fields.error("batch", format!("a {} answers requests one by one", service.kind));
        note.help("batches are for services of the plain kind").code("wrong-value");
    }
    if matches!(service.queue.order, Order::Lanes(_)) {
        let note = fields.error("batch", "a batch is taken from one line, and the lanes are many");
        note.help("leave out `batch` or `lanes`").code("wrong-value");
    }
    if service.queue.capacity.is_some_and(|capacity| capacity < batch.size) {
        let note =
            fields.error("queue", format!("a batch of {} gathers in the queue, which has no room for it", batch.size));
        note.help(format!("a capacity of {} or more", batch.size)).code("wrong-value");
    }
}

/// A check that is worked on must not leave anything behind.
fn check_health(fields: &Fields, service: &Service) {
    let is_work = service.balance.health.as_ref().is_some_and(|health| matches!(health.check, Check::Work { .. }));
    if is_work && !matches!(service.role, Role::Plain) {
        let message = format!("a {} has nothing that a check could ask for", service.kind);
        fields.error("health", message).help("`check: request`, or `tcp`").code("wrong-value");
    }
}

fn read_steps(fields: &Fields) -> Vec<StepDraft> {
    let diags = fields.diags();
    let Some(node) = fields.node("calls") else { return Vec::new() };
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| read_step(item, diags)).collect(),
        _ => read_step(node, diags).into_iter().collect(),
    }
}

fn read_step(node: &Node, diags: &Diagnostics) -> Option<StepDraft> {
    if node.get("parallel").is_some() {
        let fields = Fields::open(node, "a parallel step", &parallel::TABLE, diags);
        let calls: Vec<CallDraft> = fields.list("parallel").iter().filter_map(|item| read_call(item, diags)).collect();
        let need = parallel::read_need(&fields, &calls);
        return Some(StepDraft::Parallel(calls, need));
    }
    if node.get("split").is_some() {
        let fields = Fields::open(node, "a split step", &SPLIT, diags);
        let calls: Vec<CallDraft> = fields.list("split").iter().filter_map(|item| read_call(item, diags)).collect();
        if calls.iter().map(|call| call.edge.weight).sum::<f64>() <= 0.0 {
            fields.error("split", "with no weight above 0 none of these calls is ever made").code("wrong-value");
            return None;
        }
        return Some(StepDraft::Split(calls));
    }
    if node.get("to").is_none() && node.get("work").is_some() {
        let fields = Fields::open(node, "a step of work", &WORK, diags);
        return fields.node("work").and_then(|node| work::read(node, diags)).map(StepDraft::Work);
    }
    if node.get("lock").is_some() {
        return lock::read(node, read_steps, diags).map(StepDraft::Lock);
    }
    read_call(node, diags).map(|call| StepDraft::Call(Box::new(call)))
}

fn read_call(node: &Node, diags: &Diagnostics) -> Option<CallDraft> {
    if !matches!(node.value, Value::Map(_) | Value::Scalar(..)) {
        values::read_map(node, "a call", diags);
        return None;
    }
    call::read(node, "the call", diags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_kinds_lists_every_kind() {
        assert_eq!(NAMES, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
    }
}
