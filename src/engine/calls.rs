//! A call: one wish of a caller, tried as often as its policies allow, with a total timeout and a wait timeout for each attempt.

use super::call::{Call, Owner};
use super::deadline;
use super::doors::Pass;
use super::eject::ANY;
use super::fallback::Ending;
use super::gate::Stage;
use super::links::Transit;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::{Request, Wire};
use super::{EdgeId, Engine, Event, Outcome, Soon};
use crate::base::{ErrorKind, Lot, Span, Time};

/// Tells the draws of a service that asks to wait from those of its work, whose steps are fewer.
const ASKED_TO_WAIT: u64 = 1 << 47;

impl<W: Wire> Engine<W> {
    /// A call that has not been tried yet. It is the `turn`-th of its owner, who has these traits.
    #[inline(always)]
    pub(super) fn new_call(
        &mut self,
        edge: EdgeId,
        owner: Owner,
        traits: Traits,
        sibling: Handle,
        turn: u64,
    ) -> Handle {
        self.count_call(edge);
        let link = &self.links[edge.index()];
        let (write, class) = (traits.write || link.write, link.class.unwrap_or(traits.class));
        let version = if link.loads { Traits::UNDECIDED } else { traits.version };
        let deadline = deadline::of_call(link.deadline, self.now, traits.deadline);
        let lot = traits.lot.follow(link.lot, turn);
        self.calls.insert(Call::new(edge, owner, Traits { write, class, version, deadline, lot, ..traits }, sibling))
    }

    /// A call is about to be tried for the first time.
    #[inline(always)]
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
        call.pass = Pass::Free;
        call.stage = Stage::Direct;
        let (attempt, edge, owner, traits) = (call.attempt, call.edge, call.owner, call.traits);
        let link = &mut self.links[edge.index()];
        link.cell.attempts += 1;
        let (bare, to) = (link.bare, link.to);
        if let Some(lane) = link.timeout {
            self.queue.push_lane(lane, self.now, Event::Timeout(handle, attempt));
        }
        if let Some(lane) = link.wait.filter(|_| !self.wire.is_real(to)) {
            self.queue.push_lane(lane, self.now, Event::WaitTimeout(handle, attempt));
        }
        if let (Owner::User { client, cell, .. }, true) = (owner, attempt > 1) {
            self.recorder.client_retry(crate::base::ClientId(client), cell as usize);
        }
        if bare && traits.are_plain() {
            return self.walk_in(handle, attempt, to, traits);
        }
        if self.links[edge.index()].measures_attempts() {
            self.calls.beside_mut(handle).begun = self.now;
        }
        if self.links[edge.index()].aims {
            self.take_aim(handle);
        }
        if traits.deadline != Time::MAX && self.is_too_late(handle, attempt, traits.deadline) {
            return;
        }
        if !self.links[edge.index()].door.guards.is_empty() && !self.let_out(handle, attempt, edge) {
            return;
        }
        self.links[edge.index()].retries.begun();
        if self.links[edge.index()].gate.is_some() {
            self.watch(handle);
            return self.depart(handle);
        }
        self.transmit(handle);
    }

    /// The attempt may leave.
    pub(super) fn transmit(&mut self, handle: Handle) {
        let Some(call) = self.calls.get(handle) else { return };
        let (attempt, edge, owner, mut traits) = (call.attempt, call.edge, call.owner, call.traits);
        let policy = self.links[edge.index()].deadline;
        if traits.deadline != Time::MAX || policy.is_some() {
            let begun = self.calls.beside(handle).begun;
            traits.deadline = deadline::told(policy, begun, traits.deadline, self.plan.edge(edge).timeout);
        }
        if self.links[edge.index()].reach.is_some() && !self.meets(handle, attempt, edge) {
            return;
        }
        if W::CARRIES {
            let intended = match owner {
                Owner::User { intended, .. } if attempt == 1 => Some(intended),
                _ => None,
            };
            self.left_for_real(self.plan.edge(edge).to);
            self.wire.send(Request { edge, call: handle, attempt, traits, intended });
        } else {
            self.send_request(Transit { call: handle, attempt, edge, traits });
        }
    }

    /// Nothing is sent for an answer that nobody needs any more; otherwise the attempt lasts until its deadline at most.
    fn is_too_late(&mut self, handle: Handle, attempt: u16, deadline: Time) -> bool {
        if deadline > self.now {
            self.queue.push(deadline, Event::Deadline(handle, attempt));
            return false;
        }
        if let Some(call) = self.calls.get_mut(handle) {
            (call.stage, call.pass) = (Stage::Outside, Pass::Denied);
        }
        self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(ErrorKind::Expired)));
        true
    }

    /// An answer reached the caller.
    pub(super) fn reply_arrived(&mut self, handle: Handle, attempt: u16, outcome: Outcome) {
        self.attempt_over(handle, attempt, outcome);
    }

    /// The time of an attempt is over, by its own timeout or by a deadline.
    pub(super) fn attempt_timed_out(&mut self, handle: Handle, attempt: u16, kind: ErrorKind) {
        let Some(call) = self.patient(handle, attempt) else { return };
        let (edge, child, traits, under_way) = (call.edge, call.child, call.traits, call.in_flight);
        if !self.calls.beside(handle).twin.is_none() {
            self.forsake_twins(handle);
        }
        if !under_way {
            return self.attempt_ended(handle, Outcome::Failed(kind));
        }
        self.attempt_over(handle, attempt, Outcome::Failed(kind));
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

    /// The request of an attempt ended.
    pub(super) fn attempt_over(&mut self, handle: Handle, attempt: u16, outcome: Outcome) {
        let Some(call) = self.current_mut(handle, attempt) else { return };
        call.in_flight = false;
        let (edge, stage, pass) = (call.edge, call.stage, call.pass);
        if !outcome.is_failure() && call.traits.are_plain() && self.links[edge.index()].bare {
            return self.call_went_well(handle, edge, outcome);
        }
        self.doubt |= outcome.is_failure();
        let aimed = self.calls.beside(handle).aimed;
        let was_sent = pass != Pass::Denied && stage.is_sent();
        self.request_over(handle, Some(outcome));
        if W::CARRIES && was_sent {
            self.back_from_real(edge, outcome);
        }
        if aimed != ANY && was_sent {
            self.heard_from(edge, aimed, outcome);
        }
        let link = &mut self.links[edge.index()];
        match outcome {
            Outcome::Failed(kind) => link.cell.errors[kind as usize] += 1,
            Outcome::Ok | Outcome::Miss => link.cell.ok += 1,
        }
        if link.gate.is_some() && !self.last_of_attempt(handle, outcome) {
            return;
        }
        self.attempt_ended(handle, outcome);
    }

    /// An attempt ended, with its hedges. Another one follows, or the call ends with this outcome.
    pub(super) fn attempt_ended(&mut self, handle: Handle, outcome: Outcome) {
        let Outcome::Failed(kind) = outcome else { return self.end_call(handle, outcome) };
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, attempt, owner, deadline) = (call.edge, call.attempt, call.owner, call.traits.deadline);
        let lot = call.traits.lot;
        let previous = self.calls.beside(handle).backoff;
        let link = &mut self.links[edge.index()];
        if !link.retries.wants(u32::from(attempt), kind) || deadline <= self.now {
            return self.end_call(handle, outcome);
        }
        let Some(paid) = link.retries.withdraw(self.now, kind) else {
            link.cell.retries_denied += 1;
            return self.end_call(handle, outcome);
        };
        let mut pause = link.retries.pause(u32::from(attempt), previous);
        if link.retries.heeds(kind) {
            let called = self.plan.edge(edge).to;
            let place = self.nodes[called.index()].lot;
            let asked = self.plan.service(called).retry_after.as_ref();
            let asked = asked.map(|wait| wait.draw_span(&mut lot.dice(place, ASKED_TO_WAIT | u64::from(attempt))));
            pause = pause.max(asked.unwrap_or(Span::ZERO));
        }
        if self.now + pause >= deadline {
            link.retries.called_off();
            return self.end_call(handle, outcome);
        }
        if (self.links[edge.index()].loads || owner.opens())
            && let Some(call) = self.calls.get_mut(handle)
        {
            call.traits.version = Traits::UNDECIDED;
        }
        if pause != previous || paid > 0.0 {
            let beside = self.calls.beside_mut(handle);
            (beside.backoff, beside.paid) = (pause, paid);
        }
        match pause {
            Span::ZERO => self.soon.push_back(Soon::Attempt(handle)),
            pause => self.queue.push(self.now + pause, Event::Attempt(handle)),
        }
    }

    /// The call is over: its owner goes on.
    pub(super) fn end_call(&mut self, handle: Handle, outcome: Outcome) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, key, sibling, owner) = (call.edge, call.traits.key, call.sibling, call.owner);
        let version = call.traits.version;
        let (outcome, answer) = match self.fall_back(handle, edge, outcome) {
            Ending::Served(outcome, answer) => (outcome, answer),
            Ending::CalledInstead => return,
        };
        match owner {
            Owner::User { client, .. } => self.user_answered(handle, client as usize, outcome),
            Owner::Session { .. } => unreachable!("a connected client asks for nothing"),
            Owner::Frame(frame) => {
                self.unlink_call(frame, handle, sibling);
                self.calls.remove(handle);
                if version != Traits::ANY {
                    self.learn_version(frame, edge, version);
                }
                self.call_of_frame_ended(frame, edge, key, outcome, answer);
            }
            Owner::Flight { edge: cache, key } => {
                self.calls.remove(handle);
                self.flight_landed(edge, cache, key, outcome, answer);
            }
            Owner::Nobody => drop(self.calls.remove(handle)),
            Owner::Twin(_) => unreachable!("a hedge ends with the attempt that it was sent for"),
            Owner::Message { broker, delivery } => {
                self.calls.remove(handle);
                self.delivery_ended(broker as usize, delivery, outcome);
            }
        }
    }

    /// The owner of a call is gone: nobody waits for it any more.
    pub(super) fn forsake(&mut self, handle: Handle) {
        self.doubt = true;
        let Some(call) = self.calls.get(handle) else { return };
        let twin = self.calls.beside(handle).twin;
        let (edge, waits) = (call.edge, !call.in_flight && twin.is_none());
        let cancel = self.plan.edge(edge).cancel;
        if !twin.is_none() {
            self.forsake_twins(handle);
        }
        if waits {
            // It was between two attempts.
            self.links[edge.index()].retries.called_off();
        }
        self.give_up_request(handle, cancel);
        self.calls.remove(handle);
    }

    /// The request of an attempt under way is of no use any more; with `cancel` its work is stopped.
    pub(super) fn give_up_request(&mut self, handle: Handle, cancel: bool) {
        if !self.calls.get(handle).is_some_and(|call| call.in_flight) {
            return;
        }
        self.request_over(handle, None);
        self.doubt = true;
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.in_flight = false;
        let (edge, child, attempt, traits) = (call.edge, call.child, call.attempt, call.traits);
        let (stage, was_sent) = (call.stage, call.pass != Pass::Denied && call.stage.is_sent());
        let place = self.calls.beside(handle).place;
        let link = &mut self.links[edge.index()];
        link.cell.abandoned += 1;
        if link.gate.is_some() {
            self.give_way(edge, stage, place, false);
        }
        if W::CARRIES && was_sent {
            self.back_from_real(edge, Outcome::Failed(ErrorKind::Timeout));
            self.wire.abandon(Request { edge, call: handle, attempt, traits, intended: None });
        }
        if cancel {
            self.cancel(child);
        }
    }

    /// A call that waits for an attempt of this number, for its own request or for a hedge.
    pub(super) fn patient(&self, handle: Handle, attempt: u16) -> Option<&Call> {
        let hedged = || !self.calls.beside(handle).twin.is_none();
        self.calls.get(handle).filter(|call| call.attempt == attempt && (call.in_flight || hedged()))
    }

    fn current(&self, handle: Handle, attempt: u16) -> Option<&Call> {
        self.calls.get(handle).filter(|call| call.in_flight && call.attempt == attempt)
    }

    fn current_mut(&mut self, handle: Handle, attempt: u16) -> Option<&mut Call> {
        self.calls.get_mut(handle).filter(|call| call.in_flight && call.attempt == attempt)
    }
}

impl<W: Wire> Engine<W> {
    /// As `edge_of`, with what the draws of the call follow from.
    pub(super) fn edge_and_lot(&self, handle: Handle, attempt: u16) -> Option<(EdgeId, Lot)> {
        self.current(handle, attempt).map(|call| (call.edge, call.traits.lot))
    }

    /// The edge of a call whose attempt this is, if it is still under way.
    pub(super) fn edge_of(&self, handle: Handle, attempt: u16) -> Option<EdgeId> {
        self.current(handle, attempt).map(|call| call.edge)
    }
}
