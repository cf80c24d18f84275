//! The short way: a request over an edge that has nothing on it, to a service that has nothing special about it, and its answer.
//!
//! It does what `attempt`, `arrive`, `answer` and `attempt_over` do, in the same order, without stopping at each of the doors that are
//! not there. Most requests of most runs go this way. What makes an edge or a service one of these is said in one place each
//! ([`Link::is_bare`](super::links::Link), [`Node::is_bare`](super::nodes::Node)); a test plays random plans with and without it and
//! compares the recordings byte by byte.

use super::call::Owner;
use super::frame::{Frame, Origin};
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, ServiceId, Soon};

impl<W: Wire> Engine<W> {
    /// The bare edges and services are looked for anew: something about them is not as it was.
    pub(super) fn look_at_edge(&mut self, edge: EdgeId) {
        let link = &mut self.links[edge.index()];
        link.bare = self.express && !W::CARRIES && link.is_bare(self.plan.edge(edge));
    }

    /// As `look_at_edge`, for a service. Where messages are carried for real, every answer has to leave.
    pub(super) fn look_at_service(&mut self, index: usize) {
        self.nodes[index].bare = self.express && !W::CARRIES && self.nodes[index].is_bare();
    }

    /// An attempt over a bare edge is at the called service at once.
    #[inline(always)]
    pub(super) fn walk_in(&mut self, call: Handle, attempt: u16, to: ServiceId, traits: Traits) {
        let index = to.index();
        let node = &mut self.nodes[index];
        let origin = Origin { parent: call, attempt, traits, token: None };
        if !node.bare || !node.fail.is_empty() || node.replicas[0].is_out() {
            return self.arrive(to, origin);
        }
        node.cell.arrived += 1;
        node.change_inside(self.now, 1);
        let frame = self.frames.insert(Frame::new(to, 0, origin, self.now));
        if let Some(call) = self.calls.get_mut(call) {
            call.child = frame;
        }
        let place = &mut node.replicas[0];
        match place.line.lets_pass(traits.class, place.waiting) && node.has_worker(0) {
            true => self.start(frame, index, 0),
            false => self.wait_in_line(frame, index, 0, traits.class),
        }
    }

    /// A frame goes on, and nothing else is being done: whatever follows at once is done here, one thing after another, in the
    /// order in which it would have stood in line.
    pub(super) fn go_on(&mut self, frame: Handle) {
        let mut next = frame;
        while let Some(outcome) = self.play(next) {
            let Some(this) = self.frames.get(next) else { return };
            let index = this.service as usize;
            if !self.soon.is_empty() || !self.nodes[index].bare || !this.comes_plainly() {
                return self.answer(next, outcome);
            }
            let (parent, attempt) = (this.parent, this.attempt);
            let waits = self.close_visit(next, index, outcome);
            let above = self.hand_back(parent, attempt, outcome);
            if waits {
                match self.soon.is_empty() {
                    true => self.take_next(index, 0),
                    false => self.soon.push_back(Soon::TakeNext(ServiceId::from(index), 0)),
                }
            }
            let Some(above) = above else { return };
            next = above;
        }
    }

    /// Hands an answer to the caller where it stands; gives out the frame that goes on with it. Where something lies on the way it
    /// goes the usual one.
    #[inline(always)]
    fn hand_back(&mut self, parent: Handle, attempt: u16, outcome: Outcome) -> Option<Handle> {
        let call = self.calls.get_mut(parent).filter(|call| call.in_flight && call.attempt == attempt)?;
        let link = &mut self.links[call.edge.index()];
        if outcome.is_failure() || !link.bare || !call.traits.are_plain() {
            self.send_reply(parent, attempt, outcome);
            return None;
        }
        let (owner, sibling) = (call.owner, call.sibling);
        let Owner::Frame(frame) = owner else {
            call.in_flight = false;
            let edge = call.edge;
            self.call_went_well(parent, edge, outcome);
            return None;
        };
        link.cell.ok += 1;
        self.calls.remove(parent);
        let this = self.frames.get_mut(frame)?;
        match this.calls == parent {
            true => this.calls = sibling,
            false => self.unlink_call(frame, parent, sibling),
        }
        self.one_less_pending_now(frame)
    }

    /// A frame of a bare service is done.
    #[inline]
    pub(super) fn walk_out(&mut self, frame: Handle, index: usize, outcome: Outcome) {
        let Some((parent, attempt)) = self.frames.get(frame).map(|this| (this.parent, this.attempt)) else { return };
        let waits = self.close_visit(frame, index, outcome);
        self.send_reply(parent, attempt, outcome);
        if waits {
            self.soon.push_back(Soon::TakeNext(ServiceId::from(index), 0));
        }
    }

    /// Takes a frame that is done out of the books of a bare service. `true`: somebody waits for its worker.
    #[inline(always)]
    fn close_visit(&mut self, frame: Handle, index: usize, outcome: Outcome) -> bool {
        self.count_answer(frame, index, outcome);
        let Some(this) = self.frames.get(frame) else { return false };
        let class = this.traits.class;
        let node = &mut self.nodes[index];
        node.change_busy(self.now, 0, class, -1);
        node.change_inside(self.now, -1);
        #[cfg(test)]
        (node.stayed = node.stayed + this.stay(self.now));
        let waits = node.replicas[0].waiting > 0;
        self.drop_frame(frame);
        waits
    }

    /// A call over a bare edge was answered, and well.
    #[inline(always)]
    pub(super) fn call_went_well(&mut self, handle: Handle, edge: EdgeId, outcome: Outcome) {
        self.links[edge.index()].cell.ok += 1;
        let Some(call) = self.calls.get(handle) else { return };
        match call.owner {
            Owner::User { client, .. } => self.user_answered(handle, client as usize, outcome),
            Owner::Frame(frame) => {
                let sibling = call.sibling;
                self.unlink_call(frame, handle, sibling);
                self.calls.remove(handle);
                self.one_less_pending(frame, None);
            }
            _ => self.end_call(handle, outcome),
        }
    }
}
