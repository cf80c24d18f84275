//! Least recently used goes first. One list a replica; a hit moves its entry to the front. It never looks at how often.

use super::slots::{List, NONE, Slots};

#[derive(Clone, Debug)]
pub struct Lru {
    pub shelves: Vec<List>,
}

impl Lru {
    pub fn new(replicas: u32) -> Lru {
        Lru { shelves: vec![List::EMPTY; replicas as usize] }
    }

    #[inline]
    pub fn hit(&mut self, slots: &mut Slots, slot: u32) {
        self.shelves[slots[slot].replica as usize].renew(slots, slot);
    }

    #[inline]
    pub fn insert(&mut self, slots: &mut Slots, slot: u32) {
        self.shelves[slots[slot].replica as usize].push_newest(slots, slot);
    }

    #[inline]
    pub fn remove(&mut self, slots: &mut Slots, slot: u32) {
        self.shelves[slots[slot].replica as usize].unlink(slots, slot);
    }

    /// The entry to evict.
    #[inline]
    pub fn victim(&self, replica: u32) -> Option<u32> {
        Some(self.shelves[replica as usize].oldest).filter(|slot| *slot != NONE)
    }
}
