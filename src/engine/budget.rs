//! What all callers of an edge together may spend on retries: a purse that fills with calls or successes and empties with retries
//! or failures, after the rules of one of the budgets in use. It never looks at a clock.

use super::guards::Rolling;
use crate::base::{ErrorKind, Outcome, Time};
use crate::plan::Budget;

/// Finagle keeps its window in this many steps; so do the others here.
const STEPS: u32 = 10;
/// Tokens of a window are counted in thousandths, as Finagle does.
const SCALE: f64 = 1000.0;

#[derive(Clone, Debug)]
pub struct Purse {
    spec: Budget,
    tokens: f64,
    /// Of a window: tokens; of a share of failures: calls and failed attempts.
    window: Rolling<2>,
    /// Attempts under way, and retries among them or about to be made.
    active: u32,
    retrying: u32,
}

impl Purse {
    pub fn new(spec: Budget) -> Purse {
        let tokens = match spec {
            Budget::Bucket { burst, .. } => burst,
            Budget::Tokens { tokens, .. } | Budget::Costs { tokens, .. } => tokens,
            Budget::Window { .. } | Budget::Active { .. } | Budget::Failures { .. } => 0.0,
        };
        Purse { spec, tokens, window: window(&spec), active: 0, retrying: 0 }
    }

    /// New parameters from now on. Counts go on; what was saved up is kept, as far as there is room, under a rule of the same kind.
    pub fn retune(&mut self, spec: Budget) {
        let (active, retrying) = (self.active, self.retrying);
        if std::mem::discriminant(&spec) == std::mem::discriminant(&self.spec) {
            let fresh = Purse::new(spec);
            self.tokens = self.tokens.min(fresh.tokens);
            self.spec = spec;
            return;
        }
        *self = Purse { active, retrying, ..Purse::new(spec) };
    }

    /// A call begins.
    #[inline]
    pub fn deposit(&mut self, now: Time) {
        match self.spec {
            Budget::Bucket { ratio, burst } => self.tokens = (self.tokens + ratio).min(burst),
            Budget::Window { .. } => self.window.add(now, [SCALE as i64, 0]),
            Budget::Failures { .. } => self.window.add(now, [1, 0]),
            Budget::Tokens { .. } | Budget::Costs { .. } | Budget::Active { .. } => {}
        }
    }

    /// An attempt is made.
    pub fn begun(&mut self) {
        self.active += 1;
    }

    /// An attempt is over: the `attempt`-th, which as a retry had cost `paid`. `None`: nobody waited for the answer.
    pub fn over(&mut self, now: Time, attempt: u16, outcome: Option<Outcome>, paid: f64) {
        self.active = self.active.saturating_sub(1);
        if attempt > 1 {
            self.retrying = self.retrying.saturating_sub(1);
        }
        let Some(outcome) = outcome else { return };
        match (self.spec, outcome.is_failure()) {
            (Budget::Tokens { .. }, true) => self.tokens = (self.tokens - 1.0).max(0.0),
            (Budget::Tokens { tokens, ratio }, false) => self.tokens = (self.tokens + ratio).min(tokens),
            (Budget::Costs { tokens, gain, .. }, false) => {
                let back = if attempt > 1 { paid } else { gain };
                self.tokens = (self.tokens + back).min(tokens);
            }
            (Budget::Failures { .. }, true) => self.window.add(now, [0, 1]),
            _ => {}
        }
    }

    /// A retry that was paid for will not be made.
    pub fn called_off(&mut self) {
        self.retrying = self.retrying.saturating_sub(1);
    }

    /// Takes a retry out, if there is one left, and says what it cost; `kind` is the failure that it follows.
    pub fn withdraw(&mut self, now: Time, kind: ErrorKind) -> Option<f64> {
        let paid = self.pay(now, kind);
        self.retrying += u32::from(paid.is_some());
        paid
    }

    fn pay(&mut self, now: Time, kind: ErrorKind) -> Option<f64> {
        match self.spec {
            Budget::Bucket { .. } => self.take(1.0),
            Budget::Window { ratio, per_second, ttl } => {
                let cost = SCALE / ratio;
                let reserve = per_second * ttl.as_secs_f64() * cost;
                let there = self.window.sum(now)[0] as f64 + reserve >= cost;
                there.then(|| {
                    self.window.add(now, [-(cost as i64), 0]);
                    1.0
                })
            }
            Budget::Tokens { tokens, .. } => (self.tokens > tokens / 2.0).then_some(0.0),
            Budget::Costs { cost, timeout_cost, .. } => {
                self.take(if matches!(kind, ErrorKind::Timeout | ErrorKind::WaitTimeout) { timeout_cost } else { cost })
            }
            Budget::Active { share, least } => {
                let most = (share * f64::from(self.active)).max(f64::from(least));
                (f64::from(self.retrying) < most).then_some(0.0)
            }
            Budget::Failures { share, .. } => {
                let [calls, failed] = self.window.sum(now).map(|count| count as f64);
                (failed <= share * calls).then_some(0.0)
            }
        }
    }

    fn take(&mut self, cost: f64) -> Option<f64> {
        // Sums of ratios such as 0.1 fall short of 1 by a rounding error.
        (self.tokens >= cost - 1e-9).then(|| {
            self.tokens = (self.tokens - cost).max(0.0);
            cost
        })
    }
}

fn window(spec: &Budget) -> Rolling<2> {
    match spec {
        Budget::Window { ttl: length, .. } | Budget::Failures { window: length, .. } => Rolling::new(*length, STEPS),
        _ => Rolling::new(crate::base::Span::ZERO, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Dice, Span};

    const CALLS: u32 = 400_000;

    /// Calls at 1,000/s, one after another, each attempt of which fails with chance `p`: (attempts a call, share that succeeded).
    fn played(budget: Budget, retries: u16, p: f64) -> (f64, f64) {
        let mut purse = Purse::new(budget);
        let mut dice = Dice::named(1, "budget");
        let (mut attempts, mut ok) = (0, 0);
        for call in 0..CALLS {
            let now = Time::from_secs_f64(f64::from(call) / 1000.0);
            purse.deposit(now);
            let mut paid = 0.0;
            for attempt in 1.. {
                purse.begun();
                attempts += 1;
                let failed = dice.chance(p);
                let outcome = if failed { Outcome::Failed(ErrorKind::Error) } else { Outcome::Ok };
                purse.over(now, attempt, Some(outcome), paid);
                ok += u32::from(!failed);
                if !failed || attempt > retries {
                    break;
                }
                match purse.withdraw(now, ErrorKind::Error) {
                    Some(cost) => paid = cost,
                    None => break,
                }
            }
        }
        (f64::from(attempts) / f64::from(CALLS), f64::from(ok) / f64::from(CALLS))
    }

    #[track_caller]
    fn near(measured: f64, expected: f64, tolerance: f64) {
        assert!((measured - expected).abs() <= tolerance, "{measured} instead of {expected}");
    }

    #[test]
    fn finagle_allows_a_fifth_and_ten_a_second() {
        let budget = Budget::Window { ratio: 0.2, per_second: 10.0, ttl: Span::from_secs(10) };
        near(played(budget, 25, 0.1).0, 1.111, 0.005);
        for p in [0.2, 0.5] {
            near(played(budget, 25, p).0, 1.210, 0.005);
        }
        near(played(budget, 25, 0.5).1, 0.605, 0.005);
    }

    #[test]
    fn grpc_stops_retrying_at_a_sharp_knee() {
        // Tokens stand still where p = 0.1 (1 - p): at p = 1/11.
        let budget = Budget::Tokens { tokens: 10.0, ratio: 0.1 };
        for (p, attempts) in [(0.05, 1.052), (0.08, 1.057), (0.0909, 1.038), (0.10, 1.020), (0.15, 1.000)] {
            near(played(budget, 4, p).0, attempts, 0.005);
        }
    }

    #[test]
    fn the_aws_sdk_pays_by_what_failed_and_gets_back_what_helped() {
        let budget = |cost| Budget::Costs { tokens: 500.0, cost, timeout_cost: 10.0, gain: 1.0 };
        let (attempts, ok) = played(budget(5.0), 2, 0.3);
        near(attempts, 1.393, 0.005);
        near(ok, 0.973, 0.005);
        let (attempts, ok) = played(budget(5.0), 2, 0.5);
        near(attempts, 1.200, 0.005);
        near(ok, 0.600, 0.005);
        near(played(budget(10.0), 2, 0.3).0, 1.232, 0.005);
    }

    #[test]
    fn a_timeout_costs_what_timeouts_cost() {
        let mut purse = Purse::new(Budget::Costs { tokens: 25.0, cost: 5.0, timeout_cost: 10.0, gain: 1.0 });
        assert_eq!(purse.withdraw(Time::ZERO, ErrorKind::Timeout), Some(10.0));
        assert_eq!(purse.withdraw(Time::ZERO, ErrorKind::Error), Some(5.0));
        purse.over(Time::ZERO, 2, Some(Outcome::Ok), 10.0);
        assert_eq!(purse.withdraw(Time::ZERO, ErrorKind::Timeout), Some(10.0));
        assert_eq!(purse.withdraw(Time::ZERO, ErrorKind::Timeout), Some(10.0));
        assert_eq!(purse.withdraw(Time::ZERO, ErrorKind::Error), None);
    }

    #[test]
    fn envoy_allows_a_quarter_of_a_hundred_and_never_less_than_three() {
        let mut purse = Purse::new(Budget::Active { share: 0.25, least: 3 });
        let allowed =
            |purse: &mut Purse| (0..1000).filter(|_| purse.withdraw(Time::ZERO, ErrorKind::Error).is_some()).count();
        assert_eq!(allowed(&mut purse), 3);
        for _ in 0..100 {
            purse.begun();
        }
        assert_eq!(allowed(&mut purse), 22, "25 with the three that are about to be made");
        purse.called_off();
        assert_eq!(allowed(&mut purse), 1);
    }

    #[test]
    fn a_budget_of_ten_percent_allows_one_retry_in_ten_calls() {
        let mut purse = Purse::new(Budget::Bucket { ratio: 0.1, burst: 1.0 });
        assert!(purse.withdraw(Time::ZERO, ErrorKind::Error).is_some());
        let allowed = (0..1000).filter(|_| {
            purse.deposit(Time::ZERO);
            purse.withdraw(Time::ZERO, ErrorKind::Error).is_some()
        });
        assert_eq!(allowed.count(), 100);
    }

    #[test]
    fn retries_end_when_more_than_the_share_fails() {
        let budget = Budget::Failures { share: 0.1, window: Span::from_secs(100) };
        near(played(budget, 3, 0.05).0, 1.0526, 0.002);
        let (attempts, ok) = played(budget, 3, 0.2);
        near(attempts, 1.0, 0.002);
        near(ok, 0.8, 0.002);
    }

    #[test]
    fn new_parameters_keep_what_goes_on() {
        let mut purse = Purse::new(Budget::Bucket { ratio: 0.1, burst: 10.0 });
        purse.retune(Budget::Bucket { ratio: 0.1, burst: 2.0 });
        assert_eq!((0..9).filter(|_| purse.withdraw(Time::ZERO, ErrorKind::Error).is_some()).count(), 2);
        purse.retune(Budget::Active { share: 0.0, least: 3 });
        assert_eq!((0..9).filter(|_| purse.withdraw(Time::ZERO, ErrorKind::Error).is_some()).count(), 1);
    }
}
