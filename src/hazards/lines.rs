//! Lines before workers: how many can stand there, and how long the last of them waits. Bounds by what is written, not by simulation.

use super::structure::Wires;
use super::{Review, structure};
use crate::base::{ClientId, EdgeId, ServiceId, Span};
use crate::plan::{Arrivals, Edge, Guard, Op, Order, Party, Plan};

impl Review<'_> {
    /// Seconds that a request of this call waits for a worker at most; `None`: there is no bound. With a line that serves the newest
    /// first the bound is 0: those who are served are served at once.
    pub fn longest_wait(&self, id: EdgeId) -> Option<f64> {
        let edge = self.plan.edge(id);
        let service = self.plan.service(edge.to);
        let rate = self.capacity.rate(edge.to);
        if rate.is_infinite() || matches!(service.queue.order, Order::Lifo | Order::AdaptiveLifo { .. }) {
            return Some(0.0);
        }
        let replicas = f64::from(service.replicas);
        let standing = |count: f64| count / rate;
        let in_queue = service.queue.capacity.map(|most| standing(f64::from(most) * replicas));
        let by_codel = service.queue.codel.map(|codel| codel.interval.as_secs_f64());
        let by_guards = service.guards.iter().filter_map(|guard| match guard {
            Guard::Limit(limit) => Some(standing(f64::from(limit.max) * replicas)),
            Guard::Shed(shed) => {
                let codel = shed.codel.map(|codel| codel.interval.as_secs_f64());
                let queue = shed.queue.map(|most| standing(f64::from(most) * replicas));
                [shed.wait.map(Span::as_secs_f64), codel, queue].into_iter().flatten().reduce(f64::min)
            }
            _ => None,
        });
        let by_callers = self.crowding.inside(edge.to).map(standing);
        let own = edge.wait.map(Span::as_secs_f64);
        let bounds = own.into_iter().chain(in_queue).chain(by_codel).chain(by_guards).chain(by_callers);
        bounds.reduce(f64::min)
    }
}

/// How many requests can be inside each service, and under way by each call, because their callers cannot send more; `None`: they can.
pub struct Crowding {
    services: Vec<Option<f64>>,
    edges: Vec<Option<f64>>,
}

impl Crowding {
    pub fn of(plan: &Plan, wires: &Wires) -> Crowding {
        let mut crowding = Crowding { services: vec![None; plan.services.len()], edges: vec![None; plan.edges.len()] };
        for (id, edge) in structure::edges(plan) {
            let by_caller = match edge.from {
                Party::Client(client) => of_client(plan, client),
                Party::Service(_) if plan.is_delivery(edge) => own_limit(plan, edge.to),
                Party::Service(_) => continue,
            };
            crowding.edges[id.index()] = bounded(edge, by_caller);
        }
        for &service in &wires.callers_first {
            let inside = wires.inbound(service).map(|(id, _)| crowding.edges[id.index()]).sum();
            crowding.services[service.index()] = inside;
            for (id, edge) in wires.calls(service) {
                let by_caller = own_limit(plan, service).or(inside).map(|inside| inside * at_once(plan, id));
                crowding.edges[id.index()] = bounded(edge, by_caller);
            }
        }
        crowding
    }

    pub fn inside(&self, service: ServiceId) -> Option<f64> {
        self.services[service.index()]
    }

    pub fn under_way(&self, id: EdgeId) -> Option<f64> {
        self.edges[id.index()]
    }
}

/// The callers' own bound, and those of the call.
fn bounded(edge: &Edge, by_caller: Option<f64>) -> Option<f64> {
    let by_limits = edge.guards.iter().filter_map(|guard| match guard {
        Guard::Limit(limit) => Some(f64::from(limit.max)),
        _ => None,
    });
    let bulkhead = edge.bulkhead.map(|bulkhead| f64::from(bulkhead.max));
    let pool = edge.pool.as_ref().filter(|pool| pool.size < u32::MAX).map(|pool| f64::from(pool.size));
    by_caller.into_iter().chain(by_limits).chain(bulkhead).chain(pool).reduce(f64::min)
}

fn of_client(plan: &Plan, id: ClientId) -> Option<f64> {
    match &plan.client(id).arrivals {
        Arrivals::Closed { users, .. } => Some(f64::from(*users)),
        Arrivals::Herd(herd) => Some(f64::from(herd.clients)),
        Arrivals::Fleet(fleet) => Some(f64::from(fleet.agents)),
        Arrivals::Open { .. } | Arrivals::Trace(_) => None,
    }
}

/// Requests that a service works on at a time, by its own workers and limits.
fn own_limit(plan: &Plan, service: ServiceId) -> Option<f64> {
    let one = plan.service(service);
    let workers = one.workers.map(|workers| f64::from(workers) * f64::from(one.replicas));
    let limits = one.guards.iter().filter_map(|guard| match guard {
        Guard::Limit(limit) => Some(f64::from(limit.max) * f64::from(one.replicas)),
        _ => None,
    });
    workers.into_iter().chain(limits).reduce(f64::min)
}

/// How many of one call a request makes at the same time.
fn at_once(plan: &Plan, id: EdgeId) -> f64 {
    let in_parallel = |op: &Op| matches!(op, Op::Parallel { calls, .. } if calls.contains(&id));
    let edge = plan.edge(id);
    let parallel = structure::caller(edge).is_some_and(|from| plan.service(from).program.iter().any(in_parallel));
    if parallel { f64::from(edge.count) } else { 1.0 }
}
