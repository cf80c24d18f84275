//! Pauses between attempts: their means, and what jitter does for clients who contend for one thing (Brooker 2015).

use super::played::{play, play_seed};
use super::proof::{Estimate, Rule, closed};
use super::sheet::Sheet;

/// How long a call that always fails is kept by its pauses, in units of the first one.
fn paused(jitter: &str, retries: u32, max: &str) -> Estimate {
    let played = play(&format!(
        "
name: pauses
length: 420s
warmup: 20s
window: 20s
clients: {{users: {{calls: {{to: s, retries: {{max: {retries}, backoff: {{base: 100ms, max: {max}, jitter: {jitter}}}}}}}, rate: 100/s}}}}
services: {{s: {{}}}}
faults: {{dead: {{kind: errors, on: s, share: 100%, at: 0s}}}}
expect: [success(users) >= 0%]
"
    ));
    played.estimate(|part| part.users().failed_latency.mean().expect("all fail") * 10.0)
}

fn pauses(sheet: &mut Sheet) {
    // Five pauses of 1, 2, 4, 8, 16; decorrelated: each is uniform from 1 to three times the last, so m' = (1 + 3 m) / 2 from m = 1.
    let mut decorrelated = 0.0;
    let mut mean = 1.0;
    for _ in 0..5 {
        mean = (1.0 + 3.0 * mean) / 2.0;
        decorrelated += mean;
    }
    for (jitter, expected) in [("full", 15.5), ("equal", 23.25), ("decorrelated", decorrelated)] {
        let what = format!("five pauses, {jitter} jitter: sum, in units of the base");
        sheet.row(&what, "mean of its definition, Brooker 2015", closed(expected), paused(jitter, 5, "600s"));
    }
    let plain = paused("none", 5, "600s").value;
    sheet.row("five pauses, no jitter: sum", "1 + 2 + 4 + 8 + 16", Rule::Near { expected: 31.0, share: 0.001 }, plain);
    let capped = paused("none", 5, "500ms").value;
    let rule = Rule::Near { expected: 17.0, share: 0.001 };
    sheet.row("five pauses, no jitter, at most 5: sum", "1 + 2 + 4 + 5 + 5", rule, capped);
    sheet.planted("equal jitter instead of full", closed(15.5), paused("equal", 5, "600s"));
}

const CLIENTS: u32 = 100;

/// A hundred clients at once want a lock that is held for 20 ms; who finds it held is told at once. Attempts in all, and the end, s.
fn contention(policy: &str, seed: u64) -> (f64, f64) {
    let text = format!(
        "
name: lock
length: 300s
clients:
  users:
    rate: {{steps: [{{at: 0s, rate: {}/s}}, {{at: 1ms, rate: 0/s}}]}}
    arrivals: constant
    calls: {{to: lock, latency: \"lognormal(mean=10ms, cv=0.2)\", retries: {policy}}}
services: {{lock: {{workers: 1, overflow: reject, work: 20ms}}}}
expect: [success(users) >= 0%]
",
        CLIENTS * 1000 + 1
    );
    let played = play_seed(&text, seed);
    let all = played.steady();
    assert_eq!(all.users().ok, u64::from(CLIENTS), "{policy}: everyone gets it in the end");
    (all.edge("users->lock").attempts as f64, all.users().latency.max().expect("answered"))
}

fn contended(sheet: &mut Sheet) {
    let jitter = |name: &str| format!("{{max: 1000, backoff: {{base: 5ms, max: 2s, jitter: {name}}}}}");
    let policies = [
        ("none", "1000".to_owned()),
        ("exponential", jitter("none")),
        ("decorrelated", jitter("decorrelated")),
        ("equal", jitter("equal")),
        ("full", jitter("full")),
    ];
    let calls = policies.map(|(name, policy)| {
        let runs: Vec<f64> = (1..=20).map(|seed| contention(&policy, seed).0).collect();
        (name, Estimate::mean_of(&runs))
    });
    println!("{calls:?}");
    let of = |name: &str| calls.iter().find(|(other, _)| *other == name).expect("it was played").1.value;
    let source = "order of Brooker 2015, AWS Architecture Blog";
    let mut ordered = |less: &str, more: &str| {
        let what = format!("calls, {less} / {more}");
        sheet.row(&what, source, Rule::AtMost(1.0), of(less) / of(more));
    };
    ordered("exponential", "none");
    ordered("decorrelated", "exponential");
    ordered("full", "decorrelated");
    let equal = of("full") / of("equal");
    sheet.row("calls, full / equal", source, Rule::Near { expected: 1.0, share: 0.15 }, equal);
    sheet.planted(
        "no backoff in place of full jitter: calls, against decorrelated",
        Rule::AtMost(1.0),
        of("none") / of("decorrelated"),
    );
}

#[test]
fn backoff_and_jitter() {
    let about = "The table of the AWS simulator (optimistic locking: read a version, write if it is unchanged) is not expressible: no service here\n\
        keeps a version that a write is checked against, so its figures (2420 calls for 100 clients without backoff, 795 with full jitter)\n\
        are not compared. What can be held is the order of the policies, on a lock that 100 clients want at once.";
    let mut sheet = Sheet::new("Backoff and jitter", about);
    pauses(&mut sheet);
    contended(&mut sheet);
    sheet.finish();
}
