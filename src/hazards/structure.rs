//! The graph of calls: who calls whom and how often, in which order, who stands on whom. Look-ups only.

use crate::base::{EdgeId, ServiceId};
use crate::plan::{Edge, Fallback, Op, Party, Plan, Role};
use std::collections::BTreeSet;

/// Which edges lead into and out of each service, found once.
pub struct Wires<'a> {
    plan: &'a Plan,
    into: Vec<Vec<EdgeId>>,
    out: Vec<Vec<EdgeId>>,
    /// Services, callers before those they call. Messages of brokers do not count: nobody waits for them.
    pub callers_first: Vec<ServiceId>,
}

impl<'a> Wires<'a> {
    pub fn of(plan: &'a Plan) -> Wires<'a> {
        let count = plan.services.len();
        let mut wires =
            Wires { plan, into: vec![Vec::new(); count], out: vec![Vec::new(); count], callers_first: Vec::new() };
        for (id, edge) in edges(plan) {
            wires.into[edge.to.index()].push(id);
            if let Some(from) = caller(edge) {
                wires.out[from.index()].push(id);
            }
        }
        wires.callers_first = wires.ordered();
        wires
    }

    pub fn inbound(&self, service: ServiceId) -> impl Iterator<Item = (EdgeId, &'a Edge)> + use<'a, '_> {
        self.into[service.index()].iter().map(|id| (*id, self.plan.edge(*id)))
    }

    /// Calls, and for a broker its messages.
    pub fn outbound(&self, service: ServiceId) -> impl Iterator<Item = (EdgeId, &'a Edge)> + use<'a, '_> {
        self.out[service.index()].iter().map(|id| (*id, self.plan.edge(*id)))
    }

    /// Those that make this service work on an answer.
    pub fn calls(&self, service: ServiceId) -> impl Iterator<Item = (EdgeId, &'a Edge)> + use<'a, '_> {
        self.outbound(service).filter(|(_, edge)| !self.plan.is_delivery(edge))
    }

    /// Every service that takes part in answering a request of one of these, themselves included, when one service is taken out.
    pub fn below(&self, from: impl IntoIterator<Item = ServiceId>, lost: Option<ServiceId>) -> BTreeSet<ServiceId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<ServiceId> = from.into_iter().collect();
        while let Some(at) = open.pop() {
            if Some(at) != lost && found.insert(at) {
                open.extend(self.calls(at).map(|(_, edge)| edge.to));
            }
        }
        found
    }

    fn ordered(&self) -> Vec<ServiceId> {
        let mut waiting = vec![0usize; self.plan.services.len()];
        for service in services(self.plan) {
            for (_, edge) in self.calls(service) {
                waiting[edge.to.index()] += 1;
            }
        }
        let mut order: Vec<ServiceId> = services(self.plan).filter(|id| waiting[id.index()] == 0).collect();
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            next += 1;
            for (_, edge) in self.calls(at) {
                waiting[edge.to.index()] -= 1;
                if waiting[edge.to.index()] == 0 {
                    order.push(edge.to);
                }
            }
        }
        order
    }
}

/// The calls that a service makes for each request, with how often in the mean. Calls after a miss and fallbacks are not among them.
pub fn calls(plan: &Plan, service: ServiceId) -> Vec<(EdgeId, f64)> {
    let mut calls = Vec::new();
    for op in &plan.service(service).program {
        match op {
            Op::Call(id) => calls.push((*id, often(plan, *id))),
            Op::Parallel { calls: all, .. } => calls.extend(all.iter().map(|id| (*id, often(plan, *id)))),
            Op::Split(all) => calls.extend(split(plan, all)),
            Op::Work(_) | Op::WorkBy(_) | Op::Lock { .. } | Op::Unlock(_) => {}
        }
    }
    calls
}

/// How often a call is made where it stands.
pub fn often(plan: &Plan, id: EdgeId) -> f64 {
    let edge = plan.edge(id);
    edge.chance * f64::from(edge.count)
}

/// The calls of a split, with the share of the requests that each gets.
pub fn split(plan: &Plan, all: &[EdgeId]) -> Vec<(EdgeId, f64)> {
    let sum: f64 = all.iter().map(|id| plan.edge(*id).weight).sum();
    let share = |id: &EdgeId| if sum > 0.0 { plan.edge(*id).weight / sum } else { 0.0 };
    all.iter().map(|id| (*id, share(id) * often(plan, *id))).collect()
}

/// Every edge by its number.
pub fn edges(plan: &Plan) -> impl Iterator<Item = (EdgeId, &Edge)> {
    plan.edges.iter().enumerate().map(|(index, edge)| (EdgeId::from(index), edge))
}

pub fn services(plan: &Plan) -> impl Iterator<Item = ServiceId> {
    (0..plan.services.len()).map(ServiceId::from)
}

/// The service that makes this call; `None` for a client.
pub fn caller(edge: &Edge) -> Option<ServiceId> {
    match edge.from {
        Party::Service(id) => Some(id),
        Party::Client(_) => None,
    }
}

/// The consumers of a broker, each with its share of the messages.
pub fn consumers(plan: &Plan, broker: ServiceId) -> Vec<(EdgeId, f64)> {
    let Role::Broker(spec) = &plan.service(broker).role else { return Vec::new() };
    let of_group = |group: &crate::plan::broker::Group| {
        let share = 1.0 / group.consumers.len().max(1) as f64;
        group.consumers.iter().map(|one| (one.edge, share)).collect::<Vec<_>>()
    };
    spec.groups.iter().flat_map(of_group).collect()
}

/// Does the caller of this edge have something else when it fails?
pub fn is_dispensable(edge: &Edge) -> bool {
    edge.optional || edge.mirror || edge.fallback.is_some() || edge.miss.as_ref().is_some_and(|miss| miss.on_error)
}

/// The second calls that a call can lead to: after a miss, and when it has failed.
pub fn seconds(edge: &Edge) -> impl Iterator<Item = EdgeId> {
    let fallback = edge.fallback.and_then(|fallback| match fallback {
        Fallback::Call(id) => Some(id),
        Fallback::Answer => None,
    });
    edge.miss.as_ref().map(|miss| miss.edge).into_iter().chain(fallback)
}

/// Names in a message: the first few, and how many more.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 6;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}
