//! Connections that the called side closes while the caller still counts on them.
//!
//! What it sees: a pool of connections whose far end closes an idle connection before the caller does (`peer_idle` below `idle`), where
//! the caller learns of it only a moment later (`race`). A request that is sent in that moment is lost, and the backend never sees it.
//!
//! The arithmetic: with c uses a second of each connection, e^(-c t) (1 - e^(-c r)) of the requests are lost, for a far end that closes after t
//! and a race of r. It is worst when the mean pause of a connection is t, so it can rise when the traffic falls.
//!
//! The fix: the far end keeps idle connections longer than the caller: 65 s behind a balancer of 60 s. Idle timers are ordered the other
//! way round than request timeouts. It would have caught `elb-pre-open`. Source: the documentation of the Classic Load Balancer,
//! "Configure the idle connection timeout".
//!
//! ```yaml
//! name: idle-timer-hazard
//! length: 120s
//! clients:
//!   users: {calls: balancer, rate: 100/s}
//! services:
//!   balancer: {calls: [{to: backend, pool: {size: 500, open: ahead, pick: random, idle: 60s, peer_idle: 20s, race: 100ms}}]}
//!   backend: {workers: 64, work: exp(10ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: The backend keeps them longer, set: {services.balancer.calls.backend.pool.peer_idle: 65s}}
//! ```

use crate::base::Span;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/idle-timer", page: include_str!("idle_timer.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(pool) = &edge.pool else { continue };
        let Some(peer) = pool.peer_idle.filter(|peer| pool.idle.is_none_or(|own| *peer <= own)) else { continue };
        if pool.race == Span::ZERO {
            continue;
        }
        let uses = review.flow.edge(id) / f64::from(pool.size);
        let lost = libm::exp(-uses * peer.as_secs_f64()) * (1.0 - libm::exp(-uses * pool.race.as_secs_f64()));
        let (caller, called) = (plan.party_name(edge.from), &plan.service(edge.to).name);
        let own = pool.idle.map_or("never".to_owned(), |own| format!("after {own}"));
        let message = format!(
            "{called} closes a connection that was idle for {peer}, {caller} {own}: about {} of the requests meet a closed one",
            words::share(lost)
        );
        let longer = pool.idle.map_or("`idle` below that".to_owned(), |own| {
            format!("`peer_idle` above {own}, such as {}", own + Span::from_secs(5))
        });
        found.push(Finding::at(Part::Edge(id), message, longer));
    }
    found
}
