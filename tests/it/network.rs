//! What goes wrong between services: lost messages, partitions, hot keys, leaks, names and certificates.

use crate::theory::played::play;

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
