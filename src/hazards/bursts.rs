//! Crowds: what many clients ask for at about the same time, by what is written of them and by the schedule. The work that a crowd brings
//! is followed from one moment to the next; nothing is played.

use super::Review;
use super::flow::{self, Flow};
use super::present;
use crate::base::{ClientId, ServiceId, Time};
use crate::plan::{Arrivals, Effect, Plan, Target};

/// Clients that all ask within some time.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    pub client: ClientId,
    pub at: Time,
    pub size: f64,
    /// Seconds over which their first requests are spread.
    pub within: f64,
}

/// The largest crowd at a service: several that follow each other closely are one.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    pub client: ClientId,
    /// Requests of it at the service.
    pub requests: f64,
    /// Seconds over which they come.
    pub within: f64,
    /// Requests a second that the service can answer then.
    pub rate: f64,
}

impl Rush {
    /// Seconds that the last one waits, in a line without an end.
    pub fn wait(&self) -> f64 {
        (self.requests / self.rate - self.within).max(0.0)
    }
}

/// Every crowd that the schedule makes, in order of time; of clients that it leaves alone, the one that they would be.
pub fn crowds(plan: &Plan) -> Vec<Crowd> {
    let mut crowds: Vec<Crowd> = plan
        .schedule
        .iter()
        .filter(|step| step.on)
        .filter_map(|step| {
            let Target::Client(client) = step.target else { return None };
            let (size, within) = match (&step.effect, &plan.client(client).arrivals) {
                (Effect::Disconnect { share }, Arrivals::Herd(herd)) => {
                    (f64::from(herd.clients) * share, herd.spread.as_secs_f64())
                }
                (Effect::Wake { share, within }, Arrivals::Fleet(fleet)) => {
                    (f64::from(fleet.agents) * share, within.as_secs_f64() + fleet.splay.as_secs_f64())
                }
                _ => return None,
            };
            Some(Crowd { client, at: step.at, size, within })
        })
        .collect();
    for (index, client) in plan.clients.iter().enumerate() {
        let id = ClientId::from(index);
        if crowds.iter().any(|crowd| crowd.client == id) {
            continue;
        }
        let (size, within) = match &client.arrivals {
            Arrivals::Herd(herd) => (f64::from(herd.clients), herd.spread.as_secs_f64()),
            Arrivals::Fleet(fleet) => (f64::from(fleet.agents), (fleet.start + fleet.splay).as_secs_f64()),
            _ => continue,
        };
        crowds.push(Crowd { client: id, at: Time::ZERO, size, within });
    }
    crowds.sort_by_key(|crowd| crowd.at);
    crowds
}

/// A crowd, and how often one of it asks each service.
pub type Bound = (Crowd, Flow);

impl Review<'_> {
    /// Every crowd with where it goes.
    pub fn crowds(&self) -> Vec<Bound> {
        let all = vec![1.0; self.plan.clients.len()];
        let visits = |crowd: Crowd| {
            let one = flow::only(&all, |id| id == crowd.client);
            (crowd, flow::spread(self.plan, &self.wires, &one, |_| 1.0))
        };
        crowds(self.plan).into_iter().map(visits).collect()
    }

    /// The worst rush at a service, by how long its last one waits.
    pub fn rush(&self, service: ServiceId, crowds: &[Bound]) -> Option<Rush> {
        let mut worst: Option<Rush> = None;
        // What is left of the crowds before: requests, and the moment at which they were that many.
        let (mut left, mut since) = (0.0, Time::ZERO);
        for (crowd, visits) in crowds.iter().filter(|(_, visits)| visits.service(service) > 0.0) {
            let then = present::service(self.plan, service, crowd.at);
            let rate = self.capacity.rate_of(self.plan, service, then);
            let gone = crowd.at.since(since).as_secs_f64() * rate;
            left = f64::max(0.0, left - gone) + crowd.size * visits.service(service);
            since = crowd.at;
            let rush = Rush { client: crowd.client, requests: left, within: crowd.within, rate };
            if rate.is_finite() && worst.is_none_or(|known| rush.wait() > known.wait()) {
                worst = Some(rush);
            }
        }
        worst
    }
}
