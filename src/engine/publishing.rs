//! Brokers as the engine runs them, on the side of the publishers: a request becomes a message, is answered when as many copies have it
//! as must, or waits because the memory is full. What a broker holds, and who is given it, is decided in `broker` and `deliveries`.

use super::broker::{Broker, Change, Standing, Tally};
use super::frame::{Frame, Origin};
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Event, Outcome, ServiceId, Soon};
use crate::base::{EdgeId, ErrorKind, FaultId, MeterId, Span, Time};
use crate::plan::broker::BrokerSpec;
use crate::plan::expectation::Subject;
use crate::plan::{Plan, Replicas, Role};
use std::collections::VecDeque;

/// A broker, those who wait at it, and its meters.
pub struct Exchange {
    pub broker: Broker,
    pub memory: usize,
    /// Publishers that wait until there is memory, oldest first; stale handles are skipped.
    pub blocked: VecDeque<Handle>,
    /// Publishers that wait until copies in sync are heard of again, with their messages and the positions of those.
    pub unacked: Vec<(Handle, Handle, u64)>,
    /// The next messages that are taken in are such that consumers fail on them.
    pub poisons: Vec<Poison>,
    /// Messages with each replica of each consumer of each group.
    pub held: Vec<Vec<Vec<u32>>>,
    /// Where the look for a consumer begins next time.
    pub turn: usize,
    /// Messages are to be handed out as soon as what is being done is finished.
    pub is_due: bool,
    /// The earliest event that is to come for its copies.
    armed: Time,
    /// The size of messages whose publisher has gone.
    usual_bytes: u64,
    counted: Tally,
    meters: Gauges,
}

#[derive(Clone, Copy, Debug)]
pub struct Poison {
    pub fault: FaultId,
    pub left: u64,
    pub restart: Option<Span>,
}

struct Gauges {
    backlog: MeterId,
    age: MeterId,
    blocked: MeterId,
    in_sync: MeterId,
    redelivered: MeterId,
    dead: MeterId,
    dropped: MeterId,
    lost: MeterId,
    elections: MeterId,
}

/// Memory that one or several brokers share.
pub struct Memory {
    name: String,
    watermark: Option<u64>,
    pub brokers: Vec<ServiceId>,
}

impl Memory {
    /// The memories of a Plan, by the names that its brokers give them.
    pub fn all(plan: &Plan) -> Vec<Memory> {
        let mut all: Vec<Memory> = Vec::new();
        for (index, service) in plan.services.iter().enumerate() {
            let Role::Broker(spec) = &service.role else { continue };
            let id = ServiceId::from(index);
            match all.iter_mut().find(|memory| memory.name == spec.memory) {
                Some(memory) => {
                    memory.brokers.push(id);
                    memory.watermark = memory.watermark.or(spec.watermark);
                }
                None => {
                    all.push(Memory { name: spec.memory.clone(), watermark: spec.watermark, brokers: vec![id] });
                }
            }
        }
        all
    }
}

impl Exchange {
    pub fn new(spec: &BrokerSpec, id: ServiceId, plan: &Plan) -> Exchange {
        let meter = |name: &str| plan.meter(Subject::Service(id.0), name);
        let replicas = |edge: EdgeId| vec![0; plan.service(plan.edge(edge).to).replicas as usize];
        let of_group = |group: &crate::plan::broker::Group| {
            group.consumers.iter().map(|consumer| replicas(consumer.edge)).collect::<Vec<_>>()
        };
        let memory = Memory::all(plan).iter().position(|memory| memory.name == spec.memory);
        Exchange {
            broker: Broker::new(spec, plan.service(id).replicas),
            memory: memory.unwrap_or(0),
            blocked: VecDeque::new(),
            unacked: Vec::new(),
            poisons: Vec::new(),
            held: spec.groups.iter().map(of_group).collect(),
            turn: 0,
            is_due: false,
            armed: Time::MAX,
            usual_bytes: plan.edges.iter().find(|edge| edge.to == id).map_or(0, |edge| edge.request_bytes),
            counted: Tally::default(),
            meters: Gauges {
                backlog: meter("backlog"),
                age: meter("age"),
                blocked: meter("blocked"),
                in_sync: meter("in-sync"),
                redelivered: meter("redelivered"),
                dead: meter("dead-letters"),
                dropped: meter("dropped"),
                lost: meter("lost"),
                elections: meter("elections"),
            },
        }
    }

    fn poison(&mut self) -> Option<FaultId> {
        let poison = self.poisons.iter_mut().find(|poison| poison.left > 0)?;
        poison.left -= 1;
        Some(poison.fault)
    }
}

impl<W: Wire> Engine<W> {
    /// A message reaches a broker: a publisher that waits for nothing has its answer.
    pub(super) fn enter_exchange(&mut self, frame: Handle, index: usize, origin: Origin) {
        let waits = self.nodes[index].exchange.as_ref().is_none_or(|one| !one.broker.copies.acks_nothing());
        if waits || origin.is_check() {
            return;
        }
        if let Some(this) = self.frames.get_mut(frame) {
            this.cut_loose();
        }
        if origin.token.is_some() {
            self.frames.beside_mut(frame).token = None;
        }
        if let Some(call) = self.calls.get_mut(origin.parent).filter(|call| call.child == frame) {
            call.child = Handle::NONE;
        }
        self.answer_origin(origin, Outcome::Ok);
    }

    /// A request leaves a broker. If its publisher was answered before, and no message came of it, that one is lost.
    pub(super) fn leave_exchange(&mut self, frame: Handle, index: usize, outcome: Option<Outcome>) {
        let is_loose = self.frames.get(frame).is_some_and(Frame::is_cut_loose);
        if let (true, Some(exchange)) = (is_loose && outcome != Some(Outcome::Ok), &self.nodes[index].exchange) {
            self.meters.count(exchange.meters.lost, 1);
        }
    }

    /// A broker has worked on a request: it becomes a message, or the publisher is answered.
    pub(super) fn end_of_publish(&mut self, frame: Handle) {
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica, traits, taken_in) = (this.service as usize, this.replica, this.traits, this.found_room);
        let (parent, now) = (this.parent, self.now);
        let edge = self.calls.get(parent).map(|call| call.edge);
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let standing = exchange.broker.copies.standing(replica);
        match (taken_in, standing) {
            (None, Standing::Ready) => {}
            (Some(true), Standing::Ready | Standing::TooFew) => return self.answer(frame, Outcome::Ok),
            _ => return self.answer(frame, Outcome::Failed(ErrorKind::Unavailable)),
        }
        let memory = exchange.memory;
        if self.is_full(memory) {
            return self.block(frame, index);
        }
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let bytes = edge.map_or(exchange.usual_bytes, |edge| self.plan.edge(edge).request_bytes);
        let poison = exchange.poison();
        let message = exchange.broker.take_in(traits, bytes, poison, now);
        if let Some(fault) = poison {
            self.recorder.touched(fault, "messages poisoned", 1);
        }
        self.acknowledge(frame, index, message);
        self.broker_changed(index);
    }

    /// Answers the publisher of a message that was taken in, now or when other copies have it.
    fn acknowledge(&mut self, frame: Handle, index: usize, message: Handle) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        if exchange.broker.copies.acks_at_once() {
            return self.answer(frame, Outcome::Ok);
        }
        let Some(at) = exchange.broker.copies.known_at(now) else {
            let position = exchange.broker.message(message).map_or(0, |message| message.position);
            return exchange.unacked.push((frame, message, position));
        };
        exchange.broker.acknowledged(message);
        if let Some(this) = self.frames.get_mut(frame) {
            this.found_room = Some(true);
        }
        match at == now {
            true => self.soon.push_back(Soon::Advance(frame)),
            false => self.queue.push(at, Event::Statement(frame)),
        }
    }

    fn block(&mut self, frame: Handle, index: usize) {
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        while exchange.blocked.front().is_some_and(|first| !self.frames.contains(*first)) {
            exchange.blocked.pop_front();
        }
        exchange.blocked.push_back(frame);
        self.meters.set(exchange.meters.blocked, self.now, exchange.blocked.len() as f64);
    }

    fn is_full(&self, memory: usize) -> bool {
        let Some(watermark) = self.memories[memory].watermark else { return false };
        let bytes = |id: &ServiceId| self.nodes[id.index()].exchange.as_ref().map_or(0, |one| one.broker.bytes());
        self.memories[memory].brokers.iter().map(bytes).sum::<u64>() > watermark
    }

    /// There may be memory again: the publisher that has waited longest at one of the brokers goes on. Others follow it.
    fn unblock(&mut self, memory: usize) {
        if self.is_full(memory) {
            return;
        }
        for at in 0..self.memories[memory].brokers.len() {
            let index = self.memories[memory].brokers[at].index();
            let Some(exchange) = &mut self.nodes[index].exchange else { continue };
            if exchange.blocked.is_empty() {
                continue;
            }
            let next = std::iter::from_fn(|| exchange.blocked.pop_front()).find(|frame| self.frames.contains(*frame));
            self.meters.set(exchange.meters.blocked, self.now, exchange.blocked.len() as f64);
            if let Some(frame) = next {
                self.soon.push_back(Soon::Advance(frame));
                // The broker that was served stands last the next time.
                return self.memories[memory].brokers[at..].rotate_left(1);
            }
        }
    }

    /// Writes down what a broker holds, and what became of messages since the last time.
    fn note_broker(&mut self, index: usize) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let (tally, before, meters) = (exchange.broker.tally(), exchange.counted, &exchange.meters);
        exchange.counted = tally;
        self.meters.count(meters.redelivered, tally.again - before.again);
        self.meters.count(meters.dead, tally.dead - before.dead);
        self.meters.count(meters.dropped, tally.dropped - before.dropped);
        self.meters.count(meters.lost, tally.lost - before.lost);
        self.meters.set(meters.backlog, now, exchange.broker.backlog() as f64);
        self.meters.set(meters.age, now, exchange.broker.age(now).as_secs_f64());
    }

    /// Something changed in what a broker holds: it is written down, publishers may go on, messages may be handed out.
    pub(super) fn broker_changed(&mut self, index: usize) {
        self.note_broker(index);
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let memory = exchange.memory;
        if !std::mem::replace(&mut exchange.is_due, true) {
            self.soon.push_back(Soon::HandOut(ServiceId::from(index)));
        }
        if let Some(at) = exchange.broker.copies.next().filter(|at| *at < exchange.armed) {
            exchange.armed = at;
            self.queue.push(at.max(now), Event::Copies(index as u32));
        }
        self.unblock(memory);
    }

    /// Replicas of a broker fell silent, or are heard of again.
    pub(super) fn change_broker(&mut self, id: ServiceId, replicas: Replicas, change: Change) {
        let (index, now) = (id.index(), self.now);
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let count = exchange.broker.copies.count();
        replicas.of(count).for_each(|replica| exchange.broker.copies.change(replica, change, now));
        self.copies_due(index);
    }

    /// Time may have changed which copies are in sync, and which one leads.
    pub(super) fn copies_due(&mut self, index: usize) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        if exchange.armed <= now {
            exchange.armed = Time::MAX;
        }
        let elected = exchange.broker.copies.step(now);
        if let Some(elected) = elected {
            let lost = exchange.broker.tally().lost;
            exchange.broker.lose_after(elected.has);
            let lost = exchange.broker.tally().lost - lost;
            self.meters.count(exchange.meters.elections, 1);
            let name = &self.plan.services[index].name;
            self.recorder.event(now, format!("{name}: another copy leads; {lost} acknowledged messages are lost"));
        }
        self.meters.set(exchange.meters.in_sync, now, f64::from(exchange.broker.copies.in_sync()));
        self.answer_unacked(index, elected.is_some());
        self.broker_changed(index);
    }

    /// Answers the publishers whose messages every copy in sync has by now, and those who wait for a leader that is no more.
    fn answer_unacked(&mut self, index: usize, is_over: bool) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let committed = exchange.broker.copies.committed(now);
        let are_enough = exchange.broker.copies.are_enough();
        let mut waiting = std::mem::take(&mut exchange.unacked);
        waiting.retain(|(frame, message, position)| {
            if !is_over && *position > committed {
                return self.frames.contains(*frame);
            }
            if let Some(this) = self.frames.get_mut(*frame) {
                let ok = !is_over && are_enough;
                this.found_room = Some(ok);
                if ok {
                    exchange.broker.acknowledged(*message);
                }
                self.soon.push_back(Soon::Advance(*frame));
            }
            false
        });
        exchange.unacked = waiting;
    }

    /// New settings of a broker.
    pub(super) fn reconfigure_broker(&mut self, index: usize, spec: &BrokerSpec) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        exchange.broker.reconfigure(spec, now);
        self.memories[exchange.memory].watermark = spec.watermark;
        self.broker_changed(index);
    }

    /// Readings of a broker at the end of a cell.
    pub(super) fn read_broker(&mut self, index: usize) {
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        exchange.blocked.retain(|frame| self.frames.contains(*frame));
        self.meters.set(exchange.meters.blocked, now, exchange.blocked.len() as f64);
        self.meters.set(exchange.meters.in_sync, now, f64::from(exchange.broker.copies.in_sync()));
        self.note_broker(index);
    }

    /// Messages may have grown too old since something last happened to the brokers.
    pub(super) fn drop_old_messages(&mut self) {
        for at in 0..self.memories.len() {
            for broker in 0..self.memories[at].brokers.len() {
                let index = self.memories[at].brokers[broker].index();
                let Some(exchange) = &mut self.nodes[index].exchange else { continue };
                exchange.broker.drop_old(self.now);
                self.broker_changed(index);
            }
        }
    }
}
