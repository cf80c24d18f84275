//! Which part of the users an engine plays, where several processes share one run. All of them read the same script of open-loop arrivals with the
//! same dice, and each sends every so many-th request of it; of a closed loop each has every so many-th member. It never divides services.

use serde::{Deserialize, Serialize};

/// The `turn`-th of `of` equal parts, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub turn: u32,
    pub of: u32,
}

impl Share {
    pub const WHOLE: Share = Share { turn: 0, of: 1 };

    /// Is the arrival with this number, counted from 0, ours to send?
    #[inline]
    pub fn has(self, number: u64) -> bool {
        self.of == 1 || number % u64::from(self.of) == u64::from(self.turn)
    }

    /// How many of so many members are ours.
    pub fn part(self, members: u32) -> u32 {
        members / self.of + u32::from(members % self.of > self.turn)
    }

    /// What happens to all parts alike is counted by one of them.
    pub fn is_first(self) -> bool {
        self.turn == 0
    }

    /// The name of dice that no two parts may share, because what they decide is not of one script.
    pub fn own(self, name: String) -> String {
        if self.is_first() { name } else { format!("{name}/{}", self.turn) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Outcome, ServiceId, Span, Time};
    use crate::engine::{Engine, Request, Token, Wire};
    use crate::plan::{Arrivals, Effect, Keys, Plan, RatePoint, Step, Target, fixture};
    use std::sync::Arc;

    /// Keeps what is sent and answers nothing.
    #[derive(Default)]
    struct Kept(Vec<Request>);

    impl Wire for Kept {
        const CARRIES: bool = true;
        fn send(&mut self, request: Request) {
            self.0.push(request);
        }
        fn abandon(&mut self, _: Request) {}
        fn respond(&mut self, _: Token, _: Outcome) {}
        fn is_open(&self, _: Token) -> bool {
            true
        }
        fn fill(&mut self, _: crate::base::EdgeId, _: u32) -> bool {
            false
        }
        fn step(&mut self, _: usize, step: &Step) -> bool {
            !matches!(step.target, Target::Client(_))
        }
        fn is_real(&self, _: ServiceId) -> bool {
            false
        }
        fn late(&mut self, _: Span) {}
    }

    /// What was asked for: when it was due, the key, whether it writes, and who it is.
    fn asked(plan: &Arc<Plan>, share: Share) -> Vec<(Option<Time>, u32, bool, u64)> {
        let mut engine = Engine::of_share(plan.clone(), Kept::default(), share);
        engine.run_until(plan.length);
        let sent = engine.wire.0.iter();
        sent.map(|request| {
            let traits = request.traits;
            (request.intended, traits.key, traits.write, traits.lot.0)
        })
        .collect()
    }

    fn shares_make_the_whole(plan: Plan) {
        let plan = Arc::new(plan);
        let whole = asked(&plan, Share::WHOLE);
        assert!(whole.len() > 500, "{}", whole.len());
        for of in [2, 3, 5] {
            let parts: Vec<_> = (0..of).map(|turn| asked(&plan, Share { turn, of })).collect();
            let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
            assert!(sizes.iter().max() <= sizes.iter().min().map(|least| least + 1).as_ref(), "{sizes:?}");
            let mut all: Vec<_> = parts.into_iter().flatten().collect();
            all.sort_by_key(|(due, ..)| *due);
            assert_eq!(all, whole, "{of} parts");
        }
    }

    fn with_keys(rate: f64) -> Plan {
        let mut plan = fixture::chain(rate, &[1.0]);
        plan.clients[0].keys = Some(Keys { count: 1000, skew: 0.9, hot: None });
        plan.clients[0].writes = 0.3;
        plan
    }

    #[test]
    fn the_parts_of_an_open_loop_are_the_whole_also_in_a_surge() {
        let mut plan = with_keys(300.0);
        let surge = Effect::Surge { rate: None, factor: 3.0 };
        fixture::fault(&mut plan, Target::Client(crate::base::ClientId(0)), surge, 0.5, 1.2);
        shares_make_the_whole(plan);
    }

    #[test]
    fn the_parts_of_a_ramp_and_of_a_trace_are_the_whole() {
        let mut ramp = with_keys(0.0);
        let point = |at, rate| RatePoint { at: Time::from_secs_f64(at), rate };
        ramp.clients[0].arrivals = Arrivals::Open { points: vec![point(0.0, 0.0), point(2.0, 900.0)], poisson: false };
        shares_make_the_whole(ramp.clone());
        ramp.clients[0].arrivals = Arrivals::Trace((1..900u64).map(|n| Time(n * 2_000_000)).collect());
        shares_make_the_whole(ramp);
    }

    #[test]
    fn every_member_of_a_closed_loop_is_in_one_part() {
        let mut plan = with_keys(0.0);
        let think = crate::base::Dist::Constant(0.0);
        plan.clients[0].arrivals = Arrivals::Closed { users: 100, think, start: None };
        let plan = Arc::new(plan);
        for of in [1, 2, 3, 7] {
            let members: Vec<_> = (0..of).flat_map(|turn| asked(&plan, Share { turn, of })).collect();
            assert_eq!(members.len(), 100);
            let mut lots: Vec<u64> = members.iter().map(|(.., lot)| *lot).collect();
            lots.sort_unstable();
            lots.dedup();
            assert_eq!(lots.len(), 100, "no two members are the same");
        }
    }
}
