//! A message broker: a request to it is a message, answered when it is taken in, and handed to consumers later (`consumes`).
//!
//! A message belongs to one of `partitions` by its key, or in turn if there are no keys; with `ordered: true` a partition has one message
//! out at a time. What a consumer fails on comes again `redelivery.after` later, before those that were never delivered, until it was
//! delivered `redelivery.max` times and is a dead letter; without a `max` for ever. `keep` bounds what waits: the oldest are dropped.
//! From `watermark` bytes on (of all brokers with the same `memory` together) publishers are not answered until there is room again:
//! no error, only silence, as RabbitMQ does it. A message has the size of the call's `request`.
//!
//! With `replicas` every message is copied. `acks: all` answers when every copy in sync has it, `leader` (or 1) when the leader has, and
//! `none` (or 0) when the message reaches it, before anything is done: what a crash, a full queue or a lost leader then takes is counted
//! by `lost`, and the publisher is not told. Fewer in
//! sync than `min_in_sync` take nothing (`unavailable`). A copy that is silent for `lag_max` or `session` is no longer in sync; a leader
//! that is silent for `session` is followed after `election` by another one in sync, or with `unclean` by any other (`lost`).
//!
//! Meters: `backlog` (messages of the group furthest behind), `age` (of the oldest that waits), `redelivered`, `dead-letters`, `dropped`,
//! `blocked` (publishers that wait for memory), and for several replicas `in-sync`, `elections`, `lost`.
//!
//! ```yaml
//! name: broker-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   shop: {calls: {to: orders, timeout: 1s, request: 2KiB}, rate: 100/s, keys: {count: 1000}}
//! services:
//!   orders:
//!     kind: broker
//!     replicas: 3
//!     min_in_sync: 2
//!     partitions: 12
//!     redelivery: {max: 5, after: 1s}
//!     keep: {messages: 100000}
//!     session: 6s
//!   billing: {consumes: orders, workers: 4, work: exp(20ms)}
//! faults:
//!   stuck: {kind: pause, on: billing, at: 20s, for: 10s}
//!   crash: {kind: down, on: orders, replicas: 1, at: 40s, for: 15s}
//! expect:
//!   - success(shop) >= 99% during stuck
//!   - max(backlog(orders)) >= 900 during stuck
//!   - elections(orders) == 1
//!   - lost(orders) == 0
//! ```

use super::{ServiceKind, Surroundings};
use crate::base::Span;
use crate::plan::Role;
use crate::plan::broker::{Acks, BrokerSpec, Keep, Redelivery, Replication};
use crate::scenario::{FieldDoc, Fields, Node, Shape, values};

pub const KIND: ServiceKind = ServiceKind { name: "broker", page: include_str!("broker.rs"), fields: FIELDS, role };

const ACKS: &[&str] = &["none", "leader", "all"];
const PARTITIONS_MAX: u64 = 10_000;

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("partitions", Shape::Count, "1", "parts of the messages, each in an order of its own"),
    FieldDoc::optional("ordered", Shape::Flag, "false", "one message of a partition at a time"),
    FieldDoc::optional(
        "redelivery",
        Shape::Shared("redelivery", &REDELIVERY),
        "for ever",
        "what happens to a message that failed",
    ),
    FieldDoc::optional("keep", Shape::Shared("keep", &KEEP), "everything", "what is kept of the messages that wait"),
    FieldDoc::optional("memory", Shape::Name, "its own", "brokers with the same word share their memory"),
    FieldDoc::optional("watermark", Shape::Bytes, "none", "bytes in memory above which publishers wait"),
    FieldDoc::optional(
        "acks",
        Shape::OneOf(&[Shape::Choice(ACKS), Shape::Count]),
        "all",
        "which copies have a message that is answered",
    ),
    FieldDoc::optional("min_in_sync", Shape::Count, "1", "with `acks: all`: fewer copies in sync take nothing"),
    FieldDoc::optional("lag", Shape::Span, "1ms", "one-way time from one copy to another"),
    FieldDoc::optional("session", Shape::Span, "18s", "silence after which a copy is taken for dead"),
    FieldDoc::optional("lag_max", Shape::Span, "30s", "a copy that is behind for so long is not in sync"),
    FieldDoc::optional("election", Shape::Span, "500ms", "how long the choice of another leader takes"),
    FieldDoc::optional("unclean", Shape::Flag, "false", "a copy that is not in sync may lead if there is no other"),
];

static REDELIVERY: [FieldDoc; 2] = [
    FieldDoc::optional("max", Shape::Count, "unlimited", "deliveries in all, before it is a dead letter"),
    FieldDoc::optional("after", Shape::Span, "1s", "the pause before each of them but the first"),
];

static KEEP: [FieldDoc; 3] = [
    FieldDoc::optional("messages", Shape::Count, "all", "at most so many"),
    FieldDoc::optional("bytes", Shape::Bytes, "all", "at most so many bytes"),
    FieldDoc::optional("age", Shape::Span, "for ever", "at most so old"),
];

fn role(fields: &Fields, around: &Surroundings) -> Option<Role> {
    let partitions = fields.count("partitions").unwrap_or(1);
    if partitions == 0 || partitions > PARTITIONS_MAX {
        fields.error("partitions", format!("`partitions` must be 1 to {PARTITIONS_MAX}")).code("wrong-value");
    }
    let own = BrokerSpec::plain(format!("of {}", fields.what()));
    Some(Role::Broker(BrokerSpec {
        partitions: partitions.clamp(1, PARTITIONS_MAX) as u32,
        by_key: around.keys.is_some(),
        ordered: fields.flag("ordered").unwrap_or(false),
        redelivery: fields.node("redelivery").map(|node| read_redelivery(fields, node)).unwrap_or_default(),
        keep: fields.node("keep").map(|node| read_keep(fields, node)).unwrap_or_default(),
        memory: fields.text("memory").map_or(own.memory, str::to_owned),
        watermark: fields.bytes("watermark"),
        replication: read_replication(fields),
        groups: Vec::new(),
    }))
}

fn read_redelivery(fields: &Fields, node: &Node) -> Redelivery {
    let own = Fields::open(node, "`redelivery`", &REDELIVERY, fields.diags());
    let max = own.count("max");
    if max.is_some_and(|max| max == 0 || max > u64::from(u32::MAX)) {
        let note = own.error("max", "a message is delivered at least once");
        note.help("leave it out for no limit").code("wrong-value");
    }
    let after = own.span("after").unwrap_or(Redelivery::default().after);
    if after == Span::ZERO {
        let note = own.error("after", "a message that comes again at once would be tried without end in no time");
        note.help("a short pause, such as `1ms`").code("wrong-value");
    }
    Redelivery { max: max.map(|max| max as u32), after }
}

fn read_keep(fields: &Fields, node: &Node) -> Keep {
    let own = Fields::open(node, "`keep`", &KEEP, fields.diags());
    Keep { messages: own.count("messages"), bytes: own.bytes("bytes"), age: own.span("age") }
}

fn read_replication(fields: &Fields) -> Replication {
    let plain = Replication::default();
    let copies = fields.count("replicas").unwrap_or(1);
    let min_in_sync = fields.count("min_in_sync").unwrap_or(1);
    if min_in_sync == 0 || min_in_sync > copies {
        let note = fields.error("min_in_sync", format!("{min_in_sync} of {copies} replica(s) can never be in sync"));
        note.help(format!("1 to {copies}")).code("wrong-value");
    }
    Replication {
        acks: read_acks(fields),
        min_in_sync: min_in_sync.clamp(1, u64::from(u32::MAX)) as u32,
        lag: fields.span("lag").unwrap_or(plain.lag),
        session: fields.span("session").unwrap_or(plain.session),
        lag_max: fields.span("lag_max").unwrap_or(plain.lag_max),
        election: fields.span("election").unwrap_or(plain.election),
        unclean: fields.flag("unclean").unwrap_or(false),
    }
}

/// A word, or the number that producers write for it.
fn read_acks(fields: &Fields) -> Acks {
    let Some(node) = fields.node("acks") else { return Acks::All };
    match node.scalar() {
        Some("0") => Acks::None,
        Some("1") => Acks::Leader,
        _ => match values::read_choice(node, ACKS, fields.diags()) {
            Some("none") => Acks::None,
            Some("leader") => Acks::Leader,
            _ => Acks::All,
        },
    }
}
