//! What can be done to the machine under a service: limits on what a process gets, disks that fail, packets that go astray. Plain data.

use super::effect::{Effect, Ways};
use crate::base::{Dist, Span};
use serde::{Deserialize, Serialize};

/// No more of something than this, for all processes of a service together (open files: for each).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// This share of the processor time that its cores would give, above 0 and below 1.
    Cpu {
        share: f64,
    },
    Memory {
        bytes: u64,
    },
    OpenFiles {
        count: u64,
    },
    Processes {
        count: u64,
    },
}

/// Accesses to a disk that fail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskError {
    pub answer: DiskAnswer,
    pub reads: bool,
    pub writes: bool,
    pub syncs: bool,
    /// Share of these accesses, 0 to 1.
    pub share: f64,
}

/// What the disk says instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskAnswer {
    /// `ENOSPC`
    NoSpace,
    /// `EIO`
    InputOutput,
    /// `EROFS`
    ReadOnly,
}

/// What happens to packets, each way and each on its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Packets {
    /// Seconds by which each is late.
    pub delay: Option<Dist>,
    /// Shares, 0 to 1. A loss of 1 is a partition.
    pub loss: f64,
    pub duplicate: f64,
    /// Share that goes at once, and so overtakes those that are delayed.
    pub reorder: f64,
}

/// The first retransmission timeout of Linux, and how often it is doubled before a model gives up (RFC 6298).
const RTO: Span = Span::from_millis(200);
const RETRANSMISSIONS: u32 = 6;

impl Packets {
    /// What they come to for whole messages, each of which is one packet: what is lost is sent again, what comes twice or out of order
    /// is put right by TCP and not seen.
    pub fn on_messages(&self) -> Vec<Effect> {
        if self.loss >= 1.0 {
            return vec![Effect::Cut { lose: false, ways: Ways::Both }];
        }
        let again = Dist::Retransmitted { loss: self.loss, first: RTO.as_secs_f64(), most: RETRANSMISSIONS };
        let late = self.delay.iter().cloned().chain((self.loss > 0.0).then_some(again));
        let each_way = late.flat_map(|by| [true, false].map(|upstream| Effect::Delay { by: by.clone(), upstream }));
        each_way.collect()
    }
}
