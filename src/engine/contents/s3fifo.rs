//! S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023): a small queue for newcomers,
//! a main queue for those that were asked for again, and a queue of ghosts, which remembers the keys that left the small queue.
//! A hit counts and moves nothing. Sizes and order of eviction are those of the authors' libCacheSim: a tenth is for newcomers,
//! and there are as many ghosts as places in the main queue.

use super::slots::{GHOST, List, NONE, Slots};

const SMALL: u8 = 0;
const MAIN: u8 = 1;
/// Uses in the small queue that earn a place in the main one.
const ENOUGH: u8 = 2;
const USES_MAX: u8 = 3;

#[derive(Clone, Debug)]
pub struct S3Fifo {
    pub shelves: Vec<Shelf>,
    main_max: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Shelf {
    pub small: List,
    pub main: List,
    pub ghosts: List,
}

impl Shelf {
    pub const EMPTY: Shelf = Shelf { small: List::EMPTY, main: List::EMPTY, ghosts: List::EMPTY };
}

/// What an eviction did: this entry is not held any more, and this slot (another one, if it became a ghost) is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted {
    pub entry: u32,
    pub freed: Option<u32>,
}

impl S3Fifo {
    pub fn new(replicas: u32, capacity: u32) -> S3Fifo {
        S3Fifo { shelves: vec![Shelf::EMPTY; replicas as usize], main_max: main_max(capacity) }
    }

    pub fn hit(&mut self, slots: &mut Slots, slot: u32) {
        let uses = &mut slots[slot].uses;
        *uses = (*uses + 1).min(USES_MAX);
    }

    /// Takes in a new entry, or one that was a ghost.
    pub fn insert(&mut self, slots: &mut Slots, slot: u32) {
        let shelf = &mut self.shelves[slots[slot].replica as usize];
        let revived = slots[slot].list == GHOST;
        slots[slot].uses = 0;
        if revived {
            shelf.ghosts.unlink(slots, slot);
            slots[slot].list = MAIN;
            shelf.main.push_newest(slots, slot);
        } else {
            slots[slot].list = SMALL;
            shelf.small.push_newest(slots, slot);
        }
    }

    pub fn remove(&mut self, slots: &mut Slots, slot: u32) {
        let shelf = &mut self.shelves[slots[slot].replica as usize];
        match slots[slot].list {
            SMALL => shelf.small.unlink(slots, slot),
            MAIN => shelf.main.unlink(slots, slot),
            _ => shelf.ghosts.unlink(slots, slot),
        }
    }

    /// Makes room for one entry, if any is held.
    pub fn evict(&mut self, slots: &mut Slots, replica: u32) -> Option<Evicted> {
        let shelf = &mut self.shelves[replica as usize];
        if shelf.main.len > self.main_max || shelf.small.len == 0 {
            return evict_main(shelf, slots);
        }
        // Everything in the small queue may have earned its place in the main one.
        self.evict_small(slots, replica).or_else(|| evict_main(&mut self.shelves[replica as usize], slots))
    }

    fn evict_small(&mut self, slots: &mut Slots, replica: u32) -> Option<Evicted> {
        let shelf = &mut self.shelves[replica as usize];
        while shelf.small.oldest != NONE {
            let slot = shelf.small.oldest;
            shelf.small.unlink(slots, slot);
            if slots[slot].uses >= ENOUGH {
                (slots[slot].list, slots[slot].uses) = (MAIN, 0);
                shelf.main.push_newest(slots, slot);
                continue;
            }
            slots[slot].list = GHOST;
            shelf.ghosts.push_newest(slots, slot);
            let full = shelf.ghosts.len > self.main_max;
            let freed = full.then_some(shelf.ghosts.oldest);
            if let Some(ghost) = freed {
                shelf.ghosts.unlink(slots, ghost);
            }
            return Some(Evicted { entry: slot, freed });
        }
        None
    }
}

fn evict_main(shelf: &mut Shelf, slots: &mut Slots) -> Option<Evicted> {
    loop {
        let slot = Some(shelf.main.oldest).filter(|slot| *slot != NONE)?;
        shelf.main.unlink(slots, slot);
        if slots[slot].uses == 0 {
            return Some(Evicted { entry: slot, freed: Some(slot) });
        }
        slots[slot].uses -= 1;
        shelf.main.push_newest(slots, slot);
    }
}

/// Places in the main queue, and ghosts, of a replica of this capacity.
pub fn main_max(capacity: u32) -> u32 {
    capacity - (capacity / 10).max(1)
}
