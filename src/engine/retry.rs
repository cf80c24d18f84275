//! Retries as a pure state machine: which failures, how many, after what pause, within what budget.

use super::budget::Purse;
use crate::base::{Dice, ErrorKind, Outcome, Span, Time};
use crate::plan::{Backoff, Jitter, Retry};

#[derive(Clone, Debug)]
pub struct Retries {
    policy: Option<Retry>,
    purse: Option<Purse>,
    dice: Dice,
}

impl Retries {
    pub fn new(policy: Option<&Retry>, dice: Dice) -> Retries {
        let purse = policy.and_then(|retry| retry.budget).map(Purse::new);
        Retries { policy: policy.cloned(), purse, dice }
    }

    /// Another policy from now on; the budget's state goes on.
    pub fn reconfigure(&mut self, policy: Option<&Retry>) {
        let budget = policy.and_then(|retry| retry.budget);
        self.purse = match (self.purse.take(), budget) {
            (Some(mut purse), Some(budget)) => {
                purse.retune(budget);
                Some(purse)
            }
            (_, budget) => budget.map(Purse::new),
        };
        self.policy = policy.cloned();
    }

    pub fn has_budget(&self) -> bool {
        self.purse.is_some()
    }

    /// A call begins: it pays into the budget.
    #[inline]
    pub fn deposit(&mut self, now: Time) {
        if let Some(purse) = &mut self.purse {
            purse.deposit(now);
        }
    }

    /// An attempt is sent.
    #[inline]
    pub fn begun(&mut self) {
        if let Some(purse) = &mut self.purse {
            purse.begun();
        }
    }

    /// An attempt that was sent is over; see [`Purse::over`].
    #[inline]
    pub fn over(&mut self, now: Time, attempt: u16, outcome: Option<Outcome>, paid: f64) {
        if let Some(purse) = &mut self.purse {
            purse.over(now, attempt, outcome, paid);
        }
    }

    /// A retry that was paid for is not made.
    pub fn called_off(&mut self) {
        if let Some(purse) = &mut self.purse {
            purse.called_off();
        }
    }

    /// Would the policy try again after this many attempts, the last of which failed like this?
    pub fn wants(&self, attempts: u32, kind: ErrorKind) -> bool {
        self.policy.as_ref().is_some_and(|retry| attempts <= retry.max && retry.on.contains(&kind))
    }

    /// Takes a retry out of the budget, if there is one left, and says what it cost; `kind` is the failure that it follows.
    pub fn withdraw(&mut self, now: Time, kind: ErrorKind) -> Option<f64> {
        match &mut self.purse {
            None => Some(0.0),
            Some(purse) => purse.withdraw(now, kind),
        }
    }

    /// The pause before the retry that follows attempt number `attempts`; `previous` is the pause before that attempt.
    pub fn pause(&mut self, attempts: u32, previous: Span) -> Span {
        match &self.policy {
            Some(retry) => pause(&retry.backoff, attempts, previous, &mut self.dice),
            None => Span::ZERO,
        }
    }

    /// Is a service heeded that asks those to wait whom it turned away like this?
    pub fn heeds(&self, kind: ErrorKind) -> bool {
        let turned_away = matches!(kind, ErrorKind::Rejected | ErrorKind::Throttled | ErrorKind::Shed);
        turned_away && self.policy.as_ref().is_some_and(|retry| retry.retry_after)
    }
}

/// A draw of a growing pause.
pub(super) fn pause(backoff: &Backoff, attempts: u32, previous: Span, dice: &mut Dice) -> Span {
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

    fn retries(jitter: Jitter) -> Retries {
        let backoff = Backoff { base: Span::from_millis(100), factor: 2.0, max: Span::from_secs(1), jitter };
        let policy = Retry { max: 3, backoff, on: vec![ErrorKind::Timeout], retry_after: true, budget: None };
        Retries::new(Some(&policy), Dice::named(1, "retry"))
    }

    #[test]
    fn stops_after_max_and_only_for_listed_kinds() {
        let retries = retries(Jitter::None);
        assert!(retries.wants(3, ErrorKind::Timeout));
        assert!(!retries.wants(4, ErrorKind::Timeout));
        assert!(!retries.wants(1, ErrorKind::Reset));
    }

    #[test]
    fn exponential_backoff_is_capped_and_jitter_stays_in_its_range() {
        let ms = |span: Span| span.as_millis_f64();
        let mut plain = retries(Jitter::None);
        let pauses: Vec<f64> = (1..=6).map(|n| ms(plain.pause(n, Span::ZERO))).collect();
        assert_eq!(pauses, [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0]);
        let (mut full, mut equal, mut decorrelated) =
            (retries(Jitter::Full), retries(Jitter::Equal), retries(Jitter::Decorrelated));
        for _ in 0..1000 {
            assert!(ms(full.pause(3, Span::ZERO)) <= 400.0);
            assert!((200.0..=400.0).contains(&ms(equal.pause(3, Span::ZERO))));
            assert!((100.0..=600.0).contains(&ms(decorrelated.pause(3, Span::from_millis(200)))));
        }
    }

    #[test]
    fn a_service_is_heeded_by_those_whom_it_turned_away() {
        let retries = retries(Jitter::None);
        let turned_away = [ErrorKind::Rejected, ErrorKind::Throttled, ErrorKind::Shed];
        assert!(turned_away.into_iter().all(|kind| retries.heeds(kind)));
        assert!(!retries.heeds(ErrorKind::Timeout));
    }
}
