//! Whole zones or regions are gone: every service loses the replicas that it has there.
//!
//! `zones` names the zones that go dark, as the services list them under `zones`, or regions (section `zones`). Everything in them
//! crashes at one moment and comes back cold when it heals.
//!
//! - **Simulated world**: as `down` on the replicas of these zones, of all services.
//! - **Live world**: as `down`; a real process stands for all replicas of its service, so it cannot lose a zone and is refused.
//! - **Undo**: everything is started again.
//! - **Evidence**: replicas taken down, requests lost and refused, entries forgotten.
//!
//! ```yaml
//! name: blackout-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 60/s}
//! services:
//!   web: {replicas: 3, zones: [a, b, c], workers: 20, work: exp(5ms), health: {interval: 1s, fall: 2, rise: 2}, calls: [db]}
//!   db: {replicas: 3, zones: [a, b, c], workers: 4, work: exp(10ms), health: {interval: 1s, fall: 2, rise: 2}}
//! faults:
//!   fire: {kind: blackout, zones: [a], at: 20s, for: 20s}
//! expect:
//!   - success(users) <= 90% between 20s and 21s
//!   - success(users) >= 99% between 25s and 40s
//!   - crashes(db) == 1
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, zones};
use crate::base::ServiceId;
use crate::plan::{Effect, Replicas, Target};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "blackout",
    page: include_str!("blackout.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::required("zones", Shape::List(&Shape::Name), "the zones and regions that go dark")];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let plan = site.plan();
    let dark = zones::listed(fields, "zones", plan)?;
    let is_dark = |zone: &String| plan.zones.named(zone).is_some_and(|zone| zone.overlaps(dark));
    let mut effects = Vec::new();
    for (index, service) in plan.services.iter().enumerate() {
        for (at, _) in service.zones.iter().enumerate().filter(|(_, zone)| is_dark(zone)) {
            let replicas = Replicas::every(service.zones.len() as u32, at as u32);
            effects.push((Target::Service { id: ServiceId::from(index), replicas }, Effect::Down));
        }
    }
    if effects.is_empty() {
        fields.error("zones", "no service is in these zones").code("wrong-value");
        return None;
    }
    Some(Lowered { label: format!("blackout of {}", zones::words(fields, "zones")), effects, ..Lowered::default() })
}
