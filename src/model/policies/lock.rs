//! A lock around steps of a service: one request at a time does them, over all replicas of all services that use the lock's name.
//!
//! `{lock: rows, calls: [db]}` among the `calls` of a service waits for the lock `rows`, makes the calls, and gives it back; the worker
//! is held all the while. Others wait in order of arrival, for at most `timeout` (without one, for ever), and then fail with
//! `timeout`. A request that is cancelled, fails or crashes gives back what it holds. Throughput through a lock is 1 / the time it is
//! held, however many workers there are. Two services that take two locks in opposite order end in a deadlock: nothing moves any
//! more, and a warning at the end of the run names the circle. `waiting(SERVICE)` and `locked_out(SERVICE)` count who waits for a
//! lock and who gave up.
//!
//! ```yaml
//! name: lock-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 30/s}
//! services:
//!   web:
//!     workers: 200
//!     calls:
//!       - work: 1ms
//!       - {lock: rows, timeout: 1s, calls: [db, {work: 5ms}]}
//!   db: {work: exp(10ms)}
//! expect:
//!   - success(users) >= 99%
//!   - mean(users) < 80ms
//! ```

use super::call::StepDraft;
use crate::base::Span;
use crate::model::Page;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape};

pub const PAGE: Page = Page { name: "lock", page: include_str!("lock.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("lock", Shape::Name, "the lock's name, of one meaning in the whole scenario"),
    FieldDoc::optional("timeout", Shape::Span, "none", "longest wait for the lock"),
    FieldDoc::required("calls", Shape::OneOf(&crate::model::services::CALLS), "the steps done while it is held"),
];

/// A locked part of a program as it was written.
#[derive(Clone, Debug)]
pub struct LockDraft {
    pub name: String,
    pub place: Place,
    pub timeout: Option<Span>,
    pub steps: Vec<StepDraft>,
}

/// Reads the step; `steps` reads those inside of it.
pub fn read(node: &Node, steps: impl Fn(&Fields) -> Vec<StepDraft>, diags: &Diagnostics) -> Option<LockDraft> {
    let fields = Fields::open(node, "a locked step", &TABLE, diags);
    let timeout = fields.span("timeout");
    if timeout == Some(Span::ZERO) {
        let note = fields.error("timeout", "a timeout of 0 would never wait for the lock");
        note.help("leave it out for no limit").code("wrong-value");
    }
    let steps = steps(&fields);
    let name = fields.text("lock")?.to_owned();
    Some(LockDraft { name, place: fields.place_of("lock"), timeout, steps })
}
