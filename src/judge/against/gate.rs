//! When a figure counts as worse: the intervals lie apart, the effect is worth a word, and the samples are enough. One of the first two alone is
//! "changed?", which asks for a look and fails nothing: chance alone moves the p99 of 1000 requests by a quarter.

use super::figure::ratio;
use super::{Figure, Reading, Signs};

/// Effects up to this are of no interest.
const EFFECT_MIN: f64 = 0.10;
/// Of live runs that were repeated this share must agree.
const AGREE_MIN: f64 = 0.6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// 0.1: a ratio up to 1.1, or down to its inverse, is the same.
    pub effect_min: f64,
}

/// From the harmless to the bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// One side has too few samples.
    TooFew,
    Same,
    Improved,
    /// A difference that may be chance, or one too small to matter.
    Changed,
    Regressed,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::TooFew => "too few samples",
            Outcome::Same => "same",
            Outcome::Improved => "improved",
            Outcome::Changed => "changed?",
            Outcome::Regressed => "regressed",
        }
    }
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { effect_min: EFFECT_MIN }
    }
}

/// What one direction looks like.
struct Signals {
    apart: bool,
    large: bool,
}

impl Gate {
    /// Where enough pairs were simulated their signs decide, else the intervals of all requests.
    pub fn judge(
        &self,
        figure: Figure,
        base: &Reading,
        new: &Reading,
        signs: Option<&Signs>,
        simulated: bool,
    ) -> Outcome {
        if !base.enough || !new.enough {
            return Outcome::TooFew;
        }
        let signs = signs.filter(|signs| signs.pairs() >= 2);
        let decisive = signs.filter(|signs| simulated && signs.can_decide());
        let (up, down) = match decisive {
            Some(signs) => (self.by_signs(signs, true), self.by_signs(signs, false)),
            None => (self.by_intervals(base, new), self.by_intervals(new, base)),
        };
        let agrees = |upwards: bool| decisive.is_some() || signs.is_none_or(|signs| signs.share(upwards) >= AGREE_MIN);
        let (worse, better) = if figure.is_better_high() { (&down, &up) } else { (&up, &down) };
        let both = |one: &Signals, upwards: bool| one.apart && one.large && agrees(upwards);
        match () {
            () if both(worse, !figure.is_better_high()) => Outcome::Regressed,
            () if both(better, figure.is_better_high()) => Outcome::Improved,
            () if [worse, better].iter().any(|one| one.apart || one.large) => Outcome::Changed,
            () => Outcome::Same,
        }
    }

    /// Whether `high` is above `low`.
    fn by_intervals(&self, low: &Reading, high: &Reading) -> Signals {
        let apart = low.interval.zip(high.interval).is_some_and(|(low, high)| high.0 > low.1);
        Signals { apart, large: ratio(low.value, high.value).is_some_and(|ratio| ratio > 1.0 + self.effect_min) }
    }

    fn by_signs(&self, signs: &Signs, upwards: bool) -> Signals {
        let median = if upwards { signs.median } else { 1.0 / signs.median };
        Signals { apart: signs.is_shown(upwards), large: median > 1.0 + self.effect_min }
    }
}
