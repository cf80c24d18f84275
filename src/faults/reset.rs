//! Connections on an edge are reset: those in use at once, new requests with a given chance.
//!
//! A reset says nothing about whether the request was carried out: the work behind it goes on. A caller that retries it must be able
//! to repeat it safely. `share`, `first` and `every` pick the connections that it may hit; with `first` or `every` those that were open before
//! are left alone.
//!
//! - **Simulated world**: requests in flight on the edge fail with `reset` when the fault begins; while it lasts each new one does so
//!   with the given chance. Each attempt is taken for a connection of its own.
//! - **Live world**: the fault proxy closes the connections with a TCP RST (SO_LINGER 0); no privilege is needed.
//! - **Undo**: new connections are left alone; callers open them again by themselves.
//! - **Evidence**: requests (live: connections) that were reset.
//!
//! ```yaml
//! name: reset-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 40/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   flaky: {kind: reset, on: users->web, chance: 30%, at: 10s, for: 10s}
//! expect:
//!   - errors(users, kind=reset) >= 15% during flaky
//! ```

use super::which::connections::{EVERY, FIRST, SHARE};
use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "reset",
    page: include_str!("reset.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional(
        "chance",
        Shape::Ratio,
        "100%",
        "share of new requests (live: of new connections) that are reset while it lasts",
    ),
    SHARE,
    FIRST,
    EVERY,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let chance = if fields.node("chance").is_some() { fields.ratio("chance")? } else { 1.0 };
    let label = format!("reset {}", words(fields, "chance", "100%"));
    which::on_connections(fields, Lowered::on_each(label, &site.edges(), &Effect::Reset { chance })?)
}
