//! Writes to the disk of a service do a part of what they were asked, and say so.
//!
//! A `write` may always take fewer bytes than it was given: it returns how many, and the caller must go on with the rest. Programs that
//! forget that leave torn records behind. A share of the writes is cut to half.
//!
//! - **Simulated world**: not played: the model has no bytes in files.
//! - **Live world**: the data folder of the process is a FUSE pass-through from its start, which takes the first half of such writes.
//! - **Privilege**: root and /dev/fuse.
//! - **Undo**: writes afterwards are passed through whole; the mount goes with the process.
//! - **Evidence**: writes that were cut short.
//!
//! ```yaml
//! name: short-writes-example
//! world: live
//! length: 20s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: cache, timeout: 300ms}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   cache: {kind: cache, entries: 1000, work: 200us}
//! faults:
//!   torn: {kind: short-writes, on: cache, share: 10%, at: 5s, for: 5s}
//! expect:
//!   - success(users) >= 99%
//! live:
//!   cache:
//!     start: [redis-server, --port, "{port}", --bind, 127.0.0.1, --appendonly, "yes", --dir, "{dir}"]
//!     protocol: redis
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "short-writes",
    page: include_str!("short_writes.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::LiveOnly,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::optional("share", Shape::Ratio, "100%", "share of the writes that are cut short")];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = fields.ratio("share").unwrap_or(1.0);
    let (target, _) = site.service();
    let label = format!("short writes {}", words(fields, "share", "100%"));
    Lowered::one(label, target, Effect::ShortWrites { share })
}
