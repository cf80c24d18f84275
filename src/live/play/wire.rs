//! The wire of the live world: each attempt becomes a task that carries it over a socket, each answer of a stand-in goes back where its
//! request came from, and the steps of the schedule go to the fault proxies and to the processes.

use super::control::{Command, Commands};
use super::drive::{Inbox, Input, Reply};
use crate::base::{EdgeId, ErrorKind, FaultId, Outcome, ServiceId, Span};
use crate::engine::{Handle, Request, Token, Wire};
use crate::live::drivers;
use crate::live::proxy::FaultProxy;
use crate::plan::{Effect, Plan, Step, Target};
use crate::record::Latencies;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// Names an attempt.
type Attempt = (Handle, u16);

/// What one edge has at run time.
pub struct Line {
    pub driver: Arc<drivers::Edge>,
    pub proxy: Option<FaultProxy>,
    active: Vec<(FaultId, Effect)>,
}

pub struct LiveWire {
    plan: Arc<Plan>,
    runtime: runtime::Handle,
    pub lines: Vec<Line>,
    real: Vec<bool>,
    commands: Commands,
    inbox: Inbox,
    epoch: Instant,
    lag: Arc<Mutex<Latencies>>,
    flights: HashMap<Attempt, Flight>,
    flights_max: usize,
    /// Attempts for which there was no room; the driver hands them back to the engine.
    bounced: Vec<Attempt>,
    pub unsent: u64,
    waiting: HashMap<Token, Waiting>,
    /// Length of `waiting` at which those who have left are swept out.
    sweep_at: usize,
    last_token: Token,
    /// Attempts whose stand-in crashed: their broken connection is a crash, not a reset.
    crashed: HashSet<Attempt>,
}

struct Flight {
    edge: EdgeId,
    task: AbortHandle,
}

struct Waiting {
    from: Option<Attempt>,
    reply: oneshot::Sender<Reply>,
}

const SWEEP_MIN: usize = 1024;

impl Line {
    pub fn new(driver: drivers::Edge, proxy: Option<FaultProxy>) -> Line {
        Line { driver: Arc::new(driver), proxy, active: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        let Some(proxy) = &self.proxy else { return };
        if step.on {
            proxy.apply(step.fault, &step.effect);
            self.active.push((step.fault, step.effect.clone()));
        } else {
            proxy.heal(step.fault);
            self.active.retain(|(fault, _)| *fault != step.fault);
        }
        self.driver.use_fresh_connections(self.active.iter().any(|(_, effect)| matches!(effect, Effect::Reset { .. })));
    }

    fn refusing(&self) -> Option<FaultId> {
        self.active.iter().find(|(_, effect)| matches!(effect, Effect::Refuse)).map(|(fault, _)| *fault)
    }

    fn is_cut(&self) -> bool {
        self.active.iter().any(|(_, effect)| matches!(effect, Effect::Refuse | Effect::Cut { .. }))
    }
}

impl LiveWire {
    pub fn new(plan: Arc<Plan>, lines: Vec<Line>, commands: Commands, inbox: Inbox, flights_max: usize) -> LiveWire {
        let mut real = vec![false; plan.services.len()];
        plan.real.services.iter().for_each(|service| real[service.service.index()] = true);
        LiveWire {
            runtime: runtime::Handle::current(),
            plan,
            lines,
            real,
            commands,
            inbox,
            epoch: Instant::now(),
            lag: Arc::default(),
            flights: HashMap::new(),
            flights_max,
            bounced: Vec::new(),
            unsent: 0,
            waiting: HashMap::new(),
            sweep_at: SWEEP_MIN,
            last_token: 0,
            crashed: HashSet::new(),
        }
    }

    /// From this moment on the run's time counts.
    pub fn begin(&mut self, epoch: Instant) {
        self.epoch = epoch;
    }

    /// An answer is here: what it means for the engine, and which fault refused it, if one did.
    pub fn landed(&mut self, call: Handle, attempt: u16, outcome: Outcome) -> (Outcome, Option<FaultId>) {
        let Some(flight) = self.flights.remove(&(call, attempt)) else { return (outcome, None) };
        let crashed = self.crashed.remove(&(call, attempt));
        match outcome {
            Outcome::Failed(ErrorKind::Reset) if crashed => (Outcome::Failed(ErrorKind::Crashed), None),
            Outcome::Failed(ErrorKind::Refused) => (outcome, self.lines[flight.edge.index()].refusing()),
            _ => (outcome, None),
        }
    }

    /// A request came in at a stand-in.
    pub fn receive(&mut self, from: Option<(EdgeId, Handle, u16)>, reply: oneshot::Sender<Reply>) -> Token {
        if self.waiting.len() >= self.sweep_at {
            self.waiting.retain(|_, waiting| !waiting.reply.is_closed());
            self.sweep_at = (2 * self.waiting.len()).max(SWEEP_MIN);
        }
        self.last_token += 1;
        let from = from.map(|(_, call, attempt)| (call, attempt));
        self.waiting.insert(self.last_token, Waiting { from, reply });
        self.last_token
    }

    pub fn take_bounced(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.bounced)
    }

    /// Gives up everything under way; no answer is read any more.
    pub fn hang_up(&mut self) {
        self.flights.drain().for_each(|(_, flight)| flight.task.abort());
        self.waiting.clear();
    }

    pub fn lag(&self) -> Latencies {
        self.lag.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let due =
            request.intended.map(|at| (self.epoch + at.since(crate::base::Time::ZERO).to_std(), self.lag.clone()));
        let (driver, inbox) = (self.lines[request.edge.index()].driver.clone(), self.inbox.clone());
        let task = self.runtime.spawn(async move {
            let begun = Instant::now();
            if let Some((due, lag)) = due {
                let late = begun.saturating_duration_since(due);
                lag.lock().unwrap_or_else(PoisonError::into_inner).record(Span::from(late));
            }
            let outcome = driver.call(&request).await;
            let took = Span::from(begun.elapsed());
            let (call, attempt) = name;
            inbox.tell(Input::Answered { call, attempt, outcome, took });
        });
        self.flights.insert(name, Flight { edge: request.edge, task: task.abort_handle() });
    }

    fn abandon(&mut self, request: Request) {
        let name = (request.call, request.attempt);
        self.crashed.remove(&name);
        if let Some(flight) = self.flights.remove(&name) {
            flight.task.abort();
        }
    }

    fn respond(&mut self, token: Token, outcome: Outcome) {
        let Some(waiting) = self.waiting.remove(&token) else { return };
        if let (Outcome::Failed(ErrorKind::Crashed), Some(from)) = (outcome, waiting.from)
            && self.flights.contains_key(&from)
        {
            self.crashed.insert(from);
        }
        // A caller who has left reads nothing; the engine has counted that already.
        let _ = waiting.reply.send(outcome);
    }

    fn is_open(&self, token: Token) -> bool {
        self.waiting.get(&token).is_some_and(|waiting| !waiting.reply.is_closed())
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
            Target::Edge(edge) => self.lines[edge.index()].step(step),
            Target::Service { id, .. } if self.is_real(id) => {
                // At the very end everything is undone anyway: nothing is restarted for that.
                if step.on || step.at < self.plan.length {
                    self.commands.give(Command { index, service: id });
                }
            }
            _ => return false,
        }
        true
    }

    fn is_real(&self, service: ServiceId) -> bool {
        self.real[service.index()]
    }
}
