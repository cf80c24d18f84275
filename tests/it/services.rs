//! What happens inside a service against closed forms: cores, efficiency, warm-up, orders of queues, locks, batches. Sources: Kleinrock,
//! Queueing Systems I and II (1975, 1976) for processor sharing and for priorities (Cobham's formula); Maurer, "Fail at Scale", ACM Queue
//! 13(8), 2015 for CoDel and adaptive LIFO; the rest is arithmetic given beside it.

use firedrill::base::{ErrorKind, Time};
use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::record::{ClientCell, Recording, ServiceCell};
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

struct Played {
    plan: Plan,
    recording: Recording,
}

fn play(text: &str) -> Played {
    let diags = Diagnostics::new();
    let mut loaded = load_text("services.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    let recording = sim::play(&plan);
    Played { plan, recording }
}

impl Played {
    fn client(&self, name: &str, from: f64, to: f64) -> ClientCell {
        let id = self.plan.client_named(name).expect("the client is there");
        self.recording.client_over(id.index(), Time::from_secs_f64(from), Time::from_secs_f64(to))
    }

    fn service(&self, name: &str, from: f64, to: f64) -> ServiceCell {
        let id = self.plan.service_named(name).expect("the service is there");
        self.recording.service_over(id.index(), Time::from_secs_f64(from), Time::from_secs_f64(to))
    }

    fn end(&self) -> f64 {
        self.plan.length.as_secs_f64()
    }

    fn start(&self) -> f64 {
        self.plan.warmup.as_secs_f64()
    }

    fn mean(&self, name: &str) -> f64 {
        self.client(name, self.start(), self.end()).latency.mean().expect("somebody was answered")
    }
}

#[track_caller]
fn near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    let off = (measured / expected - 1.0).abs();
    assert!(off <= tolerance, "{what}: measured {measured:.6}, expected {expected:.6}, off by {:.2}%", off * 100.0);
}

/// One station whose work takes 1 s in the mean.
fn station(rate: f64, work: &str, service: &str, length_s: u64) -> Played {
    play(&format!(
        "
name: station
length: {length_s}s
warmup: {}s
window: {}s
clients: {{users: {{calls: s, rate: {rate}/s}}}}
services: {{s: {{work: \"{work}\", {service}}}}}
expect: [success(users) >= 0%]
",
        length_s / 20,
        length_s / 20,
    ))
}

#[test]
fn processor_sharing_does_not_care_how_work_is_distributed() {
    // T = 1 / (1 - rho) = 5 at rho 0.8. H2 with balanced means and cv^2 = 4: p = (1 + sqrt(3/5)) / 2, means 1/2p and 1/2(1-p).
    let h2 = "mixture(88.72983346%: exp(563.5083ms), 11.27016654%: exp(4436.4917ms))";
    for work in ["exp(1s)", "1s", h2] {
        let played = station(0.8, work, "cores: 1", 400_000);
        near(work, played.mean("users"), 5.0, 0.06);
        let s = played.service("s", played.start(), played.end());
        near("utilisation", s.busy_s / s.workers_s, 0.8, 0.01);
    }
    // With as many cores as there is work for, nobody shares.
    near("M/G/infinity", station(3.0, h2, "cores: 50", 20_000).mean("users"), 1.0, 0.04);
}

#[test]
fn cores_that_are_kept_to_the_end_are_the_servers_of_erlang() {
    for (cores, load, wait) in [(1u32, 0.8, 4.0), (4, 3.2, 0.745541)] {
        let played = station(load, "exp(1s)", &format!("cores: {cores}, sharing: fifo"), 300_000);
        near(&format!("M/M/{cores}"), played.mean("users") - 1.0, wait, 0.07);
    }
}

#[test]
fn an_event_loop_pays_for_its_work_and_not_for_its_waiting() {
    let text = |inside: &str| {
        format!(
            "
name: loop
length: 400s
warmup: 20s
clients: {{users: {{calls: loop, rate: 50/s}}}}
services:
  loop: {{{inside}, work: exp(10ms), calls: db}}
  db: {{work: 100ms}}
expect: [success(users) >= 0%]
"
        )
    };
    let played = play(&text("cores: 1, sharing: fifo"));
    // M/M/1 at rho 0.5: 20 ms, then 100 ms that hold nothing.
    near("event loop", played.mean("users"), 0.120, 0.03);
    // One worker that is held across the call gets through 1 / 0.11 s.
    let held = play(&text("workers: 1")).client("users", 20.0, 400.0);
    near("held worker", held.goodput as f64 / 380.0, 1.0 / 0.110, 0.03);
}

/// gc-spiral: 30 workers of 100 ms are 300/s as long as no more than 71 are in flight.
fn spiral(stages: &str, queue: &str) -> Played {
    play(&format!(
        "
name: gc-spiral
length: 900s
warmup: 30s
window: 10s
clients: {{users: {{calls: s, rate: {{steps: [{stages}]}}}}}}
services: {{s: {{workers: 30, work: 100ms, queue: {queue}, efficiency: {{full_until: 71, zero_at: 142, floor: 3%}}}}}}
expect: [success(users) >= 0%]
"
    ))
}

const PUSH: &str = "{at: 0s, rate: 220/s}, {at: 60s, rate: 320/s}, {at: 300s, rate: 220/s}, {at: 500s, rate: 180/s}, \
                    {at: 700s, rate: 140/s}";

#[test]
fn a_push_beyond_the_bend_of_the_efficiency_is_never_recovered_from() {
    let rate = |played: &Played, from: f64, to: f64| played.client("users", from, to).goodput as f64 / (to - from);
    let broken = spiral(PUSH, "unbounded");
    near("before", rate(&broken, 30.0, 60.0), 220.0, 0.05);
    assert!(rate(&broken, 800.0, 900.0) <= 10.0, "{} with 140 offered", rate(&broken, 800.0, 900.0));
    let small = "{at: 0s, rate: 220/s}, {at: 60s, rate: 260/s}, {at: 300s, rate: 220/s}";
    near("a push of 40", rate(&spiral(small, "unbounded"), 400.0, 900.0), 220.0, 0.03);
    let bounded = spiral(PUSH, "30");
    near("bounded, in the push", rate(&bounded, 100.0, 300.0), 300.0, 0.02);
    near("bounded, afterwards", rate(&bounded, 800.0, 900.0), 140.0, 0.03);
    assert!(bounded.service("s", 30.0, 900.0).inflight_max <= 61);
}

#[test]
fn efficiency_is_a_function_of_what_is_in_flight() {
    // 100 users who hardly think keep 100 in flight: at half speed, work of 1 s takes 2.
    let played = play(
        "
name: curve
length: 400s
warmup: 40s
clients: {users: {calls: s, users: 100, think: 1ms}}
services: {s: {work: exp(1s), efficiency: [{inflight: 50, share: 100%}, {inflight: 150, share: 0%}]}}
expect: [success(users) >= 0%]
",
    );
    near("latency", played.mean("users"), 2.0, 0.02);
}

#[test]
fn a_restarted_replica_warms_up() {
    let played = play(
        "
name: warm-up
length: 200s
clients: {users: {calls: s, rate: 200/s}}
services: {s: {work: 10ms, warm_up: {for: 100s, slower: 5x}}}
faults: {restart: {kind: restart, on: s, at: 50s, for: 1s}}
expect: [success(users) >= 0%]
",
    );
    let mean = |from, to| played.client("users", from, to).latency.mean().expect("answered");
    near("warm", mean(10.0, 40.0), 0.010, 0.002);
    // 5 at 51 s, 1 at 151 s: in the mean 4.6 over the first 20 s, 3 in the middle.
    near("cold", mean(51.0, 71.0), 0.046, 0.01);
    near("half warm", mean(96.0, 106.0), 0.030, 0.01);
    near("warm again", mean(160.0, 200.0), 0.010, 0.002);
}

#[test]
fn strict_priority_follows_cobham() {
    // rho = 0.4 + 0.4: W1 = 0.8 / 0.6, W2 = 0.8 / (0.6 x 0.2).
    let played = play(
        "
name: priority
length: 800000s
warmup: 20000s
window: 20000s
clients:
  first: {calls: s, rate: 0.4/s, class: gold}
  second: {calls: s, rate: 0.4/s, class: tin}
services: {s: {workers: 1, work: exp(1s), queue: {order: priority, classes: [gold, tin]}}}
expect: [success(first) >= 0%]
",
    );
    near("first", played.mean("first") - 1.0, 0.8 / 0.6, 0.04);
    near("second", played.mean("second") - 1.0, 0.8 / 0.12, 0.06);
}

#[test]
fn a_class_in_its_own_lane_starves_nobody() {
    // 50 workers: 90/s of 0.2 s need 18; 10/s of 35 s would need 350, and takes all 50 unless it is kept to 5.
    let played = |queue: &str| {
        play(&format!(
            "
name: mail
length: 600s
warmup: 200s
clients:
  mail: {{calls: {{to: relay, timeout: 30s}}, rate: 90/s}}
  slow: {{calls: {{to: tarpit, timeout: 300s}}, rate: 10/s}}
services:
  relay: {{workers: 50, queue: {queue}, calls: [{{to: far, chance: 100%}}]}}
  tarpit: {{calls: [{{to: relay, class: 7}}, {{work: 1ms}}]}}
  far: {{work: 200ms}}
expect: [success(mail) >= 0%]
"
        ))
    };
    // The slow ones are as quick as the others here: a lane of one worker then caps them at 1 / 0.2 s = 5/s.
    let capped = played("{lanes: {7: {workers: 1, capacity: 10}}}");
    let slow = capped.client("slow", 200.0, 600.0);
    near("the lane's share", slow.goodput as f64 / 400.0, 5.0, 0.02);
    assert!(slow.errors[ErrorKind::Rejected as usize] > 0, "its own bound turns the rest away");
    let mail = capped.client("mail", 200.0, 600.0);
    assert_eq!((mail.failed(), mail.latency.max().map(|max| max < 0.21)), (0, Some(true)), "the others do not notice");
    let free = played("unbounded").client("slow", 200.0, 600.0);
    near("without lanes", free.goodput as f64 / 400.0, 10.0, 0.06);
}

/// Twice the load that 50 workers of 50 ms can carry, from users who wait for a second.
fn overloaded(queue: &str) -> Played {
    play(&format!(
        "
name: overload
length: 60s
warmup: 20s
clients: {{users: {{calls: {{to: s, timeout: 1s}}, rate: 2000/s}}}}
services: {{s: {{workers: 50, work: exp(50ms), queue: {queue}}}}}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn codel_serves_in_time_what_it_serves() {
    let goodput = |played: &Played| played.client("users", 20.0, 60.0).goodput as f64 / 40.0;
    let fifo = overloaded("unbounded");
    assert!(goodput(&fifo) < 10.0, "first in, first out serves nobody in time: {}", goodput(&fifo));
    for queue in ["{codel: true}", "{codel: true, order: adaptive-lifo}"] {
        let played = overloaded(queue);
        near(queue, goodput(&played), 1000.0, 0.05);
        let s = played.service("s", 20.0, 60.0);
        // As long as the queue stands they wait 5 ms at most, and 100 ms when it has just been empty: a 1,000th of what FIFO lets stand.
        assert!(s.queue_s / 40.0 < 100.0, "{queue}: {} wait", s.queue_s / 40.0);
        let shed = played.client("users", 20.0, 60.0).errors[ErrorKind::Shed as usize];
        near("shed", shed as f64 / 40.0, 1000.0, 0.06);
    }
    let median = overloaded("{codel: true}").client("users", 20.0, 60.0).latency.quantile(0.5).expect("answered");
    assert!(median < 0.1, "half of exp(50ms) is 35 ms, and tens of milliseconds of waiting: {median}");
    let adaptive = overloaded("{order: adaptive-lifo}");
    near("adaptive LIFO alone", goodput(&adaptive), 1000.0, 0.05);
}

/// One lock around a call of this length.
fn locked(services: &str, rate: f64) -> Played {
    play(&format!(
        "
name: locks
length: 200s
warmup: 20s
clients:
  from-a: {{calls: {{to: a, timeout: 5s}}, rate: {rate}/s}}
  from-b: {{calls: {{to: b, timeout: 5s}}, rate: {rate}/s}}
services:
{services}
  db: {{work: 20ms}}
expect: [success(from-a) >= 0%]
"
    ))
}

#[test]
fn a_lock_lets_through_one_in_the_time_it_is_held() {
    let around = |name: &str, timeout: &str| {
        format!("  {name}: {{replicas: 3, calls: [{{lock: rows, {timeout}calls: [db]}}]}}\n")
    };
    // 2 x 15/s of 20 ms each: 60% busy; M/D/1 waits 0.6 x 20 / (2 x 0.4) = 15 ms.
    let fine = locked(&format!("{}{}", around("a", ""), around("b", "")), 15.0);
    near("time", fine.mean("from-a"), 0.035, 0.06);
    let limit = "timeout: 1s, ";
    let over = locked(&format!("{}{}", around("a", limit), around("b", limit)), 100.0);
    let ok: u64 = ["from-a", "from-b"].map(|name| over.client(name, 20.0, 200.0).goodput).iter().sum();
    near("throughput", ok as f64 / 180.0, 50.0, 0.01);
    let slowest = over.client("from-a", 20.0, 200.0).latency.max().expect("answered");
    assert!(slowest < 1.03, "nobody waits for longer than a second: {slowest}");
    assert!(over.recording.warnings.is_empty(), "{:?}", over.recording.warnings);
}

#[test]
fn two_orders_of_two_locks_end_in_a_deadlock_and_one_order_does_not() {
    let two = |name: &str, outer: &str, inner: &str| {
        format!("  {name}: {{calls: [{{lock: {outer}, calls: [{{work: 5ms}}, {{lock: {inner}, calls: [db]}}]}}]}}\n")
    };
    let crossed = locked(&format!("{}{}", two("a", "left", "right"), two("b", "right", "left")), 10.0);
    let ended = crossed.client("from-a", 100.0, 190.0);
    assert_eq!(ended.goodput, 0, "nothing moves");
    assert_eq!(crossed.recording.warnings, ["deadlock at the end of the run: left waits for right waits for left"]);
    let ordered = locked(&format!("{}{}", two("a", "left", "right"), two("b", "left", "right")), 10.0);
    assert_eq!(ordered.client("from-a", 20.0, 190.0).failed(), 0);
    assert!(ordered.recording.warnings.is_empty());
}

#[test]
fn batches_gather_and_are_worked_on_once() {
    let text = |rate: &str, batch: &str| {
        play(&format!(
            "
name: batch
length: 200s
warmup: 20s
clients: {{users: {{calls: s, rate: {rate}, arrivals: constant}}}}
services: {{s: {{workers: 1, work: 10ms, batch: {batch}}}}}
expect: [success(users) >= 0%]
"
        ))
    };
    // One each 2 ms: a batch of 8 fills in 14 ms, in which its members wait 7 ms in the mean; then 10 ms of work for all.
    let full = text("500/s", "{size: 8, wait: 1s}");
    near("latency", full.mean("users"), 0.017, 0.001);
    let s = full.service("s", 20.0, 200.0);
    near("utilisation", s.busy_s / s.workers_s, 500.0 / 8.0 * 0.010, 0.001);
    // One each 20 ms, and the first waits for 50: three together, which waited 50, 30 and 10 ms.
    let timed = text("50/s", "{size: 8, wait: 50ms}");
    near("latency", timed.mean("users"), 0.030 + 0.010, 0.001);
    // Without a wait a free worker takes what is there: alone when nobody else is.
    near("alone", text("50/s", "{size: 8}").mean("users"), 0.010, 0.001);
    // An overload of single work (200/s against 100/s) is none of batches.
    let busy = text("200/s", "{size: 32}").client("users", 20.0, 200.0);
    assert!(busy.failed() == 0 && busy.latency.max().expect("answered") <= 0.0205);
}

#[test]
fn a_restart_gives_back_what_a_replica_has_leaked_and_no_other() {
    // Two replicas of ten workers; the first loses one every 5 s from 10 s on, and is started again at 42 s, and then at 52 s has lost two.
    let played = crate::theory::played::play(
        "
name: leaks
length: 60s
window: 1s
clients: {users: {calls: web, rate: 20/s}}
services: {web: {replicas: 2, workers: 10, work: 10ms}}
faults:
  threads: {kind: leak, on: web, replicas: 1, every: 5s, at: 10s}
  again: {kind: restart, on: web, replicas: 1, at: 42s, for: 1s}
expect: [success(users) >= 0%]
",
    );
    let workers = |from: f64| played.over(from, from + 1.0).service("web").workers_s;
    let found = [5.0, 16.0, 41.0, 44.0, 51.0].map(workers);
    let expected = [20.0, 19.0, 14.0, 20.0, 18.0];
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.01), "{found:?}");
}

#[test]
fn a_leak_of_memory_slows_by_its_growth_and_starts_anew_after_a_restart() {
    let played = crate::theory::played::play(
        "
name: heap
length: 60s
window: 1s
clients: {users: {calls: web, rate: 20/s, arrivals: constant}}
services: {web: {work: 10ms}}
faults:
  heap: {kind: leak, on: web, of: memory, every: 5s, growth: 50%, at: 10s, for: 45s}
  again: {kind: restart, on: web, at: 42s, for: 1s}
expect: [success(users) >= 0%]
",
    );
    let found = [5.0, 16.0, 41.0, 44.0, 51.0, 56.0].map(|from| 1000.0 * played.over(from, from + 0.9).mean());
    let expected = [10.0, 15.0, 40.0, 10.0, 20.0, 10.0];
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.1), "{found:?}");
}
