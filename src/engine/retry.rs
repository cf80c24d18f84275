//! Retries as a pure state machine: which failures, how many, after what pause, within what budget.

use crate::base::{Dice, ErrorKind, Span};
use crate::plan::{Backoff, Jitter, Retry};

#[derive(Clone, Debug)]
pub struct Retries {
    policy: Option<Retry>,
    /// Tokens in the retry budget's bucket.
    tokens: f64,
    dice: Dice,
}

impl Retries {
    pub fn new(policy: Option<&Retry>, dice: Dice) -> Retries {
        let burst = policy.and_then(|retry| retry.budget).map_or(0.0, |budget| budget.burst);
        Retries { policy: policy.cloned(), tokens: burst, dice }
    }

    /// Another policy from now on; what was saved up stays, as far as the new bucket holds it.
    pub fn reconfigure(&mut self, policy: Option<&Retry>) {
        let burst = |policy: &Retry| policy.budget.map_or(0.0, |budget| budget.burst);
        let (before, after) = (self.policy.as_ref().map_or(0.0, burst), policy.map_or(0.0, burst));
        self.tokens = if before == 0.0 { after } else { self.tokens.min(after) };
        self.policy = policy.cloned();
    }

    /// A first attempt is made: it pays into the budget.
    #[inline]
    pub fn deposit(&mut self) {
        if let Some(budget) = self.policy.as_ref().and_then(|retry| retry.budget) {
            self.tokens = (self.tokens + budget.ratio).min(budget.burst);
        }
    }

    /// Would the policy try again after this many attempts, the last of which failed like this?
    pub fn wants(&self, attempts: u32, kind: ErrorKind) -> bool {
        self.policy.as_ref().is_some_and(|retry| attempts <= retry.max && retry.on.contains(&kind))
    }

    /// Takes a retry out of the budget, if there is one left.
    pub fn withdraw(&mut self) -> bool {
        match self.policy.as_ref().and_then(|retry| retry.budget) {
            None => true,
            // Sums of ratios such as 0.1 fall short of 1 by a rounding error.
            Some(_) if self.tokens >= 1.0 - 1e-9 => {
                self.tokens = (self.tokens - 1.0).max(0.0);
                true
            }
            Some(_) => false,
        }
    }

    /// The pause before the retry that follows attempt number `attempts`; `previous` is the pause before that attempt.
    pub fn pause(&mut self, attempts: u32, previous: Span) -> Span {
        match &self.policy {
            Some(retry) => pause(&retry.backoff, attempts, previous, &mut self.dice),
            None => Span::ZERO,
        }
    }
}

fn pause(backoff: &Backoff, attempts: u32, previous: Span, dice: &mut Dice) -> Span {
    let base = backoff.base.0 as f64;
    let cap = backoff.max.0 as f64;
    let delay = (base * libm::pow(backoff.factor, f64::from(attempts - 1))).min(cap);
    let nanos = match backoff.jitter {
        Jitter::None => delay,
        Jitter::Full => delay * dice.unit(),
        Jitter::Equal => delay / 2.0 + delay / 2.0 * dice.unit(),
        Jitter::Decorrelated => {
            let high = (previous.0 as f64).max(base) * 3.0;
            (base + (high - base) * dice.unit()).min(cap)
        }
    };
    Span(nanos as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Budget;

    fn retries(jitter: Jitter, budget: Option<Budget>) -> Retries {
        let backoff = Backoff { base: Span::from_millis(100), factor: 2.0, max: Span::from_secs(1), jitter };
        let policy = Retry { max: 3, backoff, on: vec![ErrorKind::Timeout], budget };
        Retries::new(Some(&policy), Dice::named(1, "retry"))
    }

    #[test]
    fn stops_after_max_and_only_for_listed_kinds() {
        let retries = retries(Jitter::None, None);
        assert!(retries.wants(3, ErrorKind::Timeout));
        assert!(!retries.wants(4, ErrorKind::Timeout));
        assert!(!retries.wants(1, ErrorKind::Reset));
    }

    #[test]
    fn exponential_backoff_is_capped_and_jitter_stays_in_its_range() {
        let ms = |span: Span| span.as_millis_f64();
        let mut plain = retries(Jitter::None, None);
        let pauses: Vec<f64> = (1..=6).map(|n| ms(plain.pause(n, Span::ZERO))).collect();
        assert_eq!(pauses, [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0]);
        let (mut full, mut equal, mut decorrelated) =
            (retries(Jitter::Full, None), retries(Jitter::Equal, None), retries(Jitter::Decorrelated, None));
        for _ in 0..1000 {
            assert!(ms(full.pause(3, Span::ZERO)) <= 400.0);
            assert!((200.0..=400.0).contains(&ms(equal.pause(3, Span::ZERO))));
            assert!((100.0..=600.0).contains(&ms(decorrelated.pause(3, Span::from_millis(200)))));
        }
    }

    #[test]
    fn a_budget_of_ten_percent_allows_one_retry_in_ten_calls() {
        let mut retries = retries(Jitter::None, Some(Budget { ratio: 0.1, burst: 1.0 }));
        assert!(retries.withdraw());
        let mut allowed = 0;
        for _ in 0..1000 {
            retries.deposit();
            allowed += u32::from(retries.withdraw());
        }
        assert_eq!(allowed, 100);
    }
}
