//! A cache of keys: answers with a hit or a miss; its callers say where to go after a miss.
//!
//! It knows a universe of `keys` and holds at most `entries` of them, spread over its replicas by key. It starts full of the most
//! popular keys (`warm`) or empty. A crash empties it. With a `ttl` entries expire; `jitter` spreads the moments at which they do, and
//! for `stale_for` longer a caller that has nothing better can still be shown them.
//!
//! `eviction` says what goes when there is no room: `lru`, `fifo`, `lfu` (with `halve_after`, counts are halved whenever that many reads
//! an entry have happened), `s3-fifo`, `w-tinylfu`, or `none` (a full cache takes nothing new until something expires).
//! `placement` says which replica a key belongs to: `in-turn` (key number modulo replicas, so that each has keys of like popularity),
//! `modulo` (of a hash), or `ring` (a consistent-hash ring of 160 points a replica). When a replica is added, a ring moves its share of
//! the keys, and the others nearly all. A write (`write: true` on a call) sets the key where it is held, or takes it away.
//!
//! `errors_ttl` keeps failures too (negative caching, RFC 2308 for names): when the call after a miss fails in one of the ways of
//! `errors_kept`, the caller puts that where the value would have gone, and until the `errors_ttl` is over (`jitter` does not touch it)
//! the cache answers with it: a hit that is an error, for which nobody asks the origin, though the origin may be well again. A value
//! that is written takes its place, a crash or a flush forgets it; it takes no room from entries. What comes of no answer (a `fallback`)
//! is not kept. Retries of the call to the cache take such an answer for any other error.
//!
//! A real Redis in its place is preloaded with as many keys as `entries` says, and from then on keeps what fits into its memory;
//! it keeps no failures.
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
//!   cache: {kind: cache, entries: 1000, ttl: 60s, jitter: 10%, eviction: s3-fifo, replicas: 4, placement: ring, work: 300us}
//!   db: {workers: 20, work: exp(10ms)}
//! expect:
//!   - hits(cache) >= 50%
//! ```

use super::{ServiceKind, Surroundings, placement};
use crate::base::{ErrorKind, Span};
use crate::model::policies::retries;
use crate::plan::cache::KeepFailures;
use crate::plan::{CacheSpec, Eviction, Role};
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
    FieldDoc::optional("eviction", Shape::Choice(EVICTION), "lru", "what goes when there is no room"),
    FieldDoc::optional("halve_after", Shape::Count, "never", "for `lfu`: reads an entry after which counts are halved"),
    FieldDoc::optional("placement", placement::SHAPE, "in-turn", "which replica a key belongs to"),
    FieldDoc::optional("ttl", Shape::Span, "none", "how long an entry is fresh"),
    FieldDoc::optional("jitter", Shape::Ratio, "0%", "each entry's `ttl` is shortened by up to this share of it"),
    FieldDoc::optional("stale_for", Shape::Span, "0s", "how long an expired entry can still be shown in need"),
    FieldDoc::optional("errors_ttl", Shape::Span, "0s", "how long a failed rebuild is kept and served to others"),
    FieldDoc::optional(
        "errors_kept",
        Shape::List(&Shape::Choice(retries::KINDS)),
        "[error, mismatch]",
        "which failures `errors_ttl` keeps",
    ),
    FieldDoc::optional("on_write", Shape::Choice(&["set", "delete"]), "set", "what a write does to the entry"),
    FieldDoc::optional("warm", Shape::Flag, "true", "full of the most popular keys at the start"),
];

const EVICTION: &[&str] = &["lru", "fifo", "lfu", "s3-fifo", "w-tinylfu", "none"];

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
        eviction: eviction(fields),
        placement: placement::read(fields),
        ttl,
        jitter: with_ttl(fields, "jitter", ttl, fields.ratio("jitter")).unwrap_or(0.0),
        grace: with_ttl(fields, "stale_for", ttl, fields.span("stale_for")).unwrap_or(Span::ZERO),
        warm: fields.flag("warm").unwrap_or(true),
        invalidate: fields.choice("on_write") == Some("delete"),
        failures: failures(fields),
    }))
}

fn eviction(fields: &Fields) -> Eviction {
    let halve_after = fields.count("halve_after").map(|reads| reads.clamp(1, u64::from(u32::MAX)) as u32);
    let chosen = fields.choice("eviction");
    if fields.has("halve_after") && chosen != Some("lfu") {
        let note = fields.error("halve_after", "only `lfu` counts reads that could be halved");
        note.help("add `eviction: lfu`").code("wrong-value");
    }
    match chosen {
        Some("fifo") => Eviction::Fifo,
        Some("lfu") => Eviction::Lfu { halve_after },
        Some("s3-fifo") => Eviction::S3Fifo,
        Some("w-tinylfu") => Eviction::WTinyLfu,
        Some("none") => Eviction::None,
        _ => Eviction::Lru,
    }
}

fn failures(fields: &Fields) -> Option<KeepFailures> {
    let ttl = fields.span("errors_ttl").filter(|ttl| *ttl > Span::ZERO);
    if ttl.is_none() && fields.has("errors_kept") && !fields.has("errors_ttl") {
        let note = fields.error("errors_kept", "`errors_kept` has no meaning without an `errors_ttl`");
        note.help("say how long a failure is kept: `errors_ttl: 60s`").code("wrong-value");
    }
    let kinds = match fields.has("errors_kept") {
        true => retries::read_kinds(fields, "errors_kept"),
        false => vec![ErrorKind::Error, ErrorKind::Mismatch],
    };
    ttl.map(|ttl| KeepFailures { ttl, kinds })
}

/// A value that has a meaning only where entries expire.
fn with_ttl<T>(fields: &Fields, name: &str, ttl: Option<Span>, value: Option<T>) -> Option<T> {
    if value.is_some() && ttl.is_none() && !fields.has("ttl") {
        let note = fields.error(name, format!("`{name}` has no meaning without a `ttl`"));
        note.help("say how long an entry is fresh: `ttl: 60s`").code("wrong-value");
        return None;
    }
    value
}
