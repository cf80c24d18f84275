//! What one process has written to one server. Plain data that can be handed to another process; it compares nothing.

use super::bits::Bits;
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const KEYS_MAX: usize = 1 << 20;
/// At first the books note this often what had ended until then; twice as rarely whenever there are `MARKS_MAX` notes.
const MARK_EVERY_NS: u64 = 5_000_000;
const MARKS_MAX: usize = 1 << 14;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Books {
    next: u64,
    pub(super) acknowledged: Bits,
    #[serde(skip)]
    pub(super) under_way: BTreeSet<u64>,
    /// The newest acknowledged write of each key.
    pub(super) newest: BTreeMap<u32, Newest>,
    pub(super) count: u64,
    /// Moments, and below which number every write had ended then. Both grow.
    marks: Vec<(u64, u64)>,
    every: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Newest {
    pub number: u64,
    /// The lowest number that was under way when it was sent: what lies between may have overtaken it.
    pub floor: u64,
    /// When it was sent, by the clock that all processes of a machine share; 0 where there is only one.
    pub begun: u64,
}

/// In nanoseconds.
pub(super) fn monotonic() -> u64 {
    let since = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Books {
    /// The number of a write that is about to be sent, its floor, and the moment, which only books that are compared with others need.
    pub(super) fn begin(&mut self, is_shared: bool) -> (u64, u64, u64) {
        let number = self.next;
        self.next += 1;
        self.under_way.insert(number);
        let floor = self.under_way.first().copied().unwrap_or(number);
        if !is_shared {
            return (number, floor, 0);
        }
        // Later than the floor was read, and earlier than the write is sent: so nothing is ever taken to have ended too early.
        let now = monotonic();
        self.mark(now, floor);
        (number, floor, now)
    }

    pub(super) fn acknowledge(&mut self, key: u32, write: Newest) {
        if !self.acknowledged.set(write.number) {
            return;
        }
        self.count += 1;
        if self.newest.len() >= KEYS_MAX && !self.newest.contains_key(&key) {
            return;
        }
        let newest = self.newest.entry(key).or_insert(write);
        if newest.number < write.number {
            *newest = write;
        }
    }

    /// Below this number every write had ended at that moment. What ended after the last mark before it is left out.
    pub(super) fn ended_before(&self, moment: u64) -> u64 {
        let marks = self.marks.partition_point(|(at, _)| *at <= moment);
        marks.checked_sub(1).map_or(0, |last| self.marks[last].1)
    }

    pub(super) fn mark(&mut self, now: u64, floor: u64) {
        self.every = self.every.max(MARK_EVERY_NS);
        if now < self.marks.last().map_or(1, |(at, _)| at + self.every) {
            return;
        }
        if self.marks.len() >= MARKS_MAX {
            let mut keep = false;
            self.marks.retain(|_| {
                keep = !keep;
                keep
            });
            self.every *= 2;
        }
        self.marks.push((now, floor));
    }
}
