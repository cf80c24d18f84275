//! A call: one wish of a caller, tried as often as its policies allow, with a total timeout and a wait timeout for each attempt.

use super::doors::Pass;
use super::eject::ANY;
use super::links::Transit;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::{Request, Wire};
use super::{EdgeId, Engine, Event, Outcome, Soon};
use crate::base::{ErrorKind, Span, Time};

#[derive(Clone, Debug)]
pub struct Call {
    pub edge: EdgeId,
    pub owner: Owner,
    /// The number of the attempt under way or just over; an answer to another one is nobody's.
    pub attempt: u16,
    /// False between attempts.
    pub in_flight: bool,
    /// The frame that the attempt became, once it has arrived.
    pub child: Handle,
    pub traits: Traits,
    /// The replica of a cache that its caller chose for the attempt.
    pub aimed: u32,
    /// When the attempt under way was begun.
    pub begun: Time,
    /// How the attempt under way came to be sent.
    pub pass: Pass,
    /// What the last retry cost of the budget.
    pub paid: f64,
    /// The pause before the last retry (decorrelated jitter grows from it).
    backoff: Span,
    /// The next in the list of its owner's calls.
    pub sibling: Handle,
}

/// Who wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Owner {
    /// A user, from the moment at which the request was due. A call that was not tried yet is a user who pauses before asking.
    User {
        client: u32,
        intended: Time,
        cell: u32,
        /// Requests in a row before this one that failed, for the same end.
        tried: u32,
        /// Its success opens a page.
        opens: bool,
    },
    /// A client of a herd that is connected: nothing is asked for until the session is lost.
    Session {
        client: u32,
    },
    Frame(Handle),
    /// A rebuild that several frames may wait for: (edge to the cache, key).
    Flight {
        edge: EdgeId,
        key: u32,
    },
}

impl Call {
    pub fn new(edge: EdgeId, owner: Owner, traits: Traits, sibling: Handle) -> Call {
        Call {
            edge,
            owner,
            attempt: 0,
            in_flight: false,
            child: Handle::NONE,
            traits,
            aimed: ANY,
            begun: Time::ZERO,
            pass: Pass::Free,
            paid: 0.0,
            backoff: Span::ZERO,
            sibling,
        }
    }
}

impl<W: Wire> Engine<W> {
    /// A call that has not been tried yet.
    pub(super) fn new_call(&mut self, edge: EdgeId, owner: Owner, traits: Traits, sibling: Handle) -> Handle {
        self.count_call(edge);
        let link = &self.links[edge.index()];
        let (write, class) = (traits.write || link.write, link.class.unwrap_or(traits.class));
        self.calls.insert(Call::new(edge, owner, Traits { write, class, ..traits }, sibling))
    }

    /// A call is about to be tried for the first time.
    pub(super) fn count_call(&mut self, edge: EdgeId) {
        let link = &mut self.links[edge.index()];
        link.cell.calls += 1;
        link.retries.deposit(self.now);
    }

    /// Makes the next attempt of a call.
    pub(super) fn attempt(&mut self, handle: Handle) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.attempt += 1;
        call.in_flight = true;
        call.child = Handle::NONE;
        call.begun = self.now;
        call.pass = Pass::Free;
        let (attempt, edge, owner, traits) = (call.attempt, call.edge, call.owner, call.traits);
        if self.links[edge.index()].ejector.is_some() {
            let aimed = self.aim(edge, traits.key);
            self.calls.get_mut(handle).expect("the call is being made").aimed = aimed;
        }
        let link = &mut self.links[edge.index()];
        link.cell.attempts += 1;
        if let Some(lane) = link.timeout {
            self.queue.push_lane(lane, self.now, Event::Timeout(handle, attempt));
        }
        let to = self.plan.edge(edge).to;
        if let Some(lane) = link.wait.filter(|_| !self.wire.is_real(to)) {
            self.queue.push_lane(lane, self.now, Event::WaitTimeout(handle, attempt));
        }
        if let (Owner::User { client, cell, .. }, true) = (owner, attempt > 1) {
            self.recorder.client_retry(crate::base::ClientId(client), cell as usize);
        }
        if !self.links[edge.index()].door.guards.is_empty() && !self.let_out(handle, attempt, edge) {
            return;
        }
        self.links[edge.index()].retries.begun();
        if W::CARRIES {
            let intended = match owner {
                Owner::User { intended, .. } if attempt == 1 => Some(intended),
                _ => None,
            };
            self.left_for_real(to);
            self.wire.send(Request { edge, call: handle, attempt, traits, intended });
        } else {
            self.send_request(Transit { call: handle, attempt, edge, traits });
        }
    }

    /// An answer reached the caller.
    pub(super) fn reply_arrived(&mut self, handle: Handle, attempt: u16, outcome: Outcome) {
        self.attempt_over(handle, attempt, outcome);
    }

    pub(super) fn attempt_timed_out(&mut self, handle: Handle, attempt: u16) {
        let Some(call) = self.current(handle, attempt) else { return };
        let (edge, child, traits) = (call.edge, call.child, call.traits);
        self.attempt_over(handle, attempt, Outcome::Failed(ErrorKind::Timeout));
        if W::CARRIES {
            self.wire.abandon(Request { edge, call: handle, attempt, traits, intended: None });
        }
        if let Some(place) = self.frames.get(child).map(|frame| (frame.service as usize, frame.replica)) {
            self.note_outcome(place.0, place.1, true);
        }
        if self.plan.edge(edge).cancel {
            self.cancel(child);
        }
    }

    /// The wait timeout takes the request out of the line. Once its work has begun it does nothing.
    pub(super) fn wait_timed_out(&mut self, handle: Handle, attempt: u16) {
        let Some(call) = self.current(handle, attempt) else { return };
        let (edge, child, traits) = (call.edge, call.child, call.traits);
        if child.is_none() || self.drop_waiting(child) {
            self.attempt_over(handle, attempt, Outcome::Failed(ErrorKind::WaitTimeout));
            if W::CARRIES {
                self.wire.abandon(Request { edge, call: handle, attempt, traits, intended: None });
            }
        }
    }

    /// An attempt ended. Another one follows, or the call ends with this outcome.
    pub(super) fn attempt_over(&mut self, handle: Handle, attempt: u16, outcome: Outcome) {
        let Some(call) = self.current_mut(handle, attempt) else { return };
        call.in_flight = false;
        let (edge, previous, pass, aimed) = (call.edge, call.backoff, call.pass, call.aimed);
        self.request_over(handle, Some(outcome));
        if W::CARRIES && pass != Pass::Denied {
            self.back_from_real(edge, outcome);
        }
        if aimed != ANY && pass != Pass::Denied {
            self.heard_from(edge, aimed, outcome);
        }
        let link = &mut self.links[edge.index()];
        let Outcome::Failed(kind) = outcome else {
            link.cell.ok += 1;
            return self.end_call(handle, outcome);
        };
        link.cell.errors[kind as usize] += 1;
        if !link.retries.wants(u32::from(attempt), kind) {
            return self.end_call(handle, outcome);
        }
        let Some(paid) = link.retries.withdraw(self.now, kind) else {
            link.cell.retries_denied += 1;
            return self.end_call(handle, outcome);
        };
        let pause = link.retries.pause(u32::from(attempt), previous);
        if let Some(call) = self.calls.get_mut(handle) {
            (call.backoff, call.paid) = (pause, paid);
        }
        match pause {
            Span::ZERO => self.soon.push_back(Soon::Attempt(handle)),
            pause => self.queue.push(self.now + pause, Event::Attempt(handle)),
        }
    }

    /// The call is over: its owner goes on.
    fn end_call(&mut self, handle: Handle, outcome: Outcome) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, key, sibling) = (call.edge, call.traits.key, call.sibling);
        match call.owner {
            Owner::User { client, .. } => self.user_answered(handle, client as usize, outcome),
            Owner::Session { .. } => unreachable!("a connected client asks for nothing"),
            Owner::Frame(frame) => {
                self.unlink_call(frame, handle, sibling);
                self.calls.remove(handle);
                self.call_of_frame_ended(frame, edge, key, outcome);
            }
            Owner::Flight { edge: cache, key } => {
                self.calls.remove(handle);
                self.flight_landed(edge, cache, key, outcome);
            }
        }
    }

    fn unlink_call(&mut self, frame: Handle, call: Handle, next: Handle) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        if this.calls == call {
            this.calls = next;
            return;
        }
        let mut before = this.calls;
        while let Some(other) = self.calls.get_mut(before) {
            if other.sibling == call {
                other.sibling = next;
                return;
            }
            before = other.sibling;
        }
    }

    /// The owner of a call is gone: nobody waits for it any more.
    pub(super) fn forsake(&mut self, handle: Handle) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, child, attempt, traits, in_flight) =
            (call.edge, call.child, call.attempt, call.traits, call.in_flight);
        let sent = in_flight && call.pass != Pass::Denied;
        match in_flight {
            true => self.request_over(handle, None),
            // It was between two attempts.
            false => self.links[edge.index()].retries.called_off(),
        }
        self.calls.remove(handle);
        if sent && W::CARRIES {
            self.back_from_real(edge, Outcome::Failed(ErrorKind::Timeout));
            self.wire.abandon(Request { edge, call: handle, attempt, traits, intended: None });
        }
        if in_flight && self.plan.edge(edge).cancel {
            self.cancel(child);
        }
    }

    fn current(&self, handle: Handle, attempt: u16) -> Option<&Call> {
        self.calls.get(handle).filter(|call| call.in_flight && call.attempt == attempt)
    }

    fn current_mut(&mut self, handle: Handle, attempt: u16) -> Option<&mut Call> {
        self.calls.get_mut(handle).filter(|call| call.in_flight && call.attempt == attempt)
    }
}

impl<W: Wire> Engine<W> {
    /// The edge of a call whose attempt this is, if it is still under way.
    pub(super) fn edge_of(&self, handle: Handle, attempt: u16) -> Option<EdgeId> {
        self.current(handle, attempt).map(|call| call.edge)
    }
}
