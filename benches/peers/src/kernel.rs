//! The models written by hand against any event list: an arena for requests, one for visits, no boxes. Each engine brings its own
//! [`Agenda`], so that what is compared is the cost of the engine and not of the model. The dice are those of firedrill, by the same
//! names: every engine sees the same arrivals, and work of the same law.

use crate::models::{Model, Played};
use firedrill::base::Dice;
use std::collections::VecDeque;

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Arrival,
    /// This tier has done its work on this visit.
    Done {
        tier: u32,
        visit: u32,
    },
    /// The attempt with this stamp, of the request in this slot, has waited long enough.
    Timeout {
        request: u32,
        stamp: u32,
    },
}

/// An event list. Delays are in nanoseconds from now.
pub trait Agenda {
    fn arrival(&mut self, delay: u64);
    fn done(&mut self, delay: u64, tier: u32, visit: u32);
    /// The delay is always the same.
    fn timeout(&mut self, delay: u64, request: u32, stamp: u32);
}

#[derive(Clone, Copy)]
struct Request {
    intended: u64,
    /// Tells this attempt from all others; 0 when the request is over.
    stamp: u32,
    attempt: u32,
}

/// An attempt's way through the tiers; it outlives its request when the user has given up.
#[derive(Clone, Copy)]
struct Visit {
    request: u32,
    stamp: u32,
}

struct Place {
    free: u32,
    mean_ns: f64,
    dice: Dice,
    line: VecDeque<u32>,
}

pub struct Kernel {
    /// Mean nanoseconds between arrivals.
    gap_ns: f64,
    timeout_ns: Option<u64>,
    attempts_max: u32,
    arrivals: Dice,
    places: Vec<Place>,
    requests: Vec<Request>,
    free_requests: Vec<u32>,
    visits: Vec<Visit>,
    free_visits: Vec<u32>,
    stamp: u32,
    pub played: Played,
}

impl Kernel {
    pub fn new(model: &Model, seed: u64) -> Kernel {
        let place = |tier: &crate::models::Tier| Place {
            free: tier.workers,
            mean_ns: tier.mean_s * 1e9,
            dice: Dice::named(seed, &format!("work/{}", tier.name)),
            line: VecDeque::new(),
        };
        Kernel {
            gap_ns: 1e9 / model.rate,
            timeout_ns: model.timeout_s.map(|s| (s * 1e9) as u64),
            attempts_max: 1 + model.retries,
            arrivals: Dice::named(seed, "arrivals/users"),
            places: model.tiers.iter().map(place).collect(),
            requests: Vec::new(),
            free_requests: Vec::new(),
            visits: Vec::new(),
            free_visits: Vec::new(),
            stamp: 0,
            played: Played::default(),
        }
    }

    pub fn begin(&mut self, agenda: &mut impl Agenda) {
        agenda.arrival((self.arrivals.exponential() * self.gap_ns + 0.5) as u64);
    }

    #[inline]
    pub fn handle(&mut self, now: u64, what: What, agenda: &mut impl Agenda) {
        match what {
            What::Arrival => self.arrived(now, agenda),
            What::Done { tier, visit } => self.done(now, tier as usize, visit, agenda),
            What::Timeout { request, stamp } => self.timed_out(request, stamp, agenda),
        }
    }

    fn arrived(&mut self, now: u64, agenda: &mut impl Agenda) {
        self.played.requests += 1;
        let request = Request { intended: now, stamp: 0, attempt: 0 };
        let slot = put(&mut self.requests, &mut self.free_requests, request);
        self.attempt(slot, agenda);
        agenda.arrival((self.arrivals.exponential() * self.gap_ns + 0.5) as u64);
    }

    fn attempt(&mut self, slot: u32, agenda: &mut impl Agenda) {
        self.played.attempts += 1;
        self.stamp += 1;
        let stamp = self.stamp;
        let request = &mut self.requests[slot as usize];
        request.attempt += 1;
        request.stamp = stamp;
        if let Some(delay) = self.timeout_ns {
            agenda.timeout(delay, slot, stamp);
        }
        let visit = put(&mut self.visits, &mut self.free_visits, Visit { request: slot, stamp });
        self.enter(0, visit, agenda);
    }

    #[inline]
    fn enter(&mut self, tier: usize, visit: u32, agenda: &mut impl Agenda) {
        let place = &mut self.places[tier];
        if place.free > 0 {
            place.free -= 1;
            let work = place.dice.exponential() * place.mean_ns;
            agenda.done((work + 0.5) as u64, tier as u32, visit);
        } else {
            place.line.push_back(visit);
            if tier == 0 {
                self.played.queue_peak = self.played.queue_peak.max(place.line.len() as u64);
            }
        }
    }

    fn done(&mut self, now: u64, tier: usize, visit: u32, agenda: &mut impl Agenda) {
        if tier + 1 < self.places.len() {
            return self.enter(tier + 1, visit, agenda);
        }
        // The answer goes all the way out: every tier has a worker to spare again.
        for tier in (0..self.places.len()).rev() {
            let place = &mut self.places[tier];
            match place.line.pop_front() {
                None => place.free += 1,
                Some(next) => {
                    let work = place.dice.exponential() * place.mean_ns;
                    agenda.done((work + 0.5) as u64, tier as u32, next);
                }
            }
        }
        let Visit { request: slot, stamp } = self.visits[visit as usize];
        self.free_visits.push(visit);
        let request = &mut self.requests[slot as usize];
        if request.stamp == stamp {
            request.stamp = 0;
            self.played.ok += 1;
            self.played.latency.record(now - request.intended);
            self.free_requests.push(slot);
        }
    }

    fn timed_out(&mut self, slot: u32, stamp: u32, agenda: &mut impl Agenda) {
        let request = &mut self.requests[slot as usize];
        if request.stamp != stamp {
            return;
        }
        if request.attempt < self.attempts_max {
            return self.attempt(slot, agenda);
        }
        request.stamp = 0;
        self.free_requests.push(slot);
    }
}

#[inline]
fn put<T>(slots: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(slot) = free.pop() {
        slots[slot as usize] = value;
        return slot;
    }
    slots.push(value);
    slots.len() as u32 - 1
}
