//! What goes wrong between services: lost messages, partitions, hot keys, leaks, names and certificates.

use crate::theory::played::{Played, play};

#[test]
fn loss_is_delay_with_a_geometric_number_of_losses() {
    let played = play(
        "
name: loss
length: 1000s
warmup: 0s
clients: {users: {calls: db, rate: 100/s}}
services:
  db: {work: 0s}
faults:
  noise: {kind: loss, on: db, share: 20%, rto: 200ms, most: 4, direction: response, at: 0s}
expect: [success(users) >= 0%]
",
    );
    let latency = played.over(0.0, 1000.0).users().latency.clone();
    // With chance 0.2^n a message is sent an n-th time, 200 ms * 2^(n - 1) after the one before.
    let mean: f64 = (1..=4).map(|n| 0.2f64.powi(n) * 0.2 * 2f64.powi(n - 1)).sum();
    let measured = latency.mean().expect("answers");
    assert!((measured / mean - 1.0).abs() < 0.03, "{measured} against {mean}");
    let late = 1.0 - latency.count_at_most(0.1) as f64 / latency.count() as f64;
    assert!((late - 0.2).abs() < 0.005, "{late}");
}

#[test]
fn a_cut_of_the_answers_alone_leaves_the_work_to_be_done_for_nobody() {
    let text = |ways: &str| {
        format!(
            "
name: one-way
length: 60s
warmup: 0s
clients: {{users: {{calls: {{to: db, timeout: 500ms}}, rate: 100/s}}}}
services: {{db: {{work: 1ms}}}}
faults: {{deaf: {{kind: cut, on: db, ways: {ways}, at: 20s, for: 20s}}}}
expect: [success(users) >= 0%]
"
        )
    };
    let of = |ways: &str| -> (u64, u64, u64) {
        let played = play(&text(ways));
        let during = played.over(21.0, 39.0);
        let after = played.over(40.0, 60.0);
        (during.users().ok, during.service("db").completed, after.service("db").wasted)
    };
    let (ok, completed, wasted) = of("responses");
    assert!(ok == 0 && completed > 1700 && wasted == 0, "{ok} {completed} {wasted}");
    let (ok, completed, wasted) = of("requests");
    assert!(ok == 0 && completed == 0 && wasted > 1800, "held requests are served late: {ok} {completed} {wasted}");
}

#[test]
fn memory_leaks_make_work_longer_in_a_straight_line() {
    let played = play(
        "
name: leak
length: 50s
warmup: 0s
clients: {users: {calls: api, rate: 100/s}}
services: {api: {work: 10ms}}
faults: {heap: {kind: leak, on: api, of: memory, every: 4s, growth: 50%, at: 4s, for: 20s}}
expect: [success(users) >= 99%]
",
    );
    let mean = |from: f64, to: f64| played.over(from, to).mean();
    for (from, times) in [(0.0, 0.0), (8.0, 1.0), (12.0, 2.0), (16.0, 3.0), (20.0, 4.0), (25.0, 0.0)] {
        let (mean, wanted) = (mean(from + 0.1, from + 3.9), 0.010 * (1.0 + 0.5 * times));
        assert!((mean / wanted - 1.0).abs() < 0.01, "from {from}: {mean} against {wanted}");
    }
}

/// I20: sessions of mean life 900 s live on after the expiry at 300 s; a restart ends them all.
#[test]
fn after_an_expiry_the_errors_grow_with_the_lives_of_sessions() {
    let text = |fault: &str| {
        format!(
            "
name: expiry
length: 1300s
warmup: 0s
window: 10s
clients:
  users: {{calls: {{to: api, timeout: 1s, tls: {{connections: 3000, life: exp(900s), not_after: 300s}}}}, rate: 500/s}}
services: {{api: {{work: 1ms}}}}
{fault}
expect: [success(users) >= 0%]
"
        )
    };
    let failed = |played: &Played, from: f64, to: f64| {
        let cell = played.over(from, to).users();
        cell.failed() as f64 / cell.sent as f64
    };
    let played = play(&text(""));
    assert_eq!(failed(&played, 0.0, 300.0), 0.0);
    for t in [300.0, 900.0] {
        let (measured, law) = (failed(&played, 300.0 + t - 20.0, 300.0 + t + 20.0), 1.0 - (-t / 900.0f64).exp());
        assert!((measured - law).abs() < 0.03, "{t} s after the expiry: {measured} against {law}");
    }
    let restarted = play(&text("faults: {restart: {kind: down, on: api, at: 400s, for: 5s}}"));
    assert_eq!(failed(&restarted, 410.0, 1300.0), 1.0, "nobody can come back");
}

/// I31: what is left of a TTL is uniform, so the failures grow in a straight line and are all of them at the TTL.
#[test]
fn a_name_that_is_gone_is_missed_as_the_caches_age() {
    let text = |more: &str| {
        format!(
            "
name: names
length: 200s
warmup: 0s
clients:
  users: {{calls: {{to: api, timeout: 1s, dns: {{ttl: 60s, resolvers: 1000{more}}}}}, rate: 1000/s}}
services: {{api: {{work: 0s}}}}
faults: {{gone: {{kind: unresolved, on: users->api, at: 100s, for: 80s}}}}
expect: [success(users) >= 0%]
"
        )
    };
    let failed = |played: &Played, from: f64, to: f64| {
        let cell = played.over(from, to).users();
        cell.failed() as f64 / cell.sent as f64
    };
    let played = play(&text(""));
    assert_eq!(failed(&played, 0.0, 100.0), 0.0);
    for t in [15.0, 30.0, 45.0] {
        let measured = failed(&played, 100.0 + t - 2.0, 100.0 + t + 2.0);
        assert!((measured - t / 60.0).abs() < 0.06, "{t} s after: {measured}");
    }
    assert_eq!(failed(&played, 162.0, 180.0), 1.0);
    assert_eq!(failed(&played, 180.0, 200.0), 0.0, "each cache asks anew at its next request");
    let kept = play(&text(", negative: 5s"));
    assert!(
        failed(&kept, 180.0, 182.0) > 0.5 && failed(&kept, 185.5, 200.0) == 0.0,
        "a failure that is kept outlives it"
    );
    let stale = play(&text(", stale: true"));
    assert_eq!(failed(&stale, 0.0, 200.0), 0.0, "old answers are better than none");
}
