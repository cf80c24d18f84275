//! The way out before the answer: out of the line, cancelled, or lost in a crash.

use super::frame::{Frame, State};
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Outcome, ServiceId, Soon};
use crate::base::ErrorKind;
use crate::plan::Replicas;

impl<W: Wire> Engine<W> {
    /// Takes a frame that still waits for a worker out of the line; `false` if it does not wait.
    pub(super) fn drop_waiting(&mut self, frame: Handle) -> bool {
        let Some(this) = self.frames.get(frame).filter(|frame| frame.state == State::Queued) else { return false };
        let (index, replica, class) = (this.service as usize, this.replica, this.traits.class);
        self.nodes[index].cell.dropped += 1;
        self.nodes[index].change_queued(self.now, replica, class, -1);
        self.leave(frame, index, None);
        true
    }

    /// Stops a frame wherever it is, and what it called for, as far as those edges pass a cancellation on.
    pub(super) fn cancel(&mut self, frame: Handle) {
        if self.drop_waiting(frame) {
            return;
        }
        let Some(this) = self.frames.get(frame) else { return };
        let (origin, state) = (self.origin_of(frame, this), this.state);
        self.nodes[this.service as usize].cell.lost += 1;
        match state {
            State::Riding => self.leave_batch(frame),
            _ => self.remove_started(frame),
        }
        if let Some(token) = origin.token {
            self.wire.respond(token, Outcome::Failed(ErrorKind::Timeout));
        }
    }

    /// The process under a frame died: its caller sees the connection break.
    pub(super) fn crash(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica, state) = (this.service as usize, this.replica, this.state);
        let origin = self.origin_of(frame, this);
        self.nodes[index].cell.lost += 1;
        match state {
            State::Queued => {
                self.nodes[index].change_queued(self.now, replica, origin.traits.class, -1);
                self.leave(frame, index, None);
            }
            State::Started | State::Carrying => self.remove_started(frame),
            State::Riding => self.leave_batch(frame),
        }
        self.reply(frame, index, replica, origin, Outcome::Failed(ErrorKind::Crashed));
    }

    /// Stops a frame that holds a worker, and forsakes what it called for.
    pub(super) fn remove_started(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica, class, mut call) = (this.service as usize, this.replica, this.traits.class, this.calls);
        let carries = this.carries();
        while let Some(next) = self.calls.get(call).map(|call| call.sibling) {
            self.forsake(call);
            call = next;
        }
        self.nodes[index].change_busy(self.now, replica, class, -1);
        match carries {
            // A carrier is no request: nobody counted it in.
            true => {
                self.stop_work(frame, index);
                self.frames.remove(frame);
            }
            false => self.leave(frame, index, None),
        }
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
    }

    /// The requests now inside these replicas of a service.
    pub(super) fn frames_inside(&self, service: ServiceId, replicas: Replicas) -> Vec<Handle> {
        let here = |f: &Frame| f.service == service.0 && replicas.contains(f.replica) && !f.carries();
        let inside = self.frames.iter().filter(|(_, f)| here(f));
        inside.map(|(handle, _)| handle).collect()
    }
}
