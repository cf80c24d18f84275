//! A cache whose loss asks more of what is behind it than that can do, for good.
//!
//! What it sees: a call to a cache with a way after a miss, whose misses, when one replica of the cache is empty, are more than the service behind
//! can answer; and a line behind which is longer than the callers wait. With `fill: if-awaited` nothing is written back then, and the cache
//! stays cold for ever; with `fill: always` it is warm after keys / capacity, and callers fail until then.
//!
//! The arithmetic: reads / replicas of the cache + the usual misses, against the capacity of every service and link behind. A
//! cache of one replica is lost as a whole.
//!
//! The fix: one rebuild a key that goes on without its caller (`fill: single-flight`), a line that is served within the callers' patience
//! (`queue:`), cheaper rebuilds, or more replicas so that one of them is less. It would have caught
//! `memcached-cannot-be-restarted` (25/s of misses for one node of 24, 10/s of rebuilds).
//!
//! ```yaml
//! name: cold-cache-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 200/s, keys: {count: 1000}}
//! services:
//!   web: {calls: [{to: cache, timeout: 500ms, miss: {to: db, fill: if-awaited}}]}
//!   cache: {kind: cache, replicas: 4, work: 500us}
//!   db: {workers: 2, work: 100ms}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: One rebuild a key that goes on alone, set: {services.web.calls.cache.miss.fill: single-flight}}
//! ```

use crate::base::EdgeId;
use crate::hazards::{Finding, Review, Rule, misses, structure, words};
use crate::plan::topology::Fill;
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/cold-cache", page: include_str!("cold_cache.rs"), find };

/// Seconds of failures that are hardly worth a word.
const SOON: f64 = 10.0;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let (Some(miss), Role::Cache(spec)) = (&edge.miss, &plan.service(edge.to).role) else { continue };
        let cache = plan.service(edge.to);
        let reads = review.flow.edge(id);
        let usual = reads * misses::ratio(plan, edge, reads);
        let cold = usual + (reads - usual) / f64::from(cache.replicas);
        let (narrowest, capacity) = review.narrowest(miss.edge);
        if cold <= capacity || usual > capacity || miss.fill == Fill::SingleFlight {
            continue;
        }
        let keys = f64::from(misses::keys(plan, spec).count.min(spec.entries)) / f64::from(cache.replicas);
        let (dies, takes) = (dies_with_its_caller(review, miss.edge), keys / capacity);
        let ends = match miss.fill {
            Fill::IfAwaited if dies => "what is rebuilt too late is thrown away".to_owned(),
            // Longer than anybody waits, callers fail until it is warm.
            Fill::Always if takes > SOON && dies => format!("{} at least until it is warm", words::time(takes)),
            _ => continue,
        };
        let lost = if cache.replicas == 1 { "all".to_owned() } else { format!("one of {} replicas", cache.replicas) };
        let message = format!(
            "when {} loses {lost}, {} of misses come to {narrowest}, which answers {}; {ends}",
            cache.name,
            words::rate(cold),
            words::rate(capacity)
        );
        let help =
            "`fill: single-flight` rebuilds each key once, also without its caller; or bound the line of rebuilds";
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}

/// Is a rebuild done later than anybody waits for it?
fn dies_with_its_caller(review: &Review, rebuild: EdgeId) -> bool {
    let patience = review.chains.patience(rebuild);
    patience.is_some_and(|patience| review.longest_wait(rebuild).is_none_or(|wait| wait > patience))
}
