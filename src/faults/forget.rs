//! A cache loses its contents, or a share of them, at once. The cache itself stays up.
//!
//! A flush, a bad eviction, a node replaced by an empty one. It happens at one moment: there is no `for`, and nothing heals it but the
//! reads that fill the cache again. Judge it with `after NAME`.
//!
//! - **Simulated world**: the given share of the entries of each chosen replica is removed, at random.
//! - **Live world**: a stand-in forgets in the same way; a real Redis gets FLUSHALL, which is always everything.
//! - **Undo**: none; contents come back by use.
//! - **Evidence**: entries removed.
//!
//! ```yaml
//! name: forget-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 100/s, keys: {count: 200}}
//! services:
//!   web: {calls: [{to: cache, timeout: 100ms, miss: {to: db, timeout: 500ms}}]}
//!   cache: {kind: cache, work: 1ms}
//!   db: {workers: 10, work: exp(20ms)}
//! faults:
//!   flush: {kind: forget, on: cache, at: 10s}
//! expect:
//!   - hits(cache) >= 99% before flush
//!   - hits(cache) <= 98% after flush
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "forget",
    page: include_str!("forget.rs"),
    acts_on: ActsOn::Cache,
    lasts: Lasts::Instantly,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc {
        name: "share",
        shape: Shape::Ratio,
        required: false,
        default: "100%",
        doc: "share of the entries of each replica that is lost",
    },
    super::replicas("how many replicas forget"),
    super::ZONE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = if fields.node("share").is_some() { fields.ratio("share") } else { Some(1.0) };
    let (target, which) = site.replicas(fields)?;
    let label =
        format!("forget {}{}{which}", words(fields, "share", "100%"), if which.is_empty() { "" } else { " on" });
    Lowered::one(label, target, Effect::Forget { share: share? })
}
