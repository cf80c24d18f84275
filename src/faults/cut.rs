//! Nothing passes on an edge, and nobody is told: a black hole.
//!
//! Callers learn of it only by their own timeouts; a call without a timeout hangs until the edge heals. When it heals, what was held
//! is delivered, as TCP's retransmission would do it; with `lose: true` the connections are closed instead and their requests fail.
//!
//! `ways: requests` or `ways: responses` cuts one way only, as a broken route or a wrong firewall rule does; `partition` cuts whole
//! sets of services from one another.
//!
//! - **Simulated world**: requests and answers on the edge are held.
//! - **Live world**: the fault proxy on the edge stops reading and writing but keeps its sockets open; no privilege is needed.
//!   New connections wait, unless only responses are cut.
//! - **Undo**: what is held is passed on (or, with `lose`, the connections are closed).
//! - **Evidence**: messages (live: chunks and connections) that were held.
//!
//! ```yaml
//! name: cut-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 20/s}
//! services:
//!   web: {calls: [{to: db, timeout: 500ms}]}
//!   db: {work: exp(5ms)}
//! faults:
//!   hole: {kind: cut, on: web->db, at: 10s, for: 5s}
//! expect:
//!   - success(users) <= 10% during hole
//!   - success(users) >= 95% after hole
//! ```

use super::which::connections::{EVERY, FIRST, SHARE};
use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which};
use crate::plan::{Effect, Ways};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "cut",
    page: include_str!("cut.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

pub(super) const LOSE: FieldDoc = FieldDoc::optional(
    "lose",
    Shape::Flag,
    "false",
    "when it heals, close the connections instead of delivering what was held",
);

static FIELDS: &[FieldDoc] = &[
    LOSE,
    FieldDoc::optional(
        "ways",
        Shape::Choice(&["both", "requests", "responses"]),
        "both",
        "which messages are held; with `responses` work is done whose answers nobody gets",
    ),
    SHARE,
    FIRST,
    EVERY,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let lose = fields.flag("lose").unwrap_or(false);
    let (ways, of) = match fields.choice("ways") {
        Some("requests") => (Ways::Requests, " of requests"),
        Some("responses") => (Ways::Responses, " of responses"),
        _ => (Ways::Both, ""),
    };
    let losing = if lose { ", losing what was held" } else { "" };
    let lowered = Lowered::on_each(format!("cut{of}{losing}"), &site.edges(), &Effect::Cut { lose, ways })?;
    which::on_connections(fields, lowered)
}
