//! The way in: a request arrives, finds a worker, waits in line for one, or is turned away.

mod adaptive;
mod codel;
mod fifo;
mod lanes;
mod lifo;
mod order;
mod priority;

pub use codel::Presence;
pub use order::Line;

use super::balance::{CURRENT, Wanted};
use super::call::Owner;
use super::frame::{Frame, Origin, State};
use super::placement::Out;
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Outcome, ServiceId};
use crate::base::ErrorKind;
use codel::patience;

impl<W: Wire> Engine<W> {
    /// A request reaches a service.
    pub(super) fn arrive(&mut self, service: ServiceId, origin: Origin) {
        let index = service.index();
        self.nodes[index].cell.arrived += 1;
        let replica = match self.choose_replica(index, &origin) {
            Ok(replica) => replica,
            Err(kind) => {
                self.nodes[index].cell.failed += 1;
                return self.answer_origin(origin, Outcome::Failed(kind));
            }
        };
        if self.is_out(index, replica) {
            self.note_outcome(index, replica, true);
            return self.answer_origin(origin, Outcome::Failed(ErrorKind::Refused));
        }
        if self.nodes[index].versions.is_some() && self.mismatches(index, replica, origin.traits.version) {
            self.note_outcome(index, replica, false);
            return self.answer_origin(origin, Self::MISMATCH);
        }
        if origin.traits.deadline <= self.now {
            self.nodes[index].cell.dropped += 1;
            return self.answer_origin(origin, Outcome::Failed(ErrorKind::Expired));
        }
        if !self.nodes[index].doors.is_empty()
            && let Some(kind) = self.turned_away_by_guard(index, replica, &origin)
        {
            self.nodes[index].pay_for_rejection(replica);
            self.note_outcome(index, replica, true);
            return self.answer_origin(origin, Outcome::Failed(kind));
        }
        if !self.nodes[index].fail.is_empty()
            && let Some(kind) = self.fails_at_door(index, replica, &origin.traits)
        {
            return self.answer_at_door(index, replica, origin, kind);
        }
        let frame = self.frames.insert(Frame::new(service, replica, origin, self.now));
        if origin.token.is_some() {
            self.frames.beside_mut(frame).token = origin.token;
        }
        // A late request of an attempt that is over must not stand for the attempt under way.
        let hedged = !self.calls.beside(origin.parent).twin.is_none();
        let under_way =
            self.calls.get_mut(origin.parent).filter(|call| call.in_flight && call.attempt == origin.attempt);
        self.doubt |= under_way.is_none() && !origin.parent.is_none();
        let message = under_way.and_then(|call| {
            call.child = frame;
            let tied = hedged || matches!(call.owner, Owner::Twin(_));
            if tied && self.links[call.edge.index()].gate.as_ref().is_some_and(|gate| gate.ties()) {
                self.frames.get_mut(frame).expect("it has just arrived").tied = true;
            }
            call.owner.message()
        });
        if let Some(message) = message {
            return self.enter_with_message(frame, index, replica, message);
        }
        if self.nodes[index].exchange.is_some() {
            self.enter_exchange(frame, index, origin);
        }
        self.enter(frame, index, replica);
    }

    /// A frame comes in: it starts, or waits in line.
    pub(super) fn enter(&mut self, frame: Handle, index: usize, replica: u32) {
        let class = self.frames.get(frame).map_or(0, |frame| frame.traits.class);
        let node = &mut self.nodes[index];
        node.change_inside(self.now, 1);
        let place = &mut node.replicas[replica as usize];
        let passes = place.line.lets_pass(class, place.waiting) && node.working.batch.is_none();
        let starts = passes && node.has_worker(replica);
        if node.working.any {
            self.inside_changed(index, replica, 1);
        }
        match starts {
            true => self.start(frame, index, replica),
            false => self.wait_in_line(frame, index, replica, class),
        }
    }

    /// The replica for a request, or why there is none.
    pub(super) fn choose_replica(&mut self, index: usize, origin: &Origin) -> Result<u32, ErrorKind> {
        let (now, node) = (self.now, &mut self.nodes[index]);
        if let Some(copies) = &mut node.copies {
            return copies.database.route(origin.traits.write, origin.traits.key, now);
        }
        if node.takes_aim
            && node.is_plain()
            && let Some(aimed) = self.aimed_at(origin.parent, origin.attempt)
        {
            // Who was scaled away while the caller did not know of it has no door any more.
            let is_there = aimed < self.nodes[index].active || self.is_message(origin.parent);
            return is_there.then_some(aimed).ok_or(ErrorKind::Refused);
        }
        self.choose_equal(index, origin).ok_or(ErrorKind::Unavailable)
    }

    fn is_message(&self, call: Handle) -> bool {
        self.calls.get(call).is_some_and(|call| call.owner.message().is_some())
    }

    /// `None` when nobody is in rotation.
    fn choose_equal(&mut self, index: usize, origin: &Origin) -> Option<u32> {
        let node = &self.nodes[index];
        if node.contents.is_some() && node.active > 1 {
            return self.choose_by_key(index, origin);
        }
        if let Some(exchange) = &node.exchange {
            return exchange.broker.copies.leader();
        }
        if node.balancer.is_none() {
            return Some(0);
        }
        let (zone, key) = (self.zone_of_caller(index, origin), origin.traits.key);
        let wanted = Wanted { zone, key, listed: CURRENT };
        let (now, node) = (self.now, &mut self.nodes[index]);
        node.balancer.as_mut().and_then(|balancer| balancer.choose(&node.replicas, wanted, now))
    }

    /// The replica of a cache that a request goes to: where its caller sent it, or where its key belongs.
    fn choose_by_key(&mut self, index: usize, origin: &Origin) -> Option<u32> {
        let aimed = self.aimed_at(origin.parent, origin.attempt);
        let node = &mut self.nodes[index];
        if let Some(aimed) = aimed.filter(|aimed| *aimed < node.active) {
            return Some(aimed);
        }
        let replicas = &node.replicas;
        let load = |replica: u32| replicas[replica as usize].inside();
        node.contents.as_mut().map(|contents| contents.choose(origin.traits.key, Out::NOBODY, load, self.now))
    }

    /// Is nobody there to accept the request? Faults at work are told what they touched.
    fn is_out(&mut self, index: usize, replica: u32) -> bool {
        let node = &mut self.nodes[index];
        if let Some(fault) = node.replicas[replica as usize].down.first().copied() {
            node.cell.lost += 1;
            self.recorder.touched(fault, "requests refused", 1);
            return true;
        }
        for fault in &node.replicas[replica as usize].frozen {
            self.recorder.touched(*fault, "requests held", 1);
        }
        false
    }

    #[inline(always)]
    pub(super) fn start(&mut self, frame: Handle, index: usize, replica: u32) {
        let this = self.frames.get_mut(frame).expect("a frame that starts is alive");
        this.state = State::Started;
        let (class, tied) = (this.traits.class, this.tied);
        self.nodes[index].change_busy(self.now, replica, class, 1);
        if tied {
            self.first_begun(frame);
        }
        if self.nodes[index].disk.is_some() {
            return self.begin_on_disk(frame, index);
        }
        self.advance(frame);
    }

    pub(super) fn wait_in_line(&mut self, frame: Handle, index: usize, replica: u32, class: u8) {
        let rules = self.nodes[index].queue;
        let place = &mut self.nodes[index].replicas[replica as usize];
        // A frozen process turns nobody away: its backlog belongs to the kernel.
        let full = rules.capacity.is_some_and(|capacity| place.waiting >= capacity) || place.line.is_full(class);
        let full = full && place.frozen.is_empty();
        if full && !(rules.overflow_oldest && place.waiting > 0) {
            return self.turn_away(frame, ErrorKind::Rejected);
        }
        if full && !self.make_room(index, replica, class) {
            return self.turn_away(frame, ErrorKind::Rejected);
        }
        let place = &mut self.nodes[index].replicas[replica as usize];
        if let Some(policy) = rules.codel {
            self.frames.beside_mut(frame).patience = patience(policy, place.presence, place.waiting > 0, self.now);
        }
        place.line.push(frame, class);
        self.nodes[index].change_queued(self.now, replica, class, 1);
        self.sweep_line(index, replica);
        if let Some(policy) = self.nodes[index].working.batch {
            self.take_batches(index, replica, policy);
        }
    }

    /// Turns away somebody who waits; `false` if they are all more important than a newcomer of this class.
    fn make_room(&mut self, index: usize, replica: u32, class: u8) -> bool {
        let frames = &self.frames;
        let line = &mut self.nodes[index].replicas[replica as usize].line;
        let out = std::iter::from_fn(|| line.give_way(class)).find(|old| frames.contains(*old));
        let Some(out) = out else { return false };
        let of = self.frames.get(out).map_or(0, |frame| frame.traits.class);
        self.nodes[index].change_queued(self.now, replica, of, -1);
        self.turn_away(out, ErrorKind::Rejected);
        true
    }

    /// Answers that there is no room; the frame must not be counted as waiting any more.
    fn turn_away(&mut self, frame: Handle, kind: ErrorKind) {
        let Some(this) = self.frames.get(frame) else { return };
        let origin = self.origin_of(frame, this);
        let index = this.service as usize;
        let replica = this.replica;
        self.nodes[index].cell.rejected += 1;
        self.nodes[index].pay_for_rejection(replica);
        self.leave(frame, index, None);
        self.reply(frame, index, replica, origin, Outcome::Failed(kind));
    }

    /// Frames that left the line early stay in it as stale handles; when they are the most of it, they are swept out.
    fn sweep_line(&mut self, index: usize, replica: u32) {
        let frames = &self.frames;
        let place = &mut self.nodes[index].replicas[replica as usize];
        if place.line.len() > 64 && place.line.len() > 2 * place.waiting as usize {
            place.line.retain(|frame| frames.get(frame).is_some_and(|frame| frame.state == State::Queued));
        }
    }

    /// A worker may be free: the next in line starts.
    pub(super) fn take_next(&mut self, index: usize, replica: u32) {
        if let Some(policy) = self.nodes[index].working.batch {
            return self.take_batches(index, replica, policy);
        }
        while self.nodes[index].has_worker(replica) {
            let Some(frame) = self.next_in_line(index, replica) else { return };
            self.start(frame, index, replica);
        }
    }

    /// Takes the next who is to be served out of the line. Those whose time is up are dropped on the way.
    pub(super) fn next_in_line(&mut self, index: usize, replica: u32) -> Option<Handle> {
        let rules = self.nodes[index].queue;
        let guarded = !self.nodes[index].doors.is_empty();
        loop {
            if rules.codel.is_some() {
                self.drop_impatient(index, replica);
            }
            let newest = guarded && self.newest_first(index, replica);
            let now = self.now;
            let place = &mut self.nodes[index].replicas[replica as usize];
            let presence = place.presence;
            let frame = match newest {
                true => place.line.newest()?,
                false => place.line.next(place.waiting, |long| presence.stands(now, long))?,
            };
            let Some(this) = self.frames.get(frame).filter(|frame| frame.state == State::Queued) else { continue };
            let (class, patience) = (this.traits.class, self.frames.beside(frame).patience);
            self.nodes[index].change_queued(now, replica, class, -1);
            if guarded && !self.may_start(frame, index, replica) {
                self.turn_away(frame, ErrorKind::Shed);
            } else if patience < now {
                self.drop_unserved(frame, index, ErrorKind::Shed);
            } else if self.frames.get(frame).is_some_and(|frame| frame.traits.deadline <= now) {
                self.drop_unserved(frame, index, ErrorKind::Expired);
            } else if rules.drop_expired && !self.awaited(frame) {
                self.drop_unserved(frame, index, ErrorKind::Timeout);
            } else {
                return Some(frame);
            }
        }
    }

    /// Drops those in front whose wait is over, whoever is next: in a line that serves the newest they would stand for ever.
    fn drop_impatient(&mut self, index: usize, replica: u32) {
        let now = self.now;
        loop {
            let frames = &self.frames;
            let line = &mut self.nodes[index].replicas[replica as usize].line;
            let goes = |frame| !frames.contains(frame) || frames.beside(frame).patience < now;
            let Some(frame) = line.take_front_if(goes) else { return };
            let Some(class) = self.frames.get(frame).map(|frame| frame.traits.class) else { continue };
            self.nodes[index].change_queued(now, replica, class, -1);
            self.drop_unserved(frame, index, ErrorKind::Shed);
        }
    }

    /// Answers a frame that was taken out of the line and not served.
    fn drop_unserved(&mut self, frame: Handle, index: usize, kind: ErrorKind) {
        self.nodes[index].cell.dropped += 1;
        let Some(this) = self.frames.get(frame) else { return };
        let (origin, replica) = (self.origin_of(frame, this), this.replica);
        self.leave(frame, index, None);
        match kind {
            // Its caller gave up on it, and has told the balancer so.
            ErrorKind::Timeout => self.answer_origin(origin, Outcome::Failed(kind)),
            kind => self.reply(frame, index, replica, origin, Outcome::Failed(kind)),
        }
    }
}
