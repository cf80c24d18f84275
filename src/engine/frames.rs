//! A frame's way through a service: arrive, wait for a worker, work, call others, answer.

use super::calls::Owner;
use super::nodes::Held;
use super::slab::Handle;
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
    /// What a store's probes found.
    found_room: Option<bool>,
    pub key: u32,
    arrived: Time,
    /// How long the replica had been frozen in all when the work now under way began.
    frozen_mark: Span,
    /// Set when the request came in over the wire.
    pub token: Option<Token>,
    /// Head of the list of its calls, threaded through `Call::sibling`.
    pub calls: Handle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Queued,
    /// Holds a worker: works, or waits for its calls.
    Started,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub parent: Handle,
    pub attempt: u16,
    pub key: u32,
    pub token: Option<Token>,
}

impl<W: Wire> Engine<W> {
    /// A request reaches a service.
    pub(super) fn arrive(&mut self, service: ServiceId, origin: Origin) {
        let index = service.index();
        self.nodes[index].cell.arrived += 1;
        let replica = self.choose_replica(index, origin.key);
        if let Some(kind) = self.turned_away_by_fault(index, replica) {
            return self.answer_origin(origin, Outcome::Failed(kind));
        }
        let frame = self.frames.insert(Frame {
            service: service.0,
            replica,
            parent: origin.parent,
            attempt: origin.attempt,
            op: 0,
            state: State::Queued,
            left: None,
            pending: 0,
            failed: None,
            found_room: None,
            key: origin.key,
            arrived: self.now,
            frozen_mark: Span::ZERO,
            token: origin.token,
            calls: Handle::NONE,
        });
        if let Some(call) = self.calls.get_mut(origin.parent) {
            call.child = frame;
        }
        self.nodes[index].change_inside(self.now, 1);
        if self.nodes[index].replicas[replica as usize].waiting == 0 && self.nodes[index].has_worker(replica) {
            self.start(frame, index, replica);
        } else {
            self.wait_in_line(frame, index, replica);
        }
    }

    fn choose_replica(&mut self, index: usize, key: u32) -> u32 {
        let node = &mut self.nodes[index];
        let count = node.replicas.len() as u32;
        if count == 1 {
            return 0;
        }
        if let Some(contents) = &node.contents {
            return contents.replica_of(key);
        }
        node.turn = (node.turn + 1) % count;
        node.turn
    }

    fn turned_away_by_fault(&mut self, index: usize, replica: u32) -> Option<ErrorKind> {
        let node = &mut self.nodes[index];
        if let Some(fault) = node.replicas[replica as usize].down.first().copied() {
            self.recorder.touched(fault, "requests refused", 1);
            return Some(ErrorKind::Refused);
        }
        for frozen in &node.replicas[replica as usize].frozen {
            self.recorder.touched(*frozen, "requests held", 1);
        }
        for (fault, replicas, chance) in &node.fail {
            if replica < *replicas && self.fault_dice[fault.index()].chance(*chance) {
                node.cell.failed += 1;
                self.recorder.touched(*fault, "requests failed", 1);
                return Some(ErrorKind::Error);
            }
        }
        None
    }

    fn start(&mut self, frame: Handle, index: usize, replica: u32) {
        self.nodes[index].change_busy(self.now, replica, 1);
        self.frames.get_mut(frame).expect("a frame that starts is alive").state = State::Started;
        self.advance(frame);
    }

    fn wait_in_line(&mut self, frame: Handle, index: usize, replica: u32) {
        let queue = self.plan.services[index].queue;
        let place = &mut self.nodes[index].replicas[replica as usize];
        // A frozen process turns nobody away: its backlog belongs to the kernel.
        let full = queue.capacity.is_some_and(|capacity| place.waiting >= capacity) && place.frozen.is_empty();
        if full && !(queue.overflow_oldest && place.waiting > 0) {
            return self.turn_away(frame);
        }
        if full {
            let oldest = std::iter::from_fn(|| place.line.pop_front()).find(|old| self.frames.contains(*old));
            if let Some(oldest) = oldest {
                self.nodes[index].change_queued(self.now, replica, -1);
                self.turn_away(oldest);
            }
        }
        self.nodes[index].replicas[replica as usize].line.push_back(frame);
        self.nodes[index].change_queued(self.now, replica, 1);
        self.sweep_line(index, replica);
    }

    /// Answers `rejected`; the frame must not be counted as waiting any more.
    fn turn_away(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let origin = this.origin();
        let index = this.service as usize;
        self.nodes[index].cell.rejected += 1;
        self.leave(frame, index);
        self.answer_origin(origin, Outcome::Failed(ErrorKind::Rejected));
    }

    /// Frames that left the line early stay in it as stale handles; when they are the most of it, they are swept out.
    fn sweep_line(&mut self, index: usize, replica: u32) {
        let frames = &self.frames;
        let place = &mut self.nodes[index].replicas[replica as usize];
        if place.line.len() > 64 && place.line.len() > 2 * place.waiting as usize {
            place.line.retain(|frame| frames.get(*frame).is_some_and(|frame| frame.state == State::Queued));
        }
    }

    /// A worker may be free: the next in line starts.
    pub(super) fn take_next(&mut self, index: usize, replica: u32) {
        let queue = self.plan.services[index].queue;
        while self.nodes[index].has_worker(replica) {
            let place = &mut self.nodes[index].replicas[replica as usize];
            let next = if queue.lifo { place.line.pop_back() } else { place.line.pop_front() };
            let Some(frame) = next else { return };
            if self.frames.get(frame).is_none_or(|frame| frame.state != State::Queued) {
                continue;
            }
            self.nodes[index].change_queued(self.now, replica, -1);
            if queue.drop_expired && !self.awaited(frame) {
                self.nodes[index].cell.dropped += 1;
                let origin = self.frames.get(frame).map(Frame::origin);
                self.leave(frame, index);
                if let Some(origin) = origin {
                    self.answer_origin(origin, Outcome::Failed(ErrorKind::Timeout));
                }
                continue;
            }
            self.start(frame, index, replica);
        }
    }

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
                    if self.links[edge.index()].is_made(chance) {
                        return self.call_from(frame, edge);
                    }
                }
                Some(Op::Parallel(_)) => {
                    let op = usize::from(this.op);
                    this.op += 1;
                    self.call_all(frame, index, op);
                }
                None => return self.end_of_program(frame),
            }
        }
    }

    fn call_all(&mut self, frame: Handle, index: usize, op: usize) {
        let plan = self.plan.clone();
        let Op::Parallel(edges) = &plan.services[index].program[op] else { return };
        for edge in edges {
            for _ in 0..plan.edge(*edge).count {
                if self.links[edge.index()].is_made(plan.edge(*edge).chance) {
                    self.call_from(frame, *edge);
                }
            }
        }
    }

    fn call_from(&mut self, frame: Handle, edge: super::EdgeId) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        this.pending += 1;
        let (key, sibling) = (this.key, this.calls);
        let call = self.new_call(edge, Owner::Frame(frame), key, sibling);
        if let Some(this) = self.frames.get_mut(frame) {
            this.calls = call;
        }
        self.attempt(call);
    }

    /// Keeps the worker busy for this long (and longer while slowed); `false` if it takes no time.
    fn work(&mut self, frame: Handle, drawn: Span) -> bool {
        let Some(this) = self.frames.get_mut(frame) else { return true };
        let node = &mut self.nodes[this.service as usize];
        let mut length = drawn;
        if !node.slow.is_empty() {
            length = drawn.mul_f64(node.slowness(this.replica));
            for (fault, replicas, _) in &node.slow {
                if this.replica < *replicas {
                    self.recorder.touched(*fault, "work slowed", 1);
                }
            }
        }
        if length == Span::ZERO {
            return false;
        }
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
        let node = &mut self.nodes[this.service as usize];
        if let Some(contents) = &mut node.contents {
            let hit = contents.read(this.key, self.now);
            node.cell.hits += u64::from(hit);
            node.cell.misses += u64::from(!hit);
            return self.answer(frame, if hit { Outcome::Ok } else { Outcome::Miss });
        }
        let Some(storage) = &mut node.storage else { return self.answer(frame, Outcome::Ok) };
        match this.found_room {
            None => {
                let (time, found) = storage.probe();
                this.found_room = Some(found);
                if !self.work(frame, time) {
                    self.soon.push_back(Soon::Advance(frame));
                }
            }
            Some(true) => {
                storage.append();
                self.answer(frame, Outcome::Ok);
            }
            Some(false) => self.answer(frame, Outcome::Failed(ErrorKind::NoSpace)),
        }
    }

    /// The frame is done: it answers and lets its worker go.
    fn answer(&mut self, frame: Handle, outcome: Outcome) {
        let awaited = self.awaited(frame);
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica, origin) = (this.service as usize, this.replica, this.origin());
        let latency = self.now.since(this.arrived);
        let cell = &mut self.nodes[index].cell;
        if outcome.is_failure() {
            cell.failed += 1;
        } else {
            cell.completed += 1;
            cell.wasted += u64::from(!awaited);
            cell.latency.record(latency);
        }
        self.nodes[index].change_busy(self.now, replica, -1);
        self.leave(frame, index);
        self.answer_origin(origin, outcome);
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
    }

    fn answer_origin(&mut self, origin: Origin, outcome: Outcome) {
        match origin.token {
            Some(token) => self.wire.respond(token, outcome),
            None => self.send_reply(origin.parent, origin.attempt, outcome),
        }
    }

    fn leave(&mut self, frame: Handle, index: usize) {
        self.nodes[index].change_inside(self.now, -1);
        self.frames.remove(frame);
    }

    /// Takes a frame that still waits for a worker out of the line; `false` if it does not wait.
    pub(super) fn drop_waiting(&mut self, frame: Handle) -> bool {
        let Some(this) = self.frames.get(frame).filter(|frame| frame.state == State::Queued) else { return false };
        let (index, replica) = (this.service as usize, this.replica);
        self.nodes[index].cell.dropped += 1;
        self.nodes[index].change_queued(self.now, replica, -1);
        self.leave(frame, index);
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
                self.leave(frame, index);
            }
            State::Started => {
                self.remove_started(frame);
            }
        }
        self.answer_origin(origin, Outcome::Failed(ErrorKind::Crashed));
    }

    fn remove_started(&mut self, frame: Handle) -> Option<Origin> {
        let this = self.frames.get(frame)?;
        let (index, replica, origin, mut call) = (this.service as usize, this.replica, this.origin(), this.calls);
        while let Some(next) = self.calls.get(call).map(|call| call.sibling) {
            self.forsake(call);
            call = next;
        }
        self.nodes[index].change_busy(self.now, replica, -1);
        self.leave(frame, index);
        self.soon.push_back(Soon::TakeNext(ServiceId::from(index), replica));
        Some(origin)
    }

    /// All frames now inside the first `replicas` replicas of a service.
    pub(super) fn frames_inside(&self, service: ServiceId, replicas: u32) -> Vec<Handle> {
        let inside = self.frames.iter().filter(|(_, f)| f.service == service.0 && f.replica < replicas);
        inside.map(|(handle, _)| handle).collect()
    }
}

impl Frame {
    fn origin(&self) -> Origin {
        Origin { parent: self.parent, attempt: self.attempt, key: self.key, token: self.token }
    }
}
