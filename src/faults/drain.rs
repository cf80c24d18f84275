//! Replicas are drained: the balancer sends them nothing new, and they finish what they have.
//!
//! It is what an operator does before maintenance, and the clean way out of a zone. With every replica drained requests fail with
//! `unavailable`.
//!
//! - **Simulated world**: the balancer leaves the replicas out.
//! - **Live world**: the same, for stand-ins; a real process has no replicas, so it is refused before the run.
//! - **Undo**: they are asked again.
//! - **Evidence**: replicas drained.
//!
//! ```yaml
//! name: drain-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 100/s}
//! services:
//!   api: {replicas: 4, zones: [a, b], workers: 4, work: exp(20ms)}
//! faults:
//!   maintenance: {kind: drain, on: api, zone: a, at: 10s, for: 10s}
//! expect:
//!   - success(users) == 100%
//!   - replicas(api) == 2 during maintenance
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "drain",
    page: include_str!("drain.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[super::replicas("how many replicas are drained"), super::ZONE];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, which) = site.replicas(fields)?;
    if site.service().1.replicas == 1 {
        let note = fields.error("on", "a service with one replica has nobody else to ask");
        note.help("use `down` or `disable`, or give it more replicas").code("wrong-value");
        return None;
    }
    Lowered::one(format!("drain{which}"), target, Effect::Drain)
}
