//! Admission policies in motion: who is let through to a service, decided on the caller's side before an attempt is sent, or on the
//! service's side when it arrives. Pure state machines: time and answers in, a verdict out. A closed enum, so that a guarded edge
//! costs a match and an unguarded one a look at an empty list.

mod breaker;
mod breaker_per_key;
mod limit;
mod rate;
mod rolling;
mod shed;
#[cfg(test)]
mod tests;
mod throttle;

pub use rolling::Rolling;

use crate::base::{Dice, ErrorKind, Outcome, Span, Time};
use crate::plan::guards as plan;

/// One admission policy at work.
#[derive(Clone, Debug)]
enum Guard {
    Breaker(breaker::Breaker),
    BreakerPerKey(Box<breaker_per_key::Breakers>),
    Throttle(throttle::Throttle),
    Rate(rate::Bucket),
    RatePerKey(Box<rate::Buckets>),
    Shed(Box<shed::Shed>),
    Limit(limit::Limit),
}

/// What a guard may know of a request and of the place where it wants to go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// 0 is the most important.
    pub class: u8,
    pub key: u32,
    /// Requests in the line, and how long the one in it for longest has waited.
    pub waiting: u32,
    pub oldest: Span,
    pub busy: u32,
    /// `None`: no limit.
    pub workers: Option<u32>,
    /// A worker would take it at once.
    pub idle: bool,
}

/// All the guards of one place, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct Guards {
    list: Vec<Guard>,
    dice: Dice,
}

impl Guards {
    pub fn new(specs: &[plan::Guard], dice: Dice) -> Guards {
        Guards { list: specs.iter().map(|spec| Guard::new(spec, 0)).collect(), dice }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// New parameters from now on: a guard of a kind that stays keeps its state, a new one begins with `under_way` requests let in.
    pub fn retune(&mut self, now: Time, specs: &[plan::Guard], under_way: u32) {
        let mut old = std::mem::take(&mut self.list);
        self.list = specs
            .iter()
            .map(|spec| match old.iter().position(|guard| guard.is_of_kind(spec)) {
                Some(index) => old.swap_remove(index).retuned(now, spec),
                None => Guard::new(spec, under_way),
            })
            .collect();
    }

    /// Asks every guard. When one turns the request away, those before it are told that it was not made.
    pub fn admit(&mut self, now: Time, ask: &Ask) -> Option<ErrorKind> {
        for index in 0..self.list.len() {
            let guard = &mut self.list[index];
            if !guard.admit(now, ask, &mut self.dice) {
                let kind = guard.kind();
                for before in &mut self.list[..index] {
                    before.undo(now);
                }
                return Some(kind);
            }
        }
        None
    }

    /// A request is let through whatever they say.
    pub fn let_in(&mut self) {
        for guard in &mut self.list {
            if let Guard::Limit(limit) = guard {
                limit.let_in();
            }
        }
    }

    /// A request that they let through was not made after all.
    pub fn undo(&mut self, now: Time) {
        for guard in &mut self.list {
            guard.undo(now);
        }
    }

    /// A request for this key that was let through `took` ago has ended; `None`: nobody waited for how. `true` when that opens a breaker.
    pub fn done(&mut self, now: Time, key: u32, outcome: Option<Outcome>, took: Span) -> bool {
        let mut opened = false;
        for guard in &mut self.list {
            match guard {
                Guard::Breaker(breaker) => opened |= breaker.done(now, outcome, took, &mut self.dice),
                Guard::BreakerPerKey(breakers) => opened |= breakers.done(now, key, outcome, took, &mut self.dice),
                Guard::Throttle(throttle) => throttle.done(now, outcome),
                Guard::Limit(limit) => limit.done(outcome, took, &mut self.dice),
                Guard::Rate(_) | Guard::RatePerKey(_) | Guard::Shed(_) => {}
            }
        }
        opened
    }

    /// A worker is free for a request that has waited this long; `false`: it is turned away even now.
    pub fn start(&mut self, now: Time, waited: Span, waiting: u32) -> bool {
        self.shed().is_none_or(|shed| shed.start(now, waited, waiting))
    }

    /// Is the newest in the line to be served first for now?
    pub fn newest_first(&mut self, now: Time) -> bool {
        self.shed().is_some_and(|shed| shed.newest_first(now))
    }

    /// Does a guard look at how long the oldest has waited?
    pub fn asks_for_oldest(&mut self) -> bool {
        self.shed().is_some_and(|shed| shed.asks_for_oldest())
    }

    /// Whether a breaker turns everyone away now.
    pub fn is_open(&self) -> bool {
        self.list.iter().any(|guard| matches!(guard, Guard::Breaker(breaker) if breaker.is_open()))
    }

    /// The limit on requests under way.
    pub fn limit(&self) -> Option<u32> {
        self.list.iter().find_map(|guard| match guard {
            Guard::Limit(limit) => Some(limit.limit()),
            _ => None,
        })
    }

    fn shed(&mut self) -> Option<&mut shed::Shed> {
        self.list.iter_mut().find_map(|guard| match guard {
            Guard::Shed(shed) => Some(&mut **shed),
            _ => None,
        })
    }
}

impl Guard {
    fn new(spec: &plan::Guard, under_way: u32) -> Guard {
        match spec {
            plan::Guard::Breaker(spec) if spec.per_key => {
                Guard::BreakerPerKey(Box::new(breaker_per_key::Breakers::new(spec)))
            }
            plan::Guard::Breaker(spec) => Guard::Breaker(breaker::Breaker::new(spec)),
            plan::Guard::Throttle(spec) => Guard::Throttle(throttle::Throttle::new(spec)),
            plan::Guard::Rate(spec) if spec.per_key => Guard::RatePerKey(Box::new(rate::Buckets::new(spec))),
            plan::Guard::Rate(spec) => Guard::Rate(rate::Bucket::new(spec)),
            plan::Guard::Shed(spec) => Guard::Shed(Box::new(shed::Shed::new(spec))),
            plan::Guard::Limit(spec) => Guard::Limit(limit::Limit::new(spec, under_way)),
        }
    }

    fn is_of_kind(&self, spec: &plan::Guard) -> bool {
        match (self, spec) {
            (Guard::Breaker(_), plan::Guard::Breaker(spec)) => !spec.per_key,
            (Guard::BreakerPerKey(_), plan::Guard::Breaker(spec)) => spec.per_key,
            (Guard::Throttle(_), plan::Guard::Throttle(_))
            | (Guard::Shed(_), plan::Guard::Shed(_))
            | (Guard::Limit(_), plan::Guard::Limit(_)) => true,
            (Guard::Rate(_), plan::Guard::Rate(spec)) => !spec.per_key,
            (Guard::RatePerKey(_), plan::Guard::Rate(spec)) => spec.per_key,
            _ => false,
        }
    }

    fn retuned(mut self, now: Time, spec: &plan::Guard) -> Guard {
        match (&mut self, spec) {
            (Guard::Breaker(breaker), plan::Guard::Breaker(spec)) => breaker.retune(spec),
            (Guard::BreakerPerKey(breakers), plan::Guard::Breaker(spec)) => breakers.retune(spec),
            (Guard::Throttle(throttle), plan::Guard::Throttle(spec)) => throttle.retune(spec),
            (Guard::Rate(bucket), plan::Guard::Rate(spec)) => bucket.retune(now, spec),
            (Guard::RatePerKey(buckets), plan::Guard::Rate(spec)) => buckets.retune(now, spec),
            (Guard::Shed(shed), plan::Guard::Shed(spec)) => shed.retune(spec),
            (Guard::Limit(limit), plan::Guard::Limit(spec)) => limit.retune(spec),
            (guard, spec) => unreachable!("{guard:?} is not of the kind of {spec:?}"),
        }
        self
    }

    #[inline]
    fn admit(&mut self, now: Time, ask: &Ask, dice: &mut Dice) -> bool {
        match self {
            Guard::Breaker(breaker) => breaker.admit(now),
            Guard::BreakerPerKey(breakers) => breakers.admit(now, ask.key),
            Guard::Throttle(throttle) => throttle.admit(now, dice),
            Guard::Rate(bucket) => bucket.admit(now),
            Guard::RatePerKey(buckets) => buckets.admit(now, ask.key),
            Guard::Shed(shed) => shed.admit(now, ask, dice),
            Guard::Limit(limit) => limit.admit(),
        }
    }

    fn undo(&mut self, now: Time) {
        match self {
            Guard::Breaker(breaker) => breaker.undo(),
            Guard::BreakerPerKey(breakers) => breakers.undo(),
            Guard::Throttle(throttle) => throttle.undo(now),
            Guard::Rate(bucket) => bucket.undo(),
            Guard::RatePerKey(buckets) => buckets.undo(),
            Guard::Shed(_) => {}
            Guard::Limit(limit) => limit.undo(),
        }
    }

    /// How it says no.
    fn kind(&self) -> ErrorKind {
        match self {
            Guard::Breaker(_) | Guard::BreakerPerKey(_) => ErrorKind::BreakerOpen,
            Guard::Throttle(_) | Guard::Rate(_) | Guard::RatePerKey(_) => ErrorKind::Throttled,
            Guard::Shed(_) | Guard::Limit(_) => ErrorKind::Shed,
        }
    }
}
