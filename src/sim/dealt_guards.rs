//! Guards and retry budgets for random Plans, made of throws of the dice.

use super::conservation::Maker;
use crate::base::Span;
use crate::plan::guards::*;

impl Maker {
    /// Of a service, or of an edge.
    pub(super) fn guards(&mut self, of_service: bool) -> Vec<Guard> {
        let rate =
            RateLimit { rate: f64::from(1 + self.below(100)), burst: f64::from(1 + self.below(5)), per_key: false };
        let fixed = Limit::fixed(1 + self.below(5));
        let limit = self.pick(&[
            fixed,
            Limit { min: 1, initial: 2, ..Limit::preset("aimd").expect("a preset") },
            Limit::preset("vegas").expect("a preset"),
            Limit { min: 1, initial: 3, ..Limit::preset("gradient2").expect("a preset") },
        ]);
        let mut guards = vec![];
        if of_service {
            guards.extend(self.maybe(0.1, |_| Guard::Rate(rate)));
            guards.extend(self.maybe(0.2, |m| Guard::Shed(m.shed())));
        } else {
            guards.extend(self.maybe(0.2, |m| Guard::Breaker(m.breaker())));
            guards.extend(self.maybe(0.1, |m| Guard::Throttle(Throttle { k: 1.1, window: m.ms(500) })));
            guards.extend(self.maybe(0.1, |_| Guard::Rate(rate)));
        }
        guards.extend(self.maybe(0.2, |_| Guard::Limit(limit)));
        guards
    }

    fn breaker(&mut self) -> Breaker {
        let mut breaker = Breaker {
            consecutive: self.maybe(0.5, |m| 1 + m.below(5)),
            failures: self.maybe(0.5, |_| 0.5),
            slow: self.maybe(0.3, |m| Slow { over: m.ms(20), share: 0.5 }),
            sample: self.pick(&[Sample::Calls(5), Sample::Time { length: Span::from_millis(200), buckets: 4 }]),
            least: 1 + self.below(5),
            probes: self.below(3),
            ..Breaker::plain()
        };
        breaker.open.base = self.ms(200);
        breaker.open.growth = self.pick(&[Growth::None, Growth::Linear, Growth::Exponential]);
        breaker.open.jitter = self.pick(&[0.0, 0.5]);
        breaker
    }

    fn shed(&mut self) -> Shed {
        let codel = Codel { target: self.ms(5), interval: self.ms(50), lifo: self.dice.chance(0.5) };
        Shed {
            queue: self.maybe(0.3, |m| m.below(5)),
            wait: self.maybe(0.3, |m| m.ms(20)),
            utilisation: self.maybe(0.3, |_| 0.8),
            over: Span::from_millis(100),
            codel: self.maybe(0.5, |_| codel),
            share: self.pick(&[0.0, 0.2]),
            classes: 2,
            last: 0.5,
        }
    }

    pub(super) fn budget(&mut self) -> Budget {
        let share = self.pick(&[0.1, 0.5]);
        self.pick(&[
            Budget::Bucket { ratio: share, burst: 5.0 },
            Budget::Window { ratio: share, per_second: 1.0, ttl: Span::from_millis(300) },
            Budget::Tokens { tokens: 4.0, ratio: share },
            Budget::Costs { tokens: 20.0, cost: 5.0, timeout_cost: 10.0, gain: 1.0 },
            Budget::Active { share, least: 1 },
            Budget::Failures { share, window: Span::from_millis(300) },
        ])
    }
}
