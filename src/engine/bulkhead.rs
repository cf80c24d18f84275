//! A bulkhead as a pure state machine: so many attempts at a time, so many more in line, everyone else is turned away at once.

use super::slab::Handle;
use super::waiters::Waiters;
use crate::plan;

#[derive(Clone, Debug)]
pub struct Bulkhead {
    max: u32,
    waiting_max: u32,
    taken: u32,
    waiters: Waiters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Go: a permit is taken.
    Granted,
    /// Wait in line.
    Waits,
    /// The line is full.
    Full,
}

impl Bulkhead {
    pub fn new(policy: &plan::Bulkhead) -> Bulkhead {
        Bulkhead { max: policy.max, waiting_max: policy.waiting, taken: 0, waiters: Waiters::default() }
    }

    /// An attempt wants to go. `waits` says who of those in line has not given up.
    pub fn enter(&mut self, attempt: (Handle, u16), waits: impl Fn(Handle, u16) -> bool) -> Entry {
        if self.taken < self.max {
            self.taken += 1;
            return Entry::Granted;
        }
        if self.waiters.len() >= self.waiting_max {
            return Entry::Full;
        }
        self.waiters.join(attempt, waits);
        Entry::Waits
    }

    /// An attempt in line has given up.
    pub fn give_up(&mut self) {
        self.waiters.give_up();
    }

    /// An attempt is over. Its permit goes to the first in line, who is named, or is free again.
    pub fn leave(&mut self, waits: impl Fn(Handle, u16) -> bool) -> Option<(Handle, u16)> {
        // Attempts from before there was a bulkhead leave it too.
        self.taken = self.taken.saturating_sub(1);
        self.serve_next(waits)
    }

    /// The first in line gets a permit, if there is one.
    pub fn serve_next(&mut self, waits: impl Fn(Handle, u16) -> bool) -> Option<(Handle, u16)> {
        let next = if self.taken < self.max { self.waiters.next(waits) } else { None };
        self.taken += u32::from(next.is_some());
        next
    }

    /// From now on so many; those who have entered stay.
    pub fn reconfigure(&mut self, policy: &plan::Bulkhead) {
        (self.max, self.waiting_max) = (policy.max, policy.waiting);
    }

    #[cfg(test)]
    pub fn is_full(&self) -> bool {
        self.taken >= self.max
    }

    /// Attempts that hold a permit, and those in line.
    pub fn load(&self) -> (u32, u32) {
        (self.taken, self.waiters.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_go_one_waits_and_the_fourth_is_turned_away() {
        let mut bulkhead = Bulkhead::new(&plan::Bulkhead { max: 2, waiting: 1, max_wait: None });
        let all = |_: Handle, _: u16| true;
        let attempt = |slot: u32| (Handle { slot, generation: 1 }, 1);
        let entries = [0, 1, 2, 3].map(|slot| bulkhead.enter(attempt(slot), all));
        assert_eq!(entries, [Entry::Granted, Entry::Granted, Entry::Waits, Entry::Full]);
        assert_eq!(bulkhead.leave(all), Some(attempt(2)));
        assert_eq!((bulkhead.leave(all), bulkhead.load()), (None, (1, 0)));
        assert_eq!([4, 5].map(|slot| bulkhead.enter(attempt(slot), all)), [Entry::Granted, Entry::Waits]);
        bulkhead.give_up();
        assert_eq!(bulkhead.enter(attempt(6), all), Entry::Waits);
        assert_eq!(bulkhead.leave(|call, _| call.slot == 6), Some(attempt(6)));
    }
}
