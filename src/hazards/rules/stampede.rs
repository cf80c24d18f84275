//! A popular key whose rebuild everybody begins at once when it expires.
//!
//! What it sees: a cache whose entries expire, and callers who each go to what is behind it while the key is not there (no
//! `fill: single-flight`), where the most popular key alone brings more of them than there are workers behind.
//!
//! The arithmetic: reads of the key a second x the time of a rebuild = rebuilds of it under way at a time. A jitter of the time to live
//! does not help: it spreads many keys, not the many who want one.
//!
//! The fix: `fill: single-flight`, and `stale_while_revalidate` so that nobody waits for it. It would have caught `stampede`
//! (200/s x 0.5 s = 100 rebuilds for 20 workers).
//!
//! ```yaml
//! name: stampede-hazard
//! length: 60s
//! clients:
//!   readers: {calls: web, rate: 100/s, keys: {count: 1}}
//! services:
//!   web: {calls: [{to: cache, miss: db}]}
//!   cache: {kind: cache, entries: 1, ttl: 20s}
//!   db: {workers: 10, work: 200ms}
//! expect:
//!   - success(readers) >= 99%
//! variants:
//!   fixed: {title: One rebuild for all who wait, set: {services.web.calls.cache.miss: {to: db, fill: single-flight}}}
//! ```

use crate::hazards::{Finding, Review, Rule, misses, structure, words};
use crate::plan::topology::Fill;
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/stampede", page: include_str!("stampede.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let (Some(miss), Role::Cache(spec)) = (&edge.miss, &plan.service(edge.to).role) else { continue };
        if spec.ttl.is_none() || miss.fill == Fill::SingleFlight || miss.stale.while_revalidate {
            continue;
        }
        let of_one = review.flow.edge(id) * misses::hottest(misses::keys(plan, spec));
        let takes = review.capacity.call(plan, miss.edge);
        let (narrowest, capacity) = review.narrowest(miss.edge);
        let (under_way, room) = (of_one * takes, capacity * takes);
        // A key that expires sooner than it is rebuilt twice is rebuilt all the time: that is load, and seen as such.
        let often = spec.ttl.is_some_and(|ttl| ttl.as_secs_f64() < 2.0 * takes);
        if under_way <= room.max(1.0) || often {
            continue;
        }
        let message = format!(
            "when the most popular key of {} expires, {} x {} = {} rebuild it at once, and {narrowest} does {} at a time",
            plan.service(edge.to).name,
            words::rate(of_one),
            words::time(takes),
            words::number(under_way),
            words::number(room)
        );
        let help = "`fill: single-flight` in `miss`, with `stale_while_revalidate: true` and `stale_for` if an old value is good enough";
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}
