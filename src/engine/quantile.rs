//! A running quantile of a delay, from nothing but whether each draw went past the estimate: stochastic approximation in the logarithm
//! (Robbins and Monro, Annals of Mathematical Statistics 22(3), 1951). In the long run exactly the share 1 - q goes past it, also
//! when what is measured changes. It keeps no samples after the first few.

use crate::base::Span;

#[derive(Clone, Debug)]
pub struct RunningQuantile {
    quantile: f64,
    /// The first draws, in order of size; the estimate begins as their quantile.
    first: Vec<Span>,
    seconds: f64,
    /// Factors for a draw that went past the estimate, and for one that did not.
    up: f64,
    down: f64,
}

/// Draws that are waited for before there is an estimate.
const FIRST: usize = 64;
/// Step in the logarithm: the estimate wanders about 5% around p95 and p99 of an exponential.
const STEP: f64 = 0.02;
/// The estimate stays between a microsecond and an hour, so that it can always grow again.
const SECONDS: (f64, f64) = (1e-6, 3600.0);

impl RunningQuantile {
    /// `quantile` is above 0 and below 1.
    pub fn new(quantile: f64) -> RunningQuantile {
        RunningQuantile {
            quantile,
            first: Vec::with_capacity(FIRST),
            seconds: 0.0,
            up: libm::exp(STEP * quantile),
            down: libm::exp(-STEP * (1.0 - quantile)),
        }
    }

    /// `None` until enough has been seen.
    pub fn estimate(&self) -> Option<Span> {
        (self.first.len() >= FIRST).then(|| Span::from_secs_f64(self.seconds))
    }

    /// A draw is complete that did not go past the estimate, or was made before there was one.
    pub fn within(&mut self, draw: Span) {
        if self.first.len() < FIRST {
            return self.gather(draw);
        }
        self.move_by(self.down);
    }

    /// A draw went past the estimate.
    pub fn past(&mut self) {
        self.move_by(self.up);
    }

    fn gather(&mut self, draw: Span) {
        let at = self.first.partition_point(|other| *other <= draw);
        self.first.insert(at, draw);
        if self.first.len() == FIRST {
            let rank = (self.quantile * FIRST as f64) as usize;
            self.seconds = self.first[rank.min(FIRST - 1)].as_secs_f64();
            self.move_by(1.0);
        }
    }

    fn move_by(&mut self, factor: f64) {
        self.seconds = (self.seconds * factor).clamp(SECONDS.0, SECONDS.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dice;

    fn share_past(quantile: &mut RunningQuantile, dice: &mut Dice, mean: f64, draws: u32) -> f64 {
        let mut past = 0;
        for _ in 0..draws {
            let draw = Span::from_secs_f64(mean * dice.exponential());
            match quantile.estimate() {
                Some(estimate) if draw > estimate => {
                    past += 1;
                    quantile.past();
                }
                _ => quantile.within(draw),
            }
        }
        f64::from(past) / f64::from(draws)
    }

    #[test]
    fn exactly_the_wanted_share_goes_past_it_also_after_a_change() {
        let mut dice = Dice::named(1, "draws");
        let mut p95 = RunningQuantile::new(0.95);
        assert_eq!(p95.estimate(), None);
        for mean in [1.0, 20.0] {
            let share = share_past(&mut p95, &mut dice, mean, 100_000);
            assert!((share - 0.05).abs() < 0.002, "{share}");
            let estimate = p95.estimate().expect("it has seen enough").as_secs_f64() / mean;
            assert!((estimate / 2.9957 - 1.0).abs() < 0.2, "{estimate}");
        }
    }

    #[test]
    fn no_time_at_all_does_not_hold_it_down() {
        let mut p50 = RunningQuantile::new(0.5);
        (0..1000).for_each(|_| p50.within(Span::ZERO));
        (0..2000).for_each(|_| p50.past());
        assert!(p50.estimate().expect("it has seen enough") > Span::from_secs(1));
    }
}
