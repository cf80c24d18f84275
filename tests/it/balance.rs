//! Balancers, health checks and ejections: the cascade of the Gmail routers (2009), the black hole of least-outstanding, panic
//! thresholds and slow starts.

use crate::theory::played::{Played, play};

/// How servers are lost: their process dies, and checks must find out; or they leave the list.
pub const CRASHED: &str = "down";
pub const DRAINED: &str = "drain";

/// Twenty servers of 100/s each, evenly spaced load, checks that fail above 95% of load; so many servers are lost at 60 s.
pub fn routers(load: u32, lost: u32, how: &str, health: &str) -> Played {
    routers_with(load, lost, how, health, "")
}

/// As `routers`, with more fields of the service, each on a line of its own.
pub fn routers_with(load: u32, lost: u32, how: &str, health: &str, more: &str) -> Played {
    play(&format!(
        "
name: routers
length: 400s
window: 5s
clients: {{users: {{calls: {{to: routers, timeout: 2s}}, rate: {load}/s, arrivals: constant}}}}
services:
  routers:
    replicas: 20
    workers: 10
    work: 100ms
    queue: 100
    health: {{check: load, above: 95%, interval: 5s, fall: 2, rise: 2{health}}}{more}
faults:
  lost: {{kind: {how}, on: routers, replicas: {lost}, at: 60s}}
expect: [success(users) >= 0%]
"
    ))
}

pub fn served(played: &Played) -> f64 {
    let cell = played.over(200.0, 400.0).users();
    cell.ok as f64 / cell.offered as f64
}

#[test]
fn taking_out_who_is_loaded_takes_out_everybody() {
    let two = served(&routers(1700, 2, CRASHED, ""));
    assert!(two > 0.999, "18 servers at 94.4% pass their checks: {two}");
    let cascade = routers(1700, 3, CRASHED, "");
    let three = served(&cascade);
    assert!(three < 0.6, "17 servers at 100% fail, come back idle, and fail again: {three}");
    assert_eq!(cascade.over(100.0, 400.0).meter("replicas").min, 0.0);
    let panic = served(&routers(1700, 3, CRASHED, ", panic: 50%"));
    assert!(panic > 0.84, "below half in rotation all are asked: {panic}");
}

#[test]
fn a_replica_that_fails_at_once_draws_the_traffic_until_it_is_ejected() {
    let text = |outliers: &str| {
        format!(
            "
name: black-hole
length: 120s
clients: {{users: {{calls: {{to: api, timeout: 1s}}, rate: 800/s}}}}
services:
  api: {{replicas: 10, workers: 20, work: exp(100ms), balance: least-outstanding{outliers}}}
faults:
  hole: {{kind: errors, on: api, replicas: 1, share: 100%, at: 30s, for: 60s}}
expect: [success(users) >= 0%]
"
        )
    };
    let failed = |played: &Played| {
        let cell = played.over(35.0, 90.0).users();
        cell.failed() as f64 / cell.offered as f64
    };
    let drawn = failed(&play(&text("")));
    assert!(drawn > 0.9, "nothing is inside it, so it is always the least loaded: {drawn}");
    let cured = play(&text(", outliers: {errors: 5, eject_for: 30s}"));
    assert!(failed(&cured) < 0.01, "{}", failed(&cured));
    assert!(cured.over(30.0, 90.0).meter("ejections").sum >= 1.0);
}

#[test]
fn a_slow_start_brings_a_replica_back_bit_by_bit() {
    let played = play(
        "
name: slow-start
length: 200s
window: 5s
clients: {users: {calls: api, rate: 400/s}}
services:
  api:
    replicas: 2
    workers: 100
    work: exp(10ms)
    balance: random
    health: {check: tcp, interval: 1s, fall: 1, rise: 1, slow_start: 50s}
faults:
  crash: {kind: down, on: api, replicas: 1, at: 20s, for: 20s}
expect: [success(users) >= 99%]
",
    );
    assert_eq!(played.over(25.0, 35.0).meter("replicas").max, 1.0);
    assert_eq!(played.over(50.0, 200.0).meter("replicas").min, 2.0);
}

/// Half of all requests are for one key, which alone is more than one of ten replicas can do.
#[test]
fn a_hot_key_fills_one_replica_of_a_ring_unless_that_is_bounded() {
    let hot = |bound: &str| {
        play(&format!(
            "
name: hot-key
length: 100s
warmup: 20s
clients: {{users: {{calls: {{to: api, timeout: 1s}}, rate: 500/s, keys: {{count: 1000}}}}}}
services:
  api: {{replicas: 10, workers: 5, work: exp(50ms), balance: {{policy: ring, bound: {bound}}}}}
faults:
  hot: {{kind: hot-key, on: users, share: 50%, at: 0s}}
expect: [success(users) >= 0%]
"
        ))
    };
    let ok = |played: &Played| {
        let cell = played.steady().users();
        cell.ok as f64 / (cell.ok + cell.failed()) as f64
    };
    // 250/s and its part of the rest are for a replica that does 100/s; the rest of its keys, a tenth of 250/s, suffer with it.
    let plain = ok(&hot("none"));
    assert!(plain < 0.75, "{plain}");
    let bounded = ok(&hot("1.25x"));
    assert!(bounded > 0.999, "{bounded}");
}
