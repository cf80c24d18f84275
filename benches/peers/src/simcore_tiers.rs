//! simcore (of the dslab project), as its examples are written: users and tiers are components that send each other messages.

use crate::models::{Model, Played, Tier};
use firedrill::base::Dice;
use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct Timeout {
    request: u32,
    stamp: u32,
}

#[derive(Clone, Serialize)]
struct Ask {
    request: u32,
    stamp: u32,
}

#[derive(Clone, Serialize)]
struct Done {
    request: u32,
    stamp: u32,
}

#[derive(Clone, Serialize)]
struct Answer {
    request: u32,
    stamp: u32,
}

struct Users {
    context: SimulationContext,
    first: Id,
    rate: f64,
    timeout_s: Option<f64>,
    attempts_max: u32,
    dice: Dice,
    /// When each began, its stamp (0 when it is over), its attempts.
    requests: Vec<(f64, u32, u32)>,
    free: Vec<u32>,
    stamp: u32,
    played: Played,
}

struct Server {
    context: SimulationContext,
    caller: Id,
    next: Option<Id>,
    free: u32,
    mean_s: f64,
    dice: Dice,
    line: VecDeque<(u32, u32)>,
    peak: u64,
}

pub fn play(model: &Model, seed: u64) -> Played {
    let mut simulation = Simulation::new(seed);
    let contexts: Vec<SimulationContext> =
        model.tiers.iter().map(|tier| simulation.create_context(tier.name)).collect();
    let context = simulation.create_context("users");
    let ids: Vec<Id> = contexts.iter().map(SimulationContext::id).collect();
    let users_id = context.id();
    let servers: Vec<_> = contexts
        .into_iter()
        .zip(model.tiers)
        .enumerate()
        .map(|(n, (context, tier))| {
            let caller = n.checked_sub(1).map_or(users_id, |before| ids[before]);
            let server = Server::new(context, tier, caller, ids.get(n + 1).copied(), seed);
            let server = Rc::new(RefCell::new(server));
            simulation.add_handler(tier.name, server.clone());
            server
        })
        .collect();
    let users = Rc::new(RefCell::new(Users::new(context, model, ids[0], seed)));
    simulation.add_handler("users", users.clone());
    users.borrow_mut().wait_for_next();
    simulation.step_until_time(model.length_s);
    let mut played = users.borrow().played.clone();
    played.queue_peak = servers[0].borrow().peak;
    played
}

impl Users {
    fn new(context: SimulationContext, model: &Model, first: Id, seed: u64) -> Users {
        Users {
            context,
            first,
            rate: model.rate,
            timeout_s: model.timeout_s,
            attempts_max: 1 + model.retries,
            dice: Dice::named(seed, "arrivals/users"),
            requests: Vec::new(),
            free: Vec::new(),
            stamp: 0,
            played: Played::default(),
        }
    }

    fn wait_for_next(&mut self) {
        self.context.emit_self(Arrival {}, self.dice.exponential() / self.rate);
    }

    fn arrived(&mut self) {
        self.played.requests += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.requests.push((0.0, 0, 0));
            self.requests.len() as u32 - 1
        });
        self.requests[slot as usize] = (self.context.time(), 0, 0);
        self.attempt(slot);
        self.wait_for_next();
    }

    fn attempt(&mut self, request: u32) {
        self.played.attempts += 1;
        self.stamp += 1;
        let stamp = self.stamp;
        let (_, of, attempts) = &mut self.requests[request as usize];
        (*of, *attempts) = (stamp, *attempts + 1);
        if let Some(delay) = self.timeout_s {
            self.context.emit_ordered_self(Timeout { request, stamp }, delay);
        }
        self.context.emit_now(Ask { request, stamp }, self.first);
    }

    fn answered(&mut self, request: u32, stamp: u32) {
        let (began, of, _) = &mut self.requests[request as usize];
        if *of == stamp {
            *of = 0;
            self.played.ok += 1;
            self.played.latency.record(((self.context.time() - *began) * 1e9) as u64);
            self.free.push(request);
        }
    }

    fn timed_out(&mut self, request: u32, stamp: u32) {
        let (_, of, attempts) = &mut self.requests[request as usize];
        if *of != stamp {
            return;
        }
        if *attempts < self.attempts_max {
            return self.attempt(request);
        }
        *of = 0;
        self.free.push(request);
    }
}

impl EventHandler for Users {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                self.arrived()
            }
            Answer { request, stamp } => {
                self.answered(request, stamp)
            }
            Timeout { request, stamp } => {
                self.timed_out(request, stamp)
            }
        })
    }
}

impl Server {
    fn new(context: SimulationContext, tier: &Tier, caller: Id, next: Option<Id>, seed: u64) -> Server {
        let dice = Dice::named(seed, &format!("work/{}", tier.name));
        Server { context, caller, next, free: tier.workers, mean_s: tier.mean_s, dice, line: VecDeque::new(), peak: 0 }
    }

    fn asked(&mut self, request: u32, stamp: u32) {
        if self.free == 0 {
            self.line.push_back((request, stamp));
            self.peak = self.peak.max(self.line.len() as u64);
            return;
        }
        self.free -= 1;
        self.start(request, stamp);
    }

    fn start(&mut self, request: u32, stamp: u32) {
        let work = self.dice.exponential() * self.mean_s;
        self.context.emit_self(Done { request, stamp }, work);
    }

    fn done(&mut self, request: u32, stamp: u32) {
        match self.next {
            Some(next) => _ = self.context.emit_now(Ask { request, stamp }, next),
            None => self.over(request, stamp),
        }
    }

    fn over(&mut self, request: u32, stamp: u32) {
        self.context.emit_now(Answer { request, stamp }, self.caller);
        match self.line.pop_front() {
            Some((request, stamp)) => self.start(request, stamp),
            None => self.free += 1,
        }
    }
}

impl EventHandler for Server {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Ask { request, stamp } => {
                self.asked(request, stamp)
            }
            Done { request, stamp } => {
                self.done(request, stamp)
            }
            Answer { request, stamp } => {
                self.over(request, stamp)
            }
        })
    }
}
