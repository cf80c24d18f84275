//! How many requests a second each service can answer, and how long one holds a worker when nobody is in its way. Closed forms over
//! means; queueing is not in them.

use super::structure::Wires;
use super::{misses, structure};
use crate::base::{EdgeId, ServiceId};
use crate::plan::database::{Reads, Writes};
use crate::plan::{Guard, Op, Plan, Role, Service};

/// By service.
pub struct Capacity {
    /// Seconds from the start of a request to its answer, calls included.
    hold: Vec<f64>,
    /// Requests per second, of all replicas; infinite where nothing limits it.
    rate: Vec<f64>,
    /// Is it asked for writes only?
    writes: Vec<bool>,
}

impl Capacity {
    pub fn of(plan: &Plan, wires: &Wires) -> Capacity {
        let count = plan.services.len();
        let mut capacity =
            Capacity { hold: vec![0.0; count], rate: vec![f64::INFINITY; count], writes: vec![false; count] };
        for &id in wires.callers_first.iter().rev() {
            capacity.writes[id.index()] = wires.inbound(id).all(|(_, edge)| edge.write);
            capacity.hold[id.index()] = capacity.hold_of(plan, id, plan.service(id));
            capacity.rate[id.index()] = capacity.rate_of(plan, id, plan.service(id));
        }
        capacity
    }

    /// Seconds that a request holds a worker.
    pub fn hold(&self, service: ServiceId) -> f64 {
        self.hold[service.index()]
    }

    /// Requests per second.
    pub fn rate(&self, service: ServiceId) -> f64 {
        self.rate[service.index()]
    }

    /// As if its entry in the Plan were this one.
    pub fn rate_of(&self, plan: &Plan, id: ServiceId, service: &Service) -> f64 {
        let replicas = f64::from(serving(service));
        let each =
            |slots: u32, busy: f64| if busy > 0.0 { f64::from(slots) * batch(service) / busy } else { f64::INFINITY };
        let by_workers =
            service.workers.map_or(f64::INFINITY, |workers| each(workers, self.hold_of(plan, id, service)));
        let by_cores = service.working.cores.map_or(f64::INFINITY, |cores| each(cores.count, work(service)));
        replicas * by_workers.min(by_cores)
    }

    /// Seconds that this call takes when all is well.
    pub fn call(&self, plan: &Plan, id: EdgeId) -> f64 {
        let edge = plan.edge(id);
        if edge.mirror {
            return 0.0;
        }
        let miss = edge.miss.as_ref().map_or(0.0, |miss| misses::ratio(plan, edge, 1.0) * self.call(plan, miss.edge));
        2.0 * edge.latency.mean() + self.hold(edge.to) + miss
    }

    fn hold_of(&self, plan: &Plan, id: ServiceId, service: &Service) -> f64 {
        let disk = service.volume.as_ref().map_or(0.0, |volume| {
            // Writes among other requests are left out: how many there are is not known here.
            let commit = volume.commit.as_ref().filter(|_| self.writes[id.index()]).map_or(0.0, |dist| dist.mean());
            commit + volume.fetch.as_ref().map_or(0.0, |dist| dist.mean() * volume.misses)
        });
        disk + service.program.iter().map(|op| self.step(plan, op)).sum::<f64>()
    }

    /// Seconds that one step takes.
    pub fn step(&self, plan: &Plan, op: &Op) -> f64 {
        match op {
            Op::Work(dist) => dist.mean(),
            // Which classes come is not known here: the work of those that are not named.
            Op::WorkBy(by) => by.any.mean(),
            Op::Call(id) => structure::often(plan, *id) * self.call(plan, *id),
            Op::Parallel { calls, .. } => {
                calls.iter().map(|id| plan.edge(*id).chance * self.call(plan, *id)).fold(0.0, f64::max)
            }
            Op::Split(all) => {
                structure::split(plan, all).into_iter().map(|(id, often)| often * self.call(plan, id)).sum()
            }
            Op::Lock { .. } | Op::Unlock(_) => 0.0,
        }
    }
}

/// Seconds of its own work in a request.
pub fn work(service: &Service) -> f64 {
    let of_step = |op: &Op| match op {
        Op::Work(dist) => dist.mean(),
        Op::WorkBy(by) => by.any.mean(),
        _ => 0.0,
    };
    service.program.iter().map(of_step).sum()
}

/// What a rate limit lets through to the service, of all callers together.
fn quota(guards: &[Guard]) -> f64 {
    let limit = |guard: &Guard| match guard {
        Guard::Rate(limit) if !limit.per_key => Some(limit.rate),
        _ => None,
    };
    guards.iter().filter_map(limit).fold(f64::INFINITY, f64::min)
}

/// How many of its replicas answer requests.
fn serving(service: &Service) -> u32 {
    match &service.role {
        Role::Database(spec) if spec.reads == Reads::Leader && spec.writes == Writes::Leader => 1,
        Role::Broker(_) => 1,
        _ => service.replicas,
    }
}

/// Requests that a worker takes at once.
fn batch(service: &Service) -> f64 {
    service.working.batch.map_or(1.0, |batch| f64::from(batch.size))
}

impl super::Review<'_> {
    /// Requests a second that get past the rate limit of a service.
    pub fn arriving(&self, service: ServiceId) -> f64 {
        self.admitted(service, self.flow.service(service))
    }

    /// Of so many.
    pub fn admitted(&self, service: ServiceId, rate: f64) -> f64 {
        rate.min(quota(&self.plan.service(service).guards))
    }

    /// What limits a call most of all that it asks for further down: the service or link, and how many of these calls it bears a second.
    pub fn narrowest(&self, id: EdgeId) -> (String, f64) {
        let plan = self.plan;
        let mut one = vec![0.0; plan.services.len()];
        let mut narrowest = (plan.service(plan.edge(id).to).name.clone(), f64::INFINITY);
        let mut consider = |name: &str, bears: f64| {
            if bears < narrowest.1 {
                narrowest = (name.to_owned(), bears);
            }
        };
        let mut pass = |id: EdgeId, often: f64, one: &mut Vec<f64>| {
            let edge = plan.edge(id);
            one[edge.to.index()] += often;
            for link in &edge.via {
                let bytes = edge.request_bytes.max(edge.response_bytes) as f64;
                let link = &plan.segments[link.index()];
                consider(&format!("the link {}", link.name), link.bandwidth / (bytes * often).max(1e-9));
            }
        };
        pass(id, 1.0, &mut one);
        for &service in &self.wires.callers_first {
            let visits = one[service.index()];
            for (call, often) in structure::calls(plan, service) {
                if visits > 0.0 {
                    pass(call, visits * often, &mut one);
                }
            }
        }
        for service in structure::services(plan).filter(|service| one[service.index()] > 0.0) {
            consider(&plan.service(service).name, self.capacity.rate(service) / one[service.index()]);
        }
        narrowest
    }
}
