//! W-TinyLFU (Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 13(4), 2017): newcomers wait in
//! a window; who leaves it gets into the main part only if it was asked for more often than the one that would have to go. The main
//! part is a segmented LRU. Sizes are those of the paper and of Caffeine: window 1%, and four fifths of the rest protected.
//! Counts reach 15 and are halved every ten reads an entry; they are kept exactly, where real caches use a sketch.

use super::slots::{List, NONE, Slots};

const WINDOW: u8 = 0;
const PROBATION: u8 = 1;
const PROTECTED: u8 = 2;

#[derive(Clone, Debug)]
pub struct TinyLfu {
    counts: Counts,
    pub shelves: Vec<Shelf>,
    window_max: u32,
    main_max: u32,
    protected_max: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Shelf {
    pub window: List,
    pub probation: List,
    pub protected: List,
}

impl Shelf {
    pub const EMPTY: Shelf = Shelf { window: List::EMPTY, probation: List::EMPTY, protected: List::EMPTY };
}

impl TinyLfu {
    pub fn new(keys: u32, replicas: u32, capacity: u32) -> TinyLfu {
        let window_max = (capacity / 100).max(1);
        let main_max = capacity - window_max;
        TinyLfu {
            counts: Counts::new(keys, 10 * u64::from(replicas) * u64::from(capacity)),
            shelves: vec![Shelf::EMPTY; replicas as usize],
            window_max,
            main_max,
            protected_max: main_max / 5 * 4,
        }
    }

    /// A key was asked for, whether it is held or not.
    pub fn asked(&mut self, key: u32) {
        self.counts.add(key);
    }

    pub fn hit(&mut self, slots: &mut Slots, slot: u32) {
        let shelf = &mut self.shelves[slots[slot].replica as usize];
        match slots[slot].list {
            WINDOW => shelf.window.renew(slots, slot),
            PROTECTED => shelf.protected.renew(slots, slot),
            _ => {
                shelf.probation.unlink(slots, slot);
                slots[slot].list = PROTECTED;
                shelf.protected.push_newest(slots, slot);
                if shelf.protected.len > self.protected_max {
                    let demoted = shelf.protected.oldest;
                    shelf.protected.unlink(slots, demoted);
                    slots[demoted].list = PROBATION;
                    shelf.probation.push_newest(slots, demoted);
                }
            }
        }
    }

    pub fn insert(&mut self, slots: &mut Slots, slot: u32) {
        slots[slot].list = WINDOW;
        self.shelves[slots[slot].replica as usize].window.push_newest(slots, slot);
    }

    pub fn remove(&mut self, slots: &mut Slots, slot: u32) {
        let shelf = &mut self.shelves[slots[slot].replica as usize];
        match slots[slot].list {
            WINDOW => shelf.window.unlink(slots, slot),
            PROBATION => shelf.probation.unlink(slots, slot),
            _ => shelf.protected.unlink(slots, slot),
        }
    }

    /// Makes room in the window for a newcomer; names the entry that has to go for it, if any.
    pub fn victim(&mut self, slots: &mut Slots, replica: u32) -> Option<u32> {
        let shelf = &mut self.shelves[replica as usize];
        if shelf.window.len < self.window_max {
            return None;
        }
        let candidate = shelf.window.oldest;
        let main = shelf.probation.len + shelf.protected.len;
        let mut leaves = None;
        if main >= self.main_max {
            let oldest = if shelf.probation.len > 0 { shelf.probation.oldest } else { shelf.protected.oldest };
            let count = |slot: u32| self.counts.of(slots[slot].key);
            if oldest == NONE || count(candidate) <= count(oldest) {
                return Some(candidate);
            }
            leaves = Some(oldest);
        }
        shelf.window.unlink(slots, candidate);
        slots[candidate].list = PROBATION;
        shelf.probation.push_newest(slots, candidate);
        leaves
    }

    /// The counts of these keys are lost.
    pub fn forget(&mut self, lost: impl Fn(u32) -> bool) {
        for (key, word) in self.counts.words.iter_mut().enumerate() {
            if lost(key as u32) {
                *word = 0;
            }
        }
    }
}

/// How often each key was asked for of late. A count and the number of halvings that it has been through share a word, so that
/// halving all of them takes no time: each is brought up to date when it is looked at.
#[derive(Clone, Debug)]
struct Counts {
    words: Vec<u32>,
    halvings: u32,
    seen: u64,
    period: u64,
}

const COUNT_BITS: u32 = 4;
const COUNT_MAX: u32 = (1 << COUNT_BITS) - 1;

impl Counts {
    fn new(keys: u32, period: u64) -> Counts {
        Counts { words: vec![0; keys as usize], halvings: 0, seen: 0, period }
    }

    fn of(&self, key: u32) -> u32 {
        let word = self.words[key as usize];
        let behind = self.halvings - (word >> COUNT_BITS);
        (word & COUNT_MAX) >> behind.min(COUNT_BITS)
    }

    fn add(&mut self, key: u32) {
        let count = (self.of(key) + 1).min(COUNT_MAX);
        self.words[key as usize] = self.halvings << COUNT_BITS | count;
        self.seen += 1;
        if self.seen >= self.period {
            // The number of halvings has 28 bits: enough for 10^9 reads of a cache of one entry.
            (self.seen, self.halvings) = (0, self.halvings + 1);
        }
    }
}
