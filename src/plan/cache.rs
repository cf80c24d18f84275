//! A cache as plain data: how much it holds, what goes first, and which replica a key belongs to.

use crate::base::{ErrorKind, Span};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheSpec {
    /// Size of the key universe; keys are 0..keys.
    pub keys: u32,
    /// Entries over all replicas; each replica holds its share.
    pub entries: u32,
    pub eviction: Eviction,
    pub placement: Placement,
    pub ttl: Option<Span>,
    /// Each entry's time to live is shortened by up to this share of it, 0 to 1.
    pub jitter: f64,
    /// How long an expired entry is kept for callers that would rather have an old value than none.
    pub grace: Span,
    /// Full at time 0 with the most popular keys; otherwise empty.
    pub warm: bool,
    /// A write takes the entry away instead of setting it.
    pub invalidate: bool,
    /// What became of failed rebuilds is kept too; `None`: each miss is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<KeepFailures>,
}

/// Negative caching (RFC 2308 for names, RFC 9111 for HTTP): a failed answer of the origin is kept and given to others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepFailures {
    pub ttl: Span,
    pub kinds: Vec<ErrorKind>,
}

impl CacheSpec {
    /// Least recently used goes first, keys are dealt in turn, entries stay, warm.
    pub fn plain(keys: u32, entries: u32) -> CacheSpec {
        CacheSpec {
            keys,
            entries,
            eviction: Eviction::Lru,
            placement: Placement::default(),
            ttl: None,
            jitter: 0.0,
            grace: Span::ZERO,
            warm: true,
            invalidate: false,
            failures: None,
        }
    }
}

/// When a caller puts a replica of a cache out of its list (`auto_eject_hosts` of twemproxy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eject {
    /// Failures in a row.
    pub after: u32,
    pub length: Span,
    /// The caller empties the replica before it lists it again; as long as it cannot, the replica stays out.
    pub flush: bool,
}

/// What goes when there is no room for a new entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    Lru,
    Fifo,
    /// Reads are counted; all counts are halved whenever this many reads an entry have happened.
    Lfu {
        halve_after: Option<u32>,
    },
    S3Fifo,
    WTinyLfu,
    /// Nothing goes before it expires: a full cache takes no new entry.
    None,
}

/// Which replica a key belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    pub by: PlaceBy,
    /// The most popular keys, this many, are held by `copies` replicas each.
    pub hot_keys: u32,
    pub copies: u32,
    /// No replica is given more than this many times the mean of requests under way; what is too much goes to the next.
    pub bound: Option<f64>,
    /// A replica that is added takes its share of the ring bit by bit over this time.
    pub ramp: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceBy {
    /// Key number modulo replicas: each has the same number of keys of like popularity.
    InTurn,
    /// A hash of the key modulo replicas.
    Modulo,
    /// A consistent-hash ring with this many points a replica. Unless `named`, a replica that comes back after a crash has a new
    /// address, and so other points.
    Ring { points: u32, named: bool },
}

impl Default for Placement {
    fn default() -> Placement {
        Placement { by: PlaceBy::InTurn, hot_keys: 0, copies: 1, bound: None, ramp: Span::ZERO }
    }
}
