//! A circuit breaker for each key: what happens to the requests for one key is nothing to the others. It never looks at a clock.

use super::breaker::Breaker;
use crate::base::{Dice, Outcome, Span, Time};
use crate::plan::guards as plan;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Breakers {
    spec: plan::Breaker,
    /// By key, as far as one has been asked about.
    each: BTreeMap<u32, Breaker>,
    /// Whose request was let through last.
    last: u32,
}

impl Breakers {
    pub fn new(spec: &plan::Breaker) -> Breakers {
        Breakers { spec: spec.clone(), each: BTreeMap::new(), last: 0 }
    }

    pub fn retune(&mut self, spec: &plan::Breaker) {
        self.each.values_mut().for_each(|breaker| breaker.retune(spec));
        self.spec = spec.clone();
    }

    pub fn admit(&mut self, now: Time, key: u32) -> bool {
        self.last = key;
        self.each.get_mut(&key).is_none_or(|breaker| breaker.admit(now))
    }

    /// The request that was admitted last was not made after all.
    pub fn undo(&mut self) {
        self.each.get_mut(&self.last).into_iter().for_each(Breaker::undo);
    }

    pub fn done(&mut self, now: Time, key: u32, outcome: Option<Outcome>, took: Span, dice: &mut Dice) -> bool {
        let spec = &self.spec;
        self.each.entry(key).or_insert_with(|| Breaker::new(spec)).done(now, outcome, took, dice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;

    #[test]
    fn a_key_that_fails_is_locked_for_a_while_and_no_other() {
        let mut spec = plan::Breaker { consecutive: Some(3), per_key: true, ..plan::Breaker::plain() };
        spec.open.base = Span::from_secs(10);
        let (mut breakers, mut dice) = (Breakers::new(&spec), Dice::named(1, "breakers"));
        let mut fails = |breakers: &mut Breakers, key: u32, at: u64| {
            let now = Time::ZERO + Span::from_secs(at);
            let failed = Some(Outcome::Failed(ErrorKind::Shed));
            breakers.admit(now, key).then(|| breakers.done(now, key, failed, Span::ZERO, &mut dice))
        };
        let first: Vec<_> = (1..=4).map(|at| fails(&mut breakers, 7, at)).collect();
        assert_eq!(first, [Some(false), Some(false), Some(true), None], "the third failure opens it");
        assert_eq!(fails(&mut breakers, 8, 5), Some(false), "another key is let through");
        assert_eq!(fails(&mut breakers, 7, 12), None);
        assert_eq!(fails(&mut breakers, 7, 13), Some(true), "a probe is let through after 10 s, and fails");
        breakers.retune(&plan::Breaker { consecutive: Some(2), ..spec.clone() });
        assert_eq!(fails(&mut breakers, 8, 14), Some(true), "fewer failures are borne now");
    }
}
