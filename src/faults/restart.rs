//! A service, or some of its replicas, is stopped and started again: down for a moment, then cold.
//!
//! The same as `down` with a short default: `for` is the downtime. What makes a restart interesting is what comes after it: an empty
//! cache, and everyone who waited coming back at once.
//!
//! - **Simulated world**: work, queue and contents of the replicas are dropped; they come back empty.
//! - **Live world**: a process that firedrill started is killed with SIGKILL and started again after the downtime; a stand-in closes
//!   its listener and its connections meanwhile. One behind an `address:` cannot be restarted.
//! - **Undo**: the start itself, waited for until the process is ready.
//! - **Evidence**: replicas taken down, requests lost and refused (live: processes killed and started).
//!
//! ```yaml
//! name: restart-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 40/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   deploy: {kind: restart, on: web, at: 10s, for: 2s}
//! expect:
//!   - errors(users) >= 90% during deploy
//!   - success(users) >= 99% after deploy
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::base::Span;
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "restart",
    page: include_str!("restart.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::Shortly(Span::from_secs(1)),
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many replicas are restarted, all at the same moment"), super::ZONE];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    Lowered::one(format!("restart{which}"), target, Effect::Down)
}
