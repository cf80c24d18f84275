//! A quota that is used up in the usual course of things.
//!
//! What it sees: a rate limit, of a call or of a service, for all or for each key, that is asked for more than 80% of what it grants when all is well.
//! For each key it is the most popular one that counts.
//!
//! The arithmetic: requests a second over the rate of the limit. Above 1 a share of 1 - 1/x is turned away for good, and retries only add to x.
//!
//! The fix: ask less often (collect, coalesce, cache), or agree on a larger quota. It would have caught `one-write-per-second` (1 write a second and
//! name, of 1 that is granted; a third packager makes it 1.5).
//!
//! ```yaml
//! name: quota-headroom-hazard
//! length: 60s
//! clients:
//!   writers: {calls: api, rate: 9/s, arrivals: constant}
//! services:
//!   api: {work: 5ms, rate_limit: {rate: 10/s, burst: 5}}
//! expect:
//!   - success(writers) >= 99%
//! variants:
//!   fixed: {title: Half as often, set: {clients.writers.rate: 5/s}}
//! ```

use crate::hazards::{Finding, Review, Rule, misses, structure, words};
use crate::plan::{Guard, Part};

pub static RULE: Rule = Rule { code: "hazard/quota-headroom", page: include_str!("quota_headroom.rs"), find };

const FULL: f64 = 0.8;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let of_services = structure::services(plan).map(|id| {
        let service = plan.service(id);
        (Part::Service(id), &service.name, &service.guards, review.flow.service(id))
    });
    let of_calls =
        structure::edges(plan).map(|(id, edge)| (Part::Edge(id), &edge.name, &edge.guards, review.flow.edge(id)));
    let mut found = Vec::new();
    for (part, name, guards, rate) in of_services.chain(of_calls) {
        for guard in guards {
            let Guard::Rate(limit) = guard else { continue };
            // Without keys all requests are for one.
            let hottest = plan.clients.iter().find_map(|client| client.keys).map_or(1.0, misses::hottest);
            let asked = if limit.per_key { rate * hottest } else { rate };
            if asked <= FULL * limit.rate {
                continue;
            }
            let what = if limit.per_key { "for one key" } else { "in all" };
            let message = format!(
                "{name} grants {} {what} and is asked for {}: {} of it",
                words::rate(limit.rate),
                words::rate(asked),
                words::share(asked / limit.rate)
            );
            let help = format!("ask less often, or agree on {}", words::rate(asked / FULL));
            found.push(Finding::at(part, message, help));
        }
    }
    found
}
