//! The arena of a cache's entries: slots of fixed size, chained by key, threaded into lists. It decides nothing about what stays.

use crate::base::Time;
use std::ops::{Index, IndexMut};

/// No slot.
pub const NONE: u32 = u32::MAX;

/// The list number of a key that is remembered but not held (a ghost).
pub const GHOST: u8 = u8::MAX;

/// One entry of one replica: 32 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub key: u32,
    pub replica: u32,
    /// The same key at another replica.
    pub copy: u32,
    pub newer: u32,
    pub older: u32,
    pub expires: Time,
    pub version: u16,
    /// In which of its policy's lists it stands.
    pub list: u8,
    /// Accesses, as far as its policy counts them in the slot.
    pub uses: u8,
}

/// Slots by number; those that are free are threaded through `older`.
#[derive(Clone, Debug)]
pub struct Slots {
    slots: Vec<Slot>,
    free: u32,
}

impl Slots {
    /// Memory for this many is set aside, and touched only as it is used.
    pub fn with_capacity(count: usize) -> Slots {
        Slots { slots: Vec::with_capacity(count), free: NONE }
    }

    pub fn take(&mut self, key: u32, replica: u32, copy: u32) -> u32 {
        let fresh =
            Slot { key, replica, copy, newer: NONE, older: NONE, expires: Time::MAX, version: 0, list: 0, uses: 0 };
        if self.free == NONE {
            self.slots.push(fresh);
            return self.slots.len() as u32 - 1;
        }
        let slot = self.free;
        self.free = self[slot].older;
        self[slot] = fresh;
        slot
    }

    pub fn give_back(&mut self, slot: u32) {
        self[slot].older = self.free;
        self.free = slot;
    }
}

impl Index<u32> for Slots {
    type Output = Slot;

    #[inline]
    fn index(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }
}

impl IndexMut<u32> for Slots {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.slots[slot as usize]
    }
}

/// A doubly linked list of slots, from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub struct List {
    pub newest: u32,
    pub oldest: u32,
    pub len: u32,
}

impl List {
    pub const EMPTY: List = List { newest: NONE, oldest: NONE, len: 0 };

    #[inline]
    pub fn push_newest(&mut self, slots: &mut Slots, slot: u32) {
        let older = self.newest;
        self.newest = slot;
        self.len += 1;
        match older {
            NONE => self.oldest = slot,
            _ => slots[older].newer = slot,
        }
        let this = &mut slots[slot];
        (this.newer, this.older) = (NONE, older);
    }

    #[inline]
    pub fn unlink(&mut self, slots: &mut Slots, slot: u32) {
        let Slot { newer, older, .. } = slots[slot];
        match newer {
            NONE => self.newest = older,
            _ => slots[newer].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => slots[older].newer = newer,
        }
        self.len -= 1;
    }

    #[inline]
    pub fn renew(&mut self, slots: &mut Slots, slot: u32) {
        if self.newest != slot {
            self.unlink(slots, slot);
            self.push_newest(slots, slot);
        }
    }

    /// From the newest to the oldest.
    pub fn iter(self, slots: &Slots) -> impl Iterator<Item = u32> {
        let on = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(on(self.newest), move |slot| on(slots[*slot].older))
    }
}
