//! A clock is off: certificates that hold look expired to a caller, or not yet valid, and leases end too late or too early.
//!
//! `ahead` or `behind` says by how much. It acts on the calls that a service or a client makes (`on:` names it) which have `tls`: ahead, a
//! certificate is over so much before its `not_after`; behind, one that was issued (`age`) a short while ago is not valid yet. Only new
//! sessions are checked, so it shows as slowly as an expiry does.
//!
//! On a database with `failover` it acts on the clocks of some `copies`: the `leader` at that moment, or its `followers`. Once the leader
//! is silent, a leader behind believes in its lease for so much longer, and followers ahead choose another one so much earlier. With
//! `fencing: lease` both lead for what that is more than the `election` takes, and what the old one acknowledged is lost; with
//! `fencing: true` the old one is refused. A silence that has begun before the fault is not touched.
//!
//! In the live world it acts on any process that firedrill starts.
//!
//! - **Simulated world**: new sessions of its calls, and leases, are judged by the wrong clock. Timeouts and TTLs, which are lengths of
//!   time, are not touched.
//! - **Live world**: the same for stand-ins and clients. A real process that firedrill starts is given libfaketime, which shifts the time of day
//!   that it reads, within a second; lengths of time stay right. Programs that are written in Go, linked statically, or use jemalloc
//!   (Debian's redis-server) are refused beforehand.
//!   The clock of the machine is never touched.
//! - **Privilege**: none; libfaketime must be installed.
//! - **Undo**: the clock is right again; what the library read lies in the private folder of the process.
//! - **Evidence**: entries changed (calls), clocks turned (copies).
//!
//! ```yaml
//! name: clock-skew-example
//! length: 120s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {calls: [{to: db, timeout: 500ms, tls: {connections: 100, life: exp(5s), age: 60s}}]}
//!   db: {work: exp(5ms)}
//! faults:
//!   dead-battery: {kind: clock-skew, on: web, behind: 1h, at: 30s, for: 40s}
//! expect:
//!   - errors(web->db, kind=untrusted) >= 95% between 50s and 70s
//!   - success(users) >= 100% between 70s and 120s
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Effect, Party, Plan, Replicas, Role, Target, Whose};
use crate::scenario::{FieldDoc, Fields, Shape, help_for, quote};

pub const KIND: FaultKind = FaultKind {
    name: "clock-skew",
    page: include_str!("clock_skew.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("on", Shape::Name, "whose clock: a service or a client"),
    FieldDoc::optional("ahead", Shape::Span, "0s", "how much later it is by this clock"),
    FieldDoc::optional("behind", Shape::Span, "0s", "how much earlier it is by this clock"),
    FieldDoc::optional("copies", Shape::Choice(&["leader", "followers"]), "leader", "of a database: whose clocks"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let plan = site.plan();
    let wanted = fields.text("on")?;
    let service = plan.service_named(wanted).map(Party::Service);
    let Some(party) = service.or(plan.client_named(wanted).map(Party::Client)) else {
        let all = plan.services.iter().map(|service| service.name.as_str());
        let note = fields.error("on", format!("no service or client is called {}", quote(wanted)));
        note.maybe_help(help_for(wanted, all)).code("unknown-name");
        return None;
    };
    let (way, skew_ns) = match (fields.span("ahead"), fields.span("behind")) {
        (Some(by), None) => ("ahead", by.0 as i64),
        (None, Some(by)) => ("behind", -(by.0 as i64)),
        _ => {
            fields.error("on", "a clock that is off is `ahead` or `behind`").code("missing-key");
            return None;
        }
    };
    let whose = if fields.choice("copies") == Some("followers") { Whose::Followers } else { Whose::Leader };
    let effects: Vec<(Target, Effect)> =
        clock_of(party, plan).map(|target| (target, Effect::Skew { whose, ahead_ns: skew_ns })).into_iter().collect();
    let has_sessions = plan.edges.iter().any(|edge| edge.from == party && edge.tls.is_some());
    if !has_sessions && effects.is_empty() {
        let note = fields.error("on", format!("no call of `{wanted}` has `tls`, so nothing asks for its clock"));
        note.help("give one `tls: {life: …}`, or name a database with `failover`").code("wrong-value");
        return None;
    }
    if fields.has("copies") && leases_of(party, plan).is_none() {
        let note = fields.error("copies", format!("`{wanted}` is no database with `failover`: it has one clock"));
        note.help("leave out `copies`").code("wrong-value");
    }
    let change = Change::edit(move |plan| {
        let calls = plan.edges.iter_mut().filter(|edge| edge.from == party);
        for tls in calls.filter_map(|edge| edge.tls.as_mut()) {
            tls.skew_ns = tls.skew_ns.saturating_add(skew_ns);
        }
    });
    let label = format!("clock of {wanted} {way} by {}", words(fields, way, ""));
    let changes = if has_sessions { vec![change] } else { Vec::new() };
    Some(Lowered { effects, ..Lowered::changes(label, changes) })
}

/// What has a clock of its own: a real process, or copies that lead by lease.
fn clock_of(party: Party, plan: &Plan) -> Option<Target> {
    match party {
        Party::Service(id) if plan.is_started(id) => Some(Target::Service { id, replicas: Replicas::ALL }),
        _ => leases_of(party, plan),
    }
}

/// The service, if its copies lead by lease.
fn leases_of(party: Party, plan: &Plan) -> Option<Target> {
    let Party::Service(id) = party else { return None };
    match &plan.service(id).role {
        Role::Database(spec) if spec.failover.is_some() => Some(Target::Service { id, replicas: Replicas::ALL }),
        _ => None,
    }
}
