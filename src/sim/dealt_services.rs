//! The inside of services for random Plans: queues of every order, cores, efficiency, warm-up, batches and locks.

use super::conservation::Maker;
use crate::base::{ServiceId, Span};
use crate::plan::*;

/// How many locks there are to take.
pub(super) const LOCKS: u32 = 3;

impl Maker {
    pub(super) fn order(&mut self) -> Order {
        let lane = |m: &mut Maker, class| LaneSpec {
            class,
            workers: m.maybe(0.7, |m| 1 + m.below(2)),
            capacity: m.maybe(0.5, |m| m.below(4)),
        };
        match self.below(8) {
            0 | 1 => Order::Lifo,
            2 => Order::AdaptiveLifo { standing: self.ms(30), above: self.below(3) },
            3 => Order::Priority,
            4 => Order::Lanes(vec![lane(self, 0), lane(self, 3)]),
            _ => Order::Fifo,
        }
    }

    pub(super) fn working(&mut self, service: &Service) -> Working {
        let batches = matches!(service.role, Role::Plain) && !matches!(service.queue.order, Order::Lanes(_));
        let sharing = self.pick(&[Sharing::Fifo, Sharing::Processor]);
        let floor = self.pick(&[0.0, 0.1, 1.0]);
        Working {
            cores: self.maybe(0.3, |m| CoreSpec { count: 1 + m.below(3), sharing }),
            efficiency: self
                .maybe(0.2, |m| Efficiency { points: vec![(2.0, 1.0), (f64::from(3 + m.below(20)), floor)] }),
            warm_up: self.maybe(0.2, |m| WarmUp { lasts: m.ms(500), slower: 3.0, cold_start: m.dice.chance(0.5) }),
            reject_cost: self.maybe(0.1, |m| m.ms(20)),
            ledger: false,
            batch: self.maybe(if batches { 0.2 } else { 0.0 }, |m| Batch {
                size: 1 + m.below(5),
                wait: m.pick(&[Span::ZERO, Span::from_millis(20)]),
            }),
        }
    }

    /// The disk under a service: a store's is that of its servers.
    pub(super) fn volume(&mut self, service: &Service) -> Option<VolumeSpec> {
        if let Role::Store(store) = &service.role {
            return Some(VolumeSpec {
                write_bytes: Some(50),
                ..VolumeSpec::plain(store.capacity(), store.capacity() / 2)
            });
        }
        let size = self.maybe(0.7, |_| 100_000);
        let is_cache = matches!(service.role, Role::Cache(_));
        let marks = ReadOnly { at_bytes: 80_000, back_bytes: self.maybe(0.7, |_| 60_000) };
        let reclaim =
            Reclaim { bytes_per_sec: 1e5, after: self.ms(300), share: 0.9, needs_bytes: self.pick(&[0, 10_000]) };
        self.maybe(if is_cache { 0.0 } else { 0.3 }, |m| VolumeSpec {
            size_bytes: size,
            read_bytes: m.pick(&[0, 100]),
            growth_per_sec: m.pick(&[0.0, 10_000.0]),
            reclaim: m.maybe(0.5, |_| reclaim),
            read_only: m.maybe(0.5, |_| marks),
            commit: m.maybe(0.5, |m| m.dist()),
            fetch: m.maybe(0.5, |m| m.dist()),
            misses: 0.5,
            ..VolumeSpec::plain(100_000, 50_000)
        })
    }

    pub(super) fn slow_disk(&mut self) -> Effect {
        let add = self.maybe(0.5, |m| m.dist());
        let (factor, reads) = (self.pick(&[1.0, 10.0]), self.pick(&[0.0, 0.5]));
        Effect::SlowDisk(SlowDisk { factor, add, reads, stall: self.dice.chance(0.3) })
    }

    /// The service with another queue, other workers and another way to work.
    pub(super) fn set(&mut self, plan: &Plan, id: ServiceId) -> Effect {
        let mut service = plan.service(id).clone();
        service.workers = self.maybe(0.7, |m| 1 + m.below(4));
        service.queue.order = self.order();
        service.working = self.working(&service);
        Effect::Set(Box::new(Patch::Service(service)))
    }

    /// Puts some steps under locks, one inside of the other now and then, in any order.
    pub(super) fn locked(&mut self, program: Vec<Op>) -> Vec<Op> {
        let mut locks: Vec<u32> = (0..LOCKS).filter(|_| self.dice.chance(0.5)).collect();
        if self.dice.chance(0.5) {
            locks.reverse();
        }
        let take = |m: &mut Maker, lock: u32| Op::Lock { lock, timeout: m.maybe(0.5, |m| m.ms(50)) };
        let before: Vec<Op> = locks.iter().map(|lock| take(self, *lock)).collect();
        let after = locks.iter().rev().map(|lock| Op::Unlock(*lock));
        before.into_iter().chain(program).chain(after).collect()
    }
}
