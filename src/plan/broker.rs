//! A message broker and those who consume from it, as plain data.

use crate::base::{EdgeId, Span};
use serde::{Deserialize, Serialize};

/// A service that takes a request for a message, and hands it on later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrokerSpec {
    pub partitions: u32,
    /// The partition follows from the key; otherwise they take turns.
    pub by_key: bool,
    /// One message of a partition at a time: the next one waits until it is finished with.
    pub ordered: bool,
    pub redelivery: Redelivery,
    pub keep: Keep,
    /// Brokers of one name share their memory.
    pub memory: String,
    /// Bytes held in that memory from which on publishers wait; `None`: never.
    pub watermark: Option<u64>,
    pub replication: Replication,
    /// Every group is given every message.
    pub groups: Vec<Group>,
}

/// What happens to a message whose consumer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redelivery {
    /// Deliveries in all, after which it is a dead letter; `None`: again and again.
    pub max: Option<u32>,
    /// It comes again so much later, before those that were never delivered.
    pub after: Span,
}

/// What is kept of the messages that wait; the oldest go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    pub messages: Option<u64>,
    pub bytes: Option<u64>,
    pub age: Option<Span>,
}

/// How the replicas of the broker hold the same messages. One of them leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    pub acks: Acks,
    /// With `Acks::All`: fewer copies in sync than this take nothing.
    pub min_in_sync: u32,
    /// One-way time from one copy to another.
    pub lag: Span,
    /// A copy that was silent for so long is taken for dead.
    pub session: Span,
    /// A copy that has not kept up for so long is no longer in sync.
    pub lag_max: Span,
    /// How long the choice of another leader takes.
    pub election: Span,
    /// When no copy in sync is left, another one may lead.
    pub unclean: bool,
}

/// When a publisher is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acks {
    /// At once, whatever becomes of the message.
    None,
    /// When the leader has the message.
    Leader,
    /// When every copy in sync has it.
    All,
}

/// Consumers that share the messages among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub consumers: Vec<Consumer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// From the broker to the service that consumes.
    pub edge: EdgeId,
    /// Messages that one of its replicas has at a time; `None`: as many as its workers, or one where those are unbounded.
    pub prefetch: Option<u32>,
}

impl Default for Redelivery {
    fn default() -> Redelivery {
        Redelivery { max: None, after: Span::from_secs(1) }
    }
}

impl Default for Replication {
    /// Kafka's defaults, but for `min_in_sync`, which is 1 there.
    fn default() -> Replication {
        Replication {
            acks: Acks::All,
            min_in_sync: 1,
            lag: Span::from_millis(1),
            session: Span::from_secs(18),
            lag_max: Span::from_secs(30),
            election: Span::from_millis(500),
            unclean: false,
        }
    }
}

impl BrokerSpec {
    /// One partition that keeps everything, for nobody yet.
    pub fn plain(memory: impl Into<String>) -> BrokerSpec {
        BrokerSpec {
            partitions: 1,
            by_key: false,
            ordered: false,
            redelivery: Redelivery::default(),
            keep: Keep::default(),
            memory: memory.into(),
            watermark: None,
            replication: Replication::default(),
            groups: Vec::new(),
        }
    }
}
