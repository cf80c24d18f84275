//! Recordings made up for the tests of the reports: what a run would leave behind, without a world that plays one.

use crate::base::{ClientId, Dice, Dist, EdgeId, ErrorKind, FaultId, Outcome, ServiceId, Span, Time};
use crate::compile::expect::{Names, Parsed, parse};
use crate::plan::load::Send;
use crate::plan::topology::{Edge, Op, Party, Role, Service};
use crate::plan::working::{Queue, Working};
use crate::plan::{
    Arrivals, Backoff, Client, Effect, Expectation, FaultInfo, Jitter, Phase, Plan, RatePoint, Real, Reload, Retry,
    Step, Target, World,
};
use crate::record::{CutShort, Recorder, Recording, UndoNote};

pub fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

pub fn service(name: &str, workers: Option<u32>) -> Service {
    Service {
        name: name.to_owned(),
        kind: "service".to_owned(),
        replicas: 1,
        workers,
        queue: Queue::plain(),
        working: Working::default(),
        volume: None,
        balance: Default::default(),
        zones: Vec::new(),
        guards: Vec::new(),
        retry_after: None,
        connections: None,
        versions: None,
        program: vec![Op::Work(Dist::Constant(0.01))],
        role: Role::Plain,
    }
}

pub fn edge(name: &str, from: Party, to: usize) -> Edge {
    Edge {
        timeout: Some(Span::from_secs(1)),
        wait: None,
        cancel: false,
        retry: None,
        class: None,
        optional: false,
        latency: Dist::Constant(0.0005),
        request_bytes: 1000,
        response_bytes: 1000,
        ..Edge::plain(name, from, ServiceId::from(to))
    }
}

fn client(name: &str, edge: usize) -> Client {
    Client {
        name: name.to_owned(),
        edge: EdgeId::from(edge),
        arrivals: Arrivals::Open { points: vec![RatePoint { at: Time::ZERO, rate: 200.0 }], poisson: true },
        reload: None,
        pages: None,
        keys: None,
        class: 0,
        writes: 0.0,
        zone: None,
        send: Send { method: "GET".to_owned(), path: "/".to_owned() },
    }
}

pub fn fault(name: &str, on: &str, from: f64, to: f64) -> FaultInfo {
    let label = "latency 200ms ± 50ms".to_owned();
    FaultInfo {
        name: name.to_owned(),
        kind: "latency".to_owned(),
        on: on.to_owned(),
        from: at(from),
        to: at(to),
        label,
    }
}

fn phase(name: &str, from: f64, to: f64) -> Phase {
    Phase { name: name.to_owned(), from: at(from), to: at(to) }
}

/// A client and three services, `users -> web -> cache, db`; one fault on `web->cache` from 40 s to 100 s.
pub fn plan(length: f64) -> Plan {
    let edges = vec![
        edge("users->web", Party::Client(ClientId::from(0)), 0),
        edge("web->cache", Party::Service(ServiceId::from(0)), 1),
        edge("web->db", Party::Service(ServiceId::from(0)), 2),
    ];
    let (begin, heal) = (length * 0.2, length * 0.5);
    let effect = Effect::Delay { by: Dist::Constant(0.2), upstream: false };
    let target = Target::Edge(EdgeId::from(1));
    let step = |seconds, on| Step { at: at(seconds), on, fault: FaultId::from(0), target, effect: effect.clone() };
    Plan {
        scenario: "slow-cache".to_owned(),
        title: "The cache gets slow and the shop with it".to_owned(),
        variant: None,
        world: World::Sim,
        seed: 7,
        length: at(length),
        warmup: at(length * 0.05),
        window: Span::from_secs_f64(length / 200.0),
        services: vec![service("web", Some(64)), service("cache", None), service("db", Some(12))],
        edges,
        clients: vec![client("users", 0)],
        locks: Vec::new(),
        faults: vec![fault("slow-cache", "web->cache", begin, heal)],
        schedule: vec![step(begin, true), step(heal, false)],
        phases: vec![
            phase("before", length * 0.05, begin),
            phase("during slow-cache", begin, heal),
            phase("after slow-cache", heal, length),
            phase("whole", length * 0.05, length),
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
        limits: Default::default(),
        facts: Default::default(),
        meters: Vec::new(),
    }
}

/// The lines of a scenario as the compiler would leave them in the plan.
pub fn expecting(mut plan: Plan, lines: &[&str]) -> Plan {
    let names = Names::of(&plan);
    let line = |(index, text): (usize, &&str)| {
        let Parsed { metric, compare, bound, window, .. } =
            parse(text, &names).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        Expectation {
            text: (*text).to_owned(),
            place: format!("slow-cache.yaml:{}:5", 21 + index),
            metric,
            compare,
            bound,
            window,
        }
    };
    plan.expectations = lines.iter().enumerate().map(line).collect();
    plan
}

/// The usual case: 200 s, two modes of latency, a fault that slows and fails a part, retries, and a recovery that takes 12 s.
pub fn incident() -> Recording {
    let lines = [
        "p99(users) < 300ms during slow-cache",
        "success(users) >= 99% before slow-cache",
        "p99.99(users) < 2s before slow-cache",
        "amplification(db) <= 1.5",
        "goodput(users) >= 95% of before after slow-cache",
        "queue(db) < 100",
    ];
    played(&expecting(plan(200.0), &lines), 200.0)
}

/// Plays a plan without any model: requests at `rate`, hurt while the first fault lasts and a little longer.
pub fn played(plan: &Plan, rate: f64) -> Recording {
    let mut recorder = Recorder::new(plan);
    let mut dice = Dice::named(plan.seed, "fixture");
    let mut now = 0.0;
    let end = plan.length.as_secs_f64();
    while now < end {
        for client in 0..plan.clients.len() {
            request(plan, &mut recorder, &mut dice, client, now);
        }
        now += dice.exponential() / rate;
    }
    gauges(plan, &mut recorder);
    for (index, fault) in plan.faults.iter().enumerate() {
        recorder.touched(FaultId::from(index), "requests delayed", 8123 * (index as u64 + 1));
        recorder.event(fault.from, format!("fault {} begins", fault.name));
        recorder.event(fault.to, format!("fault {} ends", fault.name));
    }
    recorder.finish(plan, 0.84, 123_456, vec!["Virtual time: a discrete event simulation".to_owned()])
}

/// How badly a moment is hurt, 0 to 1.
fn harm(plan: &Plan, now: f64) -> f64 {
    let Some(fault) = plan.faults.first() else { return 0.0 };
    let (from, to) = (fault.from.as_secs_f64(), fault.to.as_secs_f64());
    let recovery = plan.length.as_secs_f64() * 0.06;
    match now {
        now if now < from => 0.0,
        now if now < to => 1.0,
        now => (1.0 - (now - to) / recovery).max(0.0),
    }
}

fn request(plan: &Plan, recorder: &mut Recorder, dice: &mut Dice, client: usize, now: f64) {
    let harm = harm(plan, now);
    let (id, cell) = (ClientId::from(client), recorder.cell_at(at(now)));
    let slow = dice.unit() < 0.2;
    let base = if slow { Dist::lognormal_quantiles(0.040, 0.120) } else { Dist::lognormal_quantiles(0.004, 0.011) };
    let latency = base.draw(dice) + if dice.unit() < 0.8 * harm { 0.2 * (0.5 + dice.unit()) } else { 0.0 };
    recorder.offered(id, cell, dice.unit() > 0.1 * harm);
    recorder.sent(id, cell);
    let outcome = match dice.unit() {
        pick if pick < 0.12 * harm => Outcome::Failed(ErrorKind::Timeout),
        pick if pick < 0.17 * harm => Outcome::Failed(ErrorKind::Rejected),
        pick if pick < 0.19 * harm => Outcome::Failed(ErrorKind::Error),
        _ => Outcome::Ok,
    };
    let answered = recorder.cell_at(at(now + latency));
    recorder.answered(id, cell, answered, outcome, Span::from_secs_f64(latency));
    for edge in 0..plan.edges.len() {
        let retried = u64::from(dice.unit() < 0.35 * harm);
        let failed = u64::from(dice.unit() < 0.15 * harm);
        let cell = recorder.edge(EdgeId::from(edge), cell);
        cell.calls += 1;
        cell.attempts += 1 + retried;
        cell.ok += 1 + retried - failed;
        cell.errors[ErrorKind::Timeout as usize] += failed;
    }
}

fn gauges(plan: &Plan, recorder: &mut Recorder) {
    for (index, cell) in recorder.grid.cells.clone().into_iter().enumerate() {
        let (seconds, harm) = (cell.to.since(cell.from).as_secs_f64(), harm(plan, cell.from.as_secs_f64()));
        for (number, service) in plan.services.iter().enumerate() {
            let busy = 0.25 + 0.1 * (number % 3) as f64 + 0.5 * harm;
            let queue = 0.4 + 30.0 * harm * (1 + number % 3) as f64;
            let cell = recorder.service(ServiceId::from(number), index);
            cell.workers_s = f64::from(service.workers.unwrap_or(0)) * seconds;
            cell.busy_s = busy.min(1.0) * cell.workers_s;
            cell.queue_s = queue * seconds;
            cell.inflight_s = (queue + 8.0) * seconds;
            cell.queue_max = queue as u64 * 2 + 1;
            cell.inflight_max = queue as u64 * 2 + 12;
            cell.arrived = (200.0 * seconds) as u64;
            cell.completed = cell.arrived;
        }
    }
}

/// Played by the simulator: retries without a budget meet a slow database, and a surge on top.
pub fn storm() -> Recording {
    let mut plan = plan(240.0);
    plan.scenario = "retry-storm".to_owned();
    plan.title = "Three retries each, and the database never gets up again".to_owned();
    plan.services[0].program =
        vec![Op::Work(Dist::Exponential { mean: 0.004 }), Op::Call(EdgeId::from(1)), Op::Call(EdgeId::from(2))];
    plan.services[0].workers = Some(400);
    plan.services[1].program = vec![Op::Work(Dist::lognormal_quantiles(0.001, 0.004))];
    plan.services[2].program = vec![Op::Work(Dist::Exponential { mean: 0.04 })];
    plan.services[2].queue.capacity = Some(200);
    let backoff = Backoff { base: Span::from_millis(100), factor: 2.0, max: Span::from_secs(1), jitter: Jitter::Full };
    let on = vec![ErrorKind::Timeout, ErrorKind::Rejected];
    plan.edges[0].timeout = Some(Span::from_secs(3));
    plan.edges[2].retry = Some(Retry { max: 3, backoff, on, retry_after: true, budget: None });
    plan.edges[2].chance = 0.8;
    plan.clients[0].reload = Some(Reload { chance: 0.5, after: Dist::Uniform { low: 1.0, high: 2.0 }, limit: 4 });
    let slow = FaultInfo {
        kind: "slow".to_owned(),
        label: "work takes 3 times longer".to_owned(),
        ..fault("db-slow", "db", 60.0, 110.0)
    };
    let surge = FaultInfo {
        kind: "surge".to_owned(),
        label: "rate times 1.3".to_owned(),
        ..fault("lunch", "users", 90.0, 130.0)
    };
    let db = Target::Service { id: ServiceId::from(2), replicas: crate::plan::Replicas::ALL };
    let users = Target::Client(ClientId::from(0));
    let step = |seconds, on, fault: usize, target, effect| Step {
        at: at(seconds),
        on,
        fault: FaultId::from(fault),
        target,
        effect,
    };
    let (three, more) = (Effect::Slow { factor: 3.0 }, Effect::Surge { rate: None, factor: 1.3 });
    plan.schedule = vec![
        step(60.0, true, 0, db, three.clone()),
        step(90.0, true, 1, users, more.clone()),
        step(110.0, false, 0, db, three),
        step(130.0, false, 1, users, more),
    ];
    plan.faults = vec![slow, surge];
    plan.phases = vec![
        phase("before", 12.0, 60.0),
        phase("during db-slow", 60.0, 110.0),
        phase("during lunch", 90.0, 130.0),
        phase("after", 130.0, 240.0),
        phase("whole", 12.0, 240.0),
    ];
    let lines = [
        "recovery(users) <= 15s after lunch",
        "p99(users) < 1s before db-slow",
        "amplification(db) <= 1.5 during db-slow",
    ];
    crate::sim::play(&expecting(plan, &lines))
}

/// The same, live, with notes on what was undone, one of which failed.
pub fn live() -> Recording {
    let mut plan = plan(200.0);
    plan.world = World::Live;
    plan.variant = Some("short-timeout".to_owned());
    let mut recording = played(&plan, 200.0);
    recording.undo = vec![
        UndoNote {
            what: "proxy on 127.0.0.1:40123".to_owned(),
            done: true,
            detail: "closed".to_owned(),
            looked_at: "127.0.0.1:40123".to_owned(),
            seen: "nobody answers".to_owned(),
            at: None,
        },
        UndoNote {
            what: "redis-server, process 4242".to_owned(),
            done: false,
            detail: "still running; end it with kill 4242".to_owned(),
            looked_at: "process group 4242 in /proc".to_owned(),
            seen: "1 still there".to_owned(),
            at: Some(at(120.0)),
        },
    ];
    recording.warnings.push("the load generator sent 97% of what was offered".to_owned());
    recording.latency_unsound = Some("p99 of the send lag is 80 ms".to_owned());
    recording
}

/// Ended by the user in the middle of the fault.
pub fn cut_short() -> Recording {
    let mut recording = incident();
    let kept = recording.grid.range(Time::ZERO, at(70.0)).len();
    recording.clients[0].cells[kept..].fill(Default::default());
    recording.services.iter_mut().for_each(|series| series.cells[kept..].fill(Default::default()));
    recording.edges.iter_mut().for_each(|series| series.cells[kept..].fill(Default::default()));
    recording.cut_short = Some(CutShort { at: at(70.0), why: "SIGINT".to_owned(), guardrail: false });
    recording
}

/// Without any fault.
pub fn calm() -> Recording {
    let mut plan = plan(60.0);
    plan.faults.clear();
    plan.schedule.clear();
    plan.phases.retain(|phase| phase.name == "whole");
    played(&plan, 80.0)
}

/// Every request fails.
pub fn dark() -> Recording {
    let mut recording = incident();
    for cell in &mut recording.clients[0].cells {
        cell.errors[ErrorKind::Refused as usize] += std::mem::take(&mut cell.ok);
        cell.goodput = 0;
        cell.failed_latency.merge(&std::mem::take(&mut cell.latency));
    }
    recording
}

/// One window, 40 requests.
pub fn short() -> Recording {
    let mut plan = plan(1.0);
    plan.window = Span::from_secs(1);
    plan.warmup = Time::ZERO;
    plan.faults.clear();
    plan.schedule.clear();
    plan.phases = vec![phase("whole", 0.0, 1.0)];
    played(&plan, 40.0)
}

/// Twelve services, two clients, eleven overlapping faults, and names that are far too long.
pub fn crowd() -> Recording {
    let mut plan = plan(900.0);
    plan.scenario = "a-scenario-whose-name-goes-on-and-on-".repeat(4);
    plan.clients.push(client("a batch job with an exceedingly long name that nobody would ever type", 3));
    plan.services = (0..12).map(|n| service(&format!("service-{n}"), (n % 4 != 3).then_some(8 + n))).collect();
    plan.services[4].name = "inventory-and-availability-aggregation-service-eu-west".to_owned();
    let calls = [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 4),
        (1, 5),
        (2, 5),
        (2, 6),
        (3, 7),
        (4, 8),
        (5, 9),
        (6, 9),
        (7, 10),
        (9, 11),
        (0, 11),
        (10, 11),
    ];
    plan.edges = vec![edge("users->service-0", Party::Client(ClientId::from(0)), 0)];
    let called = |(from, to)| edge(&format!("service-{from}->service-{to}"), Party::Service(ServiceId::from(from)), to);
    plan.edges.extend(calls.into_iter().map(called));
    plan.edges.push(edge("batch->service-7", Party::Client(ClientId::from(1)), 7));
    let spread = |n: usize| (150.0 + 12.0 * n as f64, 500.0 + 25.0 * (n % 5) as f64);
    plan.faults = (0..11)
        .map(|n| fault(&format!("fault number {n} with a rather long name"), "service-5", spread(n).0, spread(n).1))
        .collect();
    let node = Target::Service { id: ServiceId::from(5), replicas: crate::plan::Replicas::ALL };
    let step = |n: usize| Step {
        at: at(spread(n).0),
        on: true,
        fault: FaultId::from(n),
        target: node,
        effect: Effect::Freeze,
    };
    plan.schedule = (0..11).map(step).collect();
    played(&plan, 40.0)
}
