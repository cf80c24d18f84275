//! What parts of a Plan have at some time of the run: at first, or after a push. Meters are declared for all of it.

use crate::plan::{Edge, Effect, Guard, Party, Patch, Plan, Step, Target};

impl Plan {
    /// The guards that an edge has at some time of the run.
    pub(super) fn guards_of_edge(&self, index: usize) -> Vec<&Guard> {
        let patches = self.schedule.iter().filter_map(|step| match (step.target, &step.effect) {
            (Target::Edge(id), Effect::Set(patch)) if id.index() == index => Some(&**patch),
            _ => None,
        });
        let later = patches.filter_map(|patch| if let Patch::Edge(edge) = patch { Some(&edge.guards) } else { None });
        std::iter::once(&self.edges[index].guards).chain(later).flatten().collect()
    }

    /// The guards that a service has at some time of the run.
    pub(super) fn guards_of_service(&self, index: usize) -> Vec<&Guard> {
        let patches = self.schedule.iter().filter_map(|step| match (step.target, &step.effect) {
            (Target::Service { id, .. }, Effect::Set(patch)) if id.index() == index => Some(&**patch),
            _ => None,
        });
        let later = patches.filter_map(|patch| if let Patch::Service(of) = patch { Some(&of.guards) } else { None });
        std::iter::once(&self.services[index].guards).chain(later).flatten().collect()
    }
}

/// Does this service keep a ledger, at first or after a push?
pub fn keeps_ledger(plan: &Plan, service: usize) -> bool {
    let pushed = |step: &Step| match (&step.effect, step.target) {
        (Effect::Set(patch), Target::Service { id, .. }) if id.index() == service => {
            matches!(&**patch, Patch::Service(of) if of.working.ledger)
        }
        _ => false,
    };
    plan.services[service].working.ledger || plan.schedule.iter().any(pushed)
}

/// Does a certificate that this service shows expire, at first or after a push?
pub fn shows_an_end(plan: &Plan, service: usize) -> bool {
    let expires = |edge: &Edge| edge.tls.as_ref().is_some_and(|tls| tls.not_after.is_some());
    let later = plan.schedule.iter().filter_map(|step| match &step.effect {
        Effect::Set(patch) => Some(&**patch),
        _ => None,
    });
    let later = later.filter_map(|patch| if let Patch::Edge(edge) = patch { Some(edge) } else { None });
    plan.edges.iter().chain(later).any(|edge| edge.to.index() == service && expires(edge))
}

/// Is this the way of messages that the service of this number dies of?
pub fn dies_of_messages(plan: &Plan, edge: &Edge, service: usize) -> bool {
    let of_poison = |step: &Step| {
        let Target::Service { id, .. } = step.target else { return false };
        edge.from == Party::Service(id) && matches!(step.effect, Effect::Poison { restart: Some(_), .. })
    };
    edge.to.index() == service && plan.schedule.iter().any(of_poison)
}
