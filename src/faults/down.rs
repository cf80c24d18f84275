//! A service, or some of its replicas, is gone: crashed, with everything it held.
//!
//! Requests inside fail with `crashed`, new ones with `refused`. When it heals the replicas come back cold: empty queues, and for a
//! cache no contents. Without `for` it stays down to the end of the run.
//!
//! - **Simulated world**: work, queue and contents of the replicas are dropped.
//! - **Live world**: a process that firedrill started is killed with SIGKILL; a stand-in closes its listener and its connections. The
//!   process behind an `address:` is only killed if the scenario says `may_end: true`, and stays down: firedrill cannot start it again.
//! - **Undo**: the process is started again and waited for until it is ready; a stand-in listens again.
//! - **Evidence**: replicas taken down, requests lost and refused (live: processes killed).
//!
//! ```yaml
//! name: down-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 20/s}
//! services:
//!   web: {work: exp(5ms), calls: [{to: db, timeout: 500ms}]}
//!   db: {replicas: 2, work: exp(5ms)}
//! faults:
//!   crash: {kind: down, on: db, at: 10s, for: 5s}
//! expect:
//!   - success(users) <= 5% during crash
//!   - success(users) >= 99% after crash
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "down",
    page: include_str!("down.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many replicas go down"), super::ZONE];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    Lowered::one(format!("down{which}"), target, Effect::Down)
}
