//! For tests: looks at everything the engine holds between two events and asserts that nothing is lost, doubled or forgotten.

use super::call::{Call, Owner};
use super::cores::Standing;
use super::departure::NO_PLACE;
use super::frame::{Frame, State};
use super::gate::Stage;
use super::line::Line;
use super::nodes::Held;
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Event};
use crate::base::Span;
use std::collections::BTreeSet;

/// What is inside at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Per client: requests that were sent and have not ended.
    pub asking: Vec<u64>,
    /// Per client: users who think, or are about to reload, or wait for their turn.
    pub pausing: Vec<u64>,
    /// Per client: sessions that are held.
    pub connected: Vec<u64>,
    /// Per service: requests inside.
    pub inside: Vec<u64>,
    /// Per service: how long all requests that ever came have been inside, together.
    pub stays: Vec<Span>,
    /// Per edge: attempts under way.
    pub under_way: Vec<u64>,
}

/// Handles are ordered by slot here; there is one generation of each alive at a time.
type Slots = BTreeSet<u32>;

impl<W: Wire> Engine<W> {
    pub fn audit(&self) -> Audit {
        assert!(self.soon.is_empty(), "something was left undone: {:?}", self.soon);
        self.audit_lines();
        self.audit_frames();
        self.audit_gates();
        self.audit_brokers();
        let returning = self.waited_for(|event| match event {
            Event::Return(call) => Some(call),
            _ => None,
        });
        let trying = self.waited_for(|event| match event {
            Event::Attempt(call) => Some(call),
            _ => None,
        });
        let mut audit = Audit {
            asking: vec![0; self.populations.len()],
            pausing: vec![0; self.populations.len()],
            connected: vec![0; self.populations.len()],
            inside: self.nodes.iter().map(|node| node.books()[2]).collect(),
            stays: self.nodes.iter().map(|node| node.stayed).collect(),
            under_way: vec![0; self.links.len()],
        };
        for (_, frame) in self.frames.iter().filter(|(_, frame)| !frame.carries()) {
            let stay = &mut audit.stays[frame.service as usize];
            *stay = *stay + frame.stay(self.now);
        }
        for (handle, call) in self.calls.iter() {
            let slot = handle.slot;
            audit.under_way[call.edge.index()] += u64::from(call.in_flight);
            if let Owner::Session { client } = call.owner {
                assert!(!call.in_flight && !trying.contains(&slot), "a connected client asks: {call:?}");
                audit.connected[client as usize] += 1;
                continue;
            }
            let hedged = !call.in_flight && !self.calls.beside(handle).twin.is_none();
            let states = [call.in_flight, hedged, trying.contains(&slot), returning.contains(&slot)];
            assert_eq!(states.iter().filter(|is| **is).count(), 1, "a call is in one state: {states:?} {call:?}");
            match call.owner {
                Owner::Session { .. } => unreachable!("counted above"),
                Owner::User { client, .. } => {
                    assert_eq!(
                        returning.contains(&slot),
                        call.attempt == 0,
                        "a user who pauses has not asked: {call:?}"
                    );
                    let of = if returning.contains(&slot) { &mut audit.pausing } else { &mut audit.asking };
                    of[client as usize] += 1;
                }
                Owner::Frame(frame) => assert!(self.frames.contains(frame), "a call outlived its caller: {call:?}"),
                Owner::Twin(first) => self.audit_twin(handle, first),
                Owner::Nobody => {}
                Owner::Message { broker, delivery } => {
                    let exchange = self.nodes[broker as usize].exchange.as_ref().expect("a broker hands out messages");
                    let out = exchange.broker.delivery(delivery).expect("a call for no delivery");
                    assert!(!out.is_back && out.message != Handle::NONE, "a message is out once: {out:?}");
                }
                Owner::Flight { edge, key } => {
                    assert!(self.flights.contains_key(&(edge, key)), "for no flight: {call:?}")
                }
            }
        }
        for (population, connected) in self.populations.iter().zip(&audit.connected) {
            assert_eq!(u64::from(population.connected), *connected, "sessions are counted as they are held");
        }
        audit
    }

    fn audit_twin(&self, twin: Handle, first: Handle) {
        assert!(self.calls.contains(first), "a hedge outlived what it is a hedge of");
        let mut next = self.calls.beside(first).twin;
        while next != twin {
            next = self.calls.get(next).expect("a hedge is in the list of its first").sibling;
        }
    }

    /// Permits and connections are held by those who have come so far, and nobody waits for what is free.
    fn audit_gates(&self) {
        for (index, link) in self.links.iter().enumerate() {
            let Some(gate) = &link.gate else { continue };
            let under_way = || self.calls.iter().filter(|(_, call)| call.edge.index() == index);
            let at = |from: Stage, to: Stage| {
                let there = |(_, call): &(Handle, &Call)| call.in_flight && (from..=to).contains(&call.stage);
                under_way().filter(there).count() as u32
            };
            if let Some(bulkhead) = &gate.bulkhead {
                let expected = (at(Stage::Permitted, Stage::Sent), at(Stage::AwaitsPermit, Stage::AwaitsPermit));
                assert_eq!(bulkhead.load(), expected, "edge {index}");
                assert!(expected.1 == 0 || bulkhead.is_full(), "some wait for permits that are free");
            }
            if let Some(connections) = &gate.connections {
                let waiting = at(Stage::AwaitsConnection, Stage::AwaitsConnection);
                let has_place = |handle| self.calls.beside(handle).place != NO_PLACE;
                let held = under_way().filter(|(handle, call)| {
                    call.in_flight && (Stage::Connecting..=Stage::Sent).contains(&call.stage) && has_place(*handle)
                });
                assert_eq!(connections.load(), (held.count() as u32, waiting), "edge {index}");
                assert!(waiting == 0 || connections.is_full(), "some wait for connections that are free");
            }
        }
    }

    /// The live calls that an event of some sort is to come for; each by one event only.
    fn waited_for(&self, which: impl Fn(Event) -> Option<Handle>) -> Slots {
        let mut slots = Slots::new();
        for call in self.queue.events().filter_map(which).filter(|call| self.calls.contains(*call)) {
            assert!(slots.insert(call.slot), "two events for one call");
        }
        slots
    }

    fn audit_lines(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            let mut books = [0, 0, 0];
            for (number, replica) in node.replicas.iter().enumerate() {
                let of_replica = |is: &dyn Fn(&Frame) -> bool| {
                    let all = self.frames.iter().map(|(_, frame)| frame);
                    let here = all.filter(|f| (f.service as usize, f.replica as usize) == (index, number));
                    here.filter(|frame| is(frame)).count() as u64
                };
                let queued = of_replica(&|frame| frame.state == State::Queued);
                let busy = of_replica(&|frame| matches!(frame.state, State::Started | State::Carrying));
                let carriers = of_replica(&Frame::carries);
                let riding = of_replica(&|frame| frame.state == State::Riding);
                assert_eq!((u64::from(replica.waiting), u64::from(replica.busy)), (queued, busy), "service {index}");
                let alive = replica.line.clone().drain().into_iter().filter(|frame| self.frames.contains(*frame));
                let in_line: BTreeSet<u32> = alive.map(|frame| frame.slot).collect();
                assert_eq!(in_line.len() as u64, queued, "everyone who waits stands in line once");
                self.audit_idle(index, number as u32);
                assert!(replica.down.is_empty() || queued + busy + riding == 0, "a dead process holds requests");
                let inside = queued + busy - carriers + riding;
                if node.working.efficiency.is_some() {
                    assert_eq!(u64::from(replica.in_flight), inside, "in flight at a replica of {index}");
                }
                books = [books[0] + busy, books[1] + queued, books[2] + inside];
            }
            assert_eq!(node.books(), books, "the books of service {index}");
        }
    }

    /// Nobody waits whom a worker could serve.
    fn audit_idle(&self, index: usize, number: u32) {
        let node = &self.nodes[index];
        let replica = &node.replicas[number as usize];
        if replica.waiting == 0 || !node.has_worker(number) {
            return;
        }
        match (&replica.line, node.working.batch) {
            (_, Some(batch)) => {
                assert!(replica.waiting < batch.size && replica.batch_at.is_some_and(|at| at >= self.now))
            }
            (Line::Lanes(lanes), _) => {
                let served = lanes.lanes.iter().all(|lane| lane.waiting == 0 || !lane.has_share());
                assert!(served, "a lane of {index} waits with a share left");
            }
            _ => panic!("{} wait at an idle worker of {index}", replica.waiting),
        }
    }

    /// Where work shares cores, everybody who is there stands there, and no core is idle while somebody waits for one.
    fn audit_cores(&self) -> Slots {
        let mut at_work = Slots::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let mut busy = 0;
            for (number, replica) in node.replicas.iter().enumerate() {
                let Some(cores) = &replica.cores else { continue };
                let here: Vec<_> = cores.everyone().filter(|(frame, _)| self.frames.contains(*frame)).collect();
                for (frame, stands) in &here {
                    let this = self.frames.get(*frame).expect("it is alive");
                    let place = (this.service as usize, this.replica as usize, self.frames.beside(*frame).stands);
                    assert_eq!(place, (index, number, *stands), "who is on the cores knows it");
                    assert!(at_work.insert(frame.slot), "work is on the cores once");
                }
                let running = here.iter().filter(|(_, stands)| *stands == Standing::Running).count();
                assert_eq!(running, cores.running() as usize, "the books of the cores of {index}");
                let waits = here.len() > running;
                assert!(!waits || Some(cores.running()) == node.core_count(), "work waits for an idle core");
                let armed = cores.armed.is_some_and(|at| at >= self.now);
                assert!(armed || running == 0 || replica.is_stopped(node), "nothing will end the work on {index}");
                busy += u64::from(cores.busy());
            }
            assert_eq!(node.busy_cores(), busy, "busy cores of service {index}");
        }
        at_work
    }

    /// Every message that was taken in is somewhere: each group has finished with it, waits for it, or has it out once.
    fn audit_brokers(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(exchange) = &node.exchange else { continue };
            let calls =
                self.calls.iter().filter(|(_, call)| call.owner.message().is_some_and(|of| of.0 as usize == index));
            let pauses = self.queue.events().filter(|event| match event {
                Event::ComeAgain(broker, delivery) => {
                    *broker as usize == index && exchange.broker.delivery(*delivery).is_some_and(|out| out.is_back)
                }
                _ => false,
            });
            let mut out = 0;
            for (number, group) in exchange.broker.groups().iter().enumerate() {
                let (tally, of_group) = (group.tally, exchange.broker.out(number));
                assert_eq!(group.backlog(), group.waiting() + of_group, "broker {index}");
                assert_eq!(tally.taken_in, tally.ended() + group.backlog(), "broker {index}: {tally:?}");
                assert!(group.waiting_bytes() <= exchange.broker.bytes(), "broker {index}");
                out += of_group;
            }
            assert_eq!((calls.count() + pauses.count()) as u64, out, "broker {index}: who is out is called, or pauses");
            let held: u32 = exchange.held.iter().flatten().flatten().sum();
            assert!(u64::from(held) <= out, "broker {index}: {held} held, {out} out");
        }
    }

    /// Every frame that has begun either works, or waits for calls or a lock, or is kept by a pause.
    fn audit_frames(&self) {
        let working = self.queue.events().filter_map(|event| match event {
            Event::WorkDone(frame) | Event::Statement(frame) if self.frames.contains(frame) => Some(frame.slot),
            _ => None,
        });
        let replicas = self.nodes.iter().flat_map(|node| &node.replicas);
        let frozen = replicas.flat_map(|replica| &replica.held).filter_map(|held| match held {
            Held::WorkDone(frame, _) | Held::Advance(frame) => self.frames.contains(*frame).then_some(frame.slot),
        });
        let locked =
            self.frames.iter().map(|(handle, _)| handle).filter(|handle| self.locks.awaited_by(*handle).is_some());
        let locked: Vec<u32> = locked.map(|handle| handle.slot).collect();
        let of_nodes: u64 = self.nodes.iter().map(|node| node.locked).sum();
        assert_eq!(of_nodes, locked.len() as u64, "who waits for locks is counted");
        self.locks.audit(|frame| self.frames.contains(frame));
        let exchanges = || self.nodes.iter().filter_map(|node| node.exchange.as_ref());
        let stalled = self.nodes.iter().filter_map(|node| node.disk.as_ref()).flat_map(|disk| &disk.stalled);
        let parked = exchanges().flat_map(|one| one.blocked.iter().chain(one.unacked.iter().map(|(frame, ..)| frame)));
        let parked = parked.chain(stalled);
        let copies = self.nodes.iter().filter_map(|node| node.copies.as_ref());
        let parked = parked.copied().chain(copies.flat_map(|copies| copies.stuck()));
        let parked = parked.filter(|frame| self.frames.contains(*frame)).map(|frame| frame.slot);
        let going_on: Vec<u32> = working.chain(frozen).chain(parked).chain(self.audit_cores()).chain(locked).collect();
        let waiting: Vec<Handle> = self.flights.values().flatten().copied().collect();
        for (handle, frame) in
            self.frames.iter().filter(|(_, frame)| matches!(frame.state, State::Started | State::Carrying))
        {
            let mut calls = waiting.iter().filter(|waiter| **waiter == handle).count() as u32;
            let mut next = frame.calls;
            while let Some(call) = self.calls.get(next) {
                assert_eq!(call.owner, Owner::Frame(handle), "a frame's list holds its own calls");
                (calls, next) = (calls + 1, call.sibling);
            }
            assert_eq!(frame.pending, calls, "what a frame waits for is under way");
            let steps = going_on.iter().filter(|slot| **slot == handle.slot).count();
            assert_eq!(steps, usize::from(frame.pending == 0), "a frame goes on once: {frame:?}");
        }
        for (handle, _) in self.frames.iter().filter(|(_, frame)| frame.state == State::Riding) {
            let batch = self.frames.beside(handle).batch;
            assert!(self.batches.members(batch).contains(&handle), "who rides is in the batch");
            assert!(self.frames.contains(self.batches.carrier(batch)), "somebody carries the batch");
        }
    }
}
