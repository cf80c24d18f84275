//! A cache node that is put out of the list, and comes back with what it held before.
//!
//! What it sees: callers who put a replica of a cache out (`eject`) and list it again without emptying it, while keys are written, and
//! entries that live longer than the absence. What was written meanwhile went to other replicas; the one that returns answers with the
//! old value, and nothing fails.
//!
//! The arithmetic: writes a second x time out / replicas keys are stale when it returns. A replica is put out at all only if so many failures
//! in a row come within the run.
//!
//! The fix: `flush: true`, which empties it before it is listed; a `ttl` below the time out; or no ejection. It would have caught
//! `ketama-flap-stale`. Source: the recommendations of twemproxy on auto_eject_hosts.
//!
//! ```yaml
//! name: stale-rejoin-hazard
//! length: 120s
//! clients:
//!   readers: {calls: {to: web, timeout: 1s}, rate: 100/s, keys: {count: 1000}}
//!   writers: {calls: {to: web, timeout: 1s, write: true}, rate: 10/s, keys: {count: 1000}}
//! services:
//!   web: {calls: [{to: cache, timeout: 100ms, on_timeout: cancel, miss: db, eject: {after: 2, for: 30s}}]}
//!   cache: {kind: cache, replicas: 4, entries: 2000, placement: ring}
//!   db: {work: 2ms}
//! expect:
//!   - success(readers) >= 99%
//! variants:
//!   fixed: {title: Empty it before it is listed again, set: {services.web.calls.cache.eject.flush: true}}
//! ```

use crate::base::Time;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/stale-rejoin", page: include_str!("stale_rejoin.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let (Some(eject), Role::Cache(spec)) = (edge.eject, &plan.service(edge.to).role) else { continue };
        let replicas = f64::from(plan.service(edge.to).replicas);
        let rate = review.flow.edge(id);
        let length = plan.length.since(Time::ZERO).as_secs_f64();
        let is_ever_out = f64::from(eject.after) < rate / replicas * length;
        let outlives = spec.ttl.is_none_or(|ttl| ttl > eject.length);
        let writes = writes_per_sec(review, edge.to, id);
        if eject.flush || !is_ever_out || !outlives || writes == 0.0 || replicas < 2.0 {
            continue;
        }
        let message = format!(
            "a replica of {} that was out for {} comes back as it was: {} of writes meanwhile went elsewhere",
            plan.service(edge.to).name,
            eject.length,
            words::rate(writes / replicas)
        );
        found.push(Finding::at(
            Part::Edge(id),
            message,
            "`flush: true` in `eject`, or a `ttl` below the time that it is out",
        ));
    }
    found
}

/// Writes to the cache, by callers that say so or by clients whose requests write.
fn writes_per_sec(review: &Review, cache: crate::base::ServiceId, call: crate::base::EdgeId) -> f64 {
    let plan = review.plan;
    let direct: f64 =
        review.wires.inbound(cache).filter(|(_, edge)| edge.write).map(|(id, _)| review.flow.edge(id)).sum();
    let from = structure::caller(plan.edge(call));
    let through = structure::edges(plan).filter(|(_, edge)| edge.write && from == Some(edge.to));
    let by_share = plan.clients.iter().map(|client| client.writes * review.flow.edge(client.edge));
    direct + through.map(|(id, _)| review.flow.edge(id)).sum::<f64>() + by_share.sum::<f64>()
}
