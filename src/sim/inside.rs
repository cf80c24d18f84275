//! What happens inside a service, in cases small enough to be worked out on paper: cores, locks and batches under faults and giving up.

use super::play;
use crate::base::{ClientId, Dist, EdgeId, ErrorKind, ServiceId, Span, Time};
use crate::plan::fixture::{edge, fault, plan, service};
use crate::plan::*;
use crate::record::{ClientCell, Recording, ServiceCell};

const S0: Target = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };

fn work(seconds: f64) -> Op {
    Op::Work(Dist::Constant(seconds))
}

/// One service asked at these moments, in seconds.
fn asked(at: &[f64], program: Vec<Op>) -> Plan {
    let users = edge("users->s0", Party::Client(ClientId(0)), 0);
    let mut plan = plan(1.0, 10.0, vec![service("s0", None, program)], vec![users]);
    plan.clients[0].arrivals = Arrivals::Trace(at.iter().map(|at| Time::from_secs_f64(*at)).collect());
    plan
}

fn on_cores(at: &[f64], seconds: f64, count: u32, sharing: Sharing) -> Plan {
    let mut plan = asked(at, vec![work(seconds)]);
    plan.services[0].working.cores = Some(CoreSpec { count, sharing });
    plan
}

fn users(recording: &Recording) -> ClientCell {
    recording.client_over(0, Time::ZERO, recording.plan.length)
}

fn s0(recording: &Recording) -> ServiceCell {
    recording.service_over(0, Time::ZERO, recording.plan.length)
}

/// The latency of the one that was asked in this window of a tenth of a second.
#[track_caller]
fn took(recording: &Recording, asked: f64, expected: f64) {
    let cell = recording.client_over(0, Time::from_secs_f64(asked), Time::from_secs_f64(asked + 0.1));
    let latency = cell.latency.mean().expect("it was answered");
    assert!((latency / expected - 1.0).abs() < 0.002, "asked at {asked}: took {latency}, expected {expected}");
}

#[test]
fn slowness_and_freezes_change_the_work_that_is_under_way() {
    let mut plan = on_cores(&[0.0, 1.0], 1.0, 1, Sharing::Processor);
    fault(&mut plan, S0, Effect::Slow { factor: 2.0 }, 0.5, 1.3);
    fault(&mut plan, S0, Effect::Freeze, 2.0, 5.0);
    let recording = play(&plan);
    // First: 0.5 done by 0.5; 0.25 more by 1.0; then a quarter of a core: 0.075 by 1.3, and the last 0.175 at half speed.
    took(&recording, 0.0, 1.65);
    // Second: 0.075 + 0.175 by 1.65, then alone: 0.35 more by 2.0, and the last 0.4 after the freeze.
    took(&recording, 1.0, 4.4);
    assert_eq!(recording.evidence[0].details["work slowed"], 2, "one was under way, and one began");
}

#[test]
fn who_gives_up_leaves_the_cores_to_the_others() {
    // The first is stopped at 1.0. The second has done 0.45 by then beside it, or nothing behind it.
    for (sharing, second) in [(Sharing::Processor, 1.451), (Sharing::Fifo, 1.901)] {
        // A millisecond more than the first has time for.
        let mut plan = on_cores(&[0.1], 1.001, 1, sharing);
        let mut first = plan.clients[0].clone();
        (first.name, first.edge) = ("first".into(), EdgeId(1));
        first.arrivals = Arrivals::Trace(vec![Time::ZERO]);
        plan.clients.push(first);
        let mut impatient = edge("first->s0", Party::Client(ClientId(1)), 0);
        (impatient.cancel, impatient.timeout) = (true, Some(Span::from_millis(1000)));
        plan.edges.push(impatient);
        let recording = play(&plan);
        let ended = users(&recording).latency.mean().expect("answered");
        assert!((ended / second - 1.0).abs() < 0.002, "{sharing:?}: {ended} against {second}");
        assert_eq!(s0(&recording).lost, 1);
    }
}

#[test]
fn busy_cores_are_counted_and_not_busy_workers() {
    let recording = play(&on_cores(&[0.0, 0.0, 0.0], 1.0, 2, Sharing::Processor));
    let cell = s0(&recording);
    assert!((cell.busy_s - 3.0).abs() < 1e-6, "{}", cell.busy_s);
    assert!((cell.workers_s - 20.0).abs() < 1e-6, "{}", cell.workers_s);
    took(&recording, 0.0, 1.5);
}

#[test]
fn a_crash_takes_the_work_off_the_cores() {
    let mut plan = on_cores(&[0.0, 0.2, 3.0], 1.0, 1, Sharing::Fifo);
    fault(&mut plan, S0, Effect::Down, 0.5, 1.0);
    let recording = play(&plan);
    assert_eq!(users(&recording).errors[ErrorKind::Crashed as usize], 2);
    took(&recording, 3.0, 1.0);
    assert_eq!(s0(&recording).lost, 2);
}

#[test]
fn new_cores_in_mid_run_take_over_what_is_under_way() {
    let mut plan = on_cores(&[0.0, 0.0], 1.0, 1, Sharing::Processor);
    let mut faster = plan.services[0].clone();
    faster.working.cores = Some(CoreSpec { count: 2, sharing: Sharing::Fifo });
    fault(&mut plan, S0, Effect::Set(Box::new(Patch::Service(faster))), 1.0, 9.0);
    // Half of each is done by 1.0, and each has a core of its own from there.
    took(&play(&plan), 0.0, 1.5);
}

#[test]
fn another_order_in_mid_run_holds_for_those_who_wait() {
    let mut plan = asked(&[0.0, 0.1, 0.2, 0.3], vec![work(1.0)]);
    plan.services[0].workers = Some(1);
    let mut newest = plan.services[0].clone();
    newest.queue.order = Order::Lifo;
    fault(&mut plan, S0, Effect::Set(Box::new(Patch::Service(newest))), 0.5, 9.0);
    let recording = play(&plan);
    took(&recording, 0.3, 1.7);
    took(&recording, 0.1, 3.9);
}

#[test]
fn a_lock_is_given_back_by_those_who_fail_crash_or_give_up() {
    let mut plan = asked(&[0.0, 0.1, 2.0], vec![Op::Lock { lock: 0, timeout: None }, work(1.0), Op::Unlock(0)]);
    plan.locks = vec!["rows".into()];
    plan.edges[0].timeout = Some(Span::from_millis(500));
    plan.edges[0].cancel = true;
    let mut crashing = plan.clone();
    plan.services[0].program[1] = work(0.4);
    let recording = play(&plan);
    took(&recording, 0.0, 0.4);
    assert_eq!(users(&recording).errors[ErrorKind::Timeout as usize], 1, "0.3 of waiting and 0.4 of work are too much");
    took(&recording, 2.0, 0.4);
    crashing.edges[0].timeout = None;
    fault(&mut crashing, S0, Effect::Down, 0.5, 1.0);
    took(&play(&crashing), 2.0, 1.0);
}

#[test]
fn who_leaves_a_batch_leaves_the_others_their_work() {
    let batch = Some(Batch { size: 2, wait: Span::from_secs(5) });
    let mut plan = asked(&[0.0, 0.2], vec![work(1.0)]);
    plan.services[0].working.batch = batch;
    plan.edges[0].timeout = Some(Span::from_millis(1100));
    plan.edges[0].cancel = true;
    let recording = play(&plan);
    // They begin together at 0.2; the first has no time left at 1.1, the second is answered at 1.2.
    assert_eq!(users(&recording).errors[ErrorKind::Timeout as usize], 1);
    took(&recording, 0.2, 1.0);
    let cell = s0(&recording);
    assert_eq!((cell.completed, cell.lost, cell.dropped), (1, 1, 0));
    // When both have left nobody works for them.
    plan.edges[0].timeout = Some(Span::from_millis(900));
    let cell = s0(&play(&plan));
    assert_eq!((cell.completed, cell.lost), (0, 2));
    assert!((cell.busy_s - 0.9).abs() < 1e-6, "from 0.2 to 1.1: {}", cell.busy_s);
}

#[test]
fn a_small_batch_starts_when_the_first_has_waited_and_a_crash_takes_all_of_it() {
    let mut plan = asked(&[0.0, 0.2, 4.0], vec![work(1.0)]);
    plan.services[0].workers = Some(1);
    plan.services[0].working.batch = Some(Batch { size: 3, wait: Span::from_millis(500) });
    let recording = play(&plan);
    took(&recording, 0.0, 1.5);
    took(&recording, 0.2, 1.3);
    took(&recording, 4.0, 1.5);
    fault(&mut plan, S0, Effect::Down, 1.0, 2.0);
    let recording = play(&plan);
    assert_eq!(users(&recording).errors[ErrorKind::Crashed as usize], 2);
    assert_eq!(s0(&recording).lost, 2);
    took(&recording, 4.0, 1.5);
}

#[test]
fn priority_and_room_that_the_least_important_make() {
    let mut plan = asked(&[0.0, 0.1], vec![work(1.0)]);
    plan.services[0].workers = Some(1);
    plan.services[0].queue =
        Queue { capacity: Some(1), order: Order::Priority, overflow_oldest: true, ..Queue::plain() };
    plan.clients[0].class = 5;
    let mut important = plan.clients[0].clone();
    (important.name, important.class, important.edge) = ("important".into(), 1, EdgeId(1));
    important.arrivals = Arrivals::Trace(vec![Time::from_secs_f64(0.2), Time::from_secs_f64(0.3)]);
    plan.clients.push(important);
    plan.edges.push(edge("important->s0", Party::Client(ClientId(1)), 0));
    let recording = play(&plan);
    // The one that waits gives way to the important one; of two alike the older gives way.
    assert_eq!(users(&recording).errors[ErrorKind::Rejected as usize], 1);
    let important = recording.client_over(1, Time::ZERO, recording.plan.length);
    assert_eq!((important.ok, important.errors[ErrorKind::Rejected as usize]), (1, 1));
}
