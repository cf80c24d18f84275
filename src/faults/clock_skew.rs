//! The clock of a caller is off: certificates that hold look expired to it, or not yet valid.
//!
//! `ahead` or `behind` says by how much. It acts on the calls that a service or a client makes (`on:` names it) which have `tls`: ahead, a
//! certificate is over so much before its `not_after`; behind, one that was issued (`age`) a short while ago is not valid yet. Only new
//! sessions are checked, so it shows as slowly as an expiry does.
//!
//! - **Simulated world**: new sessions of its calls are judged by the wrong clock. Timeouts and TTLs, which are lengths of time, are not
//!   touched.
//! - **Live world**: the same for stand-ins and clients; no clock of this machine is touched.
//! - **Undo**: the clock is right again.
//! - **Evidence**: entries changed.
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

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, words};
use crate::plan::Party;
use crate::scenario::{FieldDoc, Fields, Shape, help_for, quote};

pub const KIND: FaultKind = FaultKind {
    name: "clock-skew",
    page: include_str!("clock_skew.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("on", Shape::Name, "whose clock: a service or a client"),
    FieldDoc::optional("ahead", Shape::Span, "0s", "how much later it is by this clock"),
    FieldDoc::optional("behind", Shape::Span, "0s", "how much earlier it is by this clock"),
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
    if !plan.edges.iter().any(|edge| edge.from == party && edge.tls.is_some()) {
        let note = fields.error("on", format!("no call of `{wanted}` has `tls`, so nothing asks for its clock"));
        note.help("give one `tls: {life: …}`").code("wrong-value");
        return None;
    }
    let change = Change::edit(move |plan| {
        let calls = plan.edges.iter_mut().filter(|edge| edge.from == party);
        for tls in calls.filter_map(|edge| edge.tls.as_mut()) {
            tls.skew_ns = tls.skew_ns.saturating_add(skew_ns);
        }
    });
    Some(Lowered::changes(format!("clock of {wanted} {way} by {}", words(fields, way, "")), vec![change]))
}
