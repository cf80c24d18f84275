//! Each process of a service may have only so many files and connections open.
//!
//! What it has open already stays open; the next `open`, `accept` or `connect` beyond the limit fails with `EMFILE`. Servers that do not
//! expect that spin on `accept`, drop their log, or answer with errors long after the limit is gone.
//!
//! - **Simulated world**: not played: the model has no descriptors. `bulkhead` and `pool` of a call bound its connections.
//! - **Live world**: the soft limit `RLIMIT_NOFILE` of every process of the service is lowered (prlimit). The hard limit is left alone,
//!   because lowering it could not be undone.
//! - **Privilege**: none for processes of the same user; root for those of others.
//! - **Undo**: the soft limit becomes what it was, of every process that has ours, and of those that inherited it.
//! - **Evidence**: looks (20 a second) at which a process had no descriptor left. That the limit was lowered alone is no evidence.
//!
//! ```yaml
//! name: open-files-example
//! world: live
//! length: 20s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: cache, timeout: 300ms}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   cache: {kind: cache, entries: 1000, work: 200us}
//! faults:
//!   few: {kind: open-files, on: cache, to: 16, at: 5s, for: 5s}
//! expect:
//!   - success(users) >= 50% whole
//! live:
//!   cache:
//!     start: [redis-server, --port, "{port}", --bind, 127.0.0.1, --save, "", --dir, "{dir}"]
//!     protocol: redis
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::{Effect, Limit};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "open-files",
    page: include_str!("open_files.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::LiveOnly,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[FieldDoc::required(
    "to",
    Shape::Count,
    "how many each process may have open, those that it has already included",
)];

/// Standard input, output and error.
const LEAST: u64 = 3;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let count = fields.count("to")?;
    if count < LEAST {
        fields
            .error("to", "a process has three files open from the start")
            .help("such as `to: 64`")
            .code("wrong-value");
        return None;
    }
    let (target, _) = site.service();
    Lowered::one(format!("at most {count} open files"), target, Effect::Limit(Limit::OpenFiles { count }))
}
