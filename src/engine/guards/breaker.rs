//! A circuit breaker: closed it watches, open it turns everyone away, half open it lets a few through and takes their word.
//! It never looks at a clock and never hears of what it did not let through.

use super::rolling::Rolling;
use crate::base::{Dice, Outcome, Span, Time};
use crate::plan::guards::{self as plan, Growth, Open, Sample};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Breaker {
    spec: plan::Breaker,
    state: State,
    /// When this state began. Answers to calls that were made before tell nothing about it.
    since: Time,
    /// Failures in a row.
    streak: u32,
    /// Openings in a row, for the growth of the open time.
    openings: u32,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Time },
    HalfOpen { let_in: u32, answers: Counts },
}

/// Calls, failed ones, slow ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    calls: u32,
    failed: u32,
    slow: u32,
}

/// The sample that shares are taken of.
#[derive(Clone, Debug)]
enum Tally {
    Calls { last: VecDeque<(bool, bool)>, size: usize, sum: Counts },
    Time(Rolling<3>),
}

impl Breaker {
    pub fn new(spec: &plan::Breaker) -> Breaker {
        Breaker {
            tally: Tally::new(spec.sample),
            spec: spec.clone(),
            state: State::Closed,
            since: Time::ZERO,
            streak: 0,
            openings: 0,
        }
    }

    /// New parameters from now on. It stays in its state; its sample is kept as long as it is of the same shape.
    pub fn retune(&mut self, spec: &plan::Breaker) {
        if spec.sample != self.spec.sample {
            self.tally = Tally::new(spec.sample);
        }
        self.spec = spec.clone();
    }

    /// Whether it turns calls away for now; half open is not open.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    pub fn admit(&mut self, now: Time) -> bool {
        if let State::Open { until } = self.state {
            if now < until {
                return false;
            }
            match self.spec.probes {
                0 => self.close(now),
                _ => self.enter(now, State::HalfOpen { let_in: 0, answers: Counts::default() }),
            }
        }
        let State::HalfOpen { let_in, .. } = &mut self.state else { return true };
        let admitted = *let_in < self.spec.probes;
        *let_in += u32::from(admitted);
        admitted
    }

    /// An admitted call was not made after all.
    pub fn undo(&mut self) {
        if let State::HalfOpen { let_in, .. } = &mut self.state {
            *let_in = let_in.saturating_sub(1);
        }
    }

    /// A call that was admitted `took` ago has ended; `None`: nobody waited for how. `true` when this opens it.
    pub fn done(&mut self, now: Time, outcome: Option<Outcome>, took: Span, dice: &mut Dice) -> bool {
        if Time(now.0.saturating_sub(took.0)) < self.since {
            return false;
        }
        let Some(outcome) = outcome else {
            self.undo();
            return false;
        };
        let failed = matches!(outcome, Outcome::Failed(kind) if self.spec.on.contains(&kind));
        let slow = self.spec.slow.is_some_and(|slow| took > slow.over);
        match &mut self.state {
            State::Open { .. } => return false,
            State::Closed => {
                self.streak = if failed { self.streak + 1 } else { 0 };
                self.tally.add(now, failed, slow);
            }
            State::HalfOpen { answers, .. } => answers.add(failed, slow),
        }
        self.judge(now, dice)
    }

    fn judge(&mut self, now: Time, dice: &mut Dice) -> bool {
        let opens = match self.state {
            State::Open { .. } => false,
            State::Closed => {
                let counts = self.tally.counts(now);
                self.spec.consecutive.is_some_and(|most| self.streak >= most) || self.too_bad(counts, self.spec.least)
            }
            State::HalfOpen { answers, .. } => {
                // Where failures in a row are what counts, one more is one too many.
                let again = answers.failed > 0 && self.spec.consecutive.is_some();
                let again = again || self.too_bad(answers, self.spec.probes);
                if !again && answers.calls >= self.spec.probes {
                    self.close(now);
                }
                again
            }
        };
        if opens {
            self.open(now, dice);
        }
        opens
    }

    fn too_bad(&self, counts: Counts, least: u32) -> bool {
        let reaches = |part: u32, share: f64| part > 0 && f64::from(part) >= share * f64::from(counts.calls) - 1e-9;
        let of = &self.spec;
        counts.calls >= least.max(1)
            && (of.failures.is_some_and(|share| reaches(counts.failed, share))
                || of.slow.is_some_and(|slow| reaches(counts.slow, slow.share)))
    }

    fn open(&mut self, now: Time, dice: &mut Dice) {
        let forgive = self.spec.open.forgive;
        if self.state == State::Closed && forgive > Span::ZERO {
            let forgiven = now.since(self.since).0 / forgive.0;
            self.openings = self.openings.saturating_sub(forgiven.min(u64::from(u32::MAX)) as u32);
        }
        self.openings = self.openings.saturating_add(1);
        let until = now + length(&self.spec.open, self.openings, dice);
        self.enter(now, State::Open { until });
    }

    fn close(&mut self, now: Time) {
        if self.spec.open.forgive == Span::ZERO {
            self.openings = 0;
        }
        self.enter(now, State::Closed);
    }

    fn enter(&mut self, now: Time, state: State) {
        self.state = state;
        self.since = now;
        self.streak = 0;
        self.tally = Tally::new(self.spec.sample);
    }
}

/// How long it stays open the `nth` time in a row.
fn length(open: &Open, nth: u32, dice: &mut Dice) -> Span {
    let times = match open.growth {
        Growth::None => 1.0,
        Growth::Linear => f64::from(nth),
        Growth::Exponential => libm::exp2(f64::from(nth - 1)),
    };
    let jitter = if open.jitter > 0.0 { 1.0 + open.jitter * dice.unit() } else { 1.0 };
    open.base.mul_f64(times * jitter).min(open.max)
}

impl Counts {
    fn add(&mut self, failed: bool, slow: bool) {
        self.calls += 1;
        self.failed += u32::from(failed);
        self.slow += u32::from(slow);
    }
}

impl Tally {
    fn new(sample: Sample) -> Tally {
        match sample {
            Sample::Calls(size) => {
                let size = size.max(1) as usize;
                Tally::Calls { last: VecDeque::with_capacity(size), size, sum: Counts::default() }
            }
            Sample::Time { length, buckets } => Tally::Time(Rolling::new(length, buckets)),
        }
    }

    fn add(&mut self, now: Time, failed: bool, slow: bool) {
        match self {
            Tally::Calls { last, size, sum } => {
                if last.len() == *size
                    && let Some((failed, slow)) = last.pop_front()
                {
                    sum.calls -= 1;
                    sum.failed -= u32::from(failed);
                    sum.slow -= u32::from(slow);
                }
                last.push_back((failed, slow));
                sum.add(failed, slow);
            }
            Tally::Time(rolling) => rolling.add(now, [1, i64::from(failed), i64::from(slow)]),
        }
    }

    fn counts(&mut self, now: Time) -> Counts {
        match self {
            Tally::Calls { sum, .. } => *sum,
            Tally::Time(rolling) => {
                let [calls, failed, slow] = rolling.sum(now).map(|sum| sum as u32);
                Counts { calls, failed, slow }
            }
        }
    }
}
