//! The disk under a service, as plain data: how much it holds, what fills it, what frees it, and how long it takes to write and read.

use crate::base::{Dist, Span};
use serde::{Deserialize, Serialize};

/// One volume for all replicas of a service: copies of the same data fill alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// `None`: it is never full.
    pub size_bytes: Option<u64>,
    /// Bytes used at time 0, garbage included.
    pub used_bytes: u64,
    /// Bytes of `used_bytes` that a reclaim may free from the start.
    pub garbage_bytes: u64,
    /// What a write adds; `None`: the size of the request.
    pub write_bytes: Option<u64>,
    /// What a read adds, such as a line in a log.
    pub read_bytes: u64,
    /// What a write of these classes adds instead.
    pub class_bytes: Vec<(u8, u64)>,
    /// What is added by time alone, in bytes per second.
    pub growth_per_sec: f64,
    pub reclaim: Option<Reclaim>,
    pub read_only: Option<ReadOnly>,
    /// How long it takes until a write is on the disk.
    pub commit: Option<Dist>,
    /// How long a read takes that is not answered from memory, and the share of such reads, 0 to 1.
    pub fetch: Option<Dist>,
    pub misses: f64,
}

/// Compaction, retention, vacuum: what was added becomes garbage after a while, and garbage is freed at a rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reclaim {
    pub bytes_per_sec: f64,
    /// How long after it was added a byte becomes garbage.
    pub after: Span,
    /// Share of what is added that ever becomes garbage, 0 to 1.
    pub share: f64,
    /// It runs only while so many bytes are free.
    pub needs_bytes: u64,
}

/// When nothing may be written any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOnly {
    /// From so many bytes used on, and when a write finds no room.
    pub at_bytes: u64,
    /// Until so many bytes are used, or fewer; `None`: until an operator changes the volume.
    pub back_bytes: Option<u64>,
}

impl VolumeSpec {
    /// Of this size, with so much of it used, to which every write adds the size of its request.
    pub fn plain(size_bytes: u64, used_bytes: u64) -> VolumeSpec {
        VolumeSpec {
            size_bytes: Some(size_bytes),
            used_bytes,
            garbage_bytes: 0,
            write_bytes: None,
            read_bytes: 0,
            class_bytes: Vec::new(),
            growth_per_sec: 0.0,
            reclaim: None,
            read_only: None,
            commit: None,
            fetch: None,
            misses: 0.0,
        }
    }
}
