//! Zones of which each is needed.
//!
//! What it sees: a service whose replicas are in several zones, and whose load the others could not bear if the largest zone were gone.
//! Less important classes of requests are not counted where the service sheds them first.
//!
//! The arithmetic: load / (capacity x (1 - the share of the largest zone)) >= 1. Two zones are safe below 50% each, three below 67%.
//! An autoscaler is no answer: it needs time, and a control plane that may have been in that zone.
//!
//! The fix: room for all of it in what is left, running beforehand (static stability); more zones of the same size; or shed by class. It would have
//! caught `lose-a-region` (240/s for 200/s). Source: "Static stability using Availability Zones", Amazon Builders' Library.
//!
//! ```yaml
//! name: zone-headroom-hazard
//! length: 60s
//! clients:
//!   viewers: {calls: {to: video, timeout: 1s}, rate: 240/s}
//! services:
//!   video: {replicas: 2, zones: [a, b], workers: 20, work: exp(100ms), queue: 40}
//! expect:
//!   - success(viewers) >= 98%
//! variants:
//!   fixed: {title: Each zone can bear all, set: {services.video.workers: 26}}
//! ```

use crate::base::ServiceId;
use crate::hazards::{Finding, Review, Rule, flow, structure, words};
use crate::plan::{Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/zone-headroom", page: include_str!("zone_headroom.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let zones = service.zones.len() as u32;
        let (capacity, rate) = (review.capacity.rate(id), essential(review, id));
        if zones < 2 || service.has_copies() || capacity.is_infinite() || rate >= capacity {
            continue;
        }
        // Zones are dealt to replicas in turn: the first has the most.
        let largest = f64::from(service.replicas.div_ceil(zones));
        let left = capacity * (1.0 - largest / f64::from(service.replicas));
        if rate < left {
            continue;
        }
        let message = format!(
            "{} is asked for {}, and without zone {} it answers {}",
            service.name,
            words::rate(rate),
            service.zones[0],
            words::rate(left)
        );
        let help = format!(
            "{} times the capacity, running beforehand, or shed the least important requests first",
            words::number(rate / left)
        );
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}

/// What must be served: of a service that sheds by class, the first class alone.
fn essential(review: &Review, id: ServiceId) -> f64 {
    let by_class = |guard: &Guard| matches!(guard, Guard::Shed(shed) if shed.classes > 1);
    if !review.plan.service(id).guards.iter().any(by_class) {
        return review.flow.service(id);
    }
    let rates = flow::rates(review.plan, &review.capacity);
    let first = flow::only(&rates, |client| review.plan.client(client).class == 0);
    flow::spread(review.plan, &review.wires, &first, |_| 1.0).service(id)
}
