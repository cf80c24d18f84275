//! A pool of workers in front of a queue: the plain service.
//!
//! A worker takes a request, works, makes the service's calls one after another, answers, and only then takes the next: it is held
//! across calls. When all are held, requests wait in the queue, which by default has no bound. `replicas` are equal copies behind a
//! round robin.
//!
//! ```yaml
//! name: service-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 100/s}
//! services:
//!   web: {replicas: 2, workers: 16, queue: 100, work: exp(5ms), calls: [{to: db, timeout: 1s}]}
//!   db: {workers: 8, work: "lognormal(p50=10ms, p99=80ms)"}
//! expect:
//!   - p99(users) < 500ms
//! ```

use super::{ServiceKind, Surroundings};
use crate::plan::Role;
use crate::scenario::Fields;

pub const KIND: ServiceKind = ServiceKind { name: "service", page: include_str!("service.rs"), fields: &[], role };

fn role(_: &Fields, _: &Surroundings) -> Option<Role> {
    Some(Role::Plain)
}
