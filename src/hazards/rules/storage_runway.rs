//! A disk, or a store of many, that is full before the run is over.
//!
//! What it sees: a volume that fills up within the run at the usual rate of writes; and a store without a free-space index in which so few servers have
//! room at the end that appends fail after all their probes.
//!
//! The arithmetic: used + (bytes written - bytes reclaimed) x length against the size. A store that probes n servers at random fails with chance (1 - p)^n when
//! a share p of it has room: 0.07% at 25% and 25 probes, 7% at 10%, 60% at 2%. "97% full" looks fine and is not. A delete is an append, too.
//!
//! The fix: reclaim what belongs to nobody, an index of what has room (one probe), a reserve, and an alarm on the runway. It would have caught
//! `storage-exhaustion`.
//!
//! ```yaml
//! name: storage-runway-hazard
//! length: 100s
//! clients:
//!   users: {calls: {to: mail, timeout: 2s}, rate: 100/s}
//! services:
//!   mail: {calls: [{to: files, timeout: 1s}]}
//!   files: {kind: store, servers: 100, server_size: 1GiB, used: 80%, append: 1MiB, probe: 10ms, probes: 25}
//! expect:
//!   - success(users) >= 90%
//! variants:
//!   fixed: {title: Know which server has room, set: {services.files.placement: index}}
//! ```

use crate::base::{ServiceId, Time};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Part, Role, VolumeSpec};

pub static RULE: Rule = Rule { code: "hazard/storage-runway", page: include_str!("storage_runway.rs"), find };

/// The share of appends that may fail at the end.
const FAILED: f64 = 0.01;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let length = plan.length.since(Time::ZERO).as_secs_f64();
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Some(volume) = &service.volume else { continue };
        let growth = growth(review, id, volume);
        let free_by_now = volume.reclaim.map_or(0.0, |reclaim| {
            let first = volume.garbage_bytes as f64;
            (first + growth * reclaim.share * length).min(reclaim.bytes_per_sec * length)
        });
        let used = volume.used_bytes as f64 + growth * length - free_by_now;
        if let Role::Store(store) = &service.role {
            let room = (1.0 - used / store.capacity() as f64).max(0.0);
            let failed = libm::pow(1.0 - room, f64::from(store.probes_max));
            if !store.indexed && failed > FAILED {
                let message = format!(
                    "{} is {} full at the end: {} of its servers have room, and {} of appends find none in {} probes",
                    service.name,
                    words::share(1.0 - room),
                    words::share(room),
                    words::share(failed),
                    store.probes_max
                );
                found.push(Finding::at(
                    Part::Service(id),
                    message,
                    "`reclaim`, a free-space index (`placement: index`), or more servers",
                ));
            }
            continue;
        }
        let Some(size) = volume.size_bytes.filter(|size| used >= *size as f64 && growth > 0.0) else { continue };
        let full = (size as f64 - volume.used_bytes as f64).max(0.0) / growth.max(1.0);
        let message =
            format!("the disk of {} is full after about {} at the usual rate", service.name, words::time(full));
        found.push(Finding::at(
            Part::Service(id),
            message,
            "a larger `size`, `reclaim` that keeps up, or less that is written",
        ));
    }
    found
}

/// Bytes a second that are added.
fn growth(review: &Review, id: ServiceId, volume: &VolumeSpec) -> f64 {
    let plan = review.plan;
    let is_append = matches!(plan.service(id).role, Role::Store(_) | Role::Broker(_));
    let calls = review.wires.inbound(id).map(|(call, edge)| {
        let rate = review.flow.edge(call);
        if edge.write || is_append {
            rate * volume.write_bytes.unwrap_or(edge.request_bytes) as f64
        } else {
            rate * volume.read_bytes as f64
        }
    });
    calls.sum::<f64>() + volume.growth_per_sec
}
