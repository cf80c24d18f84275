//! Entries of a cache, or certificates of several services, that all expire at the same time.
//!
//! What it sees: a cache that starts full (`warm`), whose entries have the same time to live without `jitter`, and something behind it that cannot bear all of its
//! reads for as long as it takes to fill it again. And certificates of several services that end at the same moment: whoever forgot one forgot all.
//!
//! The arithmetic: at the end of the first time to live every read is a miss, until each key has been rebuilt once: reads a second against the capacity behind.
//! Then it all expires together again.
//!
//! The fix: `jitter: 50%`, which spreads the rebuilds of K keys over half of the time to live: 2 K / ttl a second; or `stale_while_revalidate`. It would have
//! caught what a deploy does that fills a cache in one go.
//!
//! ```yaml
//! name: synchronised-expiry-hazard
//! length: 90s
//! clients:
//!   readers: {calls: web, rate: 300/s, keys: {count: 1000}}
//! services:
//!   web: {calls: [{to: cache, miss: {to: db, fill: single-flight}}]}
//!   cache: {kind: cache, ttl: 60s}
//!   db: {workers: 10, work: 100ms}
//! expect:
//!   - success(readers) >= 90%
//! variants:
//!   fixed: {title: Each entry lives for a random part, set: {services.cache.jitter: 50%}}
//! ```

use crate::base::{ServiceId, Time};
use crate::hazards::{Finding, Review, Rule, misses, structure, words};
use crate::plan::{Part, Role};
use std::collections::{BTreeMap, BTreeSet};

pub static RULE: Rule = Rule { code: "hazard/synchronised-expiry", page: include_str!("synchronised_expiry.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let (Some(miss), Role::Cache(spec)) = (&edge.miss, &plan.service(edge.to).role) else { continue };
        let Some(ttl) = spec.ttl.filter(|ttl| Time::ZERO + *ttl < plan.length) else { continue };
        let reads = review.flow.edge(id);
        let (narrowest, capacity) = review.narrowest(miss.edge);
        let keys = misses::keys(plan, spec).count.min(spec.entries);
        // One key is a matter of who rebuilds it; one that never lasts is load.
        let lasts = misses::ratio(plan, edge, reads) < 0.5;
        if !spec.warm || spec.jitter > 0.0 || miss.stale.while_revalidate || keys < 2 || reads <= capacity || !lasts {
            continue;
        }
        let message = format!(
            "{keys} entries of {} expire together after {ttl}: {} of misses for {narrowest}, which bears {}",
            plan.service(edge.to).name,
            words::rate(reads),
            words::rate(capacity)
        );
        found.push(Finding::at(
            Part::Service(edge.to),
            message,
            "`jitter: 50%` on the cache, or `stale_while_revalidate` on its callers",
        ));
    }
    found.extend(of_certificates(review));
    found
}

/// One finding for each moment at which several services' certificates end.
fn of_certificates(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut ends: BTreeMap<Time, (Part, BTreeSet<ServiceId>)> = BTreeMap::new();
    for (id, edge) in structure::edges(plan) {
        if let Some(end) = edge.tls.as_ref().and_then(|tls| tls.not_after) {
            ends.entry(end).or_insert((Part::Edge(id), BTreeSet::new())).1.insert(edge.to);
        }
    }
    let together = ends.into_iter().filter(|(_, (_, services))| services.len() > 1);
    let told = together.map(|(end, (part, services))| {
        let names = structure::listed(services.iter().map(|id| plan.service(*id).name.as_str()));
        let message = format!("certificates of {names} all end at {end}");
        Finding::at(part, message, "spread the ends: at most one in fifty on one day")
    });
    told.collect()
}
