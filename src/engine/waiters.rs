//! Attempts that wait in line for something of which there are only so many: a permit or a connection. Knows nothing of what it is.

use super::slab::Handle;
use std::collections::VecDeque;

/// First in, first out. Those who give up are only counted out; their entries are skipped when their turn comes.
#[derive(Clone, Debug, Default)]
pub struct Waiters {
    line: VecDeque<(Handle, u16)>,
    live: u32,
}

/// Stale entries are swept out when there are more than this, and more of them than live ones.
const SWEEP_MIN: usize = 64;

impl Waiters {
    pub fn join(&mut self, attempt: (Handle, u16)) {
        self.line.push_back(attempt);
        self.live += 1;
    }

    /// One of those in line has given up.
    pub fn give_up(&mut self) {
        self.live = self.live.checked_sub(1).expect("no more give up than wait");
    }

    /// How many wait.
    pub fn len(&self) -> u32 {
        self.live
    }

    /// Takes the first who still waits.
    pub fn next(&mut self, waits: impl Fn(Handle, u16) -> bool) -> Option<(Handle, u16)> {
        if self.live == 0 {
            self.line.clear();
            return None;
        }
        let next = std::iter::from_fn(|| self.line.pop_front()).find(|(call, attempt)| waits(*call, *attempt))?;
        self.live -= 1;
        Some(next)
    }

    pub fn sweep(&mut self, waits: impl Fn(Handle, u16) -> bool) {
        if self.line.len() > SWEEP_MIN && self.line.len() > 2 * self.live as usize {
            self.line.retain(|(call, attempt)| waits(*call, *attempt));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(slot: u32) -> (Handle, u16) {
        (Handle { slot, generation: 1 }, 1)
    }

    #[test]
    fn those_who_gave_up_are_skipped_and_swept_out() {
        let mut waiters = Waiters::default();
        (0..4).for_each(|slot| waiters.join(attempt(slot)));
        [0, 2].iter().for_each(|_| waiters.give_up());
        let waits = |call: Handle, _: u16| call.slot % 2 == 1;
        assert_eq!((waiters.len(), waiters.next(waits)), (2, Some(attempt(1))));
        assert_eq!((waiters.next(waits), waiters.next(waits)), (Some(attempt(3)), None));
        for slot in 0..200 {
            waiters.join(attempt(slot));
            if slot > 0 {
                waiters.give_up();
            }
            waiters.sweep(|call, _| call.slot == 0);
        }
        assert!(waiters.line.len() <= SWEEP_MIN + 1, "{}", waiters.line.len());
        assert_eq!(waiters.next(|call, _| call.slot == 0), Some(attempt(0)));
    }
}
