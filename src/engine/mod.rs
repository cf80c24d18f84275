//! The model in motion: services, calls and policies as one state machine that both worlds run.
//!
//! The engine owns everything that is modelled: requests, queues, workers, timeouts, retries, caches, stores, arrivals. It keeps no
//! clock: whoever drives it says what time it is. In the simulator messages between services are its own events; in the live
//! world they leave through a [`Wire`] (sockets, through the fault proxy) and come back as inputs, and everything else is the same code.
//!
//! Vocabulary: a *call* is what a caller wants (it may take several *attempts*); a *frame* is one attempt's visit to a service.
//! A frame whose chain of callers is broken somewhere above is *orphaned*: nobody will read its answer.

#[cfg(test)]
mod audit;
mod balance;
mod batch;
mod batching;
mod broker;
mod budget;
mod bulkhead;
mod call;
mod calls;
mod cells;
mod certificates;
mod clients;
mod connections;
mod contents;
mod controls;
mod cores;
mod database;
mod deadline;
mod deliveries;
mod departure;
mod disk;
mod doors;
mod effects;
mod efficiency;
mod eject;
mod event;
mod express;
mod fallback;
mod fan;
mod fleet;
mod frame;
mod frames;
mod gate;
mod guards;
mod hedge;
mod hedging;
mod herd;
mod inputs;
mod keys;
mod leaving;
mod ledger;
mod level;
mod line;
mod links;
mod locking;
mod locks;
mod meters;
mod misses;
mod nodes;
mod pacer;
mod pages;
mod patches;
mod placement;
mod pool;
mod publishing;
mod quantile;
mod queue;
mod quorum;
mod reach;
mod replica;
mod reshape;
mod retry;
mod segments;
mod share;
mod slab;
mod slots;
mod statements;
mod tokens;
mod traits;
mod troubles;
mod versions;
mod waiters;
mod wire;
mod working;
mod zones;

#[cfg(test)]
pub use audit::Audit;
pub(crate) use event::Event;
pub use inputs::Arrived;
pub use share::Share;
pub use slab::Handle;
pub use slots::Slots;
pub use traits::Traits;
pub use wire::{Direct, Request, Token, Wire};

use crate::base::{ClientId, Dice, EdgeId, ErrorKind, Outcome, ServiceId, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Op, Plan, Target};
use crate::record::Recorder;
use batch::Batches;
use call::Call;
use clients::Population;
use controls::Control;
use event::Soon;
use frame::Frame;
use gate::Gate;
use links::{Link, Transit};
use locks::Locks;
use meters::Meters;
use misses::Flights;
use nodes::Node;
use publishing::Memory;
use queue::EventQueue;
use segments::Segment;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::Arc;
use zones::Zones;

pub struct Engine<W: Wire> {
    /// As it was given: what the recording carries.
    given: Arc<Plan>,
    /// As it is now: `Effect::Set` replaces entries of it.
    plan: Arc<Plan>,
    now: Time,
    /// The cell of the recording that holds `now`.
    cell: usize,
    queue: EventQueue,
    soon: VecDeque<Soon>,
    frames: Slab<Frame, frame::Aside>,
    calls: Slab<Call, call::Aside>,
    transits: Slab<Transit>,
    nodes: Vec<Node>,
    links: Vec<Link>,
    populations: Vec<Population>,
    controls: Vec<Control>,
    segments: Vec<Segment>,
    zones: Zones,
    flights: Flights,
    locks: Locks,
    batches: Batches,
    meters: Meters,
    memories: Vec<Memory>,
    /// One per fault, for the choices that it makes while it lasts; after them one per control.
    fault_dice: Vec<Dice>,
    events: u64,
    share: Share,
    /// May somebody inside be orphaned? While nobody can be, nobody is looked for.
    doubt: bool,
    /// Is the short way open? Always, but for tests that compare it with the long one.
    express: bool,
    pub recorder: Recorder,
    pub wire: W,
}

impl<W: Wire> Engine<W> {
    /// Plays all users of the plan.
    pub fn new(plan: Arc<Plan>, wire: W) -> Engine<W> {
        Engine::of_share(plan, wire, Share::WHOLE)
    }

    /// Plays this part of the users; other engines, in other processes, play the others.
    pub fn of_share(plan: Arc<Plan>, wire: W, share: Share) -> Engine<W> {
        let mut queue = EventQueue::default();
        let metered = |(index, service)| Node::new(service, ServiceId::from(index), &plan);
        let nodes = plan.services.iter().enumerate().map(metered).collect();
        // Their lanes first: there may be more delays than lanes.
        let population = |(index, client)| Population::new((client, ClientId::from(index)), share, &plan, &mut queue);
        let populations = plan.clients.iter().enumerate().map(population).collect();
        let mut links: Vec<Link> = (0..plan.edges.len()).map(|index| Link::new(index, &plan, &mut queue)).collect();
        for (index, edge) in plan.edges.iter().enumerate() {
            if let Some(ejector) = &mut links[index].ejector {
                ejector.meter = plan.meter(Subject::Edge(index as u32), "ejections");
            }
            if let Some(miss) = &edge.miss {
                links[miss.edge.index()].fills = Some(EdgeId::from(index));
            }
        }
        for (index, link) in links.iter_mut().enumerate() {
            link.gate = Gate::new(&plan, index, &mut queue);
            link.degraded = plan.meter(Subject::Edge(index as u32), "degraded");
        }
        let controls = (0..plan.controls.len()).map(|index| Control::new(index, &plan)).collect();
        let segments = (0..plan.segments.len()).map(|index| Segment::new(index, &plan)).collect();
        let mut engine = Engine {
            recorder: Recorder::new(&plan),
            now: Time::ZERO,
            cell: 0,
            queue,
            soon: VecDeque::new(),
            frames: Slab::default(),
            calls: Slab::default(),
            transits: Slab::default(),
            nodes,
            links,
            populations,
            controls,
            segments,
            zones: Zones::new(&plan),
            flights: Flights::default(),
            locks: Locks::new(plan.locks.len()),
            batches: Batches::default(),
            meters: Meters::new(&plan),
            memories: Memory::all(&plan),
            fault_dice: effects::dice(&plan),
            events: 0,
            share,
            doubt: W::CARRIES,
            express: true,
            wire,
            given: plan.clone(),
            plan,
        };
        for index in 0..engine.nodes.len() {
            engine.tell_replicas(ServiceId::from(index));
            engine.tell_doors(index);
            engine.read_node(index);
        }
        engine.read_certificates();
        for index in 0..engine.links.len() {
            engine.tell_door(EdgeId::from(index));
        }
        engine.look_at_everything();
        // Cells first: what a fault does in its first moment belongs to the window that begins with it, not to the one before.
        engine.schedule_cells();
        engine.schedule_steps();
        engine.begin_checks();
        engine.begin_controls();
        engine.begin_populations();
        engine
    }

    fn look_at_everything(&mut self) {
        (0..self.links.len()).for_each(|index| self.look_at_edge(EdgeId::from(index)));
        (0..self.nodes.len()).for_each(|index| self.look_at_service(index));
    }

    /// Closes the short way: every request stops at every door.
    #[cfg(test)]
    pub fn take_the_long_way(&mut self) {
        self.express = false;
        self.look_at_everything();
    }

    /// The Plan that is played, as it was at the start.
    pub fn given(&self) -> &Arc<Plan> {
        &self.given
    }

    pub fn now(&self) -> Time {
        self.now
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// When the next event is due; `None` when nothing will ever happen again.
    pub fn next_at(&self) -> Option<Time> {
        self.queue.next_at()
    }

    /// Handles every event that is due at or before `until`, and moves time there.
    /// In the simulator each event happens exactly when it is due.
    pub fn run_until(&mut self, until: Time) {
        while let Some((at, event)) = self.queue.pop_until(until) {
            debug_assert!(at >= self.now, "time ran backwards");
            self.now = at;
            self.handle(event);
        }
        self.now = self.now.max(until);
    }

    /// As `run_until`, for a world whose clock does not wait: what is due late happens at `now`, not in the past.
    pub fn catch_up(&mut self, now: Time) {
        self.now = self.now.max(now);
        while let Some((due, event)) = self.queue.pop_until(self.now) {
            self.wire.late(self.now.since(due));
            self.handle(event);
        }
    }

    #[inline(always)]
    fn handle(&mut self, event: Event) {
        self.events += 1;
        match event {
            Event::Arrival(client) => self.open_arrival(client as usize),
            Event::WorkDone(frame) => self.work_done(frame),
            Event::Deliver(message) => self.delivered(message),
            Event::Reply(call, attempt, outcome) => self.reply_arrived(call, attempt, outcome),
            Event::Timeout(call, attempt) => self.attempt_timed_out(call, attempt, ErrorKind::Timeout),
            Event::Deadline(call, attempt) => self.attempt_timed_out(call, attempt, ErrorKind::Expired),
            Event::StageTimeout(call, attempt, stage) => self.stage_timed_out(call, attempt, stage),
            Event::Connect(call, attempt, tries) => self.shake_hands(call, attempt, tries),
            Event::Connected(call, attempt) => self.connected(call, attempt),
            Event::Hedge(call, attempt) => self.hedge_due(call, attempt),
            Event::WaitTimeout(call, attempt) => self.wait_timed_out(call, attempt),
            Event::Attempt(call) => self.attempt(call),
            Event::Return(call) => self.user_returns(call),
            Event::Check(service, replica) => self.check(service as usize, replica),
            Event::CheckTimeout(service, replica, frame) => self.check_timed_out(service as usize, replica, frame),
            Event::Readmit(service, replica) => self.readmit(service as usize, replica),
            Event::Page(client, page) => self.page_due(client as usize, page),
            Event::Statement(frame) => self.advance(frame),
            Event::Election(service, epoch) => self.election(service as usize, epoch),
            Event::Tick(control) => self.tick(control as usize),
            Event::CoreDone(service, replica, number) => self.core_done(service as usize, replica, number),
            Event::BatchDue(service, replica) => self.batch_due(service as usize, replica),
            Event::LockTimeout(frame, ticket) => self.lock_timed_out(frame, ticket),
            Event::Copies(broker) => self.copies_due(broker as usize),
            Event::ComeAgain(broker, delivery) => self.come_again(broker as usize, delivery),
            Event::Revive(service, replica, fault) => self.revive(service as usize, replica, fault),
            Event::Step(index) => self.step(index as usize),
            Event::Cell(index) => self.next_cell(index as usize),
        }
        self.settle();
    }

    /// Does everything that must happen at this moment.
    fn settle(&mut self) {
        while let Some(soon) = self.soon.pop_front() {
            match soon {
                Soon::Reply(call, attempt, outcome) => self.reply_arrived(call, attempt, outcome),
                Soon::Advance(frame) => self.go_on(frame),
                Soon::Attempt(call) => self.attempt(call),
                Soon::Proceed(call, attempt) => self.proceed(call, attempt),
                Soon::TakeNext(service, replica) => self.take_next(service.index(), replica),
                Soon::Cores(service, replica) => self.turn_cores(service.index(), replica),
                Soon::HandOut(broker) => self.hand_out(broker.index()),
            }
        }
    }

    fn schedule_steps(&mut self) {
        for (index, step) in self.plan.schedule.iter().enumerate() {
            self.queue.push(step.at, Event::Step(index as u32));
        }
    }

    /// Is somebody still waiting for this frame's answer, all the way up to a user?
    fn awaited(&self, frame: Handle) -> bool {
        !self.doubt || self.is_awaited(frame)
    }

    fn is_awaited(&self, frame: Handle) -> bool {
        let mut frame = frame;
        loop {
            let Some(this) = self.frames.get(frame) else { return false };
            if this.carries() {
                let batch = self.frames.beside(frame).batch;
                return self.batches.members(batch).iter().any(|member| self.is_awaited(*member));
            }
            if this.parent.is_none() {
                return self.frames.beside(frame).token.is_none_or(|token| self.wire.is_open(token));
            }
            let Some(call) = self.calls.get(this.parent).filter(|call| call.in_flight && call.attempt == this.attempt)
            else {
                return false;
            };
            let owner = match call.owner {
                // A hedge is wanted by whoever wants what it is a hedge of.
                call::Owner::Twin(first) => self.calls.get(first).map_or(call.owner, |first| first.owner),
                owner => owner,
            };
            match owner {
                call::Owner::Frame(above) => frame = above,
                // A shared rebuild is for the cache, whoever still waits; a mirrored call was never waited for, and is wanted all the same.
                call::Owner::User { .. } | call::Owner::Session { .. } => return true,
                call::Owner::Flight { .. } | call::Owner::Nobody | call::Owner::Message { .. } => return true,
                call::Owner::Twin(_) => return false,
            }
        }
    }
}
