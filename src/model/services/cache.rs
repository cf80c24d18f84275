//! A cache of keys: answers with a hit or a miss; its callers say where to go after a miss.
//!
//! It knows a universe of `keys` and holds at most `entries` of them, spread over its replicas by key; the least recently used goes
//! first, and with a `ttl` entries grow stale. It starts full of the most popular keys (`warm`) or empty. A crash empties it.
//! A real Redis in its place is preloaded with as many keys as `entries` says, and from then on keeps what fits into its memory.
//! Users choose keys by `keys: {count: …, skew: …}`; the value is written back by the caller after a miss (see `explain miss`).
//!
//! ```yaml
//! name: cache-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 200/s, keys: {count: 10000, skew: 1}}
//! services:
//!   web: {calls: [{to: cache, timeout: 50ms, miss: {to: db, timeout: 1s}}]}
//!   cache: {kind: cache, entries: 1000, ttl: 60s, work: 300us}
//!   db: {workers: 20, work: exp(10ms)}
//! expect:
//!   - hits(cache) >= 50%
//! ```

use super::{ServiceKind, Surroundings};
use crate::base::Span;
use crate::plan::{CacheSpec, Role};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: ServiceKind = ServiceKind { name: "cache", page: include_str!("cache.rs"), fields: FIELDS, role };

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional(
        "keys",
        Shape::Count,
        "the largest `keys.count` of the clients",
        "how many different keys there are",
    ),
    FieldDoc::optional("entries", Shape::Count, "all keys", "how many it can hold, over all replicas"),
    FieldDoc::optional("ttl", Shape::Span, "none", "how long an entry is fresh"),
    FieldDoc::optional("warm", Shape::Flag, "true", "full of the most popular keys at the start"),
];

const KEYS_MAX: u64 = 50_000_000;

fn role(fields: &Fields, around: &Surroundings) -> Option<Role> {
    let own = fields.count("keys");
    let Some(keys) = own.or(around.keys.map(u64::from)) else {
        let note = fields.diags().error(fields.place(), format!("{} has no keys to hold", fields.what()));
        note.help("give the clients `keys: {count: 10000}`, or the cache `keys: 10000`").code("missing-key");
        return None;
    };
    let entries = fields.count("entries").unwrap_or(keys);
    for (name, count) in [("keys", keys), ("entries", entries)] {
        if count == 0 || count > KEYS_MAX {
            fields.error(name, format!("`{name}` must be 1 to {KEYS_MAX}")).code("wrong-value");
            return None;
        }
    }
    if let Some(asked) = around.keys.filter(|asked| u64::from(*asked) > keys) {
        let note =
            fields.error("keys", format!("clients ask for {asked} different keys, more than the {keys} there are"));
        note.help("leave `keys` out to take the clients' number").code("wrong-value");
    }
    if let Some(replicas) = fields.count("replicas").filter(|replicas| *replicas > entries) {
        let note = fields.error("entries", format!("{entries} entries cannot be spread over {replicas} replicas"));
        note.help("give it at least one entry a replica").code("wrong-value");
    }
    let ttl = fields.span("ttl");
    if ttl == Some(Span::ZERO) {
        let note = fields.error("ttl", "entries that last 0s are never there");
        note.help("leave `ttl` out for entries that stay").code("wrong-value");
    }
    Some(Role::Cache(CacheSpec {
        keys: keys as u32,
        entries: entries as u32,
        ttl,
        warm: fields.flag("warm").unwrap_or(true),
    }))
}
