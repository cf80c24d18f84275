//! A service, or some of its replicas, stands still: nothing moves, nothing is lost.
//!
//! A long garbage collection, a stopped virtual machine, a debugger. Connections stay open, so callers learn of it only by their
//! timeouts; requests that arrive meanwhile wait. When it heals it goes on with work whose callers may have gone. With `until: restart`
//! it is a deadlock: each replica stands still until it is started anew (`restart`, `down`, a deploy), or until the fault ends.
//!
//! - **Simulated world**: work, queue and timers of the replicas stand still.
//! - **Live world**: a process that firedrill started gets SIGSTOP; a stand-in stops answering. The process behind an `address:` gets it, with
//!   all that descends from it, if the scenario names and allows it (`pid:`).
//! - **Undo**: SIGCONT; the stand-in goes on.
//! - **Evidence**: requests that met a paused replica (live: processes stopped).
//!
//! ```yaml
//! name: pause-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 40/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   collection: {kind: pause, on: web, at: 10s, for: 4s}
//! expect:
//!   - errors(users, kind=timeout) >= 50% during collection
//!   - success(users) >= 95% after collection
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "pause",
    page: include_str!("pause.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many replicas stand still"), super::ZONE, super::UNTIL];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    Lowered::one(format!("pause{which}"), target, Effect::Freeze)
}
