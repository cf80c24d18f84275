//! Corners where two things meet: a late answer and the next request, a fault and the edge of a window, one fault and another.

use super::play;
use crate::base::{Dist, EdgeId, ErrorKind, FaultId, ServiceId, Span, Time};
use crate::plan::fixture::{edge, fault, plan, service};
use crate::plan::*;
use crate::record::{ClientCell, Recording};

const S0: Target = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };
const E0: Target = Target::Edge(EdgeId(0));

fn of(seconds: f64) -> Vec<Op> {
    vec![Op::Work(Dist::Constant(seconds))]
}

/// One service with as many workers as it takes, asked 50 times a second.
fn one(work_s: f64, length_s: f64) -> Plan {
    let users = edge("users->s0", Party::Client(crate::base::ClientId(0)), 0);
    plan(50.0, length_s, vec![service("s0", None, of(work_s))], vec![users])
}

fn over(recording: &Recording, from: f64, to: f64) -> ClientCell {
    recording.client_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to))
}

fn closed(plan: &mut Plan, think_s: f64) {
    plan.clients[0].arrivals = Arrivals::Closed { users: 3, think: Dist::Constant(think_s), start: None };
}

#[test]
fn the_timer_of_an_answered_request_does_not_end_the_next_one() {
    let mut plan = one(0.3, 10.0);
    plan.edges[0].timeout = Some(Span::from_secs(1));
    closed(&mut plan, 0.001);
    let users = over(&play(&plan), 0.0, 10.0);
    assert!(users.ok > 90 && users.failed() == 0, "{} ok, {} failed", users.ok, users.failed());
}

#[test]
fn a_late_answer_does_not_answer_the_request_that_followed() {
    let mut plan = one(1.5, 10.0);
    plan.edges[0].timeout = Some(Span::from_secs(1));
    let mut reloading = plan.clone();
    closed(&mut plan, 0.2);
    reloading.clients[0].reload = Some(Reload { chance: 1.0, after: Dist::Constant(0.2), limit: 3 });
    for plan in [plan, reloading] {
        let users = over(&play(&plan), 0.0, 10.0);
        assert!(users.ok == 0 && users.failed() > 10, "{} ok, {} failed", users.ok, users.failed());
    }
}

#[test]
fn a_late_request_of_an_attempt_that_is_over_does_not_stand_for_the_next() {
    let mut plan = one(0.1, 1.0);
    plan.clients[0].arrivals = Arrivals::Trace(vec![Time::from_secs_f64(0.01)]);
    plan.services[0].workers = Some(1);
    plan.edges[0].wait = Some(Span::from_millis(80));
    plan.edges[0].retry = Some(Retry {
        retry_after: true,
        max: 1,
        backoff: Backoff { base: Span::ZERO, factor: 1.0, max: Span::ZERO, jitter: Jitter::None },
        on: ErrorKind::ALL.to_vec(),
        budget: None,
    });
    // The first attempt is given up on its way, and arrives while the second is being worked on.
    fault(&mut plan, E0, Effect::Delay { by: Dist::Constant(0.15), upstream: true }, 0.0, 0.05);
    let users = over(&play(&plan), 0.0, 1.0);
    assert_eq!((users.ok, users.retries), (1, 1), "{:?}", users.errors);
}

#[test]
fn a_refused_edge_leaves_what_is_under_way() {
    let mut plan = one(0.5, 3.0);
    fault(&mut plan, E0, Effect::Refuse, 1.0, 2.0);
    let recording = play(&plan);
    assert_eq!(over(&recording, 0.0, 1.0).failed(), 0);
    let during = over(&recording, 1.0, 2.0);
    assert_eq!(during.errors[ErrorKind::Refused as usize], during.sent);
}

#[test]
fn what_a_fault_does_in_its_first_moment_belongs_to_its_own_window() {
    let mut plan = one(0.5, 2.0);
    fault(&mut plan, S0, Effect::Down, 1.0, 1.5);
    let recording = play(&plan);
    let over = |from, to| recording.service_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to));
    assert!(over(0.6, 1.0).inflight_min > 10, "the crash is not before itself");
    assert_eq!(over(1.0, 1.5).inflight_min, 0);
}

#[test]
fn a_frozen_process_answers_nothing_errors_neither() {
    let mut plan = one(0.01, 3.0);
    fault(&mut plan, S0, Effect::Freeze, 1.0, 2.0);
    fault(&mut plan, S0, Effect::Fail { chance: 1.0 }, 1.2, 1.8);
    let recording = play(&plan);
    let during = over(&recording, 1.0, 2.0);
    assert_eq!((during.failed(), during.ok), (0, during.sent));
    assert_eq!(recording.evidence[1].touched, 0);
}

#[test]
fn what_a_cut_holds_meets_the_other_faults_of_the_edge_when_it_is_let_through() {
    let mut plan = one(0.01, 6.0);
    fault(&mut plan, E0, Effect::Cut { lose: false, ways: Ways::Both }, 1.0, 2.0);
    fault(&mut plan, E0, Effect::Delay { by: Dist::Constant(5.0), upstream: true }, 1.0, 1.9);
    // A request of 1 KiB each hundredth of a second: what was held, about 50, has passed half a second after the cut.
    fault(&mut plan, E0, Effect::Throttle { bytes_per_sec: 102_400.0 }, 1.0, 6.0);
    let recording = play(&plan);
    assert_eq!(recording.evidence[FaultId(1).index()].touched, 0, "nothing passed while the delay lay on the edge");
    let slowest = over(&recording, 1.0, 2.0).latency.max().expect("answered");
    assert!((0.9..2.2).contains(&slowest), "{slowest}");
}

#[test]
fn a_shared_rebuild_that_fails_does_not_fail_callers_for_whom_it_is_optional() {
    let users = edge("users->web", Party::Client(crate::base::ClientId(0)), 0);
    let mut read = edge("web->cache", Party::Service(ServiceId(0)), 1);
    let mut rebuild = edge("web->db", Party::Service(ServiceId(0)), 2);
    read.miss = Some(MissPath { edge: EdgeId(2), fill: Fill::SingleFlight, on_error: true, stale: Stale::default() });
    rebuild.optional = true;
    let mut cache = service("cache", None, vec![]);
    cache.role = Role::Cache(CacheSpec { warm: false, ..CacheSpec::plain(10, 10) });
    let services = vec![service("web", None, vec![Op::Call(EdgeId(1))]), cache, service("db", None, of(0.05))];
    let mut plan = plan(50.0, 2.0, services, vec![users, read, rebuild]);
    plan.clients[0].keys = Some(Keys { count: 10, skew: 0.0, hot: None });
    fault(
        &mut plan,
        Target::Service { id: ServiceId(2), replicas: Replicas::ALL },
        Effect::Fail { chance: 1.0 },
        0.0,
        2.0,
    );
    let recording = play(&plan);
    assert!(recording.evidence[0].touched > 10);
    assert_eq!(over(&recording, 0.0, 2.0).failed(), 0);
}

#[test]
fn a_cut_that_loses_does_so_when_it_heals_whatever_else_lasts() {
    let mut plan = one(0.01, 6.0);
    fault(&mut plan, E0, Effect::Cut { lose: true, ways: Ways::Both }, 1.0, 2.0);
    fault(&mut plan, E0, Effect::Cut { lose: false, ways: Ways::Both }, 1.5, 3.0);
    let recording = play(&plan);
    let first = over(&recording, 1.0, 2.0);
    assert_eq!(first.errors[ErrorKind::Reset as usize], first.sent);
    assert_eq!(over(&recording, 2.0, 3.0).failed(), 0);
}

#[test]
fn whoever_joins_a_long_line_of_those_who_gave_up_gets_the_connection_that_is_free() {
    // The first holds the connection for a second, 99 give up beside it, and the last comes while it is still held.
    let mut plan = one(1.0, 4.0);
    let last = Time::from_secs_f64(0.8);
    let times = (0..100).map(|n| Time::from_secs_f64(0.001 * f64::from(n))).chain([last]);
    plan.clients[0].arrivals = Arrivals::Trace(times.collect());
    let (max_wait, pick, race) = (Some(Span::from_millis(300)), Pick::Newest, Span::ZERO);
    plan.edges[0].pool = Some(Pool { size: 1, open_ahead: true, pick, max_wait, idle: None, peer_idle: None, race });
    let recording = super::books::held(&plan);
    assert_eq!(recording.client_over(0, last, plan.length).ok, 1, "it waited a fifth of a second, and was served");
}
