//! Things that are used at random and end each at a moment of its own: cached answers, open sessions. A slot whose thing has ended stays
//! empty until it is renewed; who may renew it is not decided here.

use crate::base::{Dice, Dist, Time};

#[derive(Clone, Debug)]
pub struct Slots {
    ends: Vec<Time>,
    dice: Dice,
}

/// Lives that lie before the start of the run, so that it begins in the steady state of the renewal process.
const LIVES_BEFORE: f64 = 20.0;

impl Slots {
    /// Filled, each at a phase of its own: what is left of a life at a random moment.
    pub fn new(count: u32, life: &Dist, dice: Dice) -> Slots {
        let mut slots = Slots { ends: Vec::new(), dice };
        slots.resize(count, life, Time::ZERO);
        slots
    }

    /// New slots are in the middle of a life too.
    pub fn resize(&mut self, count: u32, life: &Dist, now: Time) {
        self.resize_with(count, |_| life, now);
    }

    /// The same where each slot has a life of its own.
    pub fn resize_with<'a>(&mut self, count: u32, life: impl Fn(usize) -> &'a Dist, now: Time) {
        self.ends.truncate(count as usize);
        while self.ends.len() < count as usize {
            let life = life(self.ends.len());
            let mut left = -(LIVES_BEFORE + self.dice.unit()) * life.mean();
            while left <= 0.0 {
                left += life.draw(&mut self.dice).max(f64::MIN_POSITIVE);
            }
            self.ends.push(now + crate::base::Span::from_secs_f64(left));
        }
    }

    /// One of them, at random; `None` when there are none.
    #[inline]
    pub fn pick(&mut self) -> Option<usize> {
        (!self.ends.is_empty()).then(|| self.dice.below(self.ends.len() as u64) as usize)
    }

    #[inline]
    pub fn lives(&self, slot: usize, now: Time) -> bool {
        now < self.ends[slot]
    }

    pub fn renew(&mut self, slot: usize, life: &Dist, now: Time) {
        self.ends[slot] = now + life.draw_span(&mut self.dice);
    }

    /// Ends those that this says, by number, and says how many of them still lived.
    pub fn end_where(&mut self, now: Time, mut which: impl FnMut(u32) -> bool) -> u64 {
        let alive = self.ends.iter_mut().enumerate().filter(|(_, end)| now < **end);
        let hit = alive.filter(|(slot, _)| which(*slot as u32));
        hit.map(|(_, end)| *end = Time::ZERO).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of slots that live at this moment, of many.
    fn alive(life: &Dist, seconds: f64) -> f64 {
        let slots = Slots::new(20_000, life, Dice::named(1, "slots"));
        let at = Time::from_secs_f64(seconds);
        (0..20_000).filter(|slot| slots.lives(*slot, at)).count() as f64 / 20_000.0
    }

    #[test]
    fn what_is_left_of_a_life_at_the_start_is_that_of_a_random_moment() {
        let constant = Dist::Constant(60.0);
        assert!((alive(&constant, 15.0) - 0.75).abs() < 0.015, "uniform over the life");
        let exponential = Dist::Exponential { mean: 60.0 };
        assert!((alive(&exponential, 60.0) - (-1.0f64).exp()).abs() < 0.015, "without memory");
    }

    #[test]
    fn slots_end_and_are_renewed_one_by_one() {
        let life = Dist::Constant(10.0);
        let mut slots = Slots::new(4, &life, Dice::named(1, "slots"));
        let at = Time::from_secs_f64;
        assert_eq!(slots.end_where(Time::ZERO, |slot| slot % 2 == 0), 2);
        let living = |slots: &Slots, seconds| (0..4).map(|slot| slots.lives(slot, at(seconds))).collect::<Vec<_>>();
        assert_eq!(living(&slots, 0.0), [false, true, false, true]);
        slots.renew(2, &life, at(1.0));
        assert!(slots.lives(2, at(10.9)) && !slots.lives(2, at(11.0)));
    }
}
