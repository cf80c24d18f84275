//! A frame's way through a service once a worker has it: work, call others, answer.

use super::cores::Standing;
use super::nodes::Held;
use super::quorum::Quorum;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::{Token, Wire};
use super::{Engine, Event, Op, Outcome, ServiceId, Soon};
use crate::base::{ErrorKind, Span, Time};

/// One attempt's visit to a service.
#[derive(Clone, Debug)]
pub struct Frame {
    pub service: u32,
    pub replica: u32,
    /// The call that this is an attempt of; `Handle::NONE` for a request from outside.
    pub parent: Handle,
    pub attempt: u16,
    /// The next op of the service's program.
    op: u16,
    pub state: State,
    /// Repetitions left of the call op that is under way.
    left: Option<u32>,
    /// Calls that have not ended.
    pub pending: u32,
    pub failed: Option<ErrorKind>,
    /// How the calls under way decide the step that made them, where not all are needed.
    pub quorum: Option<Quorum>,
    /// One of several requests for the same answer, of which one is enough.
    pub tied: bool,
    /// What a store's probes found, or whether a database's statement or a broker's message was acknowledged.
    pub found_room: Option<bool>,
    pub traits: Traits,
    pub arrived: Time,
    /// By when a worker must have taken it, if its queue bounds the wait.
    pub patience: Time,
    /// Whether its work has a core, where cores are shared.
    pub stands: Standing,
    /// The batch that it rides in, or carries.
    pub batch: Handle,
    /// How long the replica had been frozen in all when the work now under way began.
    frozen_mark: Span,
    /// Set when the request came in over the wire.
    pub token: Option<Token>,
    /// Head of the list of its calls, threaded through `Call::sibling`.
    pub calls: Handle,
}

/// The number of an attempt that was answered when it came: nobody waits for its frame any more, and it is wanted all the same.
const ANSWERED: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Queued,
    /// Holds a worker: works, or waits for its calls.
    Started,
    /// Another frame carries it through as one of a batch.
    Riding,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub parent: Handle,
    pub attempt: u16,
    pub traits: Traits,
    pub token: Option<Token>,
}

impl<W: Wire> Engine<W> {
    /// Goes on with the program of the frame's service.
    pub(super) fn advance(&mut self, frame: Handle) {
        loop {
            let Some(this) = self.frames.get_mut(frame) else { return };
            if this.pending > 0 {
                return;
            }
            let index = this.service as usize;
            let place = &mut self.nodes[index].replicas[this.replica as usize];
            if !place.frozen.is_empty() {
                place.held.push(Held::Advance(frame));
                return;
            }
            if let Some(kind) = this.failed {
                return self.answer(frame, Outcome::Failed(kind));
            }
            let plan = &self.plan;
            if this.traits.deadline <= self.now && usize::from(this.op) < plan.services[index].program.len() {
                return self.answer(frame, Outcome::Failed(ErrorKind::Expired));
            }
            match plan.services[index].program.get(usize::from(this.op)) {
                Some(Op::Work(dist)) => {
                    this.op += 1;
                    let drawn = dist.draw_span(&mut self.nodes[index].work_dice);
                    if self.work(frame, drawn) {
                        return;
                    }
                }
                Some(Op::Call(edge)) => {
                    let edge = *edge;
                    let (count, chance) = (plan.edge(edge).count, plan.edge(edge).chance);
                    let left = this.left.unwrap_or(count);
                    if left == 0 {
                        (this.left, this.op) = (None, this.op + 1);
                        continue;
                    }
                    this.left = Some(left - 1);
                    if self.links[edge.index()].is_made(chance) && self.call_from(frame, edge) {
                        return;
                    }
                }
                Some(Op::Parallel { .. }) => {
                    let op = usize::from(this.op);
                    this.op += 1;
                    self.call_all(frame, index, op);
                }
                Some(Op::Split(_)) => {
                    let op = usize::from(this.op);
                    this.op += 1;
                    self.call_one(frame, index, op);
                }
                Some(Op::Lock { lock, timeout }) => {
                    let (lock, timeout) = (*lock, *timeout);
                    this.op += 1;
                    if !self.lock(frame, lock, timeout) {
                        return;
                    }
                }
                Some(Op::Unlock(lock)) => {
                    let lock = *lock;
                    this.op += 1;
                    self.unlock(frame, lock);
                }
                None => return self.end_of_program(frame),
            }
        }
    }

    /// Keeps the worker busy for this long (and longer while slowed); `false` if it takes no time.
    pub(super) fn work(&mut self, frame: Handle, drawn: Span) -> bool {
        let Some(this) = self.frames.get_mut(frame) else { return true };
        let node = &mut self.nodes[this.service as usize];
        let mut length = drawn;
        if !node.slow.is_empty() {
            length = drawn.mul_f64(node.slowness(this.replica));
            for (fault, replicas, _) in &node.slow {
                if replicas.contains(this.replica) {
                    self.recorder.touched(*fault, "work slowed", 1);
                }
            }
        }
        if length == Span::ZERO {
            return false;
        }
        if node.working.any {
            let cold = node.coldness(this.replica, self.now);
            if node.working.on_cores {
                // The speed of cores knows of slowness: it changes for what is under way, too.
                node.begin_work(drawn.mul_f64(cold));
                self.work_on_cores(frame, drawn.mul_f64(cold));
                return true;
            }
            length = length.mul_f64(cold);
        }
        node.begin_work(length);
        this.frozen_mark = node.replicas[this.replica as usize].frozen_total(self.now);
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
        let lost = Span(total.0 - this.frozen_mark.0);
        if lost > Span::ZERO {
            this.frozen_mark = total;
            self.queue.push(self.now + lost, Event::WorkDone(frame));
            return;
        }
        self.advance(frame);
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
                    if let Some(this) = self.frames.get_mut(frame) {
                        let lost = Span(total.0 - this.frozen_mark.0);
                        this.frozen_mark = total;
                        self.queue.push(self.now.max(due + lost), Event::WorkDone(frame));
                    }
                }
            }
        }
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
    }

    fn end_of_program(&mut self, frame: Handle) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        if this.op == u16::MAX {
            return self.answer(frame, Outcome::Ok);
        }
        let index = this.service as usize;
        let node = &mut self.nodes[index];
        if node.contents.is_some() {
            let outcome = self.look_up(frame);
            return self.answer(frame, outcome);
        }
        if node.copies.is_some() {
            return self.end_of_statement(frame);
        }
        if node.exchange.is_some() {
            return self.end_of_publish(frame);
        }
        if node.storage.is_some() {
            return self.end_of_append(frame, index);
        }
        self.answer(frame, Outcome::Ok)
    }

    /// The frame is done: it answers and lets its worker go.
    pub(super) fn answer(&mut self, frame: Handle, outcome: Outcome) {
        let Some(this) = self.frames.get(frame) else { return };
        if !this.batch.is_none() {
            return self.answer_batch(frame, outcome);
        }
        let (index, replica, origin) = (this.service as usize, this.replica, this.origin());
        self.count_answer(frame, index, outcome);
        self.nodes[index].change_busy(self.now, replica, origin.traits.class, -1);
        self.leave(frame, index, Some(outcome));
        self.reply(frame, index, replica, origin, outcome);
        if self.nodes[index].replicas[replica as usize].waiting > 0 {
            self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
        }
    }

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
        self.frames.remove(frame);
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

impl Origin {
    /// Of what nobody asked for.
    pub(super) fn nobody() -> Origin {
        Origin { parent: Handle::NONE, attempt: 0, traits: Traits::of_key(0), token: None }
    }
}

impl Origin {
    /// A health check comes from nobody.
    pub fn is_check(&self) -> bool {
        self.parent.is_none() && self.token.is_none() && self.attempt != ANSWERED
    }
}

impl Frame {
    /// A request that has just arrived.
    pub(super) fn new(service: ServiceId, replica: u32, origin: Origin, now: Time) -> Frame {
        Frame {
            service: service.0,
            replica,
            parent: origin.parent,
            attempt: origin.attempt,
            op: 0,
            state: State::Queued,
            left: None,
            pending: 0,
            failed: None,
            quorum: None,
            tied: false,
            found_room: None,
            traits: origin.traits,
            arrived: now,
            patience: Time::MAX,
            stands: Standing::Away,
            batch: Handle::NONE,
            frozen_mark: Span::ZERO,
            token: origin.token,
            calls: Handle::NONE,
        }
    }

    /// Whoever asked for it has been answered.
    pub(super) fn cut_loose(&mut self) {
        (self.parent, self.attempt, self.token) = (Handle::NONE, ANSWERED, None);
    }

    pub(super) fn is_cut_loose(&self) -> bool {
        self.parent.is_none() && self.attempt == ANSWERED
    }

    /// A check needs a worker and no work.
    pub(super) fn skip_program(&mut self) {
        self.op = u16::MAX;
    }

    /// How long it has been inside.
    #[cfg(test)]
    pub(super) fn stay(&self, now: Time) -> Span {
        now.since(self.arrived)
    }

    /// Does it carry a batch, and is no request itself?
    pub(super) fn carries(&self) -> bool {
        self.state == State::Started && !self.batch.is_none()
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { parent: self.parent, attempt: self.attempt, traits: self.traits, token: self.token }
    }
}
