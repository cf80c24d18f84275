//! What several generators do together counts as if one had done it: writes that a server acknowledged, and the share of the requests that
//! a fault touched.

use super::{Told, run};
use firedrill::base::Time;
use firedrill::judge::{Verdict, judge};

fn told(scenario: &str, args: &[&str]) -> Told {
    run(tempfile::tempdir().expect("a temporary folder").path(), scenario, args)
}

/// Three processes write to the same keys of one server, which is killed in the middle.
fn written(settings: &str) -> Told {
    let scenario = format!(
        "name: written
world: live
generators: 3
length: 4s
warmup: 100ms
clients:
  users: {{calls: {{to: it, timeout: 500ms, request: 200B}}, rate: 90/s, writes: 80%, keys: {{count: 50}}}}
services:
  it: {{kind: cache, entries: 50}}
faults:
  hurt: {{kind: down, on: it, at: 2s, for: 500ms}}
expect:
  - lost(it) == 0 whole
live:
  it: {{engine: redis{settings}}}
"
    );
    told(&scenario, &[])
}

/// The verdict on `lost(it) == 0`, how much was lost, and how many writes were acknowledged.
fn lost(told: &Told) -> (Verdict, f64, u64) {
    let line = &judge(&told.recording).expectations[0];
    let said =
        told.recording.events.iter().find_map(|event| event.text.split_once("acknowledged ")?.1.split(' ').next());
    let acknowledged = said.unwrap_or_else(|| panic!("{}", told.text)).parse().expect("a number");
    assert_eq!(line.samples, acknowledged, "the figure says of how many");
    (line.verdict, line.measured.unwrap_or(f64::NAN), acknowledged)
}

#[test]
fn what_three_generators_wrote_is_read_back_together() {
    let kept = written(", settings: {appendonly: yes, appendfsync: always}");
    let (verdict, gone, acknowledged) = lost(&kept);
    assert_eq!((verdict, gone), (Verdict::Holds, 0.0), "{}", kept.text);
    let users = kept.recording.client_over(0, Time::ZERO, kept.recording.plan.length);
    assert!(users.ok > 200 && acknowledged * 10 > users.ok * 7, "{acknowledged} of {} requests", users.ok);
    let forgotten = written("");
    let (verdict, gone, _) = lost(&forgotten);
    assert!(verdict == Verdict::Broken && (5.0..=50.0).contains(&gone), "{verdict:?} {gone} {}", forgotten.text);
}

#[test]
fn a_limit_counts_the_requests_of_all_generators() {
    let scenario = |picked: &str| {
        format!(
            "name: limited
world: live
length: 5s
clients:
  users: {{calls: {{to: web, timeout: 1s}}, rate: 150/s}}
services:
  web: {{workers: 100, work: 5ms}}
faults:
  failing: {{kind: http, on: users->web, status: 503, {picked}, at: 1s, for: 3500ms}}
limits: {{requests: 30%}}
"
        )
    };
    // A fifth of all is three fifths of what one of the three processes sends.
    let within = told(&scenario("share: 20%"), &["--generators", "3"]);
    assert_eq!(within.recording.cut_short, None, "{}", within.text);
    assert!(within.recording.evidence[0].touched > 40, "{}", within.text);
    let over = told(&scenario("first: 100000"), &["--generators", "3"]);
    let short = over.recording.cut_short.unwrap_or_else(|| panic!("{}", over.text));
    assert!(short.why.contains("fault failing touched ") && short.why.contains("more than 30%"), "{}", short.why);
    assert_eq!(over.code, Some(13));
}
