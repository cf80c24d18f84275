//! What an entry of the Plan is at a moment, when the schedule changes it: pushes, scalings, levers.

use crate::base::{EdgeId, ServiceId, Time};
use crate::plan::{Edge, Effect, Patch, Plan, Service, Step, Target};

pub fn service(plan: &Plan, id: ServiceId, at: Time) -> &Service {
    let is_it = |step: &Step| matches!(step.target, Target::Service { id: of, .. } if of == id);
    let patched =
        last(plan, at, is_it).and_then(|patch| if let Patch::Service(one) = patch { Some(one) } else { None });
    patched.unwrap_or_else(|| plan.service(id))
}

pub fn edge(plan: &Plan, id: EdgeId, at: Time) -> &Edge {
    let is_it = |step: &Step| step.target == Target::Edge(id);
    let patched = last(plan, at, is_it).and_then(|patch| if let Patch::Edge(one) = patch { Some(one) } else { None });
    patched.unwrap_or_else(|| plan.edge(id))
}

/// The last value that was set before or at this moment and not taken back by then.
fn last(plan: &Plan, at: Time, is_it: impl Fn(&Step) -> bool) -> Option<&Patch> {
    let mut set: Vec<(&Step, &Patch)> = Vec::new();
    for step in plan.schedule.iter().filter(|step| step.at <= at && is_it(step)) {
        let Effect::Set(patch) = &step.effect else { continue };
        match step.on {
            true => set.push((step, patch)),
            false => set.retain(|(other, _)| other.fault != step.fault),
        }
    }
    set.last().map(|(_, patch)| *patch)
}
