//! Copies of a database or a broker hear nothing of the others: a partition inside it, while requests still reach every copy.
//!
//! What is written meanwhile waits until they meet again. A leader that is cut off stops by itself if there is fencing, and another one
//! is chosen; without fencing both lead, and when they meet the writes of one side are lost. Copies count from the first, which
//! leads at the start. Cut off from the followers only, replication stops and nothing else: `replicas: 1` of two copies is both.
//!
//! - **Simulated world**: nothing passes between these copies and the others.
//! - **Live world**: the same in a stand-in; a real database is refused before the run.
//! - **Undo**: what was held back is sent, old leaders step down.
//! - **Evidence**: copies cut off.
//!
//! ```yaml
//! name: isolate-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   writers: {calls: {to: db, timeout: 1s, write: true}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   db: {kind: database, replicas: 3, workers: 20, work: exp(5ms), lag: 20ms, failover: {lease: 5s, election: 1s}}
//! faults:
//!   split: {kind: isolate, on: db, replicas: 1, at: 20s, for: 20s}
//! expect:
//!   - elections(db) == 1
//!   - lost(db) >= 100
//!   - max(leaders(db)) == 1
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::{Effect, Role};
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "isolate",
    page: include_str!("isolate.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many copies are cut off"), super::ZONE];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    let service = site.service().1;
    if !matches!(service.role, Role::Database(_) | Role::Broker(_)) {
        let note = fields.error("on", format!("`{}` has no copies that hear of each other", service.name));
        note.help("give it `kind: database` or `kind: broker`; to cut calls, use `cut`").code("wrong-kind");
        return None;
    }
    Lowered::one(format!("isolated{which}"), target, Effect::Isolate)
}
