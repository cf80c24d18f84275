//! Load shedding at a replica: who is turned away at the door, and who in the line. It never looks at a clock.

use super::Ask;
use crate::base::{Dice, Span, Time};
use crate::plan::guards as plan;

/// Classes of importance that are told apart.
const CLASSES: usize = 16;

#[derive(Clone, Debug)]
pub struct Shed {
    spec: plan::Shed,
    /// The mean share of busy workers, and when and at which share it was last brought up to date.
    busy: (f64, Time, f64),
    /// How often each class has asked lately; older requests count less and less.
    mix: [f64; CLASSES],
    /// When nobody waited for the last time.
    last_empty: Time,
}

impl Shed {
    pub fn new(spec: &plan::Shed) -> Shed {
        Shed { spec: *spec, busy: (0.0, Time::ZERO, 0.0), mix: [0.0; CLASSES], last_empty: Time::ZERO }
    }

    /// New parameters from now on; all that was seen is kept.
    pub fn retune(&mut self, spec: &plan::Shed) {
        self.spec = *spec;
    }

    /// Does it need to know how long the one who waits longest has waited?
    pub fn asks_for_oldest(&self) -> bool {
        self.spec.wait.is_some()
    }

    pub fn admit(&mut self, now: Time, ask: &Ask, dice: &mut Dice) -> bool {
        if ask.waiting == 0 {
            self.last_empty = now;
        }
        let utilisation = self.utilisation(now, ask);
        let spec = &self.spec;
        let part = self.part(ask.class);
        let full = spec.queue.is_some_and(|most| !ask.idle && f64::from(ask.waiting) >= f64::from(most) * part);
        let late = spec.wait.is_some_and(|most| ask.oldest > most.mul_f64(part));
        let busy = spec.utilisation.is_some_and(|most| utilisation > most * part);
        let by_share = spec.share > 0.0 && self.by_share(ask.class, dice);
        !(full || late || busy || by_share)
    }

    /// A worker is free for someone who has waited this long; `waiting` more are in the line. `false`: turn them away.
    pub fn start(&mut self, now: Time, waited: Span, waiting: u32) -> bool {
        let Some(codel) = self.spec.codel else { return true };
        let most = if self.stands(now, &codel) { codel.target } else { codel.interval };
        if waiting == 0 {
            self.last_empty = now;
        }
        waited <= most
    }

    /// Is the newest to be served first for now?
    pub fn newest_first(&self, now: Time) -> bool {
        self.spec.codel.is_some_and(|codel| codel.lifo && self.stands(now, &codel))
    }

    fn stands(&self, now: Time, codel: &plan::Codel) -> bool {
        now.since(self.last_empty) > codel.interval
    }

    /// The part of a bound that holds for a class.
    fn part(&self, class: u8) -> f64 {
        let last = self.spec.classes.saturating_sub(1);
        if last == 0 {
            return 1.0;
        }
        1.0 - (1.0 - self.spec.last) * f64::from(class.min(last)) / f64::from(last)
    }

    /// Exponentially weighted in time, from the readings at each arrival.
    fn utilisation(&mut self, now: Time, ask: &Ask) -> f64 {
        let Some(workers) = ask.workers.filter(|_| self.spec.utilisation.is_some()) else { return 0.0 };
        let (mean, at, reading) = self.busy;
        let age = now.since(at).as_secs_f64() / self.spec.over.as_secs_f64().max(1e-9);
        let mean = reading + (mean - reading) * libm::exp(-age);
        self.busy = (mean, now, f64::from(ask.busy) / f64::from(workers.max(1)));
        mean
    }

    /// Turns away `share` of all requests, and so many of each class that those above it are spared as long as possible.
    fn by_share(&mut self, class: u8, dice: &mut Dice) -> bool {
        let class = usize::from(class).min(CLASSES - 1);
        for seen in &mut self.mix {
            *seen *= 0.999;
        }
        self.mix[class] += 1.0;
        let all: f64 = self.mix.iter().sum();
        let below: f64 = self.mix[class + 1..].iter().sum();
        let wanted = (self.spec.share * all - below) / self.mix[class];
        wanted >= 1.0 || wanted > 0.0 && dice.chance(wanted)
    }
}
