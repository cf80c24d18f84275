//! A service may have only so many processes and threads.
//!
//! Those that run stay; the next `fork` or new thread fails with `EAGAIN`. A server that starts a process for each connection (PostgreSQL)
//! turns new ones away, one that starts threads on demand may stop in the middle of something.
//!
//! - **Simulated world**: not played: the model has workers, and `config` changes how many.
//! - **Live world**: the processes stand in a cgroup of their own from their start, and its `pids.max` is lowered (v1 and v2). A
//!   process that runs already and is allowed (`pid:`) is moved into one and back.
//! - **Privilege**: root, or a cgroup with the `pids` controller that was delegated to the user.
//! - **Undo**: the limit is taken away; the cgroup goes with the process.
//! - **Evidence**: forks that the kernel refused.
//!
//! ```yaml
//! name: processes-example
//! world: live
//! length: 20s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: cache, timeout: 300ms}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   cache: {kind: cache, entries: 1000, work: 200us}
//! faults:
//!   no-fork: {kind: processes, on: cache, to: 1, at: 5s, for: 5s}
//! expect:
//!   - success(users) >= 99%
//! live:
//!   cache:
//!     start: [redis-server, --port, "{port}", --bind, 127.0.0.1, --save, "", --dir, "{dir}"]
//!     protocol: redis
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::{Effect, Limit};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "processes",
    page: include_str!("processes.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::LiveOnly,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[FieldDoc::required(
    "to",
    Shape::Count,
    "how many processes and threads it may have, those that it has already included",
)];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let count = fields.count("to")?;
    if count == 0 {
        fields.error("to", "a service has at least one process").help("such as `to: 8`").code("wrong-value");
        return None;
    }
    let (target, _) = site.service();
    Lowered::one(format!("at most {count} processes"), target, Effect::Limit(Limit::Processes { count }))
}
