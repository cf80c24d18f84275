//! Names that are forgotten as soon as nobody can be asked for them.
//!
//! What it sees: a call by a name (`dns`) whose old answer is thrown away at the end of its time to live also when there is no new one.
//!
//! The arithmetic: with answers that are kept for t, whatever stops the names (an empty zone, a control plane that is cut off) is everywhere after
//! t, growing evenly from nothing. Nothing is wrong with the servers.
//!
//! The fix: `stale: true`: an old answer rather than none (RFC 8767, fail static). A longer `ttl` only moves it, and makes a dead address last. It would have
//! caught the second half of `everyone-withdraws`, and of `dns-full-push` the empty zone.
//!
//! ```yaml
//! name: dns-without-stale-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, dns: {ttl: 30s, resolvers: 50}}, rate: 50/s}
//! services:
//!   api: {workers: 8, work: exp(5ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: An old answer rather than none, set: {clients.users.calls.dns.stale: true}}
//! ```

use crate::base::Time;
use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/dns-without-stale", page: include_str!("dns_without_stale.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(dns) = edge.dns.as_ref().filter(|dns| !dns.stale) else { continue };
        if Time::ZERO + dns.ttl >= plan.length {
            continue;
        }
        let message = format!(
            "when the name of {} does not resolve, {} has nobody to call after {}",
            plan.service(edge.to).name,
            plan.party_name(edge.from),
            dns.ttl
        );
        found.push(Finding::at(Part::Edge(id), message, "`stale: true` in `dns`: an old answer rather than none"));
    }
    found
}
