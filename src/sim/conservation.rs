//! Conservation over random small Plans: whatever the topology, the policies and the faults, nothing is lost, doubled or kept for ever.

use super::books;
use super::dealt_services::LOCKS;
use crate::base::{ClientId, Dice, Dist, EdgeId, ErrorKind, FaultId, ServiceId, Span, Time, Which};
use crate::plan::balance::{Balance, Check, Health, Outliers, Policy};
use crate::plan::fixture::{edge, fault, plan, service};
use crate::plan::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

pub(super) const LENGTH_S: f64 = 2.0;

/// A Plan made of throws of the dice.
pub(super) struct Maker {
    pub(super) dice: Dice,
}

impl Maker {
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        self.dice.below(u64::from(bound)) as u32
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize].clone()
    }

    pub(super) fn maybe<T>(&mut self, chance: f64, make: impl FnOnce(&mut Maker) -> T) -> Option<T> {
        self.dice.chance(chance).then(|| make(self))
    }

    pub(super) fn ms(&mut self, most: u32) -> Span {
        Span::from_millis(u64::from(1 + self.below(most)))
    }

    pub(super) fn dist(&mut self) -> Dist {
        let mean = self.pick(&[0.0, 0.001, 0.01, 0.05]);
        self.pick(&[Dist::Constant(mean), Dist::Exponential { mean }, Dist::Uniform { low: 0.0, high: 2.0 * mean }])
    }

    pub(super) fn plan(&mut self) -> Plan {
        let count = 1 + self.below(6);
        let mut services: Vec<Service> = (0..count).map(|index| self.service(index)).collect();
        let (clients, mut edges) = (1 + self.below(2), Vec::<Edge>::new());
        for client in 0..clients {
            edges.push(self.edge(format!("c{client}"), Party::Client(ClientId(client)), 0));
        }
        // The last service calls nobody: the graph has no circle.
        for from in 0..count.saturating_sub(1) {
            if matches!(services[from as usize].role, Role::Plain) {
                services[from as usize].program = self.program(from, count, &services, &mut edges);
            }
        }
        self.broker(&mut services, &mut edges);
        let mut plan = plan(1.0, LENGTH_S, services, edges);
        plan.seed = self.dice.bits();
        plan.locks = (0..LOCKS).map(|lock| format!("lock{lock}")).collect();
        plan.window = self.pick(&[Span::from_millis(100), Span::from_millis(170), Span::from_secs(5)]);
        plan.clients = (0..clients).map(|client| self.client(client)).collect();
        Maker::data(&mut plan);
        Maker::places(&mut plan);
        Maker::controls(&mut plan);
        plan.meters = meters::declared(&plan);
        for _ in 0..self.below(6) {
            self.fault(&mut plan);
        }
        if self.dice.chance(0.5) {
            self.push(&mut plan);
        }
        Maker::other_faults(&mut plan);
        plan
    }

    fn service(&mut self, index: u32) -> Service {
        let workers = self.maybe(0.7, |m| 1 + m.below(4));
        let mut service = service(&format!("s{index}"), workers, vec![Op::Work(self.dist())]);
        service.replicas = 1 + self.below(3);
        service.queue = Queue {
            capacity: self.maybe(0.5, |m| m.below(5)),
            order: self.order(),
            codel: self.maybe(0.2, |m| CoDel { target: m.ms(5), interval: m.ms(50) }),
            drop_expired: self.dice.chance(0.3),
            overflow_oldest: self.dice.chance(0.3),
        };
        service.guards = self.guards(true);
        service.retry_after = self.maybe(0.3, |m| m.dist());
        service.connections = self.maybe(0.2, |m| 1 + m.below(20));
        service.balance = self.balance();
        service.role = match self.below(4) {
            0 if index > 0 => Role::Cache(CacheSpec {
                keys: 1 + self.below(20),
                entries: 1 + self.below(20),
                eviction: self.pick(&[
                    Eviction::Lru,
                    Eviction::Fifo,
                    Eviction::Lfu { halve_after: None },
                    Eviction::Lfu { halve_after: Some(3) },
                    Eviction::S3Fifo,
                    Eviction::WTinyLfu,
                    Eviction::None,
                ]),
                placement: self.placement(),
                ttl: self.maybe(0.5, |m| m.ms(200)),
                jitter: self.pick(&[0.0, 0.5]),
                grace: self.pick(&[Span::ZERO, Span::from_millis(100)]),
                warm: self.dice.chance(0.5),
                invalidate: self.dice.chance(0.3),
                failures: None,
            }),
            1 => Role::Store(StoreSpec {
                servers: 1 + self.below(5),
                server_bytes: 1000,
                probe: self.pick(&[Span::ZERO, Span::from_millis(1)]),
                probes_max: self.below(4),
                indexed: self.dice.chance(0.5),
            }),
            _ => Role::Plain,
        };
        service.working = self.working(&service);
        service.volume = self.volume(&service).map(Box::new);
        service
    }

    fn placement(&mut self) -> Placement {
        let ring = PlaceBy::Ring { points: 1 + self.below(20), named: self.dice.chance(0.5) };
        Placement {
            by: self.pick(&[PlaceBy::InTurn, PlaceBy::Modulo, ring]),
            hot_keys: self.below(4),
            copies: 1 + self.below(3),
            bound: self.maybe(0.3, |_| 1.25),
            ramp: self.pick(&[Span::ZERO, Span::from_millis(500)]),
        }
    }

    fn balance(&mut self) -> Balance {
        let policies = [Policy::RoundRobin, Policy::Random, Policy::LeastOutstanding, Policy::TwoChoices];
        let checks = [Check::Tcp, Check::Request, Check::Load { above: 0.5 }];
        Balance {
            policy: self.pick(&policies),
            health: self.maybe(0.3, |m| Health {
                check: m.pick(&checks),
                interval: m.ms(150) + Span::from_millis(50),
                timeout: m.ms(50),
                fall: 1 + m.below(2),
                rise: 1 + m.below(2),
                max_ejected: m.pick(&[0.5, 1.0]),
                panic: m.pick(&[0.0, 0.5]),
                slow_start: m.maybe(0.5, |m| m.ms(300)),
            }),
            outliers: self.maybe(0.3, |m| Outliers {
                errors: 1 + m.below(3),
                base: m.ms(200),
                longest: Span::from_secs(1),
                max_ejected: m.pick(&[0.1, 1.0]),
            }),
            ..Balance::default()
        }
    }

    fn program(&mut self, from: u32, count: u32, services: &[Service], edges: &mut Vec<Edge>) -> Vec<Op> {
        let mut program = vec![Op::Work(self.dist())];
        for _ in 0..self.below(3) {
            let calls: Vec<EdgeId> = (0..1 + self.below(2)).map(|_| self.call(from, count, services, edges)).collect();
            program.push(if calls.len() == 1 { Op::Call(calls[0]) } else { self.parallel(calls) });
        }
        if self.dice.chance(0.3) { self.locked(program) } else { program }
    }

    fn call(&mut self, from: u32, count: u32, services: &[Service], edges: &mut Vec<Edge>) -> EdgeId {
        let below = |m: &mut Maker| from + 1 + m.below(count - from - 1);
        let to = below(self);
        let id = EdgeId::from(edges.len());
        edges.push(self.edge(format!("s{from}-{}", id.0), Party::Service(ServiceId(from)), to));
        if matches!(services[to as usize].role, Role::Cache(_)) {
            let after = EdgeId::from(edges.len());
            let rebuilt = below(self);
            edges.push(self.edge(format!("s{from}-{}", after.0), Party::Service(ServiceId(from)), rebuilt));
            let stale = Stale { if_error: self.dice.chance(0.3), while_revalidate: self.dice.chance(0.3) };
            let fill = self.pick(&[Fill::IfAwaited, Fill::Always, Fill::SingleFlight]);
            edges[id.index()].eject =
                self.maybe(0.4, |m| Eject { after: 1 + m.below(3), length: m.ms(300), flush: m.dice.chance(0.5) });
            edges[id.index()].miss = Some(MissPath { edge: after, fill, on_error: self.dice.chance(0.5), stale });
        }
        if edges[id.index()].miss.is_none() && self.dice.chance(0.15) {
            let edge = &mut edges[id.index()];
            (edge.mirror, edge.hedge) = (true, None);
            return id;
        }
        if self.dice.chance(0.2) {
            let second = EdgeId::from(edges.len());
            let instead = below(self);
            edges.push(self.edge(format!("s{from}-{}", second.0), Party::Service(ServiceId(from)), instead));
            edges[id.index()].fallback = Some(self.pick(&[Fallback::Answer, Fallback::Call(second)]));
        }
        id
    }

    fn edge(&mut self, name: String, from: Party, to: u32) -> Edge {
        let retry = self.maybe(0.4, |m| Retry {
            max: 1 + m.below(3),
            backoff: Backoff {
                base: m.pick(&[Span::ZERO, Span::from_millis(5)]),
                factor: 2.0,
                max: Span::from_millis(50),
                jitter: m.pick(&[Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated]),
            },
            on: ErrorKind::ALL.to_vec(),
            retry_after: m.dice.chance(0.5),
            budget: m.maybe(0.5, Maker::budget),
        });
        Edge {
            chance: self.pick(&[1.0, 1.0, 0.5, 0.0]),
            count: 1 + self.below(3),
            timeout: self.maybe(0.6, |m| m.ms(100)),
            wait: self.maybe(0.3, |m| m.ms(50)),
            cancel: self.dice.chance(0.3),
            retry,
            class: self.maybe(0.3, |m| m.below(3) as u8),
            optional: self.dice.chance(0.2),
            write: self.dice.chance(0.2),
            latency: self.pick(&[Dist::Constant(0.0), Dist::Constant(0.001), Dist::Exponential { mean: 0.01 }]),
            guards: self.guards(false),
            dns: self.maybe(0.2, Maker::dns),
            tls: self.maybe(0.2, Maker::tls),
            ..self.caller(edge(&name, from, to))
        }
    }

    fn dns(&mut self) -> Dns {
        let (stale, broken) = (self.dice.chance(0.3), self.dice.chance(0.3));
        Dns { ttl: self.ms(500), resolvers: self.below(4), stale, negative: self.ms(50), broken, ..Dns::plain() }
    }

    fn tls(&mut self) -> Tls {
        let life = Dist::Exponential { mean: 0.3 };
        Tls { connections: self.below(4), life, age: None, not_after: self.maybe(0.5, |_| Time(1 << 30)), skew_ns: 0 }
    }

    fn client(&mut self, client: u32) -> Client {
        let points = vec![RatePoint { at: Time::ZERO, rate: f64::from(1 + self.below(150)) }];
        let open = Arrivals::Open { points, poisson: self.dice.chance(0.5) };
        let start = self.maybe(0.3, |m| m.ms(50));
        let closed = Arrivals::Closed { users: 1 + self.below(10), think: Dist::Exponential { mean: 0.01 }, start };
        let (herd, fleet) = (Arrivals::Herd(self.herd()), Arrivals::Fleet(self.fleet()));
        let limit = self.below(4);
        let reload = self.maybe(0.5, |m| Reload { chance: 0.8, after: m.dist(), limit });
        Client {
            name: format!("c{client}"),
            edge: EdgeId(client),
            arrivals: self.pick(&[open, closed, herd, fleet]),
            reload,
            pages: self.maybe(0.3, |m| Pages { age: m.dist(), every: Dist::Exponential { mean: 0.02 } }),
            keys: self.maybe(0.8, |m| Keys {
                count: 1 + m.below(30),
                skew: m.pick(&[0.0, 1.0]),
                hot: m.pick(&[None, Some((0, 0.5))]),
            }),
            class: self.pick(&[0, 0, 3, 7]),
            writes: self.pick(&[0.0, 0.5]),
            zone: None,
            send: load::Send { method: "GET".into(), path: "/".into() },
        }
    }

    /// New values for one service and for one call, taken back later.
    fn push(&mut self, plan: &mut Plan) {
        let id = ServiceId(self.below(plan.services.len() as u32));
        let old = plan.service(id).clone();
        let mut new = old.clone();
        new.workers = old.workers.map(|_| 1 + self.below(6));
        new.queue.capacity = self.maybe(0.5, |m| m.below(5));
        new.guards = self.guards(true);
        // A cache keeps its keys where they are, and copies of data are as many all the time.
        if !matches!(new.role, Role::Cache(_)) && !new.has_copies() {
            new.replicas = 1 + self.below(4);
        }
        self.swap(plan, Target::Service { id, replicas: Replicas::ALL }, Patch::Service(old), Patch::Service(new));
        let id = EdgeId(self.below(plan.edges.len() as u32));
        let old = plan.edge(id).clone();
        let mut new = old.clone();
        (new.timeout, new.wait) = (self.maybe(0.5, |m| m.ms(100)), self.maybe(0.3, |m| m.ms(50)));
        new.guards = self.guards(false);
        (new.dns, new.tls) = (self.maybe(0.3, Maker::dns), self.maybe(0.3, Maker::tls));
        self.swap(plan, Target::Edge(id), Patch::Edge(old), Patch::Edge(new));
    }

    fn swap(&mut self, plan: &mut Plan, target: Target, old: Patch, new: Patch) {
        fault(plan, target, Effect::Set(Box::new(new)), 0.4, 1.3);
        let last = FaultId::from(plan.faults.len() - 1);
        let healing = plan.schedule.iter_mut().find(|step| step.fault == last && !step.on);
        healing.expect("every fault of this kind heals").effect = Effect::Set(Box::new(old));
    }

    fn herd(&mut self) -> Herd {
        let base = Span::from_millis(5);
        let backoff = Backoff { base, factor: 2.0, max: Span::from_millis(50), jitter: Jitter::Full };
        Herd {
            clients: 1 + self.below(30),
            spread: self.ms(100),
            retry: self.pick(&[Pause::Drawn(Dist::Constant(0.02)), Pause::Growing(backoff)]),
            life: self.maybe(0.5, |_| Dist::Exponential { mean: 0.3 }),
        }
    }

    fn fleet(&mut self) -> Fleet {
        let after = Dist::Exponential { mean: 0.01 };
        Fleet {
            agents: 1 + self.below(30),
            interval: self.pick(&[Dist::Constant(0.2), Dist::Exponential { mean: 0.1 }]),
            clockwork: self.dice.chance(0.5),
            start: self.ms(200),
            splay: self.ms(200),
            rerun: self.maybe(0.5, |_| Rerun { on: ErrorKind::ALL.to_vec(), after }),
        }
    }

    fn fault(&mut self, plan: &mut Plan) {
        let share: f64 = self.pick(&[0.0, 0.3, 1.0]);
        let on_edge = [
            Effect::Delay {
                by: Dist::Retransmitted { loss: share.min(0.9), first: 0.02, most: 3 },
                upstream: self.dice.chance(0.5),
            },
            Effect::Delay { by: self.dist(), upstream: self.dice.chance(0.5) },
            Effect::Cut {
                lose: self.dice.chance(0.5),
                ways: self.pick(&[Ways::Both, Ways::Requests, Ways::Responses]),
            },
            Effect::Refuse,
            Effect::Reset { chance: share },
            Effect::Cut { lose: true, ways: Ways::Both }.on(Which::share(0.3)),
            self.spoil(share),
            Effect::Throttle { bytes_per_sec: 50_000.0 },
        ];
        let on_service = [
            Effect::Down,
            Effect::Freeze,
            Effect::Drain,
            Effect::Slow { factor: self.pick(&[0.0, 0.5, 5.0]) },
            self.slow_disk(),
            Effect::Leak(self.pick(&[Leak::Worker { least: 1 }, Leak::Speed { growth: 0.5 }])),
            Effect::Fail { chance: share },
            Effect::Forget { share },
            Effect::Isolate,
            Effect::Skew { whose: self.pick(&[Whose::Leader, Whose::Followers]), ahead_ns: -500_000_000 },
            self.poison(),
            Effect::Fill { share, added: self.dice.chance(0.5) },
        ];
        let surge = Effect::Surge { rate: self.maybe(0.5, |m| f64::from(m.below(300))), factor: 2.0 };
        let (target, effect) = match self.below(5) {
            0 | 1 => (Target::Edge(EdgeId(self.below(plan.edges.len() as u32))), self.pick(&on_edge)),
            2 | 3 => {
                let id = ServiceId(self.below(plan.services.len() as u32));
                let count = 1 + self.below(plan.service(id).replicas);
                let replicas = self.pick(&[Replicas::first(count), Replicas::every(count, count - 1)]);
                let effect = if self.dice.chance(0.2) { self.set(plan, id) } else { self.pick(&on_service) };
                (Target::Service { id, replicas }, effect)
            }
            _ => {
                let wake = Effect::Wake { share, within: self.ms(100) };
                let effect = self.pick(&[surge, Effect::Disconnect { share }, wake, Effect::Release]);
                (Target::Client(ClientId(self.below(plan.clients.len() as u32))), effect)
            }
        };
        let from = self.pick(&[0.0, 0.3, 0.5, 0.9]);
        let to = self.pick(&[1.0, 1.2, 1.7, LENGTH_S]);
        fault(plan, target, effect, from, to);
    }
}

fn check(seed: u64) {
    let plan = Maker { dice: Dice::named(seed, "plan") }.plan();
    let recording = books::held(&plan);
    assert_eq!(recording.digest(), super::play(&plan).digest(), "played twice, in one piece and in many");
    assert_eq!(
        recording.digest(),
        books::played_the_long_way(&plan).digest(),
        "played by the short way and by the long one"
    );
}

proptest! {
    // A gate must not fail by luck: the same plans every time.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(400) })]
    #[test]
    fn nothing_is_lost_doubled_or_kept_for_ever(seed in any::<u64>()) {
        check(seed);
    }
}

/// Far more plans than a gate has time for, others each time they are asked for: FIREDRILL_PLANS=4000-20000.
#[test]
#[ignore = "minutes: for those who changed the engine"]
fn nothing_is_lost_in_as_many_plans_as_are_asked_for() {
    let asked = std::env::var("FIREDRILL_PLANS").unwrap_or("0-4000".to_owned());
    let (from, to) = asked.split_once('-').expect("FIREDRILL_PLANS=from-to");
    let (from, to): (u64, u64) = (from.parse().expect("a number"), to.parse().expect("a number"));
    let broken: Vec<u64> = (from..to).filter(|seed| std::panic::catch_unwind(|| check(*seed)).is_err()).collect();
    assert!(broken.is_empty(), "the plans of these seeds: {broken:?}");
}
