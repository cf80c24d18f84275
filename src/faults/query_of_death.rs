//! A query of death: a request that kills the replica it comes to, and whatever else that replica has in hand.
//!
//! `class` or `key` says which requests do so; without them every request does. The replica crashes as by `down` (the request fails with
//! `crashed`, as do all others inside) and is started again after `restart`, until the next one comes. More replicas do not help, and
//! a caller that tries again kills one more with every try. What helps is not to send again what was followed by a crash
//! (`retries: {on: […]}` without `crashed`), to keep such requests apart (a service of their own, a `balance: ring`), or to stop taking
//! them. A message that does so is `poison`.
//!
//! - **Simulated world**: as `down` on the replica, at each such request that its guards let in.
//! - **Live world**: the same in stand-ins; a real process is refused before the run.
//! - **Undo**: such requests are as good as any other; replicas that are down come back when their time has come.
//! - **Evidence**: replicas taken down, requests lost: the deadly ones and those inside.
//!
//! ```yaml
//! name: query-of-death-example
//! length: 120s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: web, timeout: 2s, retries: 2}, rate: 200/s}
//!   odd: {calls: {to: web, timeout: 2s, retries: 2}, rate: 2/s, class: odd}
//! services:
//!   web: {replicas: 8, workers: 8, work: exp(10ms), health: {check: tcp, interval: 1s, fall: 1, rise: 1}}
//! faults:
//!   bug: {kind: query-of-death, on: web, class: odd, restart: 10s, at: 30s, for: 60s}
//! expect:
//!   - errors(odd) >= 50% during bug
//!   - success(users) <= 60% during bug
//!   - crashes(web) >= 40
//!   - success(users) >= 99% between 105s and 120s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::Span;
use crate::plan::{Effect, Role};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "query-of-death",
    page: include_str!("query_of_death.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("restart", Shape::Span, "after how long the replica is started again"),
    super::CLASS,
    super::KEY,
    super::replicas("how many replicas die of it"),
    super::ZONE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let restart = fields.span("restart")?;
    if restart == Span::ZERO {
        let note = fields.error("restart", "a replica that is back at once never died");
        note.help("use `errors` for requests that only fail").code("wrong-value");
        return None;
    }
    let (_, service) = site.service();
    if matches!(service.role, Role::Broker(_)) {
        let note = fields.error("on", format!("`{}` takes in messages", service.name));
        note.help("use `poison` for messages that kill their consumers").code("wrong-kind");
        return None;
    }
    let (target, which) = site.replicas(fields)?;
    let label = format!("query of death{which}, back after {}", words(fields, "restart", ""));
    Lowered::one(label, target, Effect::Kill { restart })
}
