//! Client-side adaptive throttling: a caller that sees its requests turned away turns some away itself, before they cost anything.
//! Beyer et al., Site Reliability Engineering, O'Reilly 2016, chapter 21. It never looks at a clock.

use super::rolling::Rolling;
use crate::base::{Dice, Outcome, Time};
use crate::plan::guards as plan;

/// The window slides in this many steps.
const STEPS: u32 = 60;

#[derive(Clone, Debug)]
pub struct Throttle {
    spec: plan::Throttle,
    /// Requests, those turned away here too; and those that the called side accepted.
    seen: Rolling<2>,
}

impl Throttle {
    pub fn new(spec: &plan::Throttle) -> Throttle {
        Throttle { spec: *spec, seen: Rolling::new(spec.window, STEPS) }
    }

    /// New parameters from now on; what was seen is kept unless the window has another length.
    pub fn retune(&mut self, spec: &plan::Throttle) {
        if spec.window != self.spec.window {
            self.seen = Rolling::new(spec.window, STEPS);
        }
        self.spec = *spec;
    }

    pub fn admit(&mut self, now: Time, dice: &mut Dice) -> bool {
        let [requests, accepts] = self.seen.sum(now).map(|count| count as f64);
        self.seen.add(now, [1, 0]);
        let chance = (requests - self.spec.k * accepts) / (requests + 1.0);
        // Draws only when it must, so that a healthy caller's dice stand still.
        chance <= 0.0 || !dice.chance(chance)
    }

    /// An admitted request was not made after all.
    pub fn undo(&mut self, now: Time) {
        self.seen.add(now, [-1, 0]);
    }

    /// `None`: nobody waited for the answer, so it is as if it had not been asked.
    pub fn done(&mut self, now: Time, outcome: Option<Outcome>) {
        match outcome {
            None => self.undo(now),
            Some(Outcome::Failed(_)) => {}
            Some(_) => self.seen.add(now, [0, 1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ErrorKind, Span};

    /// Requests sent per second when so many are offered to a side that accepts so many.
    fn sent(k: f64, offered: u32, capacity: u32) -> f64 {
        let mut throttle = Throttle::new(&plan::Throttle { k, window: Span::from_secs(120) });
        let mut dice = Dice::named(1, "throttle");
        let (mut sent, seconds) = (0, 600);
        for second in 0..seconds {
            let mut room = capacity;
            for request in 0..offered {
                let now = Time::from_secs_f64(f64::from(second) + f64::from(request) / f64::from(offered));
                if !throttle.admit(now, &mut dice) {
                    continue;
                }
                sent += u32::from(second >= 240);
                let accepted = room > 0;
                room -= u32::from(accepted);
                let outcome = if accepted { Outcome::Ok } else { Outcome::Failed(ErrorKind::Rejected) };
                throttle.done(now, Some(outcome));
            }
        }
        f64::from(sent) / f64::from(seconds - 240)
    }

    #[test]
    fn it_sends_k_times_what_is_accepted_and_nothing_is_throttled_below_that() {
        for (k, offered, expected) in [(2.0, 1000, 200.4), (1.5, 1000, 150.0), (1.1, 1000, 109.1), (2.0, 150, 150.6)] {
            let sent = sent(k, offered, 100);
            assert!((sent / expected - 1.0).abs() < 0.02, "K={k}, {offered} offered: {sent} sent, {expected} expected");
        }
    }

    #[test]
    fn what_was_not_made_or_not_awaited_leaves_no_trace() {
        let mut throttle = Throttle::new(&plan::Throttle { k: 2.0, window: Span::from_secs(120) });
        let mut dice = Dice::named(1, "throttle");
        for _ in 0..1000 {
            assert!(throttle.admit(Time::ZERO, &mut dice));
            throttle.undo(Time::ZERO);
            assert!(throttle.admit(Time::ZERO, &mut dice));
            throttle.done(Time::ZERO, None);
        }
    }
}
