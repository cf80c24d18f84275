//! Hedges in motion: each is a twin of the call that it was sent for, a call of its own that the first one owns. The first answer of
//! any of them ends the attempt, and a failure only if it is the last.

use super::call::{Aside, Call, Owner};
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event, Outcome};
use crate::base::ErrorKind;

impl<W: Wire> Engine<W> {
    /// An attempt was made at an edge that may have hedges.
    pub(super) fn watch(&mut self, handle: Handle) {
        let Some(call) = self.calls.get(handle) else { return };
        let attempt = call.attempt;
        let Some(gate) = &mut self.links[call.edge.index()].gate else { return };
        let Some(hedging) = gate.hedging.as_mut().filter(|_| !matches!(call.owner, Owner::Twin(_))) else { return };
        if attempt == 1 {
            hedging.deposit();
        }
        self.calls.beside_mut(handle).hedges = 0;
        let event = Event::Hedge(handle, attempt);
        match (gate.hedge_delay, hedging.delay()) {
            (Some(lane), _) => self.queue.push_lane(lane, self.now, event),
            (None, Some(delay)) => self.queue.push(self.now + delay, event),
            (None, None) => {}
        }
    }

    /// An attempt was not answered for so long that a hedge is due.
    pub(super) fn hedge_due(&mut self, first: Handle, attempt: u16) {
        let Some(call) = self.patient(first, attempt) else { return };
        let (edge, traits, child) = (call.edge, call.traits, call.child);
        let due = self.calls.beside(first).hedges + 1;
        let Some(gate) = &mut self.links[edge.index()].gate else { return };
        let Some(hedging) = &mut gate.hedging else { return };
        let (may, again) = hedging.is_due(u32::from(due));
        if let Some(delay) = hedging.delay().filter(|_| again) {
            self.queue.push(self.now + delay, Event::Hedge(first, attempt));
        }
        let (meter, ties) = (gate.meters.hedges, gate.ties());
        self.calls.beside_mut(first).hedges = due;
        if !may {
            return;
        }
        self.meters.count(meter, 1);
        let sibling = self.calls.beside(first).twin;
        let traits = Traits { lot: traits.lot.follow(self.links[edge.index()].lot, u64::from(due)), ..traits };
        let twin = self.calls.insert(Call::new(edge, Owner::Twin(first), traits, sibling));
        self.calls.beside_mut(first).twin = twin;
        if let Some(frame) = self.frames.get_mut(child).filter(|_| ties) {
            frame.tied = true;
        }
        self.attempt(twin);
    }

    /// The request of an attempt on an edge with a gate ended. `true`: and the attempt with it.
    pub(super) fn last_of_attempt(&mut self, handle: Handle, outcome: Outcome) -> bool {
        let Some(call) = self.calls.get(handle) else { return false };
        let (edge, owner, stage) = (call.edge, call.owner, call.stage);
        let Aside { twin, hedges, place, begun, .. } = self.calls.beside(handle);
        let took = self.now.since(begun);
        self.give_way(edge, stage, place, leaves_connection_open(outcome));
        if let Owner::Twin(first) = owner {
            self.twin_over(handle, first, outcome);
            return false;
        }
        if outcome.is_failure() {
            return twin.is_none();
        }
        let hedging = self.links[edge.index()].gate.as_mut().and_then(|gate| gate.hedging.as_mut());
        if let Some(hedging) = hedging.filter(|_| hedges == 0) {
            hedging.answered_before(took);
        }
        self.forsake_twins(handle);
        true
    }

    fn twin_over(&mut self, twin: Handle, first: Handle, outcome: Outcome) {
        self.unlink_twin(first, twin);
        self.calls.remove(twin);
        let Some(call) = self.calls.get(first) else { return };
        let (under_way, others) = (call.in_flight, !self.calls.beside(first).twin.is_none());
        if !outcome.is_failure() {
            self.abandon_own(first);
            self.forsake_twins(first);
            return self.attempt_ended(first, outcome);
        }
        if !under_way && !others {
            self.attempt_ended(first, outcome);
        }
    }

    /// Nobody needs the twins of a call any more.
    pub(super) fn forsake_twins(&mut self, first: Handle) {
        let mut twin = self.calls.beside(first).twin;
        let Some(edge) = self.calls.get(first).filter(|_| !twin.is_none()).map(|call| call.edge) else { return };
        self.calls.beside_mut(first).twin = Handle::NONE;
        let cancel = self.cancels_losers(edge);
        while let Some(next) = self.calls.get(twin).map(|call| call.sibling) {
            self.give_up_request(twin, cancel);
            self.calls.remove(twin);
            twin = next;
        }
    }

    /// A worker takes up one of several tied requests: the others leave the line that they stand in.
    pub(super) fn first_begun(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let (mine, attempt) = (this.parent, this.attempt);
        let Some(call) = self.calls.get(mine).filter(|call| call.in_flight && call.attempt == attempt) else { return };
        let first = if let Owner::Twin(first) = call.owner { first } else { mine };
        let mut twin = self.calls.beside(first).twin;
        while let Some((child, next)) = self.calls.get(twin).map(|call| (call.child, call.sibling)) {
            if twin != mine && self.drop_waiting(child) {
                self.give_up_request(twin, false);
                self.unlink_twin(first, twin);
                self.calls.remove(twin);
            }
            twin = next;
        }
        let own = self.calls.get(first).filter(|call| call.in_flight).map_or(Handle::NONE, |call| call.child);
        if first != mine && self.drop_waiting(own) {
            self.abandon_own(first);
        }
    }

    /// The request of the attempt itself is given up; its hedges are not.
    fn abandon_own(&mut self, first: Handle) {
        let Some(call) = self.calls.get(first).filter(|call| call.in_flight) else { return };
        let cancel = self.cancels_losers(call.edge);
        self.give_up_request(first, cancel);
        if let Some(call) = self.calls.get_mut(first) {
            call.in_flight = false;
        }
    }

    fn cancels_losers(&self, edge: super::EdgeId) -> bool {
        self.links[edge.index()].gate.as_ref().is_some_and(|gate| gate.cancels_losers())
    }

    fn unlink_twin(&mut self, first: Handle, twin: Handle) {
        let next = self.calls.get(twin).map_or(Handle::NONE, |call| call.sibling);
        if !self.calls.contains(first) {
            return;
        }
        let mut before = self.calls.beside(first).twin;
        if before == twin {
            self.calls.beside_mut(first).twin = next;
            return;
        }
        while let Some(other) = self.calls.get_mut(before) {
            if other.sibling == twin {
                other.sibling = next;
                return;
            }
            before = other.sibling;
        }
    }
}

/// Was an answer read to its end? Otherwise the connection cannot be used for another request.
fn leaves_connection_open(outcome: Outcome) -> bool {
    let Outcome::Failed(kind) = outcome else { return true };
    !matches!(
        kind,
        ErrorKind::Timeout
            | ErrorKind::WaitTimeout
            | ErrorKind::Refused
            | ErrorKind::Reset
            | ErrorKind::Crashed
            | ErrorKind::Expired
    )
}
