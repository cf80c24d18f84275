//! The disk under a service: what fills it, what frees it, and what happens when it is full.
//!
//! A write (a call with `write: true`, every message of a broker, every append of a store) adds `write` bytes, by default the size of its
//! request; `classes` says otherwise for some, `read` adds for reads (a line in a log), `growth` adds by time alone. `reclaim`
//! (compaction, retention, vacuum) frees `rate`: what was added becomes garbage `after` a while, a `share` of it, and `garbage` is there
//! from the start. It stands still while less than `needs` is free. So a volume is full after free / (growth - what is reclaimed).
//!
//! A write that finds no room fails with `no-space`. With `read_only` writes fail with `read-only` from `at` on, until the use has fallen to
//! `back`; reads go on. `back: operator` waits until a push changes the volume (a larger `size`, another `at`). All replicas share
//! one volume: copies of the same data fill alike. `commit` is the time until a write is on the disk, `fetch` that of a read that is not
//! answered from memory, a share `misses` of them; both are spent before the `work`, with a worker held.
//!
//! Meters: `free` (bytes), `runway` (until it is full at the present growth; ten years stand for ever), `read-only` (share of the
//! time). `used` is in bytes or a share. A store has its size and its use from its servers; the other keys hold for it, too.
//!
//! ```yaml
//! name: volume-example
//! length: 120s
//! warmup: 5s
//! clients:
//!   writers: {calls: {to: db, write: true, request: 64KiB}, rate: 160/s}
//!   readers: {calls: db, rate: 200/s}
//! services:
//!   db:
//!     kind: database
//!     work: exp(2ms)
//!     volume: {size: 1GiB, used: 40%, read_only: {at: 95%, back: 80%}, reclaim: {rate: 2MiB/s, after: 20s}}
//! faults:
//!   more-room: {kind: config, set: {services.db.volume.size: 2GiB}, at: 100s}
//! expect:
//!   - min(runway(db)) <= 10s between 50s and 75s
//!   - errors(writers, kind=read-only) >= 99% between 85s and 100s
//!   - success(readers) >= 100%
//!   - success(writers) >= 100% between 100s and 120s
//! ```

use super::class::Classes;
use crate::base::Span;
use crate::model::Page;
use crate::plan::{ReadOnly, Reclaim, Role, VolumeSpec};
use crate::scenario::{FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "volume", page: include_str!("volume.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("volume", &TABLE);

static TABLE: [FieldDoc; 12] = [
    FieldDoc::optional("size", Shape::Bytes, "without end", "what it holds"),
    FieldDoc::optional("used", Shape::Ratio, "0%", "share of it that is used at the start, garbage included"),
    FieldDoc::optional("garbage", Shape::Ratio, "0%", "share of it that a reclaim may free from the start"),
    FieldDoc::optional("write", Shape::Bytes, "the size of the request", "what a write adds"),
    FieldDoc::optional("read", Shape::Bytes, "0B", "what a read adds"),
    FieldDoc::optional("classes", Shape::MapOf(&Shape::Bytes), "as `write`", "what a write of a class adds"),
    FieldDoc::optional("growth", Shape::ByteRate, "0B/s", "what is added by time alone"),
    FieldDoc::optional("reclaim", Shape::Shared("volume-reclaim", &RECLAIM), "nothing", "how space comes back"),
    FieldDoc::optional("read_only", Shape::Shared("read-only", &READ_ONLY), "never", "when writes are refused"),
    FieldDoc::optional("commit", Shape::Dist, "0s", "until a write is on the disk"),
    FieldDoc::optional("fetch", Shape::Dist, "0s", "how long a read takes that is not answered from memory"),
    FieldDoc::optional("misses", Shape::Ratio, "100% with `fetch`", "share of reads that are not"),
];

static RECLAIM: [FieldDoc; 4] = [
    FieldDoc::required("rate", Shape::ByteRate, "how fast garbage is freed"),
    FieldDoc::optional("after", Shape::Span, "0s", "how long after it was added a byte becomes garbage"),
    FieldDoc::optional("share", Shape::Ratio, "100%", "share of what is added that ever becomes garbage"),
    FieldDoc::optional("needs", Shape::Ratio, "0%", "it runs only while this share of the volume is free"),
];

static READ_ONLY: [FieldDoc; 2] = [
    FieldDoc::optional("at", Shape::Ratio, "100%", "from this use on, and when a write finds no room"),
    FieldDoc::optional(
        "back",
        Shape::OneOf(&[Shape::Ratio, Shape::Choice(&["operator"])]),
        "as `at`",
        "until the use is this again, or until an operator changes the volume",
    ),
];

/// What belongs to the servers of a store.
const OF_STORES: [&str; 5] = ["size", "used", "garbage", "write", "classes"];

/// The volume of a service; a store has one whether it says more about it or not.
pub fn read(service: &Fields, role: &Role, of_store: Option<VolumeSpec>, classes: &Classes) -> Option<VolumeSpec> {
    let Some(node) = service.node("volume") else { return of_store };
    let fields = Fields::open(node, "`volume`", &TABLE, service.diags());
    if matches!(role, Role::Cache(_)) {
        let note = service.error("volume", "a cache is kept in memory, and holds `entries`");
        note.help("leave out `volume`").code("wrong-value");
        return None;
    }
    for name in OF_STORES.iter().filter(|name| of_store.is_some() && fields.has(name)) {
        let note = fields.error(name, format!("a store has its `{name}` from its servers"));
        note.help("its keys are `servers`, `server_size`, `used`, `orphans` and `append`").code("wrong-value");
    }
    let own = of_store.unwrap_or_else(|| sized(&fields));
    needs_size(&fields, own.size_bytes);
    let fetch = fields.dist("fetch");
    Some(VolumeSpec {
        write_bytes: fields.bytes("write").or(own.write_bytes),
        read_bytes: fields.bytes("read").unwrap_or(0),
        class_bytes: class_bytes(&fields, classes),
        growth_per_sec: fields.byte_rate("growth").unwrap_or(0.0),
        reclaim: fields.node("reclaim").and_then(|node| read_reclaim(&fields, node, own.size_bytes)),
        read_only: fields.node("read_only").and_then(|node| read_read_only(&fields, node, own.size_bytes)),
        commit: fields.dist("commit"),
        misses: fields.ratio("misses").unwrap_or(if fetch.is_some() { 1.0 } else { 0.0 }),
        fetch,
        ..own
    })
}

fn sized(fields: &Fields) -> VolumeSpec {
    let size = fields.bytes("size");
    if size == Some(0) {
        fields.error("size", "a volume of no size holds nothing").code("wrong-value");
    }
    let share = |name: &str| fields.ratio(name).unwrap_or(0.0);
    if share("garbage") > share("used") {
        fields.error("garbage", "garbage is part of what is used: it cannot be more").code("wrong-value");
    }
    let bytes = |name: &str| (size.unwrap_or(0) as f64 * share(name)) as u64;
    VolumeSpec { size_bytes: size, garbage_bytes: bytes("garbage"), ..VolumeSpec::plain(0, bytes("used")) }
}

fn needs_size(fields: &Fields, size: Option<u64>) {
    for name in ["used", "garbage", "reclaim", "read_only", "growth"].iter().filter(|name| fields.has(name)) {
        if size.is_none() {
            let note = fields.error(name, format!("`{name}` is about a volume that has an end"));
            note.help("give it a `size`").code("missing-key");
        }
    }
    if fields.has("misses") && !fields.has("fetch") {
        let note = fields.error("misses", "a read that is not answered from memory takes no longer here");
        note.help("give it `fetch`: how long it takes").code("missing-key");
    }
}

fn class_bytes(fields: &Fields, classes: &Classes) -> Vec<(u8, u64)> {
    let entry = |entry: &crate::scenario::Entry| {
        let class = classes.number(&entry.key, entry.key_place, fields.diags())?;
        Some((class, values::read_bytes(&entry.value, fields.diags())?))
    };
    fields.entries("classes").iter().filter_map(entry).collect()
}

fn read_reclaim(fields: &Fields, node: &Node, size: Option<u64>) -> Option<Reclaim> {
    let own = Fields::open(node, "`reclaim`", &RECLAIM, fields.diags());
    let needs = own.ratio("needs").unwrap_or(0.0);
    Some(Reclaim {
        bytes_per_sec: own.byte_rate("rate")?,
        after: own.span("after").unwrap_or(Span::ZERO),
        share: own.ratio("share").unwrap_or(1.0),
        needs_bytes: (size? as f64 * needs) as u64,
    })
}

fn read_read_only(fields: &Fields, node: &Node, size: Option<u64>) -> Option<ReadOnly> {
    let own = Fields::open(node, "`read_only`", &READ_ONLY, fields.diags());
    let at = own.ratio("at").unwrap_or(1.0);
    let back = match own.node("back").map(|node| &node.value) {
        Some(Value::Scalar(word, _)) if word == "operator" => None,
        Some(_) => Some(own.ratio("back").unwrap_or(at)),
        None => Some(at),
    };
    if back.is_some_and(|back| back > at) {
        let note = own.error("back", "it would be writable again before it is read-only");
        note.help("at most `at`").code("wrong-value");
    }
    let bytes = |share: f64| size.map(|size| (size as f64 * share) as u64);
    Some(ReadOnly { at_bytes: bytes(at)?, back_bytes: back.and_then(bytes) })
}
