//! Controls and shared links: feedback that is tamed (its stability is in theory/feedback.rs), the autoscaler that looks at the wrong signal, levers that freeze, and the link
//! that nobody graphs.

use crate::theory::played::{Played, play};

/// Two equal sites that would each be busy for 40% of its time with all of the traffic, with 60% of it at the beginning.
pub fn steered(loop_gain: f64, delay: u32, more: &str) -> Played {
    let gain = loop_gain / 0.4;
    play(&format!(
        "
name: steered
length: 400s
window: 1s
clients: {{users: {{calls: {{to: matchmaker, timeout: 2s}}, rate: 200/s, arrivals: constant}}}}
services:
  matchmaker: {{calls: [{{split: [{{to: a, weight: 0.6}}, {{to: b, weight: 0.4}}]}}]}}
  a: {{workers: 5, work: 10ms}}
  b: {{workers: 5, work: 10ms}}
controls:
  steer: {{kind: controller, moves: weights, on: matchmaker, every: 1s, delay: {delay}, gain: {gain}{more}}}
expect: [success(users) >= 0%]
"
    ))
}

/// Between which shares the first site swings at the end.
pub fn swing(played: &Played) -> f64 {
    let setting = played.over(350.0, 400.0).meter("setting");
    setting.max - setting.min
}

#[test]
fn a_clamp_or_a_dead_band_tames_a_gain_that_is_too_high() {
    let wild = steered(0.8, 3, "");
    assert!(swing(&wild) > 0.9, "from one end to the other: {}", swing(&wild));
    let share = |played: &Played| played.over(300.0, 400.0).service("a").arrived as f64 / 20_000.0;
    assert!((share(&wild) - 0.5).abs() < 0.1, "on average it looks balanced: {}", share(&wild));
    let clamped = steered(0.8, 3, ", clamp: 2%");
    assert!(swing(&clamped) < 0.25, "{}", swing(&clamped));
    let banded = steered(0.8, 3, ", hysteresis: 5%");
    assert!(banded.over(100.0, 400.0).meter("changes").sum == 0.0, "an error of 4% is let be");
}

/// Slack's outage of 4 January 2021: threads waited for the network, the processors idled, and the autoscaler took servers away.
fn scaled(sees: &str) -> Played {
    play(&format!(
        "
name: scaled
length: 300s
window: 5s
clients: {{users: {{calls: {{to: web, timeout: 10s}}, rate: 400/s}}}}
services:
  web: {{replicas: 10, workers: 20, work: exp(200ms), calls: [{{to: db, timeout: 5s}}]}}
  db: {{work: 10ms}}
controls:
  scaler: {{kind: autoscaler, on: web, sees: {sees}, target: 40%, every: 10s, lag: 20s, cooldown: 20s, max: 40}}
faults:
  slow: {{kind: latency, on: web->db, by: 600ms, at: 60s}}
  fewer: {{kind: surge, on: users, factor: 0.5, at: 60s}}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn an_autoscaler_that_sees_the_processor_takes_away_what_waits() {
    let replicas = |played: &Played, from: f64, to: f64| played.over(from, to).meter("replicas").last;
    let cpu = scaled("cpu");
    assert_eq!(replicas(&cpu, 50.0, 60.0), 10.0, "400/s x 200ms = 80 of 200 workers");
    assert!(replicas(&cpu, 200.0, 300.0) <= 6.0, "half the load, half the replicas: {}", replicas(&cpu, 200.0, 300.0));
    let busy = cpu.over(200.0, 300.0).service("web");
    assert!(busy.busy_s / busy.workers_s > 0.9, "every worker waits: {}", busy.busy_s / busy.workers_s);
    let threads = scaled("utilisation");
    assert!(replicas(&threads, 200.0, 300.0) >= 15.0, "{}", replicas(&threads, 200.0, 300.0));
}

#[test]
fn what_a_control_moves_a_push_moves_only_while_it_is_frozen() {
    let text = |freeze: &str| {
        format!(
            "
name: by-hand
length: 100s
window: 1s
clients: {{users: {{calls: {{to: web, timeout: 1s}}, rate: 100/s, arrivals: constant}}}}
services:
  web: {{replicas: 4, workers: 1, work: 20ms}}
controls:
  scaler: {{kind: autoscaler, on: web, target: 50%, every: 5s, cooldown: 5s, max: 20}}
faults:
  by-hand: {{kind: scale, on: web, replicas: 12, at: 20s}}
  {freeze}
expect: [success(users) >= 0%]
"
        )
    };
    let moved = play(&text(""));
    assert_eq!(moved.over(20.0, 40.0).meter("replicas").max, 4.0, "the autoscaler has the last word");
    let frozen = play(&text("hands-off: {kind: freeze, on: scaler, at: 10s, for: 50s}"));
    assert_eq!(frozen.over(21.0, 60.0).meter("replicas").min, 12.0);
    let last = frozen.over(80.0, 100.0).meter("replicas").last;
    assert!(last <= 5.0, "when it thaws it takes them away: {last}");
}

/// The segment of Twitter's "Perfect Storm of Whales": a cache and a timeline service on one link of 1000 units.
fn elephants(timeline: u32, fault: &str) -> Played {
    play(&format!(
        "
name: elephants
length: 120s
window: 1s
clients:
  users: {{calls: {{to: cache, timeout: 500ms, request: 10B, response: 1000B, via: segment}}, rate: 550/s}}
  readers: {{calls: {{to: timeline, timeout: 500ms, request: 10B, response: 1000B, via: [segment]}}, rate: {timeline}/s}}
services:
  cache: {{work: 1ms}}
  timeline: {{work: 5ms}}
links:
  segment: {{bandwidth: 1MB/s, buffer: 50KB}}
faults:
  spike: {{kind: surge, on: readers, factor: 1.5, at: 40s}}
  {fault}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn a_full_link_drops_one_minus_one_over_its_load_of_everybody() {
    let played = elephants(350, "half: {kind: bandwidth, on: segment, rate: 500KB/s, at: 80s}");
    let (before, over, half) = (played.over(5.0, 40.0), played.over(45.0, 80.0), played.over(85.0, 120.0));
    let ratio = |cell: firedrill::record::MeterCell| cell.sum / cell.whole;
    assert!((ratio(before.meter("load")) - 0.9).abs() < 0.02, "{}", ratio(before.meter("load")));
    assert!(ratio(before.meter("drops")) < 0.001, "{}", ratio(before.meter("drops")));
    for (stretch, load, drops) in [(over, 1.075, 0.07), (half, 2.15, 0.535)] {
        assert!((ratio(stretch.meter("load")) - load).abs() < 0.02 * load, "{}", ratio(stretch.meter("load")));
        assert!((ratio(stretch.meter("drops")) - drops).abs() < 0.01, "{}", ratio(stretch.meter("drops")));
        for client in ["users", "readers"] {
            let cell = stretch.client(client);
            let failed = cell.failed() as f64 / (cell.ok + cell.failed()) as f64;
            assert!((failed - drops).abs() < 0.015, "{client}: {failed}");
        }
    }
    let wait = |from: f64, to: f64| played.over(from, to).users().latency.quantile(0.5).expect("some are answered");
    assert!(wait(50.0, 80.0) > 0.04, "a full buffer of 50KB takes 50ms: {}", wait(50.0, 80.0));
}

#[test]
fn on_links_of_their_own_neither_feels_the_other() {
    let played = play(
        "
name: own-links
length: 60s
window: 1s
clients:
  users: {calls: {to: cache, timeout: 500ms, response: 1000B, via: left}, rate: 550/s}
  readers: {calls: {to: timeline, timeout: 500ms, response: 1000B, via: right}, rate: 1500/s}
services:
  cache: {work: 1ms}
  timeline: {work: 5ms}
links:
  left: {bandwidth: 1MB/s, buffer: 50KB}
  right: {bandwidth: 1MB/s, buffer: 50KB}
expect: [success(users) >= 0%]
",
    );
    let failed = |client: &str| {
        let cell = played.over(10.0, 60.0).client(client);
        cell.failed() as f64 / (cell.ok + cell.failed()) as f64
    };
    assert_eq!(failed("users"), 0.0);
    assert!((failed("readers") - 1.0 / 3.0).abs() < 0.02, "{}", failed("readers"));
}

#[test]
fn a_sender_that_halves_and_adds_keeps_three_quarters_of_the_line() {
    // One worker carries 100/s. The sender adds 1% of its 200/s a tick, and halves above 90% of the worker: from 45/s to 90/s and back,
    // whose mean is three quarters of the most (Chiu & Jain, 1989).
    let played = play(
        "
name: aimd
length: 600s
window: 1s
clients:
  users: {calls: api, rate: 200/s, arrivals: constant}
services:
  api: {workers: 1, work: 10ms}
controls:
  sender: {kind: controller, moves: rate, on: users, target: 90%, aimd: {increase: 1%}, every: 1s}
expect: [success(users) >= 100%]
",
    );
    let rate = played.over(100.0, 600.0).users().sent as f64 / 500.0;
    assert!((rate / (0.75 * 92.0) - 1.0).abs() < 0.1, "{rate}");
    let setting = played.over(100.0, 600.0).meter("setting");
    assert!(setting.max <= 0.48 && setting.min >= 0.2, "{setting:?}");
}

#[test]
fn a_gain_on_a_clients_rate_holds_a_service_at_its_target() {
    // 300/s are offered to 20 workers of 50 ms, which is 75%; the target of 60% is 240/s.
    let played = play(
        "
name: shedder
length: 200s
window: 1s
clients:
  users: {calls: api, rate: 300/s}
services:
  api: {workers: 20, work: 50ms}
controls:
  edge: {kind: controller, moves: rate, on: users, target: 60%, gain: 0.5, every: 2s, min: 10%}
expect: [success(users) >= 100%]
",
    );
    let rate = played.over(50.0, 200.0).users().sent as f64 / 150.0;
    assert!((rate / 240.0 - 1.0).abs() < 0.03, "{rate}");
}
