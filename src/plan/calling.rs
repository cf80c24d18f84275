//! What a caller does for its calls beside timeouts and retries, as plain data: connections, bulkheads, hedges, deadlines, fallbacks.

use crate::base::{EdgeId, Span};
use serde::{Deserialize, Serialize};

/// The connections that all callers of an edge keep together, each carrying one request at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// At most this many at a time, those in use included.
    pub size: u32,
    /// All are open at time 0; otherwise each is opened when there is none to take.
    pub open_ahead: bool,
    pub pick: Pick,
    /// Longest wait for a connection when all are in use; `None`: as long as the attempt lasts.
    pub max_wait: Option<Span>,
    /// The caller closes a connection that was idle for this long; `None`: never.
    pub idle: Option<Span>,
    /// The called side closes a connection that was idle for this long; `None`: never.
    pub peer_idle: Option<Span>,
    /// After the called side closed, the caller learns of it only this much later: a request in between is lost.
    pub race: Span,
}

impl Pool {
    /// One in which there is always a connection to take.
    pub const UNBOUNDED: Pool = Pool {
        size: u32::MAX,
        open_ahead: false,
        pick: Pick::Newest,
        max_wait: None,
        idle: None,
        peer_idle: None,
        race: Span::ZERO,
    };
}

/// Which of the idle connections is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The one used last: the others grow old and are closed.
    Newest,
    /// The one that was idle longest: all are kept in use.
    Oldest,
    /// Any of the pool's places; if what was in it is closed, it is opened again.
    Random,
}

/// What it takes to open a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connect {
    /// Beside one round trip of the edge: the handshakes above TCP.
    pub time: Span,
    /// The attempt fails when its connection is not open by then; `None`: as long as the attempt lasts.
    pub timeout: Option<Span>,
}

/// At most so many attempts of an edge at a time (Nygard, Release It!, 2007).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulkhead {
    pub max: u32,
    /// How many more may wait for their turn.
    pub waiting: u32,
    /// Longest wait for a turn; `None`: as long as the attempt lasts.
    pub max_wait: Option<Span>,
}

impl Bulkhead {
    /// One that nobody notices.
    pub const UNBOUNDED: Bulkhead = Bulkhead { max: u32::MAX, waiting: 0, max_wait: None };
}

/// A second request for the same answer while the first is under way (Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hedge {
    pub after: After,
    /// Requests beside the first, each after the same delay again.
    pub max: u32,
    /// When one has answered, the work of the others is stopped; otherwise it goes on for nobody.
    pub cancel: bool,
    /// When one of them is begun, those of the others that still wait for a worker are taken out of the line.
    pub tied: bool,
    /// Hedges per call that all callers of this edge together may send.
    pub budget: Option<TokenBucket>,
}

/// Each call adds `ratio`, each hedge takes 1, never more than `burst`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenBucket {
    pub ratio: f64,
    pub burst: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    Delay(Span),
    /// The running quantile (0 to 1) of the time to the first answer of this edge's attempts.
    Quantile(f64),
}

/// How long the answer is wanted, and that the called service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deadline {
    /// What is left of the attempt's timeout and of the caller's own deadline travels with the request.
    Propagate,
    /// So long for all attempts and the pauses between them; it travels too.
    Total(Span),
}

/// What is served when a call has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// An answer that the caller has at hand: a default, an empty list.
    Answer,
    /// Another call.
    Call(EdgeId),
}

/// Use of values past their time to live, as long as the cache keeps them (RFC 5861).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// An expired value is served when its rebuild fails.
    pub if_error: bool,
    /// An expired value is served at once, and rebuilt behind the caller's back.
    pub while_revalidate: bool,
}

/// How many of the calls made at once must succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// All that are not optional; the answers of all are waited for.
    Every,
    /// So many; the step ends as soon as they have answered, or as soon as they no longer can.
    Count(u32),
}
