//! The power fails under a service: it is gone at once, and so is everything that it had not synced to its disk.
//!
//! The difference to `down`, after which a process finds every byte that it had written, because the operating system lived on: here the
//! page cache is lost as well. What was acknowledged before it was synced is lost, which `lost(...)` shows.
//!
//! - **Simulated world**: as `down`: what the replicas held is gone, and they come back cold.
//! - **Live world**: the data folder of the process is a FUSE pass-through from its start, which keeps what every file was at its last fsync
//!   (or fdatasync). The process gets SIGKILL, every file is put back to that, and when the fault ends the process is started again with it.
//!   Names (files made, renamed, removed) count as synced at once, as on a journaling file system they are soon; at most 256 MiB of
//!   unsynced bytes are kept, what is older counts as written back.
//! - **Privilege**: root and /dev/fuse.
//! - **Undo**: the process is started again.
//! - **Evidence**: processes cut off; unsynced bytes that were lost is told beside it.
//!
//! ```yaml
//! name: power-cut-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {work: exp(5ms), calls: [{to: db, timeout: 500ms}]}
//!   db: {work: exp(5ms)}
//! faults:
//!   outage: {kind: power-cut, on: db, at: 10s, for: 5s}
//! expect:
//!   - success(users) <= 5% during outage
//!   - success(users) >= 99% after outage
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "power-cut",
    page: include_str!("power_cut.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many replicas lose their power"), super::ZONE];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    Lowered::one(format!("power cut{which}"), target, Effect::PowerCut)
}
