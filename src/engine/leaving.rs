//! The way out before the answer: out of the line, cancelled, or lost in a crash.

use super::frames::{Origin, State};
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Outcome, ServiceId, Soon};
use crate::base::ErrorKind;
use crate::plan::Replicas;

impl<W: Wire> Engine<W> {
    /// Takes a frame that still waits for a worker out of the line; `false` if it does not wait.
    pub(super) fn drop_waiting(&mut self, frame: Handle) -> bool {
        let Some(this) = self.frames.get(frame).filter(|frame| frame.state == State::Queued) else { return false };
        let (index, replica) = (this.service as usize, this.replica);
        self.nodes[index].cell.dropped += 1;
        self.nodes[index].change_queued(self.now, replica, -1);
        self.leave(frame, index, None);
        true
    }

    /// Stops a frame wherever it is, and what it called for, as far as those edges pass a cancellation on.
    pub(super) fn cancel(&mut self, frame: Handle) {
        if self.drop_waiting(frame) {
            return;
        }
        let Some(origin) = self.remove_started(frame) else { return };
        if let Some(token) = origin.token {
            self.wire.respond(token, Outcome::Failed(ErrorKind::Timeout));
        }
    }

    /// The process under a frame died: its caller sees the connection break.
    pub(super) fn crash(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica, state, origin) = (this.service as usize, this.replica, this.state, this.origin());
        match state {
            State::Queued => {
                self.nodes[index].change_queued(self.now, replica, -1);
                self.leave(frame, index, None);
            }
            State::Started => {
                self.remove_started(frame);
            }
        }
        self.reply(frame, index, replica, origin, Outcome::Failed(ErrorKind::Crashed));
    }

    fn remove_started(&mut self, frame: Handle) -> Option<Origin> {
        let this = self.frames.get(frame)?;
        let (index, replica, origin, mut call) = (this.service as usize, this.replica, this.origin(), this.calls);
        while let Some(next) = self.calls.get(call).map(|call| call.sibling) {
            self.forsake(call);
            call = next;
        }
        self.nodes[index].change_busy(self.now, replica, -1);
        self.leave(frame, index, None);
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
        Some(origin)
    }

    /// All frames now inside these replicas of a service.
    pub(super) fn frames_inside(&self, service: ServiceId, replicas: Replicas) -> Vec<Handle> {
        let inside = self.frames.iter().filter(|(_, f)| f.service == service.0 && replicas.contains(f.replica));
        inside.map(|(handle, _)| handle).collect()
    }
}
