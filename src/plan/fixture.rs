//! Small Plans made by hand, for the tests of every room.

use super::*;
use crate::base::{Dist, FaultId, Time};
use crate::plan::real::{Origin, Protocol, Ready};

/// A service with these workers and this work.
pub fn service(name: &str, workers: Option<u32>, program: Vec<Op>) -> Service {
    Service {
        name: name.into(),
        kind: "service".into(),
        replicas: 1,
        workers,
        queue: Queue::plain(),
        working: Working::default(),
        volume: None,
        balance: Balance::default(),
        zones: vec![],
        guards: Vec::new(),
        retry_after: None,
        connections: None,
        versions: None,
        program,
        role: Role::Plain,
    }
}

pub fn edge(name: &str, from: Party, to: u32) -> Edge {
    Edge::plain(name, from, ServiceId(to))
}

/// Users who ask the first of a chain of services at this rate, each of which works so many milliseconds and calls the next.
/// With no work given there is one service that works not at all.
pub fn chain(rate: f64, work_ms: &[f64]) -> Plan {
    let work_ms = if work_ms.is_empty() { &[0.0][..] } else { work_ms };
    let mut edges = vec![edge("users->s0", Party::Client(ClientId(0)), 0)];
    let mut services = Vec::new();
    for (index, ms) in work_ms.iter().enumerate() {
        let mut program = vec![Op::Work(Dist::Constant(ms / 1000.0))];
        if index + 1 < work_ms.len() {
            let next = index as u32 + 1;
            program.push(Op::Call(EdgeId::from(edges.len())));
            edges.push(edge(&format!("s{index}->s{next}"), Party::Service(ServiceId::from(index)), next));
        }
        services.push(service(&format!("s{index}"), None, program));
    }
    plan(rate, 2.0, services, edges)
}

/// Poisson arrivals at this rate on the first edge, for so long, without warm-up, in windows of a tenth of a second.
pub fn plan(rate: f64, length_s: f64, services: Vec<Service>, edges: Vec<Edge>) -> Plan {
    let points = vec![RatePoint { at: Time::ZERO, rate }];
    Plan {
        scenario: "test".into(),
        title: String::new(),
        story: Default::default(),
        variant: None,
        world: World::Sim,
        seed: 1,
        length: Time::from_secs_f64(length_s),
        warmup: Time::ZERO,
        window: Span::from_millis(100),
        services,
        edges,
        clients: vec![Client {
            name: "users".into(),
            edge: EdgeId(0),
            arrivals: Arrivals::Open { points, poisson: true },
            reload: None,
            pages: None,
            keys: None,
            class: 0,
            writes: 0.0,
            zone: None,
            send: load::Send { method: "GET".into(), path: "/".into() },
        }],
        locks: vec![],
        faults: vec![],
        schedule: vec![],
        phases: vec![],
        expectations: vec![],
        alerts: vec![],
        symptoms: vec![],
        still_broken: false,
        real: Real::default(),
        controls: Vec::new(),
        segments: Vec::new(),
        zones: Default::default(),
        stop_if: Vec::new(),
        accepted: Vec::new(),
        limits: Default::default(),
        facts: Default::default(),
        meters: vec![],
    }
}

/// Adds a fault with one effect, from and to in seconds.
pub fn fault(plan: &mut Plan, target: Target, effect: Effect, from: f64, to: f64) {
    let id = FaultId::from(plan.faults.len());
    let (from, to) = (Time::from_secs_f64(from), Time::from_secs_f64(to));
    plan.faults.push(FaultInfo {
        name: format!("fault-{}", id.0),
        kind: "test".into(),
        on: "it".into(),
        from,
        to,
        label: String::new(),
    });
    for (at, on) in [(from, true), (to, false)] {
        plan.schedule.push(Step { at, on, fault: id, target, effect: effect.clone() });
    }
    plan.schedule.sort_by_key(|step| (step.at, step.on));
}

/// The service of this number as a real redis-server, which keeps nothing on disk.
pub fn redis(service: u32) -> RealService {
    let args = ["--port", "{port}", "--dir", "{dir}", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
    RealService {
        service: ServiceId(service),
        protocol: Protocol::Redis,
        origin: Origin::Start {
            program: "redis-server".into(),
            args: args.map(str::to_owned).to_vec(),
            env: vec![],
            first: Default::default(),
        },
        ready_within: Span::from_secs(10),
        ready: Ready::Answers,
        volume_bytes: None,
        account: Default::default(),
        cold: false,
        foreign: None,
        own_network: false,
        tls: false,
        ca: None,
    }
}
