//! Locks: each is held by one request at a time, over all replicas of all services that use its name; the others wait in order of
//! arrival. It knows who holds and who waits, and finds circles of waiting; it neither starts nor stops anybody.

use super::slab::Handle;
use std::collections::{BTreeMap, VecDeque};

/// A lock's number in the Plan.
pub type LockId = u32;

#[derive(Clone, Debug, Default)]
struct Lock {
    holder: Option<Handle>,
    line: VecDeque<Handle>,
}

#[derive(Clone, Debug)]
pub struct Locks {
    locks: Vec<Lock>,
    /// Where each waits, by its slot: nobody waits for two locks at once.
    waits: BTreeMap<u32, Wait>,
    tickets: u32,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    frame: Handle,
    lock: LockId,
    ticket: u32,
}

/// What came of asking for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Granted,
    /// It waits; by the ticket the timer of this wait knows it.
    Waits(u32),
}

impl Locks {
    pub fn new(count: usize) -> Locks {
        Locks { locks: vec![Lock::default(); count], waits: BTreeMap::new(), tickets: 0 }
    }

    pub fn ask(&mut self, lock: LockId, frame: Handle) -> Asked {
        let this = &mut self.locks[lock as usize];
        if this.holder.is_none() {
            this.holder = Some(frame);
            return Asked::Granted;
        }
        self.tickets = self.tickets.wrapping_add(1);
        this.line.push_back(frame);
        self.waits.insert(frame.slot, Wait { frame, lock, ticket: self.tickets });
        Asked::Waits(self.tickets)
    }

    /// Ends a wait that has this ticket; `false` if there is none any more.
    pub fn stop_waiting(&mut self, frame: Handle, ticket: u32) -> bool {
        self.wait_of(frame).is_some_and(|wait| wait.ticket == ticket) && self.leave_line(frame)
    }

    /// Ends the wait of a request; `false` if it waits for no lock.
    pub fn leave_line(&mut self, frame: Handle) -> bool {
        let Some(wait) = self.wait_of(frame) else { return false };
        self.waits.remove(&frame.slot);
        let line = &mut self.locks[wait.lock as usize].line;
        if let Some(place) = line.iter().position(|waiter| *waiter == frame) {
            line.remove(place);
        }
        true
    }

    /// Gives a lock back. Answers with the one who has it now.
    pub fn release(&mut self, lock: LockId, frame: Handle) -> Option<Handle> {
        let this = &mut self.locks[lock as usize];
        if this.holder != Some(frame) {
            return None;
        }
        this.holder = this.line.pop_front();
        if let Some(next) = this.holder {
            self.waits.remove(&next.slot);
        }
        this.holder
    }

    /// A lock that this request holds.
    pub fn held_by(&self, frame: Handle) -> Option<LockId> {
        self.locks.iter().position(|lock| lock.holder == Some(frame)).map(|lock| lock as LockId)
    }

    /// The lock that this request waits for.
    pub fn awaited_by(&self, frame: Handle) -> Option<LockId> {
        self.wait_of(frame).map(|wait| wait.lock)
    }

    fn wait_of(&self, frame: Handle) -> Option<Wait> {
        self.waits.get(&frame.slot).copied().filter(|wait| wait.frame == frame)
    }

    /// Nobody who has left holds a lock or waits for one, and no lock is free while somebody waits for it.
    #[cfg(test)]
    pub fn audit(&self, alive: impl Fn(Handle) -> bool) {
        for lock in &self.locks {
            assert!(lock.holder.is_some() || lock.line.is_empty(), "a free lock is waited for");
            assert!(lock.holder.iter().chain(&lock.line).all(|frame| alive(*frame)), "the dead hold locks");
            assert!(lock.line.iter().all(|frame| self.wait_of(*frame).is_some()), "who waits knows it");
        }
        assert_eq!(self.waits.len(), self.locks.iter().map(|lock| lock.line.len()).sum::<usize>());
    }

    /// Circles of waiting, as locks in the order in which each waits for the next; each circle once, its smallest lock first.
    /// `blocks` gives the requests below one that it waits for in its turn, such as those that its calls became.
    pub fn circles(&self, blocks: impl Fn(Handle) -> Vec<Handle>) -> Vec<Vec<LockId>> {
        let waits_for: Vec<Vec<LockId>> = self.locks.iter().map(|lock| self.needed_by(lock, &blocks)).collect();
        let mut circles = Vec::new();
        for start in 0..self.locks.len() as LockId {
            if let Some(circle) = circle_from(start, &waits_for) {
                circles.push(circle);
            }
        }
        circles
    }

    /// The locks that the holder of this one waits for, itself or through its calls.
    fn needed_by(&self, lock: &Lock, blocks: &impl Fn(Handle) -> Vec<Handle>) -> Vec<LockId> {
        let mut open: Vec<Handle> = lock.holder.into_iter().collect();
        let mut needed = Vec::new();
        while let Some(frame) = open.pop() {
            match self.awaited_by(frame) {
                Some(lock) => needed.push(lock),
                None => open.extend(blocks(frame)),
            }
        }
        needed.sort_unstable();
        needed
    }
}

/// The shortest way from a lock back to itself over locks that are not smaller.
fn circle_from(start: LockId, waits_for: &[Vec<LockId>]) -> Option<Vec<LockId>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = vec![false; waits_for.len()];
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for next in waits_for[last as usize].iter().copied().filter(|next| *next >= start) {
            if next == start {
                return Some(way);
            }
            if !std::mem::replace(&mut seen[next as usize], true) {
                ways.push_back(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(slot: u32) -> Handle {
        Handle { slot, generation: 1 }
    }

    #[test]
    fn one_holds_and_the_others_wait_in_order() {
        let mut locks = Locks::new(1);
        assert_eq!(locks.ask(0, frame(1)), Asked::Granted);
        let Asked::Waits(second) = locks.ask(0, frame(2)) else { panic!("held") };
        locks.ask(0, frame(3));
        assert_eq!(locks.release(0, frame(2)), None, "only its holder can give it back");
        assert!(!locks.stop_waiting(frame(2), second + 1), "the timer of another wait");
        assert!(locks.stop_waiting(frame(2), second));
        assert!(!locks.stop_waiting(frame(2), second));
        assert_eq!(locks.release(0, frame(1)), Some(frame(3)));
        assert_eq!(locks.held_by(frame(3)), Some(0));
        assert_eq!(locks.release(0, frame(3)), None);
        assert_eq!(locks.ask(0, frame(4)), Asked::Granted);
    }

    #[test]
    fn circles_of_waiting_are_found_once() {
        let mut locks = Locks::new(4);
        for lock in 0..3 {
            locks.ask(lock, frame(lock));
        }
        locks.ask(1, frame(0));
        assert!(locks.circles(|_| vec![]).is_empty());
        // The holder of 2 waits for 0 through a call; the holder of 1 for 2.
        locks.ask(2, frame(1));
        locks.ask(0, frame(9));
        let calls = |of: Handle| if of == frame(2) { vec![frame(9)] } else { vec![] };
        assert_eq!(locks.circles(calls), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_request_that_waits_for_what_it_holds_itself_is_a_circle_of_one() {
        let mut locks = Locks::new(1);
        locks.ask(0, frame(1));
        locks.ask(0, frame(2));
        assert_eq!(locks.circles(|of| if of == frame(1) { vec![frame(2)] } else { vec![] }), [vec![0]]);
    }
}
