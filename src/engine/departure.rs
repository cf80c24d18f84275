//! An attempt's way out through the gate of its edge: a permit of the bulkhead, a connection of the pool, opening one, and what it
//! gives back when it is over. Where there is no gate nothing here is called.

use super::bulkhead::Entry;
use super::call::{Aside, Call};
use super::gate::{Gate, Stage};
use super::links::Handshake;
use super::pool::Taken;
use super::slab::{Handle, Slab};
use super::wire::Wire;
use super::{EdgeId, Engine, Event, Outcome, ServiceId, Soon};
use crate::base::{ErrorKind, Span};
use crate::plan::Replicas;

/// A lost packet that opens a connection is sent again after a second, and then after twice as long each time (RFC 6298, 2.1 and 5.5).
const SYN_AGAIN: Span = Span::from_secs(1);
/// After so many it is given up (`tcp_syn_retries` of Linux).
const SYN_AGAIN_MAX: u8 = 6;

/// The attempt has no place in a pool.
pub(super) const NO_PLACE: u32 = u32::MAX;

/// Does the attempt stand at this stage?
fn is_at(calls: &Slab<Call, Aside>, stage: Stage) -> impl Fn(Handle, u16) -> bool {
    move |call, attempt| calls.get(call).is_some_and(|of| of.in_flight && of.attempt == attempt && of.stage == stage)
}

impl<W: Wire> Engine<W> {
    /// An attempt begins at the gate of its edge.
    pub(super) fn depart(&mut self, handle: Handle) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.stage = Stage::Permitted;
        let (edge, attempt) = (call.edge, call.attempt);
        self.calls.beside_mut(handle).place = NO_PLACE;
        let Some(gate) = &mut self.links[edge.index()].gate else { return };
        if let Some(bulkhead) = &mut gate.bulkhead {
            let entry = bulkhead.enter((handle, attempt), is_at(&self.calls, Stage::AwaitsPermit));
            let lane = gate.permit_wait;
            match entry {
                Entry::Granted => {}
                Entry::Waits => return self.stay(handle, Stage::AwaitsPermit, lane),
                Entry::Full => {
                    self.set_stage(handle, Stage::Outside);
                    let full = Outcome::Failed(ErrorKind::Rejected);
                    return self.soon.push_back(Soon::Reply(handle, attempt, full));
                }
            }
        }
        self.take_connection(handle);
    }

    /// What was handed to an attempt in line: it goes on from where it stood.
    pub(super) fn proceed(&mut self, handle: Handle, attempt: u16) {
        let at = self.calls.get(handle).filter(|call| call.in_flight && call.attempt == attempt);
        match at.map(|call| call.stage) {
            Some(Stage::Permitted) => self.take_connection(handle),
            Some(Stage::Connecting) => self.open_connection(handle, attempt),
            Some(Stage::Sent) => self.transmit(handle),
            _ => {}
        }
    }

    fn take_connection(&mut self, handle: Handle) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, attempt) = (call.edge, call.attempt);
        let Some(gate) = &mut self.links[edge.index()].gate else { return };
        if let Some(connections) = &mut gate.connections {
            let Some(taken) = connections.take(self.now) else {
                connections.wait((handle, attempt), is_at(&self.calls, Stage::AwaitsConnection));
                let lane = gate.connection_wait;
                return self.stay(handle, Stage::AwaitsConnection, lane);
            };
            let place = self.occupy(handle, taken);
            self.read_gate(edge);
            if let Taken::Lost(_) = place {
                let lost = Outcome::Failed(ErrorKind::Reset);
                return self.soon.push_back(Soon::Reply(handle, attempt, lost));
            }
        } else {
            let opens = gate.connect.is_some() && !W::CARRIES;
            self.set_stage(handle, if opens { Stage::Connecting } else { Stage::Sent });
        }
        self.proceed(handle, attempt);
    }

    /// The call has this place of the pool. Connections of the live world are real: they open themselves, and have their own timers.
    fn occupy(&mut self, handle: Handle, taken: Taken) -> Taken {
        let taken = match taken {
            Taken::Closed(place) | Taken::Lost(place) if W::CARRIES => Taken::Open(place),
            other => other,
        };
        let (place, stage) = match taken {
            Taken::Open(place) | Taken::Lost(place) => (place, Stage::Sent),
            Taken::Closed(place) => (place, Stage::Connecting),
        };
        if let Some(call) = self.calls.get_mut(handle) {
            call.stage = stage;
            self.calls.beside_mut(handle).place = place;
        }
        taken
    }

    fn open_connection(&mut self, handle: Handle, attempt: u16) {
        let Some(edge) = self.calls.get(handle).map(|call| call.edge) else { return };
        if self.is_one_too_many(handle, attempt, edge) {
            return;
        }
        let Some(gate) = &mut self.links[edge.index()].gate else { return };
        let (meter, lane) = (gate.meters.connects, gate.connect_timeout);
        self.meters.count(meter, 1);
        if gate.connect.is_none() {
            return self.connected(handle, attempt);
        }
        if let Some(lane) = lane {
            self.queue.push_lane(lane, self.now, Event::StageTimeout(handle, attempt, Stage::Connecting));
        }
        self.shake_hands(handle, attempt, 0);
    }

    /// The packet that opens a connection is sent, for the `tries + 1`-th time.
    pub(super) fn shake_hands(&mut self, handle: Handle, attempt: u16, tries: u8) {
        let Some(edge) = self.at_stage(handle, attempt, Stage::Connecting) else { return };
        match self.handshake(edge, handle) {
            Handshake::Done(round_trip) => {
                let time = self.plan.edge(edge).connect.as_ref().map_or(Span::ZERO, |connect| connect.time);
                self.queue.push(self.now + round_trip + time, Event::Connected(handle, attempt));
            }
            Handshake::Lost if tries < SYN_AGAIN_MAX => {
                let pause = Span(SYN_AGAIN.0 << tries);
                self.queue.push(self.now + pause, Event::Connect(handle, attempt, tries + 1));
            }
            Handshake::Lost => self.attempt_over(handle, attempt, Outcome::Failed(ErrorKind::Timeout)),
            Handshake::Failed(kind) => self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(kind))),
        }
    }

    pub(super) fn connected(&mut self, handle: Handle, attempt: u16) {
        if self.at_stage(handle, attempt, Stage::Connecting).is_some() {
            self.set_stage(handle, Stage::Sent);
            self.transmit(handle);
        }
    }

    /// An attempt has been at a stage for as long as its policies allow.
    pub(super) fn stage_timed_out(&mut self, handle: Handle, attempt: u16, stage: Stage) {
        if self.at_stage(handle, attempt, stage).is_none() {
            return;
        }
        let kind = match stage {
            Stage::AwaitsPermit => ErrorKind::Rejected,
            Stage::AwaitsConnection => ErrorKind::NoConnection,
            _ => ErrorKind::Timeout,
        };
        self.attempt_over(handle, attempt, Outcome::Failed(kind));
    }

    /// An attempt that had come so far is over: what it holds goes to the next in line. `reusable`: its connection carries nothing more.
    pub(super) fn give_way(&mut self, edge: EdgeId, stage: Stage, place: u32, reusable: bool) {
        let (calls, now) = (&self.calls, self.now);
        let Some(Gate { bulkhead, connections, .. }) = self.links[edge.index()].gate.as_deref_mut() else { return };
        match (stage, &mut *bulkhead, &mut *connections) {
            (Stage::AwaitsPermit, Some(bulkhead), _) => bulkhead.give_up(),
            (Stage::AwaitsConnection, _, Some(connections)) => connections.give_up(),
            _ => {}
        }
        let mut heir = None;
        if (Stage::Connecting..=Stage::Sent).contains(&stage)
            && place != NO_PLACE
            && let Some(connections) = connections
        {
            let open = reusable && stage == Stage::Sent;
            heir = connections.give_back(place, open, now, is_at(calls, Stage::AwaitsConnection));
        }
        let mut next = None;
        if (Stage::Permitted..=Stage::Sent).contains(&stage)
            && let Some(bulkhead) = bulkhead
        {
            next = bulkhead.leave(is_at(calls, Stage::AwaitsPermit));
        }
        self.hand_over(next, heir);
        self.read_gate(edge);
    }

    /// There may be more to give than before: those in line get it.
    pub(super) fn serve_line(&mut self, edge: EdgeId) {
        loop {
            let (calls, now) = (&self.calls, self.now);
            let Some(gate) = self.links[edge.index()].gate.as_deref_mut() else { return };
            let next = gate.bulkhead.as_mut().and_then(|of| of.serve_next(is_at(calls, Stage::AwaitsPermit)));
            let heir =
                gate.connections.as_mut().and_then(|of| of.serve_next(now, is_at(calls, Stage::AwaitsConnection)));
            if next.is_none() && heir.is_none() {
                return self.read_gate(edge);
            }
            self.hand_over(next, heir);
        }
    }

    fn hand_over(&mut self, permit: Option<(Handle, u16)>, connection: Option<((Handle, u16), Taken)>) {
        if let Some(((call, attempt), taken)) = connection {
            self.occupy(call, taken);
            self.soon.push_back(Soon::Proceed(call, attempt));
        }
        if let Some((call, attempt)) = permit {
            self.set_stage(call, Stage::Permitted);
            self.soon.push_back(Soon::Proceed(call, attempt));
        }
    }

    /// Idle connections of an edge break, each with this chance.
    pub(super) fn break_idle(&mut self, edge: EdgeId, share: f64) {
        let gate = self.links[edge.index()].gate.as_mut();
        if let Some(connections) = gate.and_then(|gate| gate.connections.as_mut()) {
            connections.break_idle(share);
        }
    }

    /// Replicas of a service died, and the idle connections to them with them.
    pub(super) fn break_idle_to(&mut self, service: ServiceId, replicas: Replicas) {
        let count = self.nodes[service.index()].replicas.len() as u32;
        let share = replicas.of(count).count() as f64 / f64::from(count.max(1));
        for index in 0..self.links.len() {
            if self.plan.edges[index].to == service {
                self.break_idle(EdgeId::from(index), share);
            }
        }
    }

    fn stay(&mut self, handle: Handle, stage: Stage, lane: Option<super::queue::Lane>) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        call.stage = stage;
        let (edge, attempt) = (call.edge, call.attempt);
        if let Some(lane) = lane {
            self.queue.push_lane(lane, self.now, Event::StageTimeout(handle, attempt, stage));
        }
        self.read_gate(edge);
    }

    fn at_stage(&self, handle: Handle, attempt: u16, stage: Stage) -> Option<EdgeId> {
        is_at(&self.calls, stage)(handle, attempt).then(|| self.calls.get(handle).map(|call| call.edge))?
    }

    fn set_stage(&mut self, handle: Handle, stage: Stage) {
        if let Some(call) = self.calls.get_mut(handle) {
            call.stage = stage;
        }
    }

    fn read_gate(&mut self, edge: EdgeId) {
        let Some(gate) = &self.links[edge.index()].gate else { return };
        let (taken, waiting) = gate.load();
        self.meters.set(gate.meters.connections, self.now, f64::from(taken));
        self.meters.set(gate.meters.waiting, self.now, f64::from(waiting));
    }
}
