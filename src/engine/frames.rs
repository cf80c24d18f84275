//! A frame's way through a service once a worker has it: work, call others, answer.

use super::frame::{ALL, Frame, Origin};
use super::nodes::Held;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Event, Op, Outcome, ServiceId, Soon};
use crate::base::{ErrorKind, Span, Time};

impl<W: Wire> Engine<W> {
    /// Goes on with the program of the frame's service.
    pub(super) fn advance(&mut self, frame: Handle) {
        if let Some(outcome) = self.play(frame) {
            self.answer(frame, outcome);
        }
    }

    /// Plays the program up to where time has to pass or others have to answer; or to its end, with an answer.
    pub(super) fn play(&mut self, frame: Handle) -> Option<Outcome> {
        loop {
            let this = self.frames.get_mut(frame)?;
            if this.pending > 0 {
                return None;
            }
            let index = this.service as usize;
            let node = &mut self.nodes[index];
            let place = &mut node.replicas[this.replica as usize];
            if !place.frozen.is_empty() {
                place.held.push(Held::Advance(frame));
                return None;
            }
            if let Some(kind) = this.failed {
                return Some(Outcome::Failed(kind));
            }
            if this.traits.deadline <= self.now && usize::from(this.op) < node.program.len() {
                return Some(Outcome::Failed(ErrorKind::Expired));
            }
            match node.program.get(usize::from(this.op)) {
                Some(Op::Work(dist)) => {
                    let turn = this.turn(0);
                    this.op += 1;
                    let drawn = dist.draw_span(&mut this.traits.lot.dice(node.lot, turn));
                    if self.work(frame, drawn) {
                        return None;
                    }
                }
                Some(Op::Call(edge)) => {
                    let edge = *edge;
                    if self.call_next(frame, edge) {
                        return None;
                    }
                }
                Some(op) => {
                    let step = usize::from(this.op);
                    this.op += 1;
                    match op {
                        Op::Parallel { .. } => self.call_all(frame, index, step),
                        Op::Split(_) => self.call_one(frame, index, step),
                        Op::Unlock(lock) => {
                            let lock = *lock;
                            self.unlock(frame, lock);
                        }
                        Op::Lock { lock, timeout } => {
                            let (lock, timeout) = (*lock, *timeout);
                            if !self.lock(frame, lock, timeout) {
                                return None;
                            }
                        }
                        Op::WorkBy(by) => {
                            let turn = this.turn_at(step as u16);
                            let drawn = by.of(this.traits.class).draw_span(&mut this.traits.lot.dice(node.lot, turn));
                            if self.work(frame, drawn) {
                                return None;
                            }
                        }
                        Op::Work(_) | Op::Call(_) => {}
                    }
                }
                None => return self.end_of_program(frame),
            }
        }
    }

    /// Makes the next repetition of a call op, or goes on to the next op after the last. `true`: the frame waits for it.
    #[inline(always)]
    fn call_next(&mut self, frame: Handle, edge: EdgeId) -> bool {
        let Some(this) = self.frames.get_mut(frame) else { return true };
        let link = &self.links[edge.index()];
        let left = if this.left == ALL { link.count } else { this.left };
        if left == 0 {
            (this.left, this.op) = (ALL, this.op + 1);
            return false;
        }
        this.left = left - 1;
        let (lot, turn) = (this.traits.lot, this.turn(left - 1));
        if left == 1 && this.traits.deadline == Time::MAX {
            // Nothing else is to be done at this op.
            (this.left, this.op) = (ALL, this.op + 1);
        }
        link.is_made(link.chance, lot, turn) && self.call_from(frame, edge, turn)
    }

    /// Keeps the worker busy for this long (and longer while slowed); `false` if it takes no time.
    #[inline(always)]
    pub(super) fn work(&mut self, frame: Handle, drawn: Span) -> bool {
        let Some(this) = self.frames.get_mut(frame) else { return true };
        let node = &mut self.nodes[this.service as usize];
        let (mut drawn, mut length) = (drawn, drawn);
        if !node.slow.is_empty() {
            let longer = node.slowness_for(this.replica, &this.traits);
            if longer != 1.0 {
                drawn = drawn.mul_f64(longer);
            }
            length = drawn.mul_f64(node.slowness(this.replica));
            for fault in node.slowed_by(this.replica, &this.traits) {
                self.recorder.touched(fault, "work slowed", 1);
            }
        }
        if length == Span::ZERO {
            return false;
        }
        if node.working.any {
            let cold = node.coldness(this.replica, self.now);
            let debt = std::mem::take(&mut node.replicas[this.replica as usize].debt);
            if node.working.on_cores {
                // The speed of cores knows of slowness: it changes for what is under way, too.
                let demand = drawn.mul_f64(cold) + debt;
                node.begin_work(demand);
                self.work_on_cores(frame, demand);
                return true;
            }
            length = length.mul_f64(cold) + debt;
        }
        node.begin_work(length);
        let frozen = node.replicas[this.replica as usize].frozen_total(self.now);
        if frozen > Span::ZERO {
            self.frames.beside_mut(frame).frozen_mark = frozen;
        }
        self.queue.push(self.now + length, Event::WorkDone(frame));
        true
    }

    pub(super) fn work_done(&mut self, frame: Handle) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        let place = &mut self.nodes[this.service as usize].replicas[this.replica as usize];
        if !place.frozen.is_empty() {
            place.held.push(Held::WorkDone(frame, self.now));
            return;
        }
        // Time spent frozen does no work: what was lost is added to the end.
        let total = place.frozen_total(self.now);
        let lost = Span(total.0 - self.frames.beside(frame).frozen_mark.0);
        if lost > Span::ZERO {
            self.frames.beside_mut(frame).frozen_mark = total;
            self.queue.push(self.now + lost, Event::WorkDone(frame));
            return;
        }
        self.go_on(frame);
    }

    /// A replica thawed: everything that came for its frames meanwhile is handled, and work goes on where it stopped.
    pub(super) fn thawed(&mut self, index: usize, replica: u32) {
        self.retune(index, replica);
        let held = std::mem::take(&mut self.nodes[index].replicas[replica as usize].held);
        let total = self.nodes[index].replicas[replica as usize].frozen_total(self.now);
        for item in held {
            match item {
                Held::Advance(frame) => self.soon.push_back(Soon::Advance(frame)),
                Held::WorkDone(frame, due) => {
                    if self.frames.contains(frame) {
                        let beside = self.frames.beside_mut(frame);
                        let lost = Span(total.0 - beside.frozen_mark.0);
                        beside.frozen_mark = total;
                        self.queue.push(self.now.max(due + lost), Event::WorkDone(frame));
                    }
                }
            }
        }
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
    }

    #[inline(always)]
    fn end_of_program(&mut self, frame: Handle) -> Option<Outcome> {
        let this = self.frames.get_mut(frame)?;
        let index = this.service as usize;
        let node = &mut self.nodes[index];
        if !node.has_role || this.op == u16::MAX {
            return Some(Outcome::Ok);
        }
        if node.contents.is_some() {
            return Some(self.look_up(frame));
        }
        if node.copies.is_some() {
            self.end_of_statement(frame);
            return None;
        }
        if node.exchange.is_some() {
            self.end_of_publish(frame);
            return None;
        }
        if node.storage.is_some() {
            self.end_of_append(frame, index);
            return None;
        }
        Some(Outcome::Ok)
    }

    /// The frame is done: it answers and lets its worker go.
    pub(super) fn answer(&mut self, frame: Handle, outcome: Outcome) {
        let Some(this) = self.frames.get(frame) else { return };
        if this.carries() {
            return self.answer_batch(frame, outcome);
        }
        let index = this.service as usize;
        if self.nodes[index].bare && this.comes_plainly() {
            return self.walk_out(frame, index, outcome);
        }
        let (index, replica, origin) = (this.service as usize, this.replica, self.origin_of(frame, this));
        self.count_answer(frame, index, outcome);
        self.nodes[index].change_busy(self.now, replica, origin.traits.class, -1);
        self.leave(frame, index, Some(outcome));
        self.reply(frame, index, replica, origin, outcome);
        if self.nodes[index].replicas[replica as usize].waiting > 0 {
            self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
        }
    }

    #[inline(always)]
    pub(super) fn count_answer(&mut self, frame: Handle, index: usize, outcome: Outcome) {
        let awaited = self.awaited(frame);
        let Some(this) = self.frames.get(frame) else { return };
        let latency = self.now.since(this.arrived);
        let cell = &mut self.nodes[index].cell;
        if outcome.is_failure() {
            cell.failed += 1;
        } else {
            cell.completed += 1;
            cell.wasted += u64::from(!awaited);
            cell.latency.record(latency);
            if self.nodes[index].working.ledger {
                self.enter_effect(frame, index);
            }
        }
    }

    /// Answers for a frame that is gone, and lets the balancer know.
    pub(super) fn reply(&mut self, frame: Handle, index: usize, replica: u32, origin: Origin, outcome: Outcome) {
        if origin.is_check() {
            return self.probe_ended(index, replica, frame, outcome);
        }
        self.note_outcome(index, replica, outcome.is_failure());
        if origin.traits.version != Traits::ANY {
            self.tell_version(index, replica, origin, outcome);
        }
        self.answer_origin(origin, outcome);
    }

    /// Where this frame came from.
    #[inline]
    pub(super) fn origin_of(&self, frame: Handle, this: &Frame) -> Origin {
        let token = self.frames.beside(frame).token;
        Origin { parent: this.parent, attempt: this.attempt, traits: this.traits, token }
    }

    pub(super) fn answer_origin(&mut self, origin: Origin, outcome: Outcome) {
        match origin.token {
            Some(token) => self.wire.respond(token, outcome),
            None => self.send_reply(origin.parent, origin.attempt, outcome),
        }
    }

    /// A frame is gone; `None`: without an answer of its own.
    pub(super) fn leave(&mut self, frame: Handle, index: usize, outcome: Option<Outcome>) {
        #[cfg(test)]
        if let Some(this) = self.frames.get(frame) {
            self.nodes[index].stayed = self.nodes[index].stayed + this.stay(self.now);
        }
        if !self.nodes[index].doors.is_empty() {
            self.tell_guards_inside(frame, index, outcome);
        }
        if self.nodes[index].exchange.is_some() {
            self.leave_exchange(frame, index, outcome);
        }
        self.nodes[index].change_inside(self.now, -1);
        if self.nodes[index].working.any {
            self.leave_work(frame, index);
        }
        self.drop_frame(frame);
    }

    /// When nobody is left, nobody is orphaned.
    #[inline]
    pub(super) fn drop_frame(&mut self, frame: Handle) {
        self.frames.remove(frame);
        self.doubt &= W::CARRIES || !self.frames.is_empty();
    }

    /// What a frame that goes leaves behind in a service that does more than hold workers.
    fn leave_work(&mut self, frame: Handle, index: usize) {
        self.stop_work(frame, index);
        if let Some(replica) = self.frames.get(frame).map(|frame| frame.replica) {
            self.inside_changed(index, replica, -1);
        }
    }

    /// Gives back locks and cores.
    pub(super) fn stop_work(&mut self, frame: Handle, index: usize) {
        if self.nodes[index].working.takes_locks {
            self.let_go_of_locks(frame);
        }
        self.off_cores(frame);
    }
}
