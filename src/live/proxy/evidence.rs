//! What the proxy counted: per fault what it touched, and over all what went through. Counters only; nobody decides anything by them.

use crate::base::Span;
use crate::plan::spoil::Does;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Proof that a fault happened. `touched` counts chunks and connections that went differently because of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub touched: u64,
    /// Only what is not zero.
    pub details: BTreeMap<&'static str, u64>,
}

/// What went through one proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub connections_accepted: u64,
    pub connections_open: u64,
    /// Client to server, as written to the server.
    pub bytes_upstream: u64,
    /// Server to client, as written to the client.
    pub bytes_downstream: u64,
    /// As read from the client, and from the server.
    pub bytes_received: [u64; 2],
    pub dial_failures: u64,
    /// The listener could not accept, or not be opened again after a refusal.
    pub listen_failures: u64,
}

impl Traffic {
    pub fn add(&mut self, other: &Traffic) {
        self.connections_accepted += other.connections_accepted;
        self.connections_open += other.connections_open;
        self.bytes_upstream += other.bytes_upstream;
        self.bytes_downstream += other.bytes_downstream;
        self.bytes_received.iter_mut().zip(other.bytes_received).for_each(|(sum, bytes)| *sum += bytes);
        self.dial_failures += other.dial_failures;
        self.listen_failures += other.listen_failures;
    }
}

/// The counters behind `Traffic`; `bytes` by direction.
#[derive(Debug, Default)]
pub struct Counters {
    pub accepted: AtomicU64,
    pub bytes: [AtomicU64; 2],
    pub received: [AtomicU64; 2],
    pub dial_failures: AtomicU64,
    pub listen_failures: AtomicU64,
}

/// Something a fault can do, to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    ChunksDelayed,
    BytesDelayed,
    MicrosecondsAdded,
    ChunksHeld,
    BytesHeld,
    ConnectionsHeld,
    ConnectionsReset,
    ListenerClosed,
    WritesThrottled,
    BytesThrottled,
    EndsDelayed,
    ChunksDropped,
    BytesDropped,
    ChunksTruncated,
    Slices,
    ConnectsDelayed,
    ConnectsNever,
    ConnectionsClosed,
    RequestsDelayed,
    RequestsAnswered,
    RequestsReset,
    RequestsDropped,
    RequestsChanged,
    AnswersDelayed,
    AnswersCutShort,
    AnswersReplaced,
    AnswersChanged,
    NotUnderstood,
    HandshakesFailed,
    HandshakesDone,
}

/// One row a `Count`, in the order of the enum: its name, and whether it counts as a touch.
const ROWS: [(&str, bool); 30] = [
    ("chunks delayed", true),
    ("bytes delayed", false),
    ("microseconds of delay added", false),
    ("chunks held", true),
    ("bytes held", false),
    ("connections held", true),
    ("connections reset", true),
    ("listener closed", false),
    ("writes throttled", true),
    ("bytes throttled", false),
    ("ends delayed", true),
    ("chunks dropped", true),
    ("bytes dropped", false),
    ("chunks cut short", true),
    ("slices written", true),
    ("connects delayed", true),
    ("connects never answered", true),
    ("connections closed", true),
    ("requests delayed", true),
    ("requests answered by the fault", true),
    ("requests reset", true),
    ("requests dropped", true),
    ("requests changed", true),
    ("answers delayed", true),
    ("answers cut short", true),
    ("answers replaced", true),
    ("answers changed", true),
    ("connections not understood", false),
    ("handshakes failed", true),
    ("handshakes that did not mind", false),
];

impl Count {
    /// What is counted when this is done to a message.
    pub fn of(does: &Does) -> Count {
        match does {
            Does::Hold => Count::RequestsDelayed,
            Does::Answer(_) => Count::RequestsAnswered,
            Does::Reset => Count::RequestsReset,
            Does::Drop => Count::RequestsDropped,
            Does::AskWith(_) => Count::RequestsChanged,
            Does::HoldAnswer => Count::AnswersDelayed,
            Does::CutShort { .. } => Count::AnswersCutShort,
            Does::Replace { .. } => Count::AnswersReplaced,
            Does::AnswerWith(_) => Count::AnswersChanged,
        }
    }
}

/// The counters of one fault. They outlive its healing.
#[derive(Debug, Default)]
pub struct Tally {
    counts: [AtomicU64; ROWS.len()],
    /// How many times the fault was applied here: each time has its own dice.
    pub rounds: AtomicU64,
    pub delays: Delays,
}

/// How late single chunks were made: a count for each upper bound, and the sum.
#[derive(Debug, Default)]
pub struct Delays {
    bins: [AtomicU64; Delays::BOUNDS_MS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Delays {
    /// Upper bounds of the bins, in milliseconds; the last bin has none.
    pub const BOUNDS_MS: [u64; 14] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000];

    pub fn record(&self, added: Span) {
        let bin = Delays::BOUNDS_MS.partition_point(|bound| Span::from_millis(*bound) < added);
        self.bins[bin].fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(added.0, Relaxed);
    }

    /// Chunks in each bin.
    pub fn bins(&self) -> Vec<u64> {
        self.bins.iter().map(|bin| bin.load(Relaxed)).collect()
    }

    pub fn seconds(&self) -> f64 {
        Span(self.nanoseconds.load(Relaxed)).as_secs_f64()
    }
}

impl Tally {
    pub fn add(&self, what: Count, by: u64) {
        self.counts[what as usize].fetch_add(by, Relaxed);
    }

    /// Adds what another has counted.
    pub fn absorb(&self, other: &Tally) {
        for (sum, count) in self.counters().zip(other.counters()) {
            sum.fetch_add(count.load(Relaxed), Relaxed);
        }
    }

    fn counters(&self) -> impl Iterator<Item = &AtomicU64> {
        self.counts.iter().chain(&self.delays.bins).chain([&self.delays.nanoseconds])
    }

    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        for ((name, touches), count) in ROWS.iter().zip(&self.counts) {
            let count = count.load(Relaxed);
            if count > 0 {
                evidence.details.insert(name, count);
                evidence.touched += if *touches { count } else { 0 };
            }
        }
        evidence
    }
}

impl Counters {
    pub fn traffic(&self, open: usize) -> Traffic {
        Traffic {
            connections_accepted: self.accepted.load(Relaxed),
            connections_open: open as u64,
            bytes_upstream: self.bytes[0].load(Relaxed),
            bytes_downstream: self.bytes[1].load(Relaxed),
            bytes_received: self.received.each_ref().map(|bytes| bytes.load(Relaxed)),
            dial_failures: self.dial_failures.load(Relaxed),
            listen_failures: self.listen_failures.load(Relaxed),
        }
    }
}
