//! A bucket of tokens that calls pay into and that further attempts are taken from: the budget of retries and of hedges.

use crate::plan::TokenBucket;

#[derive(Clone, Debug)]
pub struct Tokens {
    budget: Option<TokenBucket>,
    left: f64,
}

impl Tokens {
    /// Full at first. Without a budget there is always one left.
    pub fn new(budget: Option<TokenBucket>) -> Tokens {
        Tokens { budget, left: budget.map_or(0.0, |budget| budget.burst) }
    }

    /// A call is made: it pays in.
    #[inline]
    pub fn deposit(&mut self) {
        if let Some(budget) = self.budget {
            self.left = (self.left + budget.ratio).min(budget.burst);
        }
    }

    /// Takes one, if there is one left.
    pub fn withdraw(&mut self) -> bool {
        // Sums of ratios such as 0.1 fall short of 1 by a rounding error.
        if self.budget.is_some() && self.left < 1.0 - 1e-9 {
            return false;
        }
        self.left = (self.left - 1.0).max(0.0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_ten_percent_allows_one_in_ten() {
        let mut tokens = Tokens::new(Some(TokenBucket { ratio: 0.1, burst: 1.0 }));
        assert!(tokens.withdraw());
        let mut allowed = 0;
        for _ in 0..1000 {
            tokens.deposit();
            allowed += u32::from(tokens.withdraw());
        }
        assert_eq!(allowed, 100);
    }

    #[test]
    fn without_a_budget_there_is_always_one_left() {
        let mut tokens = Tokens::new(None);
        assert!((0..1000).all(|_| tokens.withdraw()));
    }
}
