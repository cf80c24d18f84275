//! One key becomes popular: a share of a client's requests asks for it.
//!
//! A celebrity, a flash sale, a bug that leaves a field empty. Caches in front of the key get more hits and the replica that holds it
//! more load; keys placed by hash cannot spread it, however many replicas there are.
//!
//! - **Simulated world**: each request asks for the hot key with this chance, and else for a key as before.
//! - **Live world**: the same; the engine draws the keys in both.
//! - **Undo**: keys are asked for as before.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: hot-key-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 200/s, keys: {count: 1000}}
//! services:
//!   api: {calls: [{to: cache, timeout: 200ms, miss: {to: db}}]}
//!   cache: {kind: cache, keys: 1000, entries: 1000, ttl: 1s, work: 1ms}
//!   db: {work: 5ms}
//! faults:
//!   star: {kind: hot-key, on: users, share: 90%, at: 30s, for: 20s}
//! expect:
//!   - hits(cache) <= 30% between 10s and 30s
//!   - hits(cache) >= 85% during star
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::Target;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "hot-key",
    page: include_str!("hot_key.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("share", Shape::Ratio, "how many of the requests ask for the key"),
    FieldDoc::optional("key", Shape::Count, "the last", "its number, 0 to `count` - 1 (0 is the most popular already)"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (Target::Client(id), client) = site.client() else { return None };
    let share = fields.ratio("share")?;
    let Some(keys) = client.keys else {
        let note = fields.error("on", format!("client `{}` asks for no keys", client.name));
        note.help("give it `keys: {count: …}`").code("wrong-value");
        return None;
    };
    let key = fields.count("key").unwrap_or(u64::from(keys.count) - 1);
    if key >= u64::from(keys.count) {
        fields.error("key", format!("keys are numbered 0 to {}", keys.count - 1)).code("wrong-value");
        return None;
    }
    let change = Change::edit(move |plan| {
        if let Some(keys) = &mut plan.clients[id.index()].keys {
            keys.hot = Some((key as u32, share));
        }
    });
    Some(Lowered::changes(format!("key {key} asked for by {}", words(fields, "share", "")), vec![change]))
}
