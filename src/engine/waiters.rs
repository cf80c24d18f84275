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
    /// `waits` says who of those in line has not given up. It is not asked about the one who joins, who may not know yet that it waits.
    pub fn join(&mut self, attempt: (Handle, u16), waits: impl Fn(Handle, u16) -> bool) {
        self.sweep(waits);
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

    fn sweep(&mut self, waits: impl Fn(Handle, u16) -> bool) {
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
        let waits = |call: Handle, _: u16| call.slot % 2 == 1;
        (0..4).for_each(|slot| waiters.join(attempt(slot), waits));
        [0, 2].iter().for_each(|_| waiters.give_up());
        assert_eq!((waiters.len(), waiters.next(waits)), (2, Some(attempt(1))));
        assert_eq!((waiters.next(waits), waiters.next(waits)), (Some(attempt(3)), None));
        for slot in 0..200 {
            waiters.join(attempt(slot), |call, _| call.slot == 0);
            if slot > 0 {
                waiters.give_up();
            }
        }
        assert!(waiters.line.len() <= SWEEP_MIN + 1, "{}", waiters.line.len());
        assert_eq!(waiters.next(|call, _| call.slot == 0), Some(attempt(0)));
    }

    #[test]
    fn who_joins_is_not_swept_out_with_those_who_gave_up() {
        let mut waiters = Waiters::default();
        let newest = SWEEP_MIN as u32 + 10;
        for slot in 0..newest {
            waiters.join(attempt(slot), |_, _| false);
            waiters.give_up();
        }
        // Its caller writes down that it waits only after it has joined.
        waiters.join(attempt(newest), |_, _| false);
        assert_eq!((waiters.len(), waiters.next(|call, _| call.slot == newest)), (1, Some(attempt(newest))));
    }
}
