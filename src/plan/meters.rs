//! Meters: figures beside the standing columns of clients, services and edges, which only some of them have.
//!
//! Which there are follows from the Plan alone: [`declared`] is the one place that says so. The engine counts them, the recording
//! keeps them cell by cell, and expectations name them (`opens(web->db)`). It never measures anything.

mod ever;

use super::broker::Acks;
use super::expectation::Subject;
use super::{Arrivals, Edge, Effect, Guard, Op, Patch, Plan, Role, Service, Target, World};
use ever::{dies_of_messages, keeps_ledger, shows_an_end};
use serde::{Deserialize, Serialize};

/// The one meter that is counted only where a line asks for it; those who have it stand at the end of the Plan's meters.
pub const CERTIFICATE: &str = "certificate";

/// Ten years stand for ever: a level must be a number.
pub const FOREVER_S: f64 = 3650.0 * 86_400.0;

/// One figure of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// The word in expectations: `opens`.
    pub name: String,
    pub of: Subject,
    pub form: Form,
    pub unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Things that happened: a window's figure is their number.
    Count,
    /// A level that lasts until it changes: a window's figure is its mean over time, or its least or largest value.
    Gauge,
    /// Seconds of something that were asked for, by the seconds that passed: a window's figure is their ratio, which may exceed 1.
    Load,
    /// Part of a whole: how many of the things that happened were of a certain sort.
    Share,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Number,
    Seconds,
    Bytes,
    /// 0 to 1.
    Ratio,
}

/// A word of the language, and whom it is measured for.
#[derive(Debug, PartialEq)]
pub struct Known {
    pub name: &'static str,
    pub form: Form,
    pub unit: Unit,
    /// Who has it, for messages and the manual: `caches whose keys are written`.
    pub of: &'static str,
    /// What it counts, for the manual.
    pub doc: &'static str,
}

const fn known(name: &'static str, form: Form, unit: Unit, of: &'static str, doc: &'static str) -> Known {
    Known { name, form, unit, of, doc }
}

/// Every meter that some Plan can have.
pub static KNOWN: &[Known] = &[
    known("replicas", Form::Gauge, Unit::Number, "services with several replicas", "replicas in rotation"),
    known(
        "ejections",
        Form::Count,
        Unit::Number,
        "services with `outliers`, calls with `eject`",
        "replicas ejected because requests failed",
    ),
    known("sessions", Form::Gauge, Unit::Number, "herds and clients with pages", "sessions held, or pages open"),
    known("connected", Form::Gauge, Unit::Ratio, "herds", "clients that hold a session / clients"),
    known("old", Form::Gauge, Unit::Ratio, "clients with pages", "open pages of an earlier version / open pages"),
    known("hedges", Form::Count, Unit::Number, "calls with `hedge`", "requests sent beside the first"),
    known(
        "connects",
        Form::Count,
        Unit::Number,
        "calls with `pool` or `connect`",
        "connections that were opened, or tried to be",
    ),
    known("connections", Form::Gauge, Unit::Number, "calls with `pool`", "connections in use"),
    known(
        "waiting",
        Form::Gauge,
        Unit::Number,
        "calls with `pool` or `bulkhead`, services that take locks",
        "those that wait for their turn",
    ),
    known(
        "degraded",
        Form::Count,
        Unit::Number,
        "calls with `fallback`, or that serve old values",
        "answers that are not what was asked for",
    ),
    known(
        "blind",
        Form::Gauge,
        Unit::Ratio,
        "services that a fault hides",
        "share of the time that monitoring saw nothing",
    ),
    known(
        "load",
        Form::Load,
        Unit::Ratio,
        "shared links",
        "bytes offered / bytes that it can carry, in its busier direction; over 100% some are lost",
    ),
    known("drops", Form::Share, Unit::Ratio, "shared links", "bytes lost / bytes offered, in its busier direction"),
    known("setting", Form::Gauge, Unit::Number, "controls", "what it moves; of weights the first one's share"),
    known("changes", Form::Count, Unit::Number, "controls", "how often it moved something"),
    known("crashes", Form::Count, Unit::Number, "services that a fault takes down", "replicas that went down"),
    known(
        "stale",
        Form::Share,
        Unit::Ratio,
        "caches whose keys are written, and databases",
        "reads that gave a value older than the newest write",
    ),
    known("opens", Form::Count, Unit::Number, "calls with a breaker", "how often its breaker opened"),
    known("open", Form::Gauge, Unit::Ratio, "calls with a breaker", "share of the time that its breaker was open"),
    known("limit", Form::Gauge, Unit::Number, "calls and services with a limit", "requests that may be under way"),
    known(
        "denied",
        Form::Count,
        Unit::Number,
        "calls and services with a guard",
        "requests that its guards turned away",
    ),
    known("lag", Form::Gauge, Unit::Seconds, "databases", "how far the slowest copy that is up is behind"),
    known(
        "lost",
        Form::Count,
        Unit::Number,
        "databases, brokers with replicas or `acks: none`, and in the live world real servers that keep what they acknowledge",
        "acknowledged writes that no copy has any more; a real server is asked for them at the end of the run",
    ),
    known("diverged", Form::Count, Unit::Number, "databases", "writes that a deposed leader acknowledged alone"),
    known(
        "elections",
        Form::Count,
        Unit::Number,
        "databases, brokers with replicas",
        "times that another copy was chosen to lead",
    ),
    known("leaders", Form::Gauge, Unit::Number, "databases", "copies that take writes as leaders"),
    known("free", Form::Gauge, Unit::Bytes, "services with a `volume` of limited size", "bytes that are not used"),
    known(
        "runway",
        Form::Gauge,
        Unit::Seconds,
        "services with a `volume` of limited size",
        "until it takes no more writes at the present growth; ten years stand for ever",
    ),
    known(
        "read-only",
        Form::Gauge,
        Unit::Ratio,
        "services with a `volume` of limited size",
        "share of the time that it took no writes",
    ),
    known(
        "duplicates",
        Form::Count,
        Unit::Number,
        "services with a `ledger`",
        "requests served under a key that had been served already",
    ),
    known("effects", Form::Gauge, Unit::Number, "services with a `ledger`", "how often the key served most was served"),
    known("locked_out", Form::Count, Unit::Number, "services that take locks", "waits for a lock that timed out"),
    known(
        "backlog",
        Form::Gauge,
        Unit::Number,
        "brokers",
        "messages that the group furthest behind has not finished with",
    ),
    known("age", Form::Gauge, Unit::Seconds, "brokers", "how long the oldest message that waits has been there"),
    known("blocked", Form::Gauge, Unit::Number, "brokers", "publishers that wait because the memory is full"),
    known(
        "redelivered",
        Form::Count,
        Unit::Number,
        "brokers",
        "deliveries that failed and are followed by another one",
    ),
    known("dead-letters", Form::Count, Unit::Number, "brokers", "messages that were delivered too often in vain"),
    known("dropped", Form::Count, Unit::Number, "brokers", "messages that waited and are not kept any longer"),
    known(
        "certificate",
        Form::Gauge,
        Unit::Seconds,
        "services whose callers have `tls` with a `not_after`",
        "until the certificate that it shows expires, the soonest of its calls, read where windows end; 0s once it has expired",
    ),
    known("in-sync", Form::Gauge, Unit::Number, "brokers with replicas", "copies in sync, the leader among them"),
];

impl Known {
    pub fn named(name: &str) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.name == name)
    }
}

/// The meters of a Plan, in the order of its subjects.
pub fn declared(plan: &Plan) -> Vec<Meter> {
    let mut all = Declared::default();
    for (index, client) in plan.clients.iter().enumerate() {
        let of = Subject::Client(index as u32);
        let is_herd = matches!(client.arrivals, Arrivals::Herd(_));
        let names =
            [("sessions", is_herd || client.pages.is_some()), ("connected", is_herd), ("old", client.pages.is_some())];
        names.into_iter().filter(|(_, has)| *has).for_each(|(name, _)| all.meter(name, of));
    }
    for (index, service) in plan.services.iter().enumerate() {
        let of = Subject::Service(index as u32);
        let steps = || {
            plan.schedule.iter().filter(|step| matches!(step.target, Target::Service { id, .. } if id.index() == index))
        };
        if service.replicas > 1
            || !service.balance.is_plain()
            || steps().any(|step| matches!(step.effect, Effect::Set(_)))
        {
            all.meter("replicas", of);
        }
        if service.balance.outliers.is_some() {
            all.meter("ejections", of);
        }
        if steps().any(|step| step.effect == Effect::Blind) {
            all.meter("blind", of);
        }
        if service.program.iter().any(|op| matches!(op, Op::Lock { .. })) {
            all.meter("waiting", of);
            all.meter("locked_out", of);
        }
        if steps().any(|step| step.effect.takes_down())
            || plan.edges.iter().any(|edge| dies_of_messages(plan, edge, index))
        {
            all.meter("crashes", of);
        }
        if matches!(service.role, Role::Cache(_)) && plan.edges.iter().any(|edge| edge.write) {
            all.meter("stale", of);
        }
        all.guards(of, plan.guards_of_service(index));
        if keeps_ledger(plan, index) {
            ["duplicates", "effects"].into_iter().for_each(|name| all.meter(name, of));
        }
        of_role(service, of, &mut all);
        let has_lost = all.meters.iter().any(|meter| meter.of == of && meter.name == "lost");
        if !has_lost && plan.world == World::Live && is_read_back(plan, index) {
            all.meter("lost", of);
        }
    }
    for index in 0..plan.edges.len() {
        if plan.edges[index].eject.is_some() {
            all.meter("ejections", Subject::Edge(index as u32));
        }
        all.guards(Subject::Edge(index as u32), plan.guards_of_edge(index));
    }
    for index in 0..plan.edges.len() {
        of_edge(plan, index, &mut all);
    }
    for (index, _) in plan.controls.iter().enumerate() {
        ["setting", "changes"].into_iter().for_each(|name| all.meter(name, Subject::Control(index as u32)));
    }
    for (index, _) in plan.segments.iter().enumerate() {
        ["load", "drops"].into_iter().for_each(|name| all.meter(name, Subject::Segment(index as u32)));
    }
    for (index, _) in plan.services.iter().enumerate().filter(|(index, _)| shows_an_end(plan, *index)) {
        all.meter(CERTIFICATE, Subject::Service(index as u32));
    }
    all.meters
}

/// What a service has because of what it is, and of the disk under it.
fn of_role(service: &Service, of: Subject, all: &mut Declared) {
    let mut meters = |names: &[&str]| names.iter().for_each(|name| all.meter(name, of));
    if service.volume.as_ref().is_some_and(|volume| volume.size_bytes.is_some()) {
        meters(&["free", "runway", "read-only"]);
    }
    if matches!(service.role, Role::Database(_)) {
        meters(&["stale", "lag", "lost", "diverged", "elections", "leaders"]);
    }
    if let Role::Broker(broker) = &service.role {
        meters(&["backlog", "age", "blocked", "redelivered", "dead-letters", "dropped"]);
        if service.replicas > 1 {
            meters(&["in-sync", "elections"]);
        }
        if service.replicas > 1 || broker.replication.acks == Acks::None {
            meters(&["lost"]);
        }
    }
}

/// A real server that can be asked for what it acknowledged.
fn is_read_back(plan: &Plan, service: usize) -> bool {
    plan.real.services.iter().any(|real| real.service.index() == service && real.protocol.keeps_writes())
}

fn of_edge(plan: &Plan, index: usize, all: &mut Declared) {
    let patches = plan.schedule.iter().filter_map(|step| match (&step.effect, step.target) {
        (Effect::Set(patch), Target::Edge(id)) if id.index() == index => match &**patch {
            Patch::Edge(edge) => Some(edge),
            _ => None,
        },
        _ => None,
    });
    let forms: Vec<&Edge> = patches.chain([&plan.edges[index]]).collect();
    let any = |has: fn(&Edge) -> bool| forms.iter().any(|edge| has(edge));
    let stale = |edge: &Edge| edge.miss.as_ref().is_some_and(|miss| miss.stale != Default::default());
    for (name, is_there) in [
        ("hedges", any(|edge| edge.hedge.is_some())),
        ("connects", any(|edge| edge.pool.is_some() || edge.connect.is_some())),
        ("connections", any(|edge| edge.pool.is_some())),
        ("waiting", any(|edge| edge.pool.is_some() || edge.bulkhead.is_some())),
        ("degraded", any(|edge| edge.fallback.is_some()) || forms.iter().any(|edge| stale(edge))),
    ] {
        if is_there {
            all.meter(name, Subject::Edge(index as u32));
        }
    }
}

#[derive(Default)]
struct Declared {
    meters: Vec<Meter>,
}

impl Declared {
    fn guards(&mut self, of: Subject, guards: Vec<&Guard>) {
        if guards.iter().any(|guard| matches!(guard, Guard::Breaker(_))) {
            self.meter("opens", of);
            self.meter("open", of);
        }
        if guards.iter().any(|guard| matches!(guard, Guard::Limit(_))) {
            self.meter("limit", of);
        }
        if !guards.is_empty() {
            self.meter("denied", of);
        }
    }

    fn meter(&mut self, name: &str, of: Subject) {
        let known = Known::named(name).expect("every meter that is declared is a known one");
        self.meters.push(Meter { name: name.to_owned(), of, form: known.form, unit: known.unit });
    }
}
