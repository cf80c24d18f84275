//! Frames in batches: a worker takes several that wait, a carrier goes through the service for all of them, and its answer is theirs.

use super::batch::{Ready, ready};
use super::frame::{Frame, Origin, State};
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event, Outcome, ServiceId, Soon};
use crate::plan::Batch;

impl<W: Wire> Engine<W> {
    /// As many batches start as there are workers for, and requests.
    pub(super) fn take_batches(&mut self, index: usize, replica: u32, policy: Batch) {
        while self.nodes[index].has_worker(replica) {
            let place = &self.nodes[index].replicas[replica as usize];
            let arrivals = place.line.fronts().filter_map(|frame| self.frames.get(frame)).map(|frame| frame.arrived);
            let Some(oldest) = arrivals.min() else {
                if !self.drop_stale_front(index, replica) {
                    return;
                }
                continue;
            };
            match ready(policy, place.waiting, oldest, self.now) {
                Ready::Now if self.start_batch(index, replica, policy.size) => {}
                Ready::Now => return,
                Ready::At(due) => {
                    let place = &mut self.nodes[index].replicas[replica as usize];
                    if place.batch_at != Some(due) {
                        place.batch_at = Some(due);
                        self.queue.push(due, Event::BatchDue(index as u32, replica));
                    }
                    return;
                }
            }
        }
    }

    /// The first of a batch has waited long enough, unless it has left.
    pub(super) fn batch_due(&mut self, index: usize, replica: u32) {
        self.nodes[index].replicas[replica as usize].batch_at = None;
        self.take_next(index, replica);
    }

    /// Takes one who has left out of the front of the line; `false` if there is none.
    fn drop_stale_front(&mut self, index: usize, replica: u32) -> bool {
        let frames = &self.frames;
        let line = &mut self.nodes[index].replicas[replica as usize].line;
        line.take_front_if(|frame| !frames.contains(frame)).is_some()
    }

    /// `false`: all who waited were dropped on the way, or may not go on.
    fn start_batch(&mut self, index: usize, replica: u32, size: u32) -> bool {
        let batch = self.batches.open();
        let mut first = None;
        for _ in 0..size {
            let Some(frame) = self.next_in_line(index, replica) else { break };
            self.batches.join(batch, frame);
            self.frames.beside_mut(frame).batch = batch;
            if let Some(this) = self.frames.get_mut(frame) {
                this.state = State::Riding;
                first = first.or(Some((this.traits.key, this.traits.lot)));
            }
        }
        let Some((key, lot)) = first else {
            let members = self.batches.close(batch);
            self.batches.recycle(members);
            return false;
        };
        let origin = Origin { traits: Traits { lot, ..Traits::of_key(key) }, ..Origin::nobody() };
        let mut carrier = Frame::new(ServiceId::from(index), replica, origin, self.now);
        carrier.state = State::Carrying;
        let carrier = self.frames.insert(carrier);
        self.frames.beside_mut(carrier).batch = batch;
        self.batches.carried_by(batch, carrier);
        self.nodes[index].change_busy(self.now, replica, 0, 1);
        self.soon.push_back(Soon::Advance(carrier));
        true
    }

    /// The carrier is through: everybody in its batch is answered alike.
    pub(super) fn answer_batch(&mut self, carrier: Handle, outcome: Outcome) {
        let Some(this) = self.frames.get(carrier) else { return };
        let (index, replica) = (this.service as usize, this.replica);
        let batch = self.frames.beside(carrier).batch;
        let members = self.batches.close(batch);
        for member in &members {
            let Some(origin) = self.frames.get(*member).map(|frame| self.origin_of(*member, frame)) else { continue };
            self.count_answer(*member, index, outcome);
            self.leave(*member, index, Some(outcome));
            self.reply(*member, index, replica, origin, outcome);
        }
        self.batches.recycle(members);
        self.remove_started(carrier);
    }

    /// A member leaves before the answer; nobody works for a batch that nobody is left in.
    pub(super) fn leave_batch(&mut self, member: Handle) {
        let Some(this) = self.frames.get(member) else { return };
        let index = this.service as usize;
        let batch = self.frames.beside(member).batch;
        let carrier = self.batches.leave(batch, member);
        self.leave(member, index, None);
        if let Some(carrier) = carrier {
            let members = self.batches.close(batch);
            self.batches.recycle(members);
            self.remove_started(carrier);
        }
    }
}
