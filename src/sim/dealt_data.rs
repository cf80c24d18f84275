//! Databases, splits and shared links for random Plans. They have dice of their own: the rest of a plan is what it would be without them.

use super::conservation::Maker;
use crate::base::{Dice, Dist, ErrorKind, SegmentId, Span};
use crate::plan::cache::KeepFailures;
use crate::plan::database::*;
use crate::plan::guards::RateLimit;
use crate::plan::*;

impl Maker {
    pub(super) fn data(plan: &mut Plan) {
        let mut maker = Maker { dice: Dice::named(plan.seed, "data") };
        let calls_nobody = |service: &Service| service.program.iter().all(|op| matches!(op, Op::Work(_)));
        for service in &mut plan.services {
            if matches!(service.role, Role::Plain) && calls_nobody(service) && maker.dice.chance(0.25) {
                service.role = Role::Database(maker.database());
                service.working.batch = None;
            }
        }
        for index in 0..plan.services.len() {
            maker.split(plan, index);
        }
        if maker.dice.chance(0.3) {
            maker.links(plan);
        }
        maker.kept_failures(plan);
        maker.limits_per_key(plan);
        maker.breakers_and_ledgers(plan);
    }

    /// Some breakers are for each key; some services count what they did.
    fn breakers_and_ledgers(&mut self, plan: &mut Plan) {
        for guard in plan.edges.iter_mut().flat_map(|edge| &mut edge.guards) {
            if let Guard::Breaker(breaker) = guard {
                breaker.per_key = self.dice.chance(0.3);
            }
        }
        plan.services.iter_mut().for_each(|service| service.working.ledger = self.dice.chance(0.2));
    }

    fn kept_failures(&mut self, plan: &mut Plan) {
        let kinds = vec![ErrorKind::Error, ErrorKind::Timeout, ErrorKind::Rejected];
        for service in &mut plan.services {
            if let Role::Cache(cache) = &mut service.role {
                cache.failures = self.maybe(0.5, |m| KeepFailures { ttl: m.ms(200), kinds: kinds.clone() });
            }
        }
    }

    /// Half of the rate limits are for each key; some are joined by one for all.
    fn limits_per_key(&mut self, plan: &mut Plan) {
        let edges = plan.edges.iter_mut().map(|edge| &mut edge.guards);
        for guards in plan.services.iter_mut().map(|service| &mut service.guards).chain(edges) {
            let Some(at) = guards.iter().position(|guard| matches!(guard, Guard::Rate(_))) else { continue };
            let Guard::Rate(limit) = guards[at].clone() else { continue };
            if self.dice.chance(0.5) {
                guards[at] = Guard::Rate(RateLimit { per_key: true, ..limit });
                guards.extend(self.maybe(0.5, |_| Guard::Rate(RateLimit { rate: limit.rate * 2.0, ..limit })));
            }
        }
    }

    fn database(&mut self) -> DatabaseSpec {
        let ack_wait = AckWait { longest: self.ms(50), degrade: self.dice.chance(0.5) };
        let failover = Failover {
            lease: self.ms(300),
            election: self.pick(&[Span::ZERO, Span::from_millis(50)]),
            majority: self.dice.chance(0.5),
            fencing: self.pick(&[Fencing::None, Fencing::Lease, Fencing::Token]),
            stray: self.pick(&[0.0, 0.5]),
        };
        DatabaseSpec {
            keys: 40,
            writes: self.pick(&[Writes::Leader, Writes::Leader, Writes::Anywhere]),
            acks: self.below(3),
            ack_wait: self.maybe(0.5, |_| ack_wait),
            lag: self.pick(&[Dist::Constant(0.0), Dist::Constant(0.01), Dist::Exponential { mean: 0.01 }]),
            apply_per_sec: self.maybe(0.3, |_| 50.0),
            reads: self.pick(&[Reads::Leader, Reads::Any, Reads::Followers, Reads::Quorum(2)]),
            own_reads: self.maybe(0.3, |m| m.ms(100)),
            failover: self.maybe(0.6, |_| failover),
            restore: self.maybe(0.4, |m| Restore { load: m.ms(200), behind: 10, replay_per_sec: 100.0 }),
        }
    }

    /// Calls that were made at once are made in turn.
    fn split(&mut self, plan: &mut Plan, index: usize) {
        for op in &mut plan.services[index].program {
            if let Op::Parallel { calls, .. } = op
                && self.dice.chance(0.4)
            {
                calls.iter().for_each(|call| plan.edges[call.index()].weight = self.pick(&[0.0, 0.5, 1.0, 3.0]));
                *op = Op::Split(std::mem::take(calls));
            }
        }
    }

    fn links(&mut self, plan: &mut Plan) {
        let count = 1 + self.below(2);
        for number in 0..count {
            let (bandwidth, buffer) = (self.pick(&[2e4, 1e5, 1e6]), u64::from(self.below(20_000)));
            plan.segments.push(Segment { name: format!("link{number}"), bandwidth, buffer });
        }
        for edge in &mut plan.edges {
            edge.via = (0..count).filter(|_| self.dice.chance(0.4)).map(SegmentId).collect();
        }
    }
}
