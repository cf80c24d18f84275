//! A service so busy that its requests mostly wait.
//!
//! What it sees: a service whose requests wait, in the mean and when all is well, more than five times as long as the work on them takes. It works,
//! and a little more load makes the wait boundless.
//!
//! The arithmetic: the wait of a line with c workers, of work with mean s and coefficient of variation k, at utilisation u:
//! C(c, u) / (c (1 - u)) x s x (1 + k^2) / 2, where C is Erlang's chance to wait. With one worker and exponential work that is s u / (1 - u):
//! nine times the work at 90%. Source: Allen and Cunneen's approximation; it assumes that requests come at random.
//!
//! The fix: a few workers more (two at half the speed do not help), work that varies less, or less of it: a tenth less work at 90% is half of the
//! wait. It would have caught `one-queue`.
//!
//! ```yaml
//! name: long-wait-hazard
//! length: 600s
//! clients:
//!   users: {calls: api, rate: 90/s}
//! services:
//!   api: {workers: 1, work: exp(10ms)}
//! expect:
//!   - mean(users) >= 60ms
//! variants:
//!   fixed: {title: A second worker, set: {services.api.workers: 2}}
//! ```

use crate::base::{Dist, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Op, Part};

pub static RULE: Rule = Rule { code: "hazard/long-wait", page: include_str!("long_wait.rs"), find };

/// The wait, in times the work.
const LONG: f64 = 5.0;

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for id in structure::services(review.plan) {
        let (capacity, rate) = (review.capacity.rate(id), review.flow.service(id));
        let busy = rate / capacity;
        if capacity.is_infinite() || !(0.5..1.0).contains(&busy) || !comes_at_random(review, id) {
            continue;
        }
        let (wait, hold) = (wait(review, id, busy), review.capacity.hold(id));
        // Where the line is bounded, so is the wait.
        let most = review.wires.inbound(id).filter_map(|(edge, _)| review.longest_wait(edge)).reduce(f64::max);
        let wait = wait.min(most.unwrap_or(f64::INFINITY));
        if wait <= LONG * hold {
            continue;
        }
        let name = &review.plan.service(id).name;
        let message = format!(
            "{name} is busy for {} of its time: a request of {} waits about {} more",
            words::share(busy),
            words::time(hold),
            words::time(wait)
        );
        found.push(Finding::at(
            Part::Service(id),
            message,
            "more workers, or less work: at 80% the wait is less than half of that at 90%",
        ));
    }
    found
}

/// Seconds in the mean.
fn wait(review: &Review, id: ServiceId, busy: f64) -> f64 {
    let service = review.plan.service(id);
    let slots = f64::from(service.slots().unwrap_or(1));
    let works = service.program.iter().filter_map(|op| if let Op::Work(dist) = op { Some(dist) } else { None });
    let (mean, variance) = works.fold((0.0, 0.0), |sum, dist| (sum.0 + dist.mean(), sum.1 + variance(dist)));
    let variation = if mean > 0.0 { variance / (mean * mean) } else { 0.0 };
    erlang(slots, busy) / (slots * (1.0 - busy)) * review.capacity.hold(id) * (1.0 + variation) / 2.0
}

/// The chance to find all of so many workers busy (Erlang's C), by the recurrence of his B.
fn erlang(slots: f64, busy: f64) -> f64 {
    let offered = slots * busy;
    let mut blocked = 1.0;
    for n in 1..=slots as u32 {
        blocked = offered * blocked / (f64::from(n) + offered * blocked);
    }
    blocked / (1.0 - busy * (1.0 - blocked))
}

/// Square seconds; 0 where it is not known in closed form.
fn variance(dist: &Dist) -> f64 {
    match dist {
        Dist::Uniform { low, high } => (high - low) * (high - low) / 12.0,
        Dist::Exponential { mean } => mean * mean,
        Dist::Lognormal { sigma, .. } => (libm::exp(sigma * sigma) - 1.0) * dist.mean() * dist.mean(),
        Dist::Normal { sd, .. } => sd * sd,
        Dist::Mixture { upto, parts } => {
            let froms = std::iter::once(0.0).chain(upto.iter().copied());
            let squares = parts
                .iter()
                .zip(froms.zip(upto))
                .map(|(part, (from, to))| (to - from) * (variance(part) + part.mean() * part.mean()));
            (squares.sum::<f64>() - dist.mean() * dist.mean()).max(0.0)
        }
        _ => 0.0,
    }
}

/// Do requests come from users who do not wait for each other?
fn comes_at_random(review: &Review, id: ServiceId) -> bool {
    use crate::plan::Arrivals;
    let reaches =
        |client: &&crate::plan::Client| review.wires.below([review.plan.edge(client.edge).to], None).contains(&id);
    let mut clients = review.plan.clients.iter().filter(reaches).peekable();
    clients.peek().is_some() && clients.all(|client| matches!(client.arrivals, Arrivals::Open { poisson: true, .. }))
}

#[cfg(test)]
mod tests {
    use super::erlang;

    #[test]
    fn one_worker_waits_as_often_as_it_is_busy() {
        assert!((erlang(1.0, 0.9) - 0.9).abs() < 1e-12);
        // Erlang's C for two workers: 2 u^2 / (1 + u).
        assert!((erlang(2.0, 0.5) - 2.0 * 0.25 / 1.5).abs() < 1e-12);
    }
}
