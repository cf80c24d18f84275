//! Hedged requests as a pure state machine: when the next one is due, and whether it may be sent. It sends nothing.

use super::quantile::RunningQuantile;
use super::tokens::Tokens;
use crate::base::Span;
use crate::plan::{self, After};

#[derive(Clone, Debug)]
pub struct Hedging {
    policy: plan::Hedge,
    quantile: Option<RunningQuantile>,
    tokens: Tokens,
}

impl Hedging {
    pub fn new(policy: &plan::Hedge) -> Hedging {
        let quantile = match policy.after {
            After::Delay(_) => None,
            After::Quantile(q) => Some(RunningQuantile::new(q)),
        };
        Hedging { policy: policy.clone(), quantile, tokens: Tokens::new(policy.budget) }
    }

    /// An attempt is made: after how long without an answer a hedge is due. `None`: not known yet.
    pub fn delay(&self) -> Option<Span> {
        match self.policy.after {
            After::Delay(delay) => Some(delay),
            After::Quantile(_) => self.quantile.as_ref().and_then(RunningQuantile::estimate),
        }
    }

    /// A call is made: it pays into the budget.
    pub fn deposit(&mut self) {
        self.tokens.deposit();
    }

    /// An attempt was answered after so long, before any hedge was due.
    pub fn answered_before(&mut self, took: Span) {
        if let Some(quantile) = &mut self.quantile {
            quantile.within(took);
        }
    }

    /// The delay is over, the `due`-th time for this attempt (from 1): may a hedge be sent, and is another one to be waited for?
    pub fn is_due(&mut self, due: u32) -> (bool, bool) {
        if due == 1
            && let Some(quantile) = &mut self.quantile
        {
            quantile.past();
        }
        (self.tokens.withdraw(), due < self.policy.max)
    }

    pub fn cancels(&self) -> bool {
        self.policy.cancel
    }

    pub fn ties(&self) -> bool {
        self.policy.tied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::TokenBucket;

    fn hedging(after: After, max: u32, budget: Option<TokenBucket>) -> Hedging {
        Hedging::new(&plan::Hedge { after, max, cancel: true, tied: false, budget })
    }

    #[test]
    fn as_many_as_the_policy_and_the_budget_allow() {
        let mut hedging = hedging(After::Delay(Span::from_millis(10)), 2, Some(TokenBucket { ratio: 0.5, burst: 1.0 }));
        assert_eq!(hedging.delay(), Some(Span::from_millis(10)));
        assert_eq!((hedging.is_due(1), hedging.is_due(2)), ((true, true), (false, false)));
        hedging.deposit();
        assert_eq!(hedging.is_due(1), (false, true));
        hedging.deposit();
        assert_eq!(hedging.is_due(1), (true, true));
    }

    #[test]
    fn a_quantile_is_learned_first_and_then_followed() {
        let mut hedging = hedging(After::Quantile(0.5), 1, None);
        for ms in 0..100 {
            assert_eq!(hedging.delay().is_some(), ms >= 64);
            hedging.answered_before(Span::from_millis(ms));
        }
        let before = hedging.delay();
        assert_eq!(hedging.is_due(1), (true, false));
        assert!(hedging.delay() > before);
    }
}
