//! Least frequently used goes first; among equals, the one that was not used for longest. Reads are counted for every key, held or
//! not ("perfect LFU": Breslau et al., "Web caching and Zipf-like distributions", INFOCOM 1999), so that under independent requests
//! the hit ratio comes near the sum of the most popular keys' shares. With `halve_after`, all counts are halved whenever that many
//! reads an entry have happened; without it, yesterday's favourites stay for ever.

use super::slots::Slots;

#[derive(Clone, Debug)]
pub struct Lfu {
    /// Reads of each key.
    reads: Vec<u32>,
    /// By slot: what it weighs in the heap, and where it stands there.
    ranks: Vec<Rank>,
    /// One a replica: the entry to evict on top.
    pub heaps: Vec<Vec<u32>>,
    tick: u64,
    seen: u64,
    /// Reads after which all counts are halved.
    period: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Rank {
    reads: u32,
    place: u32,
    used: u64,
}

impl Lfu {
    pub fn new(keys: u32, replicas: u32, capacity: u32, halve_after: Option<u32>) -> Lfu {
        let entries = u64::from(replicas) * u64::from(capacity);
        Lfu {
            reads: vec![0; keys as usize],
            ranks: Vec::with_capacity(entries.min(u64::from(keys)) as usize),
            heaps: vec![Vec::new(); replicas as usize],
            tick: 0,
            seen: 0,
            period: halve_after.map(|reads| u64::from(reads) * entries),
        }
    }

    /// A key was asked for, whether it is held or not.
    pub fn asked(&mut self, key: u32) {
        let reads = &mut self.reads[key as usize];
        *reads = reads.saturating_add(1);
        self.seen += 1;
        if self.period.is_some_and(|period| self.seen >= period) {
            self.age();
        }
    }

    pub fn hit(&mut self, slots: &Slots, slot: u32) {
        self.weigh(slots, slot);
        self.sink(slots[slot].replica as usize, self.ranks[slot as usize].place as usize);
    }

    pub fn insert(&mut self, slots: &Slots, slot: u32) {
        if self.ranks.len() <= slot as usize {
            self.ranks.resize(slot as usize + 1, Rank::default());
        }
        self.weigh(slots, slot);
        let replica = slots[slot].replica as usize;
        self.heaps[replica].push(slot);
        self.rise(replica, self.heaps[replica].len() - 1);
    }

    pub fn remove(&mut self, slots: &Slots, slot: u32) {
        let (replica, place) = (slots[slot].replica as usize, self.ranks[slot as usize].place as usize);
        self.heaps[replica].swap_remove(place);
        if place < self.heaps[replica].len() {
            self.rise(replica, place);
            self.sink(replica, place);
        }
    }

    pub fn victim(&self, replica: u32) -> Option<u32> {
        self.heaps[replica as usize].first().copied()
    }

    /// The counts of these keys are lost.
    pub fn forget(&mut self, lost: impl Fn(u32) -> bool) {
        for (key, reads) in self.reads.iter_mut().enumerate() {
            if lost(key as u32) {
                *reads = 0;
            }
        }
    }

    fn weigh(&mut self, slots: &Slots, slot: u32) {
        self.tick += 1;
        let rank = &mut self.ranks[slot as usize];
        (rank.reads, rank.used) = (self.reads[slots[slot].key as usize], self.tick);
    }

    fn age(&mut self) {
        self.seen = 0;
        self.reads.iter_mut().for_each(|reads| *reads /= 2);
        self.ranks.iter_mut().for_each(|rank| rank.reads /= 2);
        // Counts that differed by one may be equal now, and then the last use decides: the order is made anew.
        for replica in 0..self.heaps.len() {
            for place in (0..self.heaps[replica].len()).rev() {
                self.sink(replica, place);
            }
        }
    }

    fn goes_first(&self, one: u32, other: u32) -> bool {
        let key = |slot: u32| {
            let rank = self.ranks[slot as usize];
            (rank.reads, rank.used)
        };
        key(one) < key(other)
    }

    fn rise(&mut self, replica: usize, mut place: usize) {
        let slot = self.heaps[replica][place];
        while place > 0 {
            let above = (place - 1) / 2;
            let other = self.heaps[replica][above];
            if !self.goes_first(slot, other) {
                break;
            }
            self.put(replica, place, other);
            place = above;
        }
        self.put(replica, place, slot);
    }

    fn sink(&mut self, replica: usize, mut place: usize) {
        let slot = self.heaps[replica][place];
        loop {
            let heap = &self.heaps[replica];
            let left = 2 * place + 1;
            let Some(mut other) = heap.get(left).copied() else { break };
            let mut below = left;
            if let Some(right) = heap.get(left + 1)
                && self.goes_first(*right, other)
            {
                (below, other) = (left + 1, *right);
            }
            if !self.goes_first(other, slot) {
                break;
            }
            self.put(replica, place, other);
            place = below;
        }
        self.put(replica, place, slot);
    }

    fn put(&mut self, replica: usize, place: usize, slot: u32) {
        self.heaps[replica][place] = slot;
        self.ranks[slot as usize].place = place as u32;
    }
}
