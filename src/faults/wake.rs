//! The agents of a fleet start a run, all of them or a share, within a short time.
//!
//! What an upgrade that restarts every agent does, or a clock that strikes: those that wait for their turn start at a moment drawn
//! evenly from `within` (and from the fleet's own `splay`), and stay in step from then on. Agents in the middle of a run end it first
//! and keep their own time. It acts on a client with a `fleet`.
//!
//! - **Simulated world**: the agents' next runs are moved; their intervals count from there.
//! - **Live world**: the same, on the wire.
//! - **Undo**: nothing; agents go on from their new start.
//! - **Evidence**: agents woken.
//!
//! ```yaml
//! name: wake-example
//! length: 200s
//! window: 1s
//! clients:
//!   agents: {calls: {to: server, timeout: 10s}, fleet: {agents: 600, interval: 60s}}
//! services:
//!   server: {workers: 20, work: 500ms}
//! faults:
//!   upgrade: {kind: wake, on: agents, within: 5s, at: 70s}
//! expect:
//!   - offered(agents) <= 15/s between 0s and 70s
//!   - offered(agents) >= 100/s between 70s and 75s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::Span;
use crate::plan::{Arrivals, Effect};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "wake",
    page: include_str!("wake.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::Instantly,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("share", Shape::Ratio, "100%", "share of the waiting agents that start"),
    FieldDoc::optional("within", Shape::Span, "0s", "how long it takes until all have started"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = if fields.has("share") { fields.ratio("share")? } else { 1.0 };
    let within = if fields.has("within") { fields.span("within")? } else { Span::ZERO };
    let (target, client) = site.client();
    if !matches!(client.arrivals, Arrivals::Fleet(_)) {
        let note = fields.error("on", format!("client `{}` has no agents that could be woken", client.name));
        note.help("give it a `fleet`").code("wrong-kind");
        return None;
    }
    let label = format!("wake {} within {within}", words(fields, "share", "100%"));
    Lowered::one(label, target, Effect::Wake { share, within })
}
