//! First in, first out; or, with `keeps`, nothing goes before its time: a full cache takes no new entry until the oldest has expired
//! (as `noeviction` of Redis and `-M` of memcached). Reads never change the order.

use super::slots::{List, NONE, Slots};
use crate::base::Time;

#[derive(Clone, Debug)]
pub struct Fifo {
    pub shelves: Vec<List>,
    /// Entries leave only when they have expired.
    keeps: bool,
}

impl Fifo {
    pub fn new(replicas: u32, keeps: bool) -> Fifo {
        Fifo { shelves: vec![List::EMPTY; replicas as usize], keeps }
    }

    /// An entry is written again. It keeps its place in the row, unless the row is the order in which entries expire.
    pub fn rewritten(&mut self, slots: &mut Slots, slot: u32) {
        if self.keeps {
            self.shelves[slots[slot].replica as usize].renew(slots, slot);
        }
    }

    pub fn insert(&mut self, slots: &mut Slots, slot: u32) {
        self.shelves[slots[slot].replica as usize].push_newest(slots, slot);
    }

    pub fn remove(&mut self, slots: &mut Slots, slot: u32) {
        self.shelves[slots[slot].replica as usize].unlink(slots, slot);
    }

    pub fn victim(&self, slots: &Slots, replica: u32, now: Time) -> Option<u32> {
        let oldest = self.shelves[replica as usize].oldest;
        (oldest != NONE && (!self.keeps || slots[oldest].expires <= now)).then_some(oldest)
    }
}
