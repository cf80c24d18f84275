//! A caller puts a replica of a cache out of its list after several failures in a row, and its keys go to others.
//!
//! It is what proxies and clients of caches do (`auto_eject_hosts`). The hit ratio hardly suffers on a ring. But a replica that was only
//! cut off comes back with its old memory: what was written elsewhere meanwhile is read from it as it was before, and nothing fails.
//! `stale(CACHE)` is the share of hits with such a value. `flush: true` empties a replica before it is listed again (and leaves it out as
//! long as that cannot be done). Each call keeps a list of its own. With `placement: modulo` every ejection deals nearly all keys anew.
//!
//! ```yaml
//! name: eject-example
//! length: 3m
//! warmup: 10s
//! clients:
//!   readers: {calls: {to: web}, rate: 200/s, keys: {count: 1000}}
//!   writers: {calls: {to: web, write: true}, rate: 5/s, keys: {count: 1000}}
//! services:
//!   web: {calls: [{to: cache, timeout: 100ms, miss: {to: db}, eject: {after: 2, for: 60s, flush: true}}]}
//!   cache: {kind: cache, replicas: 8, entries: 4000, placement: ring, work: 300us}
//!   db: {work: 5ms}
//! faults:
//!   cut-off: {kind: pause, on: cache, replicas: 1, at: 30s, for: 50s}
//! expect:
//!   - stale(cache) <= 0%
//!   - ejections(web->cache) >= 1
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::Eject;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "eject", page: include_str!("eject.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("eject", &TABLE);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::optional("after", Shape::Count, "2", "failures in a row"),
    FieldDoc::optional("for", Shape::Span, "30s", "how long the replica is out of the list"),
    FieldDoc::optional("flush", Shape::Flag, "false", "the replica is emptied before it is listed again"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Eject> {
    let fields = Fields::open(node, "`eject`", &TABLE, diags);
    let after = fields.count("after").unwrap_or(2);
    if after == 0 || after > u64::from(u32::MAX) {
        let note = fields.error("after", "a replica is put out of the list after at least one failure");
        note.help("leave `eject` out to keep every replica in the list").code("wrong-value");
        return None;
    }
    let length = fields.span("for").unwrap_or(Span::from_secs(30));
    if length == Span::ZERO {
        let note = fields.error("for", "a replica that is out for 0s is never out");
        note.help("leave `eject` out to keep every replica in the list").code("wrong-value");
        return None;
    }
    Some(Eject { after: after as u32, length, flush: fields.flag("flush").unwrap_or(false) })
}
