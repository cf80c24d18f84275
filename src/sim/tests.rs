//! The simulator against closed forms, on Plans made by hand.

use super::play;
use crate::base::{ClientId, Dist, EdgeId, ErrorKind, ServiceId, Span, Time, Which};
use crate::plan::fixture::{self, edge, fault, service};
use crate::plan::*;

fn plan(rate: f64, length_s: f64, services: Vec<Service>, edges: Vec<Edge>) -> Plan {
    let mut plan = fixture::plan(rate, length_s, services, edges);
    plan.warmup = Time::from_secs_f64(length_s * 0.05);
    plan.window = Span::from_secs_f64(length_s / 20.0);
    plan
}

const USERS: Party = Party::Client(ClientId(0));

fn mm1(rate: f64, seconds: f64) -> Plan {
    let work = Op::Work(Dist::Exponential { mean: 0.01 });
    plan(rate, seconds, vec![service("s", Some(1), vec![work])], vec![edge("users->s", USERS, 0)])
}

#[test]
fn an_mm1_queue_has_the_known_sojourn_time_and_utilisation() {
    let plan = mm1(80.0, 8000.0);
    let recording = play(&plan);
    let users = recording.client_over(0, plan.warmup, plan.length);
    let service = recording.service_over(0, plan.warmup, plan.length);
    let mean = users.latency.mean().expect("requests were answered");
    assert!((mean / 0.050 - 1.0).abs() < 0.04, "mean {mean}");
    let p99 = users.latency.quantile(0.99).expect("requests were answered");
    assert!((p99 / (0.05 * 100f64.ln()) - 1.0).abs() < 0.08, "p99 {p99}");
    assert!((service.busy_s / service.workers_s - 0.8).abs() < 0.01);
    // Little's law: L = lambda W.
    let inside = service.inflight_s / (plan.length - plan.warmup).as_secs_f64();
    assert!((inside / (80.0 * mean) - 1.0).abs() < 0.02, "{inside}");
}

#[test]
fn the_three_tiers_of_the_benchmark_agree_with_theory() {
    let hop = |from: u32, to: u32, name: &str| edge(name, Party::Service(ServiceId(from)), to);
    let work = |ms: f64| Op::Work(Dist::Exponential { mean: ms / 1000.0 });
    let services = vec![
        service("web", Some(32), vec![work(4.0), Op::Call(EdgeId(1))]),
        service("app", Some(64), vec![work(10.0), Op::Call(EdgeId(2))]),
        service("db", Some(16), vec![work(5.0)]),
    ];
    let mut first = edge("users->web", USERS, 0);
    first.timeout = Some(Span::from_secs(1));
    let plan = plan(1000.0, 400.0, services, vec![first, hop(0, 1, "web->app"), hop(1, 2, "app->db")]);
    let users = play(&plan).client_over(0, plan.warmup, plan.length);
    let ms = |q| users.latency.quantile(q).expect("answered") * 1000.0;
    let mean = users.latency.mean().expect("answered") * 1000.0;
    assert!((mean / 19.007 - 1.0).abs() < 0.01, "mean {mean}");
    for (q, expected) in [(0.5, 16.4), (0.9, 34.6), (0.99, 58.1), (0.999, 81.4)] {
        assert!((ms(q) / expected - 1.0).abs() < 0.03, "q {q}: {} against {expected}", ms(q));
    }
    assert_eq!(users.failed(), 0);
}

#[test]
fn every_request_is_answered_failed_or_in_flight() {
    let mut plan = mm1(150.0, 200.0);
    plan.edges[0].timeout = Some(Span::from_secs(1));
    plan.edges[0].retry = Some(Retry {
        retry_after: true,
        max: 2,
        backoff: Backoff { base: Span::ZERO, factor: 1.0, max: Span::ZERO, jitter: Jitter::None },
        on: ErrorKind::ALL.to_vec(),
        budget: None,
    });
    let recording = play(&plan);
    let users = recording.client_over(0, Time::ZERO, plan.length);
    let in_flight = users.sent - users.ok - users.failed();
    assert!(users.failed() > 1000 && in_flight < 1000, "{} {in_flight}", users.failed());
    let edge = recording.edge_over(0, Time::ZERO, plan.length);
    assert_eq!(edge.attempts, users.sent + users.retries);
    let service = recording.service_over(0, Time::ZERO, plan.length);
    assert_eq!(service.arrived, edge.attempts);
    assert!(service.wasted * 10 > service.completed * 9, "an overloaded FIFO works for those who have gone");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let mut plan = mm1(50.0, 50.0);
    let digest = play(&plan).digest();
    assert_eq!(digest, play(&plan).digest());
    plan.seed = 2;
    assert_ne!(digest, play(&plan).digest());
}

fn between(recording: &crate::record::Recording, from: f64, to: f64) -> crate::record::ClientCell {
    recording.client_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to))
}

#[test]
fn overlapping_faults_stack_and_heal_alone() {
    let mut plan = mm1(10.0, 100.0);
    plan.services[0].program = vec![Op::Work(Dist::Constant(0.01))];
    plan.services[0].workers = None;
    plan.window = Span::from_secs(1);
    let by = |ms: f64| Effect::Delay { by: Dist::Constant(ms / 1000.0), upstream: false };
    fault(&mut plan, Target::Edge(EdgeId(0)), by(100.0), 20.0, 60.0);
    fault(&mut plan, Target::Edge(EdgeId(0)), by(200.0), 40.0, 80.0);
    let all = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };
    fault(&mut plan, all, Effect::Slow { factor: 3.0 }, 30.0, 35.0);
    let recording = play(&plan);
    for (from, to, ms) in [
        (1.0, 19.0, 10.0),
        (21.0, 29.0, 110.0),
        (31.0, 34.0, 130.0),
        (41.0, 59.0, 310.0),
        (61.0, 79.0, 210.0),
        (81.0, 99.0, 10.0),
    ] {
        let median = between(&recording, from, to).latency.quantile(0.5).expect("answered") * 1000.0;
        assert!((median - ms).abs() < 0.5, "{from}..{to}: {median} ms instead of {ms}");
    }
    assert!(recording.evidence.iter().all(|evidence| evidence.touched > 10));
}

#[test]
fn a_cut_holds_what_was_sent_and_delivers_it_when_it_heals() {
    let mut plan = mm1(10.0, 60.0);
    plan.services[0].workers = None;
    plan.window = Span::from_secs(1);
    fault(&mut plan, Target::Edge(EdgeId(0)), Effect::Cut { lose: false, ways: Ways::Both }, 20.0, 30.0);
    let recording = play(&plan);
    let during = between(&recording, 20.0, 30.0);
    assert_eq!(during.failed(), 0);
    assert!(during.latency.max().expect("answered") > 9.0);
    assert_eq!(recording.evidence[0].touched, during.sent);
    let goodput = between(&recording, 21.0, 29.0).goodput;
    assert_eq!(goodput, 0);
}

#[test]
fn a_fault_on_a_share_of_the_connections_leaves_the_others_alone() {
    let mut plan = mm1(100.0, 60.0);
    plan.services[0].workers = None;
    plan.services[0].program = vec![Op::Work(Dist::Constant(0.01))];
    plan.window = Span::from_secs(1);
    let edge = Target::Edge(EdgeId(0));
    let late = Effect::Delay { by: Dist::Constant(0.2), upstream: true };
    fault(&mut plan, edge, late.on(Which::share(0.3)), 10.0, 20.0);
    fault(&mut plan, edge, Effect::Cut { lose: true, ways: Ways::Both }.on(Which::share(0.5)), 30.0, 40.0);
    fault(&mut plan, edge, Effect::Reset { chance: 0.5 }.on(Which::share(0.4)), 45.0, 55.0);
    let recording = play(&plan);
    let hit = |from: f64, to: f64| {
        let users = between(&recording, from, to);
        (users.sent as f64, users.failed() as f64)
    };
    let late = between(&recording, 10.0, 19.0).latency;
    let quantile = |q: f64| late.quantile(q).expect("answered");
    assert!(quantile(0.66) < 0.02 && quantile(0.74) > 0.2, "{} {}", quantile(0.66), quantile(0.74));
    let (sent, lost) = hit(30.0, 40.0);
    assert!((lost / sent - 0.5).abs() < 0.06, "the same half on the way there and back: {lost} of {sent}");
    let held = recording.evidence[1].details["messages held"] as f64;
    assert!((held - lost).abs() < 4.0, "each was held once, and reset when it healed: {held} and {lost}");
    let (sent, reset) = hit(45.0, 55.0);
    assert!((reset / sent - 0.2).abs() < 0.05, "{reset} of {sent}");
}

#[test]
fn a_pause_adds_its_length_to_work_under_way_and_a_crash_loses_it() {
    let mut plan = mm1(10.0, 60.0);
    plan.services[0].program = vec![Op::Work(Dist::Constant(0.5))];
    plan.services[0].workers = None;
    plan.window = Span::from_secs(1);
    let all = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };
    fault(&mut plan, all, Effect::Freeze, 20.0, 24.0);
    fault(&mut plan, all, Effect::Down, 40.0, 44.0);
    let recording = play(&plan);
    let paused = between(&recording, 19.0, 20.0).latency;
    assert!((paused.max().expect("answered") - 4.5).abs() < 0.01);
    assert!((between(&recording, 0.0, 18.0).latency.max().expect("answered") - 0.5).abs() < 0.001);
    let down = between(&recording, 40.0, 44.0);
    assert_eq!(down.ok, 0);
    assert_eq!(down.errors[ErrorKind::Refused as usize], down.sent);
    assert!(between(&recording, 39.0, 40.0).errors[ErrorKind::Crashed as usize] > 0);
    assert_eq!(between(&recording, 45.0, 60.0).failed(), 0);
}
