//! Frames and locks: who asks waits with its worker in hand, who is granted goes on, who leaves gives everything back.

use super::locks::{Asked, LockId};
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Event, Soon};
use crate::base::{ErrorKind, Span};

impl<W: Wire> Engine<W> {
    /// Asks for a lock; `false` if the frame has to wait for it.
    pub(super) fn lock(&mut self, frame: Handle, lock: LockId, timeout: Option<Span>) -> bool {
        let ticket = match self.locks.ask(lock, frame) {
            Asked::Granted => return true,
            Asked::Waits(ticket) => ticket,
        };
        if let Some(timeout) = timeout {
            self.queue.push(self.now + timeout, Event::LockTimeout(frame, ticket));
        }
        self.waiting_for_locks(frame, 1);
        false
    }

    pub(super) fn unlock(&mut self, frame: Handle, lock: LockId) {
        if let Some(next) = self.locks.release(lock, frame) {
            self.waiting_for_locks(next, -1);
            self.soon.push_back(Soon::Advance(next));
        }
    }

    /// The wait for a lock has lasted long enough, if it is still that wait.
    pub(super) fn lock_timed_out(&mut self, frame: Handle, ticket: u32) {
        if !self.locks.stop_waiting(frame, ticket) {
            return;
        }
        self.waiting_for_locks(frame, -1);
        let Some(this) = self.frames.get_mut(frame) else { return };
        this.failed = Some(ErrorKind::Timeout);
        self.meters.count(self.nodes[this.service as usize].locked_out_meter, 1);
        self.soon.push_back(Soon::Advance(frame));
    }

    /// A frame is about to go: it waits for no lock any more, and holds none.
    pub(super) fn let_go_of_locks(&mut self, frame: Handle) {
        if self.locks.leave_line(frame) {
            self.waiting_for_locks(frame, -1);
        }
        while let Some(lock) = self.locks.held_by(frame) {
            self.unlock(frame, lock);
        }
    }

    fn waiting_for_locks(&mut self, frame: Handle, by: i64) {
        let Some(this) = self.frames.get(frame) else { return };
        let node = &mut self.nodes[this.service as usize];
        node.locked = node.locked.checked_add_signed(by).expect("no more stop waiting for a lock than wait");
        self.meters.set(node.waiting_meter, self.now, node.locked as f64);
    }

    /// At the end of the run: says which locks wait for one another in a circle.
    pub(super) fn warn_of_deadlocks(&mut self) {
        let below = |frame: Handle| {
            let mut children = Vec::new();
            let mut next = self.frames.get(frame).map_or(Handle::NONE, |frame| frame.calls);
            while let Some(call) = self.calls.get(next) {
                children.extend(call.in_flight.then_some(call.child));
                next = call.sibling;
            }
            children
        };
        for circle in self.locks.circles(below) {
            let mut names: Vec<&str> = circle.iter().map(|lock| self.plan.locks[*lock as usize].as_str()).collect();
            names.push(names[0]);
            let text = format!("deadlock at the end of the run: {}", names.join(" waits for "));
            self.recorder.warn(text);
        }
    }
}
