//! A small hand-made run for tests: users call web, web calls a store and a cache; 100 seconds in windows of one second,
//! a warm-up of 10 and the fault `slow` from 40 to 60. Every figure is put in by hand, so every verdict can be worked out on paper.

use super::{ClientCell, EdgeCell, Evidence, Recorder, Recording, ServiceCell};
use crate::base::{ClientId, EdgeId, ServiceId, Span, Time};
use crate::plan::expectation::{Bound, Compare, Metric, Subject};
use crate::plan::load::Send;
use crate::plan::*;

pub fn secs(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

/// The plan, with no expectations.
pub fn plan() -> Plan {
    let phase = |name: &str, from: f64, to: f64| Phase { name: name.to_owned(), from: secs(from), to: secs(to) };
    let store = StoreSpec { servers: 2, server_bytes: 1000, probe: Span::ZERO, probes_max: 1, indexed: false };
    let cache = CacheSpec::plain(100, 100);
    Plan {
        scenario: "fixture".to_owned(),
        title: "A hand-made run".to_owned(),
        story: Default::default(),
        variant: None,
        world: World::Sim,
        seed: 7,
        length: secs(100.0),
        warmup: secs(10.0),
        window: Span::from_secs(1),
        services: vec![
            service("web", "service", None, Role::Plain),
            service("db", "store", Some(10), Role::Store(store)),
            service("cache", "cache", Some(4), Role::Cache(cache)),
        ],
        edges: vec![
            edge("users->web", Party::Client(ClientId(0)), 0),
            edge("web->db", Party::Service(ServiceId(0)), 1),
            edge("web->cache", Party::Service(ServiceId(0)), 2),
        ],
        clients: vec![Client {
            name: "users".to_owned(),
            edge: EdgeId(0),
            arrivals: Arrivals::Open { points: vec![RatePoint { at: Time::ZERO, rate: 100.0 }], poisson: false },
            reload: None,
            pages: None,
            keys: None,
            class: 0,
            writes: 0.0,
            zone: None,
            send: Send { method: "GET".to_owned(), path: "/".to_owned() },
        }],
        locks: vec![],
        faults: vec![FaultInfo {
            name: "slow".to_owned(),
            kind: "slow".to_owned(),
            on: "db".to_owned(),
            from: secs(40.0),
            to: secs(60.0),
            label: "slow x5".to_owned(),
        }],
        schedule: Vec::new(),
        phases: vec![
            phase("before slow", 10.0, 40.0),
            phase("during slow", 40.0, 60.0),
            phase("after slow", 60.0, 100.0),
            phase("whole", 10.0, 100.0),
        ],
        expectations: Vec::new(),
        alerts: Vec::new(),
        symptoms: Vec::new(),
        still_broken: false,
        real: Real::default(),
        controls: Vec::new(),
        segments: Vec::new(),
        zones: Default::default(),
        stop_if: Vec::new(),
        accepted: Vec::new(),
        limits: Default::default(),
        facts: Default::default(),
        meters: Vec::new(),
    }
}

/// The plan with three expectations: on the steady run the first holds, the second breaks, the third cannot be told.
pub fn judged_plan() -> Plan {
    let line = |text: &str, metric: Metric, compare: Compare, bound: f64| Expectation {
        text: text.to_owned(),
        place: "fixture.yaml:1:1".to_owned(),
        metric,
        compare,
        bound: Bound::Value(bound),
        window: Window { name: "during slow".to_owned(), from: secs(40.0), to: secs(60.0) },
    };
    let of = Subject::Client(0);
    let mut plan = plan();
    plan.expectations = vec![
        line("success(users) >= 99% during slow", Metric::Success { of }, Compare::GreaterOrEqual, 0.99),
        line("p99(users) < 5ms during slow", Metric::Quantile { of, quantile: 0.99 }, Compare::Less, 0.005),
        line("p99.9(users) < 5ms during slow", Metric::Quantile { of, quantile: 0.999 }, Compare::Less, 0.005),
    ];
    plan
}

/// A steady run of the plan: each second 100 requests, all answered within 10ms but one of 100 that takes 50ms;
/// one call to db for each; db half busy with 2 waiting (at most 5); used 1500 of 2000 bytes; the cache hits 90 of 100 and lacks 20 of 100 keys.
pub fn recording(plan: &Plan) -> Recording {
    let mut recorder = Recorder::new(plan);
    for index in 0..recorder.grid.cells.len() {
        recorder.clients[0][index] = steady_users(100);
        recorder.services[0][index] = ServiceCell { arrived: 100, completed: 100, ..ServiceCell::default() };
        recorder.services[1][index] = steady_db();
        recorder.services[2][index] =
            ServiceCell { arrived: 100, completed: 100, hits: 90, misses: 10, cold_keys: 20, ..ServiceCell::default() };
        for edge in 0..3 {
            recorder.edges[edge][index] = EdgeCell { calls: 100, attempts: 100, ok: 100, ..EdgeCell::default() };
        }
    }
    let mut recording = recorder.finish(plan, 0.5, 12345, vec!["by hand".to_owned()]);
    let mut evidence = Evidence::default();
    evidence.add("work slowed", 2000);
    recording.evidence = vec![evidence; plan.faults.len()];
    recording
}

/// One second of users that ask `n` times and are all answered.
pub fn steady_users(n: u64) -> ClientCell {
    let mut cell = ClientCell { offered: n, fresh: n, sent: n, ok: n, goodput: n, ..ClientCell::default() };
    cell.latency.record_n(Span::from_millis(10), n - n / 100);
    cell.latency.record_n(Span::from_millis(50), n / 100);
    cell
}

fn steady_db() -> ServiceCell {
    let mut cell = ServiceCell {
        arrived: 100,
        completed: 100,
        busy_s: 5.0,
        workers_s: 10.0,
        queue_s: 2.0,
        queue_max: 5,
        inflight_s: 7.0,
        inflight_min: 1,
        inflight_max: 15,
        used_bytes: 1500,
        ..ServiceCell::default()
    };
    cell.latency.record_n(Span::from_millis(5), 100);
    cell
}

fn service(name: &str, kind: &str, workers: Option<u32>, role: Role) -> Service {
    Service {
        name: name.to_owned(),
        kind: kind.to_owned(),
        replicas: 1,
        workers,
        queue: Queue::plain(),
        working: Working::default(),
        volume: matches!(role, Role::Store(_)).then(|| Box::new(VolumeSpec::plain(2000, 1000))),
        balance: Default::default(),
        zones: Vec::new(),
        guards: Vec::new(),
        retry_after: None,
        connections: None,
        versions: None,
        program: Vec::new(),
        role,
    }
}

fn edge(name: &str, from: Party, to: u32) -> Edge {
    Edge::plain(name, from, ServiceId(to))
}
