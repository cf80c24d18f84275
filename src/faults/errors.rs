//! A service answers a share of its requests with an error.
//!
//! The error comes at the door, before a worker takes the request and before any work is done: a failing service is often a fast one.
//! The guards of the service (`limit`, `rate_limit`, `shed`) stand before it and see how it went. The caller sees the error kind
//! `error` (HTTP 500). `class` and `key` (numbered from 0, the most popular) name the requests that fail. With `until: restart` every
//! replica that was there when the fault began fails them until it is started anew, one by one, or until the fault ends: a bad
//! state that only a restart ends.
//!
//! - **Simulated world**: each request that is let in fails with the given chance.
//! - **Live world**: a stand-in answers 500 in the same way. A real process cannot be made to fail from outside; use `reset` on the
//!   edges into it.
//! - **Undo**: requests that come afterwards are served.
//! - **Evidence**: requests that were answered with an error.
//!
//! ```yaml
//! name: errors-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 40/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   bad-build: {kind: errors, on: web, share: 30%, at: 10s, for: 10s}
//! expect:
//!   - errors(users, kind=error) >= 15% during bad-build
//!   - success(users) >= 99% after bad-build
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "errors",
    page: include_str!("errors.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("share", Shape::Ratio, "share of requests that fail"),
    super::replicas("how many replicas fail them"),
    super::ZONE,
    super::CLASS,
    super::KEY,
    super::UNTIL,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let chance = fields.ratio("share")?;
    let (target, which) = site.replicas(fields)?;
    let label = format!("errors {}{which}", words(fields, "share", ""));
    Lowered::one(label, target, Effect::Fail { chance })
}
