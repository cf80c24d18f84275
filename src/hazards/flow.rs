//! How many requests a second pass each call and reach each service in the mean, when nothing fails. Rates only; no time, no queue.

use super::capacity::Capacity;
use super::structure::Wires;
use super::{misses, structure};
use crate::base::{ClientId, EdgeId, ServiceId, Time};
use crate::plan::{Arrivals, Client, Plan, RatePoint};

/// Requests per second.
pub struct Flow {
    edges: Vec<f64>,
    services: Vec<f64>,
}

impl Flow {
    pub fn edge(&self, id: EdgeId) -> f64 {
        self.edges[id.index()]
    }

    pub fn service(&self, id: ServiceId) -> f64 {
        self.services[id.index()]
    }
}

/// What each client asks for in the mean of the run, reloads and lost sessions not included.
pub fn rates(plan: &Plan, capacity: &Capacity) -> Vec<f64> {
    plan.clients.iter().map(|client| rate(plan, client, capacity)).collect()
}

/// The rates of some of the clients; none of the others.
pub fn only(rates: &[f64], which: impl Fn(ClientId) -> bool) -> Vec<f64> {
    rates.iter().enumerate().map(|(index, rate)| if which(ClientId::from(index)) { *rate } else { 0.0 }).collect()
}

fn rate(plan: &Plan, client: &Client, capacity: &Capacity) -> f64 {
    let length = plan.length.since(Time::ZERO).as_secs_f64();
    let visits = match &client.arrivals {
        Arrivals::Open { points, .. } => mean(points, plan.length),
        Arrivals::Trace(moments) => moments.len() as f64 / length,
        Arrivals::Closed { users, think, .. } => {
            f64::from(*users) / (think.mean() + capacity.call(plan, client.edge)).max(1e-9)
        }
        Arrivals::Herd(herd) => herd.life.as_ref().map_or(0.0, |life| f64::from(herd.clients) / life.mean()),
        Arrivals::Fleet(fleet) => f64::from(fleet.agents) / fleet.interval.mean().max(1e-9),
    };
    visits * client.pages.as_ref().map_or(1.0, |pages| 1.0 + pages.age.mean() / pages.every.mean().max(1e-9))
}

/// The mean of a piecewise linear rate from 0 to the end; the last point holds.
fn mean(points: &[RatePoint], end: Time) -> f64 {
    let mut sum = 0.0;
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.at < end) {
        let next = points.get(index + 1);
        let to = next.map_or(end, |next| next.at.min(end));
        let slope = next.map_or(0.0, |next| {
            let run = next.at.since(point.at).as_secs_f64();
            if run > 0.0 { (next.rate - point.rate) / run } else { 0.0 }
        });
        let run = to.since(point.at).as_secs_f64();
        sum += run * (point.rate + slope * run / 2.0);
    }
    sum / end.since(Time::ZERO).as_secs_f64().max(1e-9)
}

/// Where the requests of clients at these rates go. `times` says how often each call is made for one that is wanted (attempts).
pub fn spread(plan: &Plan, wires: &Wires, rates: &[f64], times: impl Fn(EdgeId) -> f64) -> Flow {
    let mut flow = Flow { edges: vec![0.0; plan.edges.len()], services: vec![0.0; plan.services.len()] };
    // Messages can go round in circles, and then every pass carries them on; without brokers the second pass changes nothing.
    const PASSES_MAX: usize = 50;
    for _ in 0..PASSES_MAX {
        let before = flow.services.clone();
        flow.edges.fill(0.0);
        for (index, client) in plan.clients.iter().enumerate() {
            flow.add(plan, client.edge, rates[index], &times);
        }
        for &service in &wires.callers_first {
            flow.services[service.index()] = flow.arriving(wires, service);
            let rate = flow.services[service.index()] / batch(plan, service);
            for (edge, often) in structure::calls(plan, service).into_iter().chain(structure::consumers(plan, service))
            {
                flow.add(plan, edge, rate * often, &times);
            }
        }
        for service in structure::services(plan) {
            flow.services[service.index()] = flow.arriving(wires, service);
        }
        if flow.services.iter().zip(&before).all(|(now, then)| (now - then).abs() <= 1e-9 * now.abs()) {
            break;
        }
    }
    flow
}

impl Flow {
    fn add(&mut self, plan: &Plan, id: EdgeId, wanted: f64, times: &impl Fn(EdgeId) -> f64) {
        let edge = plan.edge(id);
        let rate = wanted * times(id);
        self.edges[id.index()] += rate;
        if let Some(miss) = &edge.miss {
            let missed = rate * misses::ratio(plan, edge, rate) * structure::often(plan, miss.edge);
            self.add(plan, miss.edge, missed, times);
        }
    }

    fn arriving(&self, wires: &Wires, service: ServiceId) -> f64 {
        wires.inbound(service).map(|(id, _)| self.edge(id)).sum()
    }
}

/// How many requests a service answers with one round of its steps, in the mean.
fn batch(plan: &Plan, service: ServiceId) -> f64 {
    let working = &plan.service(service).working;
    working.batch.map_or(1.0, |batch| if batch.wait.0 > 0 { f64::from(batch.size) } else { 1.0 })
}

impl super::Review<'_> {
    /// How often each service is asked for one call of this edge.
    pub fn visits(&self, id: EdgeId) -> Vec<f64> {
        let plan = self.plan;
        let mut visits = vec![0.0; plan.services.len()];
        visits[plan.edge(id).to.index()] += 1.0;
        for &service in &self.wires.callers_first {
            let here = visits[service.index()];
            for (call, often) in structure::calls(plan, service) {
                visits[plan.edge(call).to.index()] += here * often;
            }
        }
        visits
    }
}
