//! A service gets another number of replicas or workers: capacity that is lost or added, by accident or by an operator.
//!
//! Replicas that are taken away finish what they have; new ones begin cold and empty. Without `for` it stays so.
//!
//! - **Simulated world**: the service has this many from that moment on.
//! - **Live world**: a stand-in has; a real process cannot be scaled, so it is refused before the run.
//! - **Undo**: the number comes back.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: scale-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 100/s}
//! services:
//!   api: {replicas: 2, workers: 2, work: exp(20ms)}
//! faults:
//!   lost: {kind: scale, on: api, replicas: 1, at: 20s, for: 10s}
//!   help: {kind: scale, on: api, workers: 8, at: 40s}
//! expect:
//!   - utilisation(api) >= 80% during lost
//!   - utilisation(api) <= 20% during help
//!   - replicas(api) == 1 during lost
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Target;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "scale",
    page: include_str!("scale.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("replicas", Shape::Count, "unchanged", "how many replicas there are"),
    FieldDoc::optional("workers", Shape::Count, "unchanged", "how many workers a replica has"),
];

const MOST: u64 = 100_000;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (Target::Service { id, .. }, service) = site.service() else { return None };
    let mut words = Vec::new();
    let mut wanted = [None; 2];
    for (slot, name) in wanted.iter_mut().zip(["replicas", "workers"]) {
        *slot = match fields.count(name) {
            Some(count) if count == 0 || count > MOST => {
                fields.error(name, format!("`{name}` must be 1 to {MOST}")).code("wrong-value");
                return None;
            }
            Some(count) => {
                words.push(format!("{count} {name}"));
                Some(count as u32)
            }
            None => None,
        };
    }
    if words.is_empty() {
        let note = fields.error("on", format!("nothing of `{}` is changed", service.name));
        note.help("give `replicas` or `workers`").code("missing-key");
        return None;
    }
    let [replicas, workers] = wanted;
    if service.has_copies() && replicas.is_some_and(|count| count != service.replicas) {
        let message =
            format!("each replica of `{}` is a copy of its data: there are as many all the time", service.name);
        let note = fields.error("replicas", message).code("wrong-value");
        note.help("scale its `workers`, or change `replicas` with a variant");
        return None;
    }
    let change = Change::edit(move |plan| {
        let service = &mut plan.services[id.index()];
        service.replicas = replicas.unwrap_or(service.replicas);
        service.workers = workers.or(service.workers);
    });
    Some(Lowered::changes(format!("scale to {}", words.join(", ")), vec![change]))
}
