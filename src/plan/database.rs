//! A replicated database, as plain data.

use crate::base::{Dist, Span};
use serde::{Deserialize, Serialize};

/// One service whose replicas are copies of the same data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseSpec {
    /// Size of the key universe; keys are 0..keys.
    pub keys: u32,
    pub writes: Writes,
    /// How many other copies must have received a write before it is acknowledged: 0 asynchronous, 1 semi-synchronous, all synchronous.
    pub acks: u32,
    /// What becomes of a write that waits for acknowledgements in vain.
    pub ack_wait: Option<AckWait>,
    /// One-way time from one copy to another.
    pub lag: Dist,
    /// A copy applies at most this many writes per second, one after another; `None`: at once.
    pub apply_per_sec: Option<f64>,
    pub reads: Reads,
    /// A key that was written so recently is read from the leader.
    pub own_reads: Option<Span>,
    pub failover: Option<Failover>,
    pub restore: Option<Restore>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writes {
    /// Only the leader takes them.
    Leader,
    /// Any copy takes them and sends them to all others (Dynamo's way).
    Anywhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    Leader,
    /// Any copy that is up, in turn.
    Any,
    /// Copies that do not lead, in turn; the leader when there is no other.
    Followers,
    /// The newest of so many copies.
    Quorum(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckWait {
    pub longest: Span,
    /// Acknowledge all the same (as MySQL's semi-synchronous mode does) instead of failing with `unavailable`.
    pub degrade: bool,
}

/// What happens when the others do not hear of the leader.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failover {
    /// Silence after which the leader is taken for dead, and after which it stops by itself if there is fencing.
    pub lease: Span,
    /// How long it takes to choose another one after that.
    pub election: Span,
    /// Only copies that hear more than half of all, themselves included, choose one of them.
    pub majority: bool,
    pub fencing: Fencing,
    /// Share of the writers that still find the old leader after another one was chosen.
    pub stray: f64,
}

/// What keeps a leader from taking writes after another one was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fencing {
    /// Nothing.
    None,
    /// Its own clock: it stops when its lease is over by that.
    Lease,
    /// That, and a number that grows with every leader: a write with an older one is refused.
    Token,
}

/// How a copy that crashed comes back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restore {
    /// Time to load the last backup.
    pub load: Span,
    /// Writes in the log since that backup, at the start of the run.
    pub behind: u64,
    /// Writes per second that are played back.
    pub replay_per_sec: f64,
}
