//! The processes of a service may hold only so much memory.
//!
//! A process that needs more is killed by the kernel (OOM), or its allocations fail, or what it has read from files is thrown out of memory
//! again and again. Which of these it is depends on the program, and that is what the drill shows. A process that was killed is started
//! again when the fault ends, with the data that it left.
//!
//! - **Simulated world**: not played: the model does not know how much memory a service needs. `down` plays its death.
//! - **Live world**: the processes stand in a cgroup of their own (v2 `memory.max`, v1 `memory.limit_in_bytes`) from their start, and its
//!   limit is lowered. With v1 the limit cannot be put below what is in use and cannot be reclaimed; that ends the run with a message. A
//!   process that runs already and is allowed (`pid:`, with `may_end`) is moved into one and back; what it held before does not count.
//! - **Privilege**: root, or a cgroup with the `memory` controller that was delegated to the user.
//! - **Undo**: the limit is taken away; the cgroup goes with the process.
//! - **Evidence**: allocations that met the limit, processes killed by the kernel for it.
//!
//! ```yaml
//! name: memory-example
//! world: live
//! length: 20s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: cache, timeout: 300ms}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   cache: {kind: cache, entries: 1000, work: 200us}
//! faults:
//!   small-container: {kind: memory, on: cache, to: 64MiB, at: 5s, for: 5s}
//! expect:
//!   - success(users) >= 99%
//! live:
//!   cache:
//!     start: [redis-server, --port, "{port}", --bind, 127.0.0.1, --save, "", --dir, "{dir}"]
//!     protocol: redis
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Effect, Limit};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "memory",
    page: include_str!("memory.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::LiveOnly,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::required("to", Shape::Bytes, "how much all its processes may hold together, at least 1MiB")];

/// Below this hardly any program starts.
const LEAST_BYTES: u64 = 1 << 20;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let bytes = fields.bytes("to")?;
    if bytes < LEAST_BYTES {
        fields.error("to", "no program runs in less than 1MiB").help("such as `to: 64MiB`").code("wrong-value");
        return None;
    }
    let (target, _) = site.service();
    let label = format!("memory limited to {}", words(fields, "to", ""));
    Lowered::one(label, target, Effect::Limit(Limit::Memory { bytes }))
}
