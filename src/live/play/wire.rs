//! The wire of the live world: each attempt becomes a task that carries it over a socket, each answer of a stand-in goes back where its
//! request came from, and the steps of the schedule go to the fault proxies and to the processes.

use super::between::Between;
use super::control::Commands;
use super::drive::{Inbox, Input};
use super::needs;
use crate::base::{EdgeId, ErrorKind, FaultId, Outcome, ServiceId, Span, Time};
use crate::engine::{Handle, Request, Token, Wire};
use crate::live::drivers;
use crate::live::http1::{self, Answered, Callers, Ready, Requested, Servers, Watch};
use crate::plan::{Effect, Plan, Step, Target};
use crate::record::{Latencies, Lateness, Load};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::runtime;
use tokio::task::AbortHandle;

/// Names an attempt.
type Attempt = (Handle, u16);

/// What one edge has at run time.
pub struct Line {
    pub driver: Arc<drivers::Edge>,
    pub proxy: Option<Between>,
    active: Vec<(FaultId, Effect)>,
}

pub struct LiveWire {
    plan: Arc<Plan>,
    runtime: runtime::Handle,
    pub lines: Vec<Line>,
    real: Vec<bool>,
    place: Place,
    inbox: Inbox,
    epoch: Instant,
    lateness: Arc<Mutex<Lateness>>,
    /// How late the engine's own events were played.
    pub clock_lag: Latencies,
    flights: HashMap<Attempt, Flight>,
    flights_max: usize,
    most_under_way: usize,
    /// Attempts for which there was no room; the driver hands them back to the engine.
    bounced: Vec<Attempt>,
    pub unsent: u64,
    /// What is carried on the engine's own thread: plain HTTP/1.1, and all stand-ins.
    callers: Callers,
    servers: Servers,
    /// Attempts whose stand-in crashed: their broken connection is a crash, not a reset.
    crashed: HashSet<Attempt>,
    /// Stand-ins elsewhere that are down now: what breaks there has crashed.
    down: Vec<(FaultId, ServiceId)>,
}

/// Where stand-ins, proxies and processes are.
pub enum Place {
    /// Held by this process.
    Here(Commands),
    /// Held by another process; here are only callers.
    Elsewhere,
}

struct Flight {
    edge: EdgeId,
    by: Carrier,
}

/// Who carries an attempt.
enum Carrier {
    Task(AbortHandle),
    /// `None`: it came to nothing at once.
    Connection(Option<http1::Place>),
}

impl Line {
    pub fn new(driver: drivers::Edge, proxy: Option<Between>) -> Line {
        Line { driver: Arc::new(driver), proxy, active: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        if step.on {
            let apply = |effect: &Effect| self.proxy.iter().for_each(|proxy| proxy.apply(step.fault, effect));
            match &step.effect {
                // Between stand-ins, messages are what there is of packets.
                Effect::Packets(packets) => packets.on_messages().iter().for_each(apply),
                effect => apply(effect),
            }
            self.active.push((step.fault, step.effect.clone()));
        } else {
            self.proxy.iter().for_each(|proxy| proxy.heal(step.fault));
            self.active.retain(|(fault, _)| *fault != step.fault);
        }
        self.driver.use_fresh_connections(self.resets());
        self.driver.meet_certificates(self.shows_certificate());
    }

    fn resets(&self) -> bool {
        self.active.iter().any(|(_, effect)| matches!(effect.split().0, Effect::Reset { .. }))
    }

    fn shows_certificate(&self) -> bool {
        self.active.iter().any(|(_, effect)| matches!(effect, Effect::Certificate(_)))
    }

    fn refusing(&self) -> Option<FaultId> {
        self.active.iter().find(|(_, effect)| matches!(effect, Effect::Refuse)).map(|(fault, _)| *fault)
    }

    fn is_cut(&self) -> bool {
        self.active.iter().any(|(_, effect)| matches!(effect, Effect::Refuse | Effect::Cut { .. }))
    }
}

impl LiveWire {
    pub fn new(
        plan: Arc<Plan>,
        (lines, servers, watch): (Vec<Line>, Servers, Watch),
        place: Place,
        inbox: Inbox,
        flights_max: usize,
    ) -> LiveWire {
        let callers = Callers::new(watch, lines.iter().map(|line| line.driver.plain_http()).collect());
        let mut real = vec![false; plan.services.len()];
        plan.real.services.iter().for_each(|service| real[service.service.index()] = true);
        let step = plan.window;
        LiveWire {
            runtime: runtime::Handle::current(),
            plan,
            lines,
            real,
            place,
            inbox,
            epoch: Instant::now(),
            lateness: Arc::new(Mutex::new(Lateness::new(step))),
            clock_lag: Latencies::default(),
            flights: HashMap::new(),
            flights_max,
            most_under_way: 0,
            bounced: Vec::new(),
            unsent: 0,
            callers,
            servers,
            crashed: HashSet::new(),
            down: Vec::new(),
        }
    }

    /// From this moment on the run's time counts.
    pub fn begin(&mut self, epoch: Instant) {
        self.epoch = epoch;
    }

    /// An answer is here: what it means for the engine, and which fault refused it, if one did.
    pub fn landed(&mut self, call: Handle, attempt: u16, outcome: Outcome) -> (Outcome, Option<FaultId>) {
        let Some(flight) = self.flights.remove(&(call, attempt)) else { return (outcome, None) };
        let crashed = self.crashed.remove(&(call, attempt)) || self.is_down(flight.edge);
        match outcome {
            Outcome::Failed(ErrorKind::Reset) if crashed => (Outcome::Failed(ErrorKind::Crashed), None),
            Outcome::Failed(ErrorKind::Refused) => (outcome, self.lines[flight.edge.index()].refusing()),
            _ => (outcome, None),
        }
    }

    fn is_down(&self, edge: EdgeId) -> bool {
        let to = self.plan.edge(edge).to;
        self.down.iter().any(|(_, service)| *service == to)
    }

    /// A socket on the engine's thread has something to say.
    pub fn hear(&mut self, ready: Ready) {
        match Servers::owns(ready.number) {
            true => self.servers.hear(ready),
            false => self.callers.hear(ready),
        }
    }

    pub fn look_after(&mut self, now: Instant) {
        self.servers.look_after(now);
    }

    /// Is there news that the engine has not been told?
    pub fn has_news(&self) -> bool {
        self.callers.has_answered() || self.servers.has_requested()
    }

    pub fn take_news(&mut self) -> (Vec<Answered>, Vec<Requested>) {
        (self.callers.take_answered(), self.servers.take_requested())
    }

    /// Closes the stand-ins and all connections to them.
    pub fn close_doors(&mut self) {
        self.servers.close_all();
    }

    pub fn take_bounced(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.bounced)
    }

    /// How the load was made, as far as this process made it.
    pub fn load(&self) -> Load {
        let connections_max = self.callers.most_open() as u64;
        Load { processes: 1, under_way_max: self.most_under_way as u64, connections_max }
    }

    /// Gives up everything under way; no answer is read any more.
    pub fn hang_up(&mut self) {
        self.flights.drain().for_each(|(_, flight)| flight.by.stop());
        self.callers.hang_up();
    }

    pub fn lateness(&self) -> Lateness {
        self.lateness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LiveWire {
    fn count_lag(&self, request: &Request) {
        if let Some(at) = request.intended {
            let due = self.epoch + at.since(Time::ZERO).to_std();
            let late = Instant::now().saturating_duration_since(due);
            self.lateness.lock().unwrap_or_else(PoisonError::into_inner).record(at, Span::from(late));
        }
    }

    fn send_by_task(&self, request: Request) -> AbortHandle {
        let due = request.intended.map(|at| (at, self.epoch, self.lateness.clone()));
        let (driver, inbox) = (self.lines[request.edge.index()].driver.clone(), self.inbox.clone());
        let task = self.runtime.spawn(async move {
            let begun = Instant::now();
            if let Some((at, epoch, lateness)) = due {
                let late = begun.saturating_duration_since(epoch + at.since(Time::ZERO).to_std());
                lateness.lock().unwrap_or_else(PoisonError::into_inner).record(at, Span::from(late));
            }
            let outcome = driver.call(&request).await;
            let took = Span::from(begun.elapsed());
            inbox.tell(Input::Answered { call: request.call, attempt: request.attempt, outcome, took });
        });
        task.abort_handle()
    }
}

impl LiveWire {
    /// A step on something that is not an edge; `true` if it is not the engine's to do.
    fn step_beyond(&mut self, index: usize, step: &Step) -> bool {
        let Target::Service { id, .. } = step.target else { return matches!(self.place, Place::Elsewhere) };
        match &self.place {
            Place::Here(commands) if self.is_real(id) => {
                // At the very end everything is undone anyway: nothing is restarted for that.
                if step.on || step.at < self.plan.length {
                    commands.give(id, index);
                }
                true
            }
            Place::Here(_) => false,
            Place::Elsewhere => {
                if matches!(step.effect, Effect::Down) && !self.is_real(id) {
                    let this = (step.fault, id);
                    self.down.retain(|other| *other != this);
                    self.down.extend(step.on.then_some(this));
                }
                true
            }
        }
    }
}

impl Carrier {
    /// Ends the task; a connection is closed by whoever holds it.
    fn stop(&self) {
        if let Carrier::Task(task) = self {
            task.abort();
        }
    }
}

impl Wire for LiveWire {
    const CARRIES: bool = true;

    fn send(&mut self, request: Request) {
        let name = (request.call, request.attempt);
        if self.flights.len() >= self.flights_max {
            self.unsent += 1;
            return self.bounced.push(name);
        }
        let by = match self.callers.carries(request.edge) {
            true => {
                self.count_lag(&request);
                Carrier::Connection(self.callers.send(&request))
            }
            false => Carrier::Task(self.send_by_task(request)),
        };
        self.flights.insert(name, Flight { edge: request.edge, by });
        self.most_under_way = self.most_under_way.max(self.flights.len());
    }

    fn abandon(&mut self, request: Request) {
        let name = (request.call, request.attempt);
        self.crashed.remove(&name);
        if let Some(flight) = self.flights.remove(&name) {
            flight.by.stop();
            if let Carrier::Connection(Some(place)) = flight.by {
                self.callers.abandon(place);
            }
        }
    }

    fn respond(&mut self, token: Token, outcome: Outcome) {
        let from = self.servers.asker(token).map(|(_, call, attempt)| (call, attempt));
        if let (Outcome::Failed(ErrorKind::Crashed), Some(from)) = (outcome, from)
            && self.flights.contains_key(&from)
        {
            self.crashed.insert(from);
        }
        // A caller who has left reads nothing; the engine has counted that already.
        self.servers.respond(token, outcome);
    }

    fn is_open(&self, token: Token) -> bool {
        self.servers.is_open(token)
    }

    fn fill(&mut self, edge: EdgeId, key: u32) -> bool {
        let line = &self.lines[edge.index()];
        // The engine keeps what a stand-in holds; over a cut edge the write would have been lost.
        line.driver.fill(key, &self.runtime) || line.is_cut() || self.is_real(self.plan.edge(edge).to)
    }

    fn step(&mut self, index: usize, step: &Step) -> bool {
        // New values are for the engine, which runs the callers' policies and the stand-ins.
        if matches!(step.effect, Effect::Set(_)) {
            return false;
        }
        match step.target {
            Target::Edge(edge) if needs::is_handled_inside(&self.plan, step) => {
                if let Place::Here(commands) = &self.place
                    && (step.on || step.at < self.plan.length)
                {
                    commands.give(self.plan.edge(edge).to, index);
                }
            }
            Target::Edge(edge) => {
                let line = &mut self.lines[edge.index()];
                line.step(step);
                self.callers.use_fresh_connections(edge, line.resets());
            }
            Target::Client(_) => return false,
            _ => return self.step_beyond(index, step),
        }
        true
    }

    fn late(&mut self, by: Span) {
        self.clock_lag.record(by);
    }

    fn is_real(&self, service: ServiceId) -> bool {
        self.real[service.index()]
    }
}
