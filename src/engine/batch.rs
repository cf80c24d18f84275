//! Batches: requests that one worker takes together, works on once, and answers together. A batch is carried through the service by
//! a frame of its own, so that a member who leaves takes nothing away from the others. It keeps who is in which batch, no more.

use super::slab::{Handle, Slab};
use crate::base::{Span, Time};
use crate::plan::Batch as Policy;

#[derive(Clone, Debug)]
struct Batch {
    /// The frame that works for all.
    carrier: Handle,
    members: Vec<Handle>,
}

#[derive(Clone, Debug, Default)]
pub struct Batches {
    batches: Slab<Batch>,
    /// Lists of batches that are over, to be used again.
    spare: Vec<Vec<Handle>>,
}

impl Batches {
    /// A batch without a carrier yet.
    pub fn open(&mut self) -> Handle {
        let members = self.spare.pop().unwrap_or_default();
        self.batches.insert(Batch { carrier: Handle::NONE, members })
    }

    pub fn join(&mut self, batch: Handle, member: Handle) {
        if let Some(batch) = self.batches.get_mut(batch) {
            batch.members.push(member);
        }
    }

    pub fn carried_by(&mut self, batch: Handle, carrier: Handle) {
        if let Some(batch) = self.batches.get_mut(batch) {
            batch.carrier = carrier;
        }
    }

    pub fn members(&self, batch: Handle) -> &[Handle] {
        self.batches.get(batch).map_or(&[], |batch| &batch.members)
    }

    #[cfg(test)]
    pub fn carrier(&self, batch: Handle) -> Handle {
        self.batches.get(batch).map_or(Handle::NONE, |batch| batch.carrier)
    }

    /// A member leaves. Answers with the carrier once nobody is left whom it works for.
    pub fn leave(&mut self, batch: Handle, member: Handle) -> Option<Handle> {
        let batch = self.batches.get_mut(batch)?;
        batch.members.retain(|other| *other != member);
        (batch.members.is_empty() && !batch.carrier.is_none()).then_some(batch.carrier)
    }

    /// The batch is over. Give the list back with `recycle`.
    pub fn close(&mut self, batch: Handle) -> Vec<Handle> {
        let members = self.batches.get_mut(batch).map(|batch| std::mem::take(&mut batch.members));
        self.batches.remove(batch);
        members.unwrap_or_default()
    }

    pub fn recycle(&mut self, mut members: Vec<Handle>) {
        members.clear();
        self.spare.push(members);
    }
}

/// When a worker may take a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    Now,
    /// The one that has waited longest will have waited long enough then.
    At(Time),
}

/// `waiting` requests stand in line, at least one, the first of which came at `oldest`.
pub fn ready(policy: Policy, waiting: u32, oldest: Time, now: Time) -> Ready {
    let due = oldest + policy.wait;
    match waiting >= policy.size || policy.wait == Span::ZERO || due <= now {
        true => Ready::Now,
        false => Ready::At(due),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_ready_when_it_is_full_or_has_waited() {
        let policy = Policy { size: 3, wait: Span(10) };
        assert_eq!(ready(policy, 3, Time(100), Time(100)), Ready::Now);
        assert_eq!(ready(policy, 2, Time(100), Time(105)), Ready::At(Time(110)));
        assert_eq!(ready(policy, 1, Time(100), Time(110)), Ready::Now);
        assert_eq!(ready(Policy { size: 3, wait: Span::ZERO }, 1, Time(100), Time(100)), Ready::Now);
    }

    #[test]
    fn the_carrier_is_told_when_the_last_member_leaves() {
        let frame = |slot| Handle { slot, generation: 1 };
        let mut batches = Batches::default();
        let batch = batches.open();
        batches.join(batch, frame(1));
        batches.join(batch, frame(2));
        batches.carried_by(batch, frame(9));
        assert_eq!(batches.leave(batch, frame(1)), None);
        assert_eq!(batches.members(batch), [frame(2)]);
        assert_eq!(batches.leave(batch, frame(2)), Some(frame(9)));
        let members = batches.close(batch);
        assert!(members.is_empty());
        batches.recycle(members);
        assert!(batches.members(batch).is_empty(), "a closed batch has nobody in it");
    }
}
