//! Nothing passes on an edge, and nobody is told: a black hole.
//!
//! Callers learn of it only by their own timeouts; a call without a timeout hangs until the edge heals. When it heals, what was held
//! is delivered, as TCP's retransmission would do it; with `lose: true` the connections are closed instead and their requests fail.
//!
//! - **Simulated world**: requests and answers on the edge are held.
//! - **Live world**: the fault proxy on the edge stops reading and writing but keeps its sockets open; no privilege is needed.
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

use super::{ActsOn, FaultKind, Lasts, Lowered, Site};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "cut",
    page: include_str!("cut.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[FieldDoc {
    name: "lose",
    shape: Shape::Flag,
    required: false,
    default: "false",
    doc: "when it heals, close the connections instead of delivering what was held",
}];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let lose = fields.flag("lose").unwrap_or(false);
    let label = if lose { "cut, losing what was held" } else { "cut" };
    Lowered::on_each(label.to_owned(), &site.edges(), &Effect::Cut { lose })
}
