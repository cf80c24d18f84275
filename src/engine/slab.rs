//! An arena of slots with generations: a handle to a freed slot is seen to be stale, never to be somebody else's.

/// A handle into a [`Slab`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    pub slot: u32,
    pub generation: u32,
}

impl Handle {
    /// A handle that no slab ever gives out.
    pub const NONE: Handle = Handle { slot: u32::MAX, generation: 0 };

    pub fn is_none(self) -> bool {
        self.slot == u32::MAX
    }
}

#[derive(Clone, Debug)]
struct Slot<T> {
    /// Odd while occupied.
    generation: u32,
    value: T,
}

/// Freed slots are used again, newest first; memory is that of the largest number in use at one time.
///
/// What only few values need stands beside them, in a table of its own by slot: it takes memory from the first of them on.
#[derive(Clone, Debug)]
pub struct Slab<T, S = ()> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    beside: Vec<S>,
}

impl<T, S> Default for Slab<T, S> {
    fn default() -> Self {
        Slab { slots: Vec::new(), free: Vec::new(), beside: Vec::new() }
    }
}

impl<T, S: Copy + Default> Slab<T, S> {
    #[inline]
    pub fn insert(&mut self, value: T) -> Handle {
        if let Some(slot) = self.free.pop() {
            if let Some(beside) = self.beside.get_mut(slot as usize) {
                *beside = S::default();
            }
            let place = &mut self.slots[slot as usize];
            place.generation = place.generation.wrapping_add(1);
            place.value = value;
            return Handle { slot, generation: place.generation };
        }
        let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 requests in flight");
        assert!(slot != u32::MAX, "fewer than 2^32 - 1 requests in flight");
        self.slots.push(Slot { generation: 1, value });
        Handle { slot, generation: 1 }
    }

    /// Frees the slot; `false` if the handle was stale.
    #[inline]
    pub fn remove(&mut self, handle: Handle) -> bool {
        match self.slots.get_mut(handle.slot as usize) {
            Some(place) if place.generation == handle.generation => {
                place.generation = place.generation.wrapping_add(1);
                self.free.push(handle.slot);
                true
            }
            _ => false,
        }
    }

    #[inline]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        self.slots.get(handle.slot as usize).filter(|place| place.generation == handle.generation).map(|p| &p.value)
    }

    #[inline]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        self.slots
            .get_mut(handle.slot as usize)
            .filter(|place| place.generation == handle.generation)
            .map(|place| &mut place.value)
    }

    /// What stands beside a value; the default until something was put there, and when the value is gone.
    #[inline]
    pub fn beside(&self, handle: Handle) -> S {
        self.beside.get(handle.slot as usize).filter(|_| self.contains(handle)).copied().unwrap_or_default()
    }

    /// As `beside`, to be changed.
    #[inline]
    pub fn beside_mut(&mut self, handle: Handle) -> &mut S {
        debug_assert!(self.contains(handle), "nothing stands beside a value that is gone");
        let slot = handle.slot as usize;
        if self.beside.len() <= slot {
            self.beside.resize(self.slots.len().max(slot + 1), S::default());
        }
        &mut self.beside[slot]
    }

    pub fn contains(&self, handle: Handle) -> bool {
        self.get(handle).is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    /// Does something to all values, by slot number.
    pub fn each(&mut self, act: impl FnMut(&mut T)) {
        let occupied = self.slots.iter_mut().filter(|place| place.generation % 2 == 1);
        occupied.map(|place| &mut place.value).for_each(act);
    }

    /// All occupied slots, by slot number.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, place)| place.generation % 2 == 1)
            .map(|(slot, place)| (Handle { slot: slot as u32, generation: place.generation }, &place.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_handles_find_nothing() {
        let mut slab: Slab<&str> = Slab::default();
        let a = slab.insert("a");
        let b = slab.insert("b");
        assert!(slab.remove(a));
        assert!(!slab.remove(a));
        let c = slab.insert("c");
        assert_eq!(c.slot, a.slot);
        assert_eq!((slab.get(a), slab.get(b), slab.get(c)), (None, Some(&"b"), Some(&"c")));
        assert_eq!(slab.iter().map(|(_, v)| *v).collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!(slab.get(Handle::NONE), None);
    }

    #[test]
    fn what_stands_beside_a_value_goes_with_it() {
        let mut slab: Slab<&str, u32> = Slab::default();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        *slab.beside_mut(b) = 7;
        assert_eq!((slab.beside(a), slab.beside(b)), (0, 7));
        slab.remove(b);
        let c = slab.insert("c");
        *slab.beside_mut(c) = 9;
        assert_eq!((c.slot, slab.beside(c), slab.beside(b)), (b.slot, 9, 0));
        slab.remove(c);
        let d = slab.insert("d");
        assert_eq!((d.slot, slab.beside(d)), (b.slot, 0));
    }
}
