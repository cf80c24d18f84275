//! Where guards stand: on the caller's side of an edge, at the door of a service, and at each of its replicas. Carries out what they
//! decide and writes down what they did; how they decide is `guards`.

use super::call::{Aside, Call};
use super::frame::{Frame, Origin};
use super::guards::{Ask, Guards};
use super::slab::Handle;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, ServiceId, Soon};
use crate::base::{Dice, ErrorKind, MeterId, Span, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Guard, Plan, Service};

/// How an attempt came to be sent, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// There was nobody to ask.
    Free,
    /// The guards of the edge let it through and wait to hear how it ended.
    Guarded,
    /// It was never sent.
    Denied,
}

/// The guards of one edge or of one service as a whole, with the meters of their place.
pub struct Door {
    pub guards: Guards,
    opens: MeterId,
    open: MeterId,
    limit: MeterId,
    denied: MeterId,
}

/// The guards of a service: those that stand before all replicas, and those of each.
pub struct Doors {
    front: Door,
    /// One a replica, as far as it has been needed.
    each: Vec<Guards>,
    /// The limits of all replicas together.
    limit: u32,
    name: String,
    seed: u64,
}

impl Door {
    pub fn of_edge(index: usize, plan: &Plan) -> Door {
        let edge = &plan.edges[index];
        Door::new(
            Subject::Edge(index as u32),
            &edge.guards,
            plan,
            Dice::named(plan.seed, &format!("guards/{}", edge.name)),
        )
    }

    fn new(of: Subject, specs: &[Guard], plan: &Plan, dice: Dice) -> Door {
        Door {
            guards: Guards::new(specs, dice),
            opens: plan.meter(of, "opens"),
            open: plan.meter(of, "open"),
            limit: plan.meter(of, "limit"),
            denied: plan.meter(of, "denied"),
        }
    }
}

impl Doors {
    pub fn of_service(id: ServiceId, service: &Service, plan: &Plan) -> Doors {
        let (front, each) = split(service);
        let dice = Dice::named(plan.seed, &format!("guards/{}", service.name));
        let mut doors = Doors {
            front: Door::new(Subject::Service(id.0), &front, plan, dice),
            each: Vec::new(),
            limit: 0,
            name: service.name.clone(),
            seed: plan.seed,
        };
        doors.grow(&each, service.replicas);
        doors
    }

    /// From now on the service is as this entry says; so many requests are inside each replica.
    fn retune(&mut self, service: &Service, now: Time, inside: &[u32]) {
        let (front, each) = split(service);
        self.front.guards.retune(now, &front, 0);
        for (guards, inside) in self.each.iter_mut().zip(inside) {
            guards.retune(now, &each, *inside);
        }
        let known = self.each.len();
        self.grow(&each, inside.len() as u32);
        for (guards, inside) in self.each.iter_mut().zip(inside).skip(known) {
            (0..*inside).for_each(|_| guards.let_in());
        }
        self.limit = self.each.iter().filter_map(Guards::limit).sum();
    }

    fn grow(&mut self, specs: &[Guard], replicas: u32) {
        if specs.is_empty() && self.each.is_empty() {
            return;
        }
        for replica in self.each.len() as u32..replicas {
            let dice = Dice::named(self.seed, &format!("guards/{}/{replica}", self.name));
            self.each.push(Guards::new(specs, dice));
        }
        self.limit = self.each.iter().filter_map(Guards::limit).sum();
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.each.is_empty() && self.front.guards.is_empty()
    }

    /// Does something with the guards of a replica, and keeps the sum of the limits.
    fn at<T: Default>(&mut self, replica: u32, act: impl FnOnce(&mut Guards) -> T) -> T {
        let Some(guards) = self.each.get_mut(replica as usize) else { return T::default() };
        let before = guards.limit().unwrap_or(0);
        let result = act(guards);
        self.limit = self.limit + guards.limit().unwrap_or(0) - before;
        result
    }
}

/// Rates are limited for all replicas together; everything else is a matter of each.
fn split(service: &Service) -> (Vec<Guard>, Vec<Guard>) {
    service.guards.iter().cloned().partition(|guard| matches!(guard, Guard::Rate(_)))
}

impl<W: Wire> Engine<W> {
    /// Asks the guards of an edge about an attempt; `false`: it is not sent, and fails at once.
    pub(super) fn let_out(&mut self, handle: Handle, attempt: u16, edge: EdgeId) -> bool {
        let Some(call) = self.calls.get_mut(handle) else { return false };
        let door = &mut self.links[edge.index()].door;
        let denied =
            door.guards.admit(self.now, &Ask { class: call.traits.class, key: call.traits.key, ..Ask::default() });
        call.pass = if denied.is_some() { Pass::Denied } else { Pass::Guarded };
        if let Some(kind) = denied {
            self.meters.count(door.denied, 1);
            self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(kind)));
        }
        self.tell_door(edge);
        denied.is_none()
    }

    /// An attempt is over, for the guards and for the retry budget of its edge; `None`: its caller has gone.
    pub(super) fn request_over(&mut self, handle: Handle, outcome: Option<Outcome>) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, attempt, pass, key) = (call.edge, call.attempt, call.pass, call.traits.key);
        let Aside { begun, paid, .. } = self.calls.beside(handle);
        let retries = &mut self.links[edge.index()].retries;
        match pass {
            Pass::Denied if attempt > 1 => retries.called_off(),
            Pass::Denied => {}
            Pass::Free | Pass::Guarded => retries.over(self.now, attempt, outcome, paid),
        }
        if pass == Pass::Guarded {
            self.tell_guards(edge, key, begun, outcome);
        }
    }

    /// An attempt that was let out is over; `None`: its caller has gone.
    fn tell_guards(&mut self, edge: EdgeId, key: u32, begun: Time, outcome: Option<Outcome>) {
        let door = &mut self.links[edge.index()].door;
        let opened = door.guards.done(self.now, key, outcome, self.now.since(begun));
        self.meters.count(door.opens, u64::from(opened));
        self.tell_door(edge);
    }

    /// Writes down how the guards of an edge stand.
    pub(super) fn tell_door(&mut self, edge: EdgeId) {
        let door = &self.links[edge.index()].door;
        self.meters.set(door.open, self.now, f64::from(u8::from(door.guards.is_open())));
        self.meters.set(door.limit, self.now, f64::from(door.guards.limit().unwrap_or(0)));
    }

    /// The entry of an edge is another one: its guards learn of it, and of the attempts that are under way.
    pub(super) fn retune_door(&mut self, edge: EdgeId) {
        let plan = self.plan.clone();
        let specs = &plan.edge(edge).guards;
        let sent = |call: &&Call| call.edge == edge && call.in_flight && call.pass != Pass::Denied;
        let under_way = self.calls.iter().map(|(_, call)| call).filter(sent).count() as u32;
        self.links[edge.index()].door.guards.retune(self.now, specs, under_way);
        if !specs.is_empty() {
            self.calls.each(|call| {
                if call.edge == edge && call.in_flight && call.pass == Pass::Free {
                    call.pass = Pass::Guarded;
                }
            });
        }
        self.tell_door(edge);
    }

    /// The entry of a service is another one: its guards learn of it, and of what is inside.
    pub(super) fn retune_doors(&mut self, id: ServiceId) {
        let plan = self.plan.clone();
        let mut inside = vec![0; self.nodes[id.index()].replicas.len()];
        let asked = |frame: &Frame| frame.service == id.0 && frame.is_request();
        for (_, frame) in self.frames.iter().filter(|(_, frame)| asked(frame)) {
            inside[frame.replica as usize] += 1;
        }
        self.nodes[id.index()].doors.retune(plan.service(id), self.now, &inside);
        self.tell_doors(id.index());
    }

    /// Asks the guards of a service about a request that has come to a replica.
    pub(super) fn turned_away_by_guard(&mut self, index: usize, replica: u32, origin: &Origin) -> Option<ErrorKind> {
        let oldest = self.oldest_wait(index, replica);
        let node = &mut self.nodes[index];
        let place = &node.replicas[replica as usize];
        // A frozen process asks nobody: its backlog belongs to the kernel.
        if !place.frozen.is_empty() {
            node.doors.at(replica, Guards::let_in);
            return None;
        }
        let ask = Ask {
            class: origin.traits.class,
            key: origin.traits.key,
            waiting: place.waiting,
            oldest,
            busy: place.busy,
            workers: node.workers(),
            idle: node.has_worker(replica) && place.waiting == 0,
        };
        let now = self.now;
        let denied = node.doors.front.guards.admit(now, &ask).or_else(|| {
            let denied = node.doors.at(replica, |guards| guards.admit(now, &ask));
            if denied.is_some() {
                node.doors.front.guards.undo(now);
            }
            denied
        });
        if denied.is_some() {
            node.cell.rejected += 1;
            self.meters.count(node.doors.front.denied, 1);
        }
        self.tell_doors(index);
        denied
    }

    /// How long the one that waits longest has waited, if a guard wants to know.
    fn oldest_wait(&mut self, index: usize, replica: u32) -> Span {
        if !self.nodes[index].doors.at(replica, |guards| guards.asks_for_oldest()) {
            return Span::ZERO;
        }
        let line = &mut self.nodes[index].replicas[replica as usize].line;
        while line.take_front_if(|frame| !self.frames.contains(frame)).is_some() {}
        let arrivals = line.fronts().filter_map(|frame| self.frames.get(frame)).map(|frame| frame.arrived);
        arrivals.min().map_or(Span::ZERO, |oldest| self.now.since(oldest))
    }

    /// A worker is free for a frame that was in the line; `false`: a guard turns it away even now.
    pub(super) fn may_start(&mut self, frame: Handle, index: usize, replica: u32) -> bool {
        let Some(this) = self.frames.get(frame) else { return false };
        if !this.is_request() {
            return true;
        }
        let (now, waited) = (self.now, self.now.since(this.arrived));
        let waiting = self.nodes[index].replicas[replica as usize].waiting;
        let turned_away = self.nodes[index].doors.at(replica, |guards| !guards.start(now, waited, waiting));
        self.meters.count(self.nodes[index].doors.front.denied, u64::from(turned_away));
        !turned_away
    }

    /// Is the newest in the line to be served first?
    pub(super) fn newest_first(&mut self, index: usize, replica: u32) -> bool {
        let now = self.now;
        self.nodes[index].doors.at(replica, |guards| guards.newest_first(now))
    }

    /// A frame that was let in leaves; `None`: without an answer of its own.
    pub(super) fn tell_guards_inside(&mut self, frame: Handle, index: usize, outcome: Option<Outcome>) {
        // Health checks come in unasked.
        let Some(this) = self.frames.get(frame).filter(|frame| frame.is_request()) else { return };
        let (now, took) = (self.now, self.now.since(this.arrived));
        let (replica, key) = (this.replica, this.traits.key);
        self.nodes[index].doors.at(replica, |guards| guards.done(now, key, outcome, took));
        self.tell_doors(index);
    }

    /// A request that was let in failed before it was inside.
    pub(super) fn tell_guards_at_door(&mut self, index: usize, replica: u32, key: u32, outcome: Outcome) {
        let now = self.now;
        self.nodes[index].doors.at(replica, |guards| guards.done(now, key, Some(outcome), Span::ZERO));
        self.tell_doors(index);
    }

    /// Writes down how the guards of a service stand.
    pub(super) fn tell_doors(&mut self, index: usize) {
        let doors = &self.nodes[index].doors;
        self.meters.set(doors.front.limit, self.now, f64::from(doors.limit));
    }
}
