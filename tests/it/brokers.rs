//! Brokers in motion: poison messages, publishers that are blocked, sessions that expire. The figures are arithmetic.

use firedrill::base::Time;
use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::plan::expectation::Subject;
use firedrill::record::{MeterCell, Recording};
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

fn plan(text: &str) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("brokers.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

fn meter(recording: &Recording, name: &str, service: &str, from: f64, to: f64) -> MeterCell {
    let id = recording.plan.service_named(service).expect("there is such a service");
    let meter = recording.plan.meter(Subject::Service(id.0), name);
    recording.meter_over(meter.index(), at(from), at(to)).expect("the window holds cells")
}

fn served(recording: &Recording, service: &str, from: f64, to: f64) -> u64 {
    let id = recording.plan.service_named(service).expect("there is such a service");
    recording.service_over(id.index(), at(from), at(to)).completed
}

/// 50 uploads a second, of which one at 60 s kills its consumer, which does 80 a second.
fn poisoned(redelivery: &str) -> Recording {
    sim::play(&plan(&format!(
        "
name: poisoned
length: 3600s
window: 10s
clients: {{uploads: {{calls: {{to: feed, timeout: 1s}}, rate: 50/s, arrivals: constant}}}}
services:
  feed: {{kind: broker{redelivery}}}
  indexer: {{consumes: feed, workers: 1, work: 12.5ms}}
faults:
  bad: {{kind: poison, on: feed, restart: 5s, at: 60s, for: 1200s}}
expect: [success(uploads) >= 99%]
"
    )))
}

#[test]
fn one_message_stops_a_consumer_until_it_is_taken_out() {
    let recording = poisoned("");
    let backlog = meter(&recording, "backlog", "feed", 0.0, 3600.0).max;
    assert!((59_900.0..60_400.0).contains(&backlog), "50/s for 1,200 s, and the last restart: {backlog}");
    // It drains at 80 - 50 = 30/s, for 2,000 s.
    assert!(meter(&recording, "backlog", "feed", 3240.0, 3250.0).max > 100.0);
    assert!(meter(&recording, "backlog", "feed", 3290.0, 3600.0).max <= 2.0);
    assert_eq!(meter(&recording, "crashes", "indexer", 0.0, 3600.0).sum, 240.0, "every 5 s for 1,200 s");
    let users = recording.client_over(0, at(0.0), at(3600.0));
    assert_eq!(users.failed(), 0, "and nobody who uploads sees anything of it");
    assert!(meter(&recording, "age", "feed", 0.0, 3600.0).max > 1190.0, "an alarm on the age would have told");
}

#[test]
fn a_message_that_was_tried_often_enough_is_a_dead_letter() {
    let recording = poisoned(", redelivery: {max: 5}");
    assert_eq!(meter(&recording, "crashes", "indexer", 0.0, 3600.0).sum, 5.0);
    assert_eq!(meter(&recording, "dead-letters", "feed", 0.0, 3600.0).sum, 1.0);
    let backlog = meter(&recording, "backlog", "feed", 0.0, 3600.0).max;
    assert!((1200.0..=1260.0).contains(&backlog), "25 s of 50/s: {backlog}");
    let left = 50 * 3600 - 1 - served(&recording, "indexer", 0.0, 3600.0);
    assert!(left <= 1, "nothing else is lost, but for the one in flight at the end: {left}");
}

/// Two queues in one memory of 400 MB; the consumer of the first is gone from 60 to 600 s.
fn two_queues(keep: &str) -> Recording {
    sim::play(&plan(&format!(
        "
name: two-queues
length: 900s
window: 1s
clients:
  to-a: {{calls: {{to: a, timeout: 1s, on_timeout: cancel, request: 2KiB}}, rate: 500/s, arrivals: constant}}
  to-b: {{calls: {{to: b, timeout: 1s, on_timeout: cancel, request: 2KiB}}, rate: 200/s, arrivals: constant}}
services:
  a: {{kind: broker, memory: rabbit, watermark: 400MB{keep}}}
  b: {{kind: broker, memory: rabbit, watermark: 400MB}}
  of-a: {{consumes: a, workers: 8, work: 10ms}}
  of-b: {{consumes: b, workers: 3, work: 10ms}}
faults:
  gone: {{kind: down, on: of-a, at: 60s, for: 540s}}
expect: [success(to-b) >= 99%]
"
    )))
}

#[test]
fn a_full_memory_blocks_publishers_who_have_nothing_to_do_with_it() {
    let recording = two_queues("");
    // 60 s + 400 MB / 2,048 B / 500/s = 450.6 s.
    assert_eq!(meter(&recording, "blocked", "b", 0.0, 450.0).max, 0.0);
    assert!(meter(&recording, "blocked", "b", 451.0, 452.0).max > 0.0);
    assert!(meter(&recording, "blocked", "b", 452.0, 600.0).min > 0.0);
    let during = recording.client_over(1, at(452.0), at(598.0));
    assert_eq!((during.ok, during.errors[firedrill::base::ErrorKind::Timeout as usize]), (0, during.sent));
    let share = served(&recording, "of-b", 0.0, 900.0) as f64 / (200.0 * 900.0);
    assert!((0.825..0.840).contains(&share), "blocked for 149 of 900 s: {share}");
}

#[test]
fn a_bounded_queue_drops_its_own_and_blocks_nobody() {
    let recording = two_queues(", keep: {messages: 100000}");
    assert_eq!(meter(&recording, "blocked", "b", 0.0, 900.0).max, 0.0);
    let dropped = meter(&recording, "dropped", "a", 0.0, 900.0).sum;
    assert!((169_900.0..170_100.0).contains(&dropped), "500/s for 540 s, less 100,000: {dropped}");
    assert!(served(&recording, "of-b", 0.0, 900.0) >= 200 * 900 - 3);
}

/// Three copies; the leader is paused for 10 s at 30 s, and further faults.
fn sessions(broker: &str, faults: &str) -> Recording {
    sim::play(&plan(&format!(
        "
name: sessions
length: 120s
window: 1s
clients: {{shop: {{calls: {{to: log, timeout: 20s}}, rate: 100/s, arrivals: constant}}}}
services:
  log: {{kind: broker, replicas: 3, {broker}}}
  reader: {{consumes: log, workers: 4, work: 10ms}}
faults: {faults}
expect: [success(shop) >= 99%]
"
    )))
}

const ONE_PAUSE: &str = "{gc: {kind: pause, on: log, replicas: 1, at: 30s, for: 10s}}";

#[test]
fn a_session_longer_than_the_pause_elects_nobody() {
    let short = sessions("min_in_sync: 2, session: 6s", ONE_PAUSE);
    assert_eq!(meter(&short, "elections", "log", 0.0, 120.0).sum, 1.0);
    assert_eq!(meter(&short, "in-sync", "log", 37.0, 39.0).max, 2.0);
    let long = sessions("min_in_sync: 2, session: 18s", ONE_PAUSE);
    assert_eq!(meter(&long, "elections", "log", 0.0, 120.0).sum, 0.0);
    assert_eq!(long.client_over(0, at(0.0), at(99.0)).failed(), 0, "who is patient notices nothing");
    for recording in [short, long] {
        assert_eq!(meter(&recording, "lost", "log", 0.0, 120.0).sum, 0.0);
    }
}

#[test]
fn too_few_in_sync_take_nothing() {
    let faults = "{two: {kind: down, on: log, replicas: 2, at: 30s, for: 30s}}";
    let recording = sessions("min_in_sync: 2, session: 6s", faults);
    let during = recording.client_over(0, at(30.0), at(60.0));
    assert_eq!(during.ok, 0, "one of three is not enough");
    assert!(during.errors[firedrill::base::ErrorKind::Unavailable as usize] > 2000);
    assert_eq!(recording.client_over(0, at(61.0), at(99.0)).failed(), 0);
    assert_eq!(meter(&recording, "lost", "log", 0.0, 120.0).sum, 0.0);
}

/// A thousand messages a second, which take 50 ms to take in and 100 ms to the copies; the leader crashes at 30 s.
fn crashed(acks: &str) -> crate::theory::played::Played {
    crate::theory::played::play(&format!(
        "
name: crashed
length: 60s
window: 1s
clients: {{users: {{calls: orders, rate: 1000/s, arrivals: constant}}}}
services:
  orders: {{kind: broker, replicas: 3, workers: 1000, work: 50ms, acks: {acks}, lag: 100ms, session: 2s}}
  billing: {{consumes: orders, workers: 100, work: 1ms}}
faults:
  crash: {{kind: down, on: orders, replicas: 1, at: 30s, for: 20s}}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn who_waits_for_no_acknowledgement_is_quick_and_loses_what_was_on_its_way() {
    let lost = |acks: &str| crashed(acks).over(0.0, 60.0).meter("lost").sum;
    let mean = |acks: &str| crashed(acks).over(5.0, 29.0).mean();
    // All that came within 50 ms was answered and is still at work; what is on its way to the copies arrives.
    let fired = lost("none");
    assert!((fired - 50.0).abs() < 5.0, "{fired}");
    assert_eq!((lost("leader"), lost("all")), (0.0, 0.0));
    assert_eq!(lost("0"), fired);
    assert!(mean("none") < 0.001 && (mean("leader") - 0.05).abs() < 0.002 && (mean("all") - 0.25).abs() < 0.01);
}

#[test]
fn a_publisher_that_waits_for_nothing_is_not_told_of_a_full_queue() {
    let played = crate::theory::played::play(
        "
name: full
length: 60s
window: 1s
clients: {users: {calls: orders, rate: 150/s, arrivals: constant}}
services:
  orders: {kind: broker, workers: 1, work: 10ms, queue: 10, acks: none}
  billing: {consumes: orders, workers: 100, work: 1ms}
expect: [success(users) >= 100%]
",
    );
    let all = played.over(0.0, 60.0);
    assert_eq!(all.users().failed(), 0);
    let (lost, rejected) = (all.meter("lost").sum, all.service("orders").rejected as f64);
    assert!(lost == rejected && (lost / 3000.0 - 1.0).abs() < 0.02, "a third of 150/s: {lost} and {rejected}");
    assert_eq!(all.service("orders").wasted, 0, "messages are wanted although nobody waits");
}
