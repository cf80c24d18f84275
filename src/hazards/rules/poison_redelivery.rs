//! Messages that come again for ever.
//!
//! What it sees: a broker with consumers, without a bound on deliveries (`redelivery: {max: …}`). A message on which consumers fail comes again,
//! before those that were never delivered, and nothing behind it is ever reached by a consumer that dies of it.
//!
//! The arithmetic: none; it has no end. With `max: 5` and a restart of 5 s it is 25 s.
//!
//! The fix: put a message aside after a few deliveries (a dead letter), and watch the age of the oldest one. It would have caught `poison-message` (20 minutes, 240
//! crashes).
//!
//! ```yaml
//! name: poison-redelivery-hazard
//! length: 60s
//! clients:
//!   uploads: {calls: {to: feed, timeout: 1s}, rate: 10/s}
//! services:
//!   feed: {kind: broker}
//!   indexer: {consumes: feed, workers: 2, work: 50ms}
//! expect:
//!   - success(uploads) >= 99%
//! variants:
//!   fixed: {title: A dead letter after five deliveries, set: {services.feed.redelivery: {max: 5}}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/poison-redelivery", page: include_str!("poison_redelivery.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let Role::Broker(spec) = &plan.service(id).role else { continue };
        let consumers = structure::consumers(plan, id);
        if spec.redelivery.max.is_some() || consumers.is_empty() {
            continue;
        }
        let names = consumers.iter().map(|(edge, _)| plan.service(plan.edge(*edge).to).name.as_str());
        let message = format!(
            "{} delivers a message on which {} fails again every {}, for ever",
            plan.service(id).name,
            structure::listed(names),
            spec.redelivery.after
        );
        found.push(Finding::at(
            Part::Service(id),
            message,
            "`redelivery: {max: 5}`: then it is put aside as a dead letter",
        ));
    }
    found
}
