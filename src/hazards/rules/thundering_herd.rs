//! More clients at once than can be served before they give up.
//!
//! What it sees: clients that hold sessions or come in turns (`herd`, `fleet`), and that all ask at about the same time: at once after a loss, within
//! the `within` of a `wake` fault, within `start` and `splay`. Crowds that the schedule brings soon after each other are one. Either the line that
//! they make is longer than they wait, or it is bounded and turns away those who do not come again.
//!
//! The arithmetic: N requests within t, at a service that answers mu a second, make a line of N / mu - t seconds. Longer than the patience T, and only mu T of N
//! are served in time; the rest is worked on for nobody, and comes back.
//!
//! The fix: a bounded line (`queue:` of mu x T at most) that refuses at once and clients that come again; a `spread` or `splay` of at least N / mu; more patience.
//! A longer pause between tries is none: the line has formed with the first. It would have caught `two-hundred-thousand-reconnect`, `puppet-herd-55k`,
//! `first-bell` and `boot-storm`.
//!
//! ```yaml
//! name: thundering-herd-hazard
//! length: 60s
//! clients:
//!   phones: {calls: {to: gateway, timeout: 5s}, herd: {clients: 1000, retry: 1s}}
//! services:
//!   gateway: {workers: 2, work: 50ms, queue: unbounded}
//! expect:
//!   - connected(phones) >= 100% whole
//! variants:
//!   fixed: {title: A line that is served in time and refuses the rest, set: {services.gateway.queue: 160}}
//! ```

use crate::base::{EdgeId, ServiceId};
use crate::hazards::bursts::Rush;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Arrivals, Part};

pub static RULE: Rule = Rule { code: "hazard/thundering-herd", page: include_str!("thundering_herd.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found: Vec<(f64, Finding)> = Vec::new();
    let crowds = review.crowds();
    for service in structure::services(plan) {
        let Some(rush) = review.rush(service, &crowds) else { continue };
        let patience = patience(review, service, rush.client);
        let bound = bound(review, service);
        let told = match (patience, bound) {
            (Some(patience), bound) if rush.wait().min(bound.unwrap_or(f64::INFINITY)) > patience => {
                late(review, service, &rush, patience)
            }
            (_, Some(bound))
                if rush.wait() > bound + patience.unwrap_or(0.0).min(bound) && !comes_again(review, &rush) =>
            {
                turned_away(review, service, &rush, bound)
            }
            _ => continue,
        };
        found.push((rush.wait(), told));
    }
    // Each crowd is told where it is worst.
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut told: Vec<Finding> = Vec::new();
    for (_, one) in found {
        if !told.iter().any(|known| known.part == one.part) {
            told.push(one);
        }
    }
    told
}

fn late(review: &Review, service: ServiceId, rush: &Rush, patience: f64) -> Finding {
    let plan = review.plan;
    let message = format!(
        "{} of {} {}, at {} of {}: the last waits {}, and gives up after {}",
        words::number(rush.requests),
        plan.client(rush.client).name,
        within(rush),
        words::rate(rush.rate),
        plan.service(service).name,
        words::time(rush.wait()),
        words::time(patience)
    );
    let help = format!(
        "a `queue` of at most {} that refuses at once, or spread them over {}",
        words::number((rush.rate * patience).floor()),
        words::time(rush.requests / rush.rate)
    );
    Finding::at(Part::Client(rush.client), message, help)
}

fn turned_away(review: &Review, service: ServiceId, rush: &Rush, bound: f64) -> Finding {
    let plan = review.plan;
    let served = rush.rate * (rush.within + bound);
    let message = format!(
        "{} of {} {}, at {} of {} with a line of {}: {} are turned away until their next turn",
        words::number(rush.requests),
        plan.client(rush.client).name,
        within(rush),
        words::rate(rush.rate),
        plan.service(service).name,
        words::time(bound),
        words::share((1.0 - served / rush.requests).max(0.0))
    );
    let help = format!(
        "spread them over {} (`splay`), or let them come again (`rerun`)",
        words::time(rush.requests / rush.rate)
    );
    Finding::at(Part::Client(rush.client), message, help)
}

fn within(rush: &Rush) -> String {
    if rush.within == 0.0 { "at once".to_owned() } else { format!("within {}", words::time(rush.within)) }
}

/// Of the calls into the service on behalf of these clients.
fn patience(review: &Review, service: ServiceId, client: crate::base::ClientId) -> Option<f64> {
    let plan = review.plan;
    let reached = review.wires.below([plan.edge(plan.client(client).edge).to], None);
    let on_the_way = |id: EdgeId| {
        id == plan.client(client).edge || structure::caller(plan.edge(id)).is_some_and(|from| reached.contains(&from))
    };
    let calls = review.wires.inbound(service).filter(|(id, _)| on_the_way(*id));
    calls.filter_map(|(id, _)| review.chains.patience(id)).reduce(f64::min)
}

/// Seconds that anybody waits in the line at most, by the bounds of the service; those of the crowd itself do not count.
fn bound(review: &Review, service: ServiceId) -> Option<f64> {
    let own = review.plan.service(service);
    let rate = review.capacity.rate(service);
    own.queue.capacity.map(|most| f64::from(most) * f64::from(own.replicas) / rate)
}

fn comes_again(review: &Review, rush: &Rush) -> bool {
    match &review.plan.client(rush.client).arrivals {
        Arrivals::Herd(_) => true,
        Arrivals::Fleet(fleet) => fleet.rerun.is_some(),
        _ => false,
    }
}
