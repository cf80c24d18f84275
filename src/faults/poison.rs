//! Messages on which every consumer fails: the next `messages` that a broker takes in, as long as the fault lasts.
//!
//! A delivery of such a message fails as soon as a replica of the consumer has it. With `restart` the replica dies of it instead, with
//! everything else that it has, and is started again after that time, to be given the same message. Without a `redelivery.max` that goes
//! on until the fault heals: then the messages are as good as any other. More consumers do not help: all of them die.
//!
//! - **Simulated world**: the messages are marked; consumers that are given one fail or go down.
//! - **Live world**: the same in stand-ins; a real broker or consumer is refused before the run.
//! - **Undo**: the mark is forgotten.
//! - **Evidence**: messages poisoned, deliveries that failed, requests lost with the consumer.
//!
//! ```yaml
//! name: poison-example
//! length: 5m
//! warmup: 10s
//! clients:
//!   uploads: {calls: {to: feed, timeout: 1s}, rate: 50/s}
//! services:
//!   feed: {kind: broker, redelivery: {max: 5}}
//!   indexer: {consumes: feed, workers: 1, work: 12.5ms}
//! faults:
//!   bad: {kind: poison, on: feed, messages: 1, restart: 5s, at: 60s}
//! expect:
//!   - crashes(indexer) == 5
//!   - dead-letters(feed) == 1
//!   - max(backlog(feed)) <= 1500
//!   - success(uploads) >= 99%
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::base::Span;
use crate::plan::{Effect, Role};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "poison",
    page: include_str!("poison.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("messages", Shape::Count, "1", "how many messages"),
    FieldDoc::optional("restart", Shape::Span, "it lives on", "the consumer dies, and is back after this time"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, service) = site.service();
    if !matches!(service.role, Role::Broker(_)) {
        let note = fields.error("on", format!("`{}` takes in no messages", service.name));
        note.help("name a service of `kind: broker`; for requests that kill whoever takes them use `query-of-death`, for requests that fail `errors`").code("wrong-kind");
        return None;
    }
    let messages = if fields.has("messages") { fields.count("messages")? } else { 1 };
    if messages == 0 {
        fields.error("messages", "0 messages poison nobody").code("wrong-value");
        return None;
    }
    let restart = if fields.has("restart") { Some(fields.span("restart")?) } else { None };
    if restart == Some(Span::ZERO) {
        let note = fields.error("restart", "a replica that is back at once never died");
        note.help("leave it out for attempts that only fail").code("wrong-value");
        return None;
    }
    Lowered::one(format!("poison {messages} message(s)"), target, Effect::Poison { messages, restart })
}
