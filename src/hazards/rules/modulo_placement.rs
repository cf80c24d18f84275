//! A cache whose keys nearly all move when a replica comes or goes.
//!
//! What it sees: a cache of several replicas with `placement: modulo`, and something behind it that cannot bear the misses of nearly all keys.
//!
//! The arithmetic: from N to N + 1 replicas a hash modulo N moves N / (N + 1) of the keys, a consistent-hash ring 1 / (N + 1). The misses
//! that follow are reads x that share, against the capacity of every service and link behind.
//!
//! The fix: `placement: ring`, and a new replica that takes its share bit by bit (`ramp`) if even 1 / (N + 1) is too much. It would have
//! caught `reshard-miss-storm` (10 cells to 11: 90.9% of the keys, 91 Gb/s of an uplink of 10). Source: Karger et al., "Consistent
//! Hashing and Random Trees", STOC 1997.
//!
//! ```yaml
//! name: modulo-placement-hazard
//! length: 60s
//! clients:
//!   users: {calls: web, rate: 200/s, keys: {count: 1000}}
//! services:
//!   web: {calls: [{to: cache, miss: {to: db, fill: single-flight}}]}
//!   cache: {kind: cache, replicas: 10, placement: modulo}
//!   db: {workers: 5, work: 100ms}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: A ring, set: {services.cache.placement: ring}}
//! ```

use crate::hazards::{Finding, Review, Rule, misses, structure, words};
use crate::plan::{Part, PlaceBy, Role};

pub static RULE: Rule = Rule { code: "hazard/modulo-placement", page: include_str!("modulo_placement.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let (Some(miss), Role::Cache(spec)) = (&edge.miss, &plan.service(edge.to).role) else { continue };
        let cache = plan.service(edge.to);
        let reads = review.flow.edge(id);
        let usual = reads * misses::ratio(plan, edge, reads);
        let moved = f64::from(cache.replicas) / f64::from(cache.replicas + 1);
        let (narrowest, capacity) = review.narrowest(miss.edge);
        let after = usual + (reads - usual) * moved;
        if spec.placement.by != PlaceBy::Modulo || cache.replicas < 2 || after <= capacity || usual > capacity {
            continue;
        }
        let message = format!(
            "one replica more than {} moves {} of the keys of {}: {} of misses for {narrowest}, which bears {}",
            cache.replicas,
            words::share(moved),
            cache.name,
            words::rate(after),
            words::rate(capacity)
        );
        let help = format!("`placement: ring` moves {} of them", words::share(1.0 - moved));
        found.push(Finding::at(Part::Service(edge.to), message, help));
    }
    found
}
