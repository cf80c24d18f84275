//! What the incidents teach, as figures of the library's own scenarios and their variants.

use super::played::{Played, play_file, recovery};
use super::proof::Rule;
use super::sheet::Sheet;

fn success(played: &Played, from: f64, to: f64) -> f64 {
    let users = played.over(from, to).users();
    users.ok as f64 / users.sent as f64
}

fn waste(played: &Played, service: &str, from: f64, to: f64) -> f64 {
    let cell = played.over(from, to).service(service);
    cell.wasted as f64 / cell.completed as f64
}

fn timeouts(sheet: &mut Sheet) {
    let play = |variant: Option<&str>| play_file("timeout-inversion", variant, &[], 0);
    let base = play(None);
    sheet.row("inverted timeouts: success in the spike", "1", Rule::AtMost(0.02), success(&base, 60.0, 100.0));
    sheet.row(
        "inverted timeouts: work of the database thrown away",
        "1",
        Rule::AtLeast(0.98),
        waste(&base, "db", 60.0, 100.0),
    );
    let hanoi = play(Some("hanoi-only"));
    let after = Rule::AtMost(0.05);
    sheet.row(
        "child before parent, no bound on the wait: success long after",
        "1",
        after,
        success(&hanoi, 170.0, 199.0),
    );
    sheet.row(
        "child before parent, no bound on the wait: thrown away",
        "1",
        Rule::AtLeast(0.88),
        waste(&hanoi, "db", 60.0, 200.0),
    );
    let dropping = play(Some("drop-expired"));
    sheet.row("expired work dropped at dequeue: success long after", "2", after, success(&dropping, 170.0, 199.0));
    let bound = play(Some("wait-bound"));
    sheet.row("wait bounded at 1 s: success long after", "1", Rule::AtLeast(0.995), success(&bound, 170.0, 199.0));
    sheet.row("wait bounded at 1 s: thrown away", "1", Rule::AtMost(0.01), waste(&bound, "db", 10.0, 200.0));
    sheet.planted("a bound on the wait where there is none", after, success(&bound, 170.0, 199.0));
}

fn storm(variant: Option<&str>, set: &[String], offset: u64) -> Played {
    play_file("retry-storm", variant, set, offset)
}

fn cures(sheet: &mut Sheet) {
    // Seconds are counted whole, and one seed in several needs one more: the middle of three.
    let back = |variant: &str| {
        let mut seconds = [0, 1, 2].map(|seed| recovery(&storm(Some(variant), &[], seed), 38).unwrap_or(f64::INFINITY));
        seconds.sort_by(f64::total_cmp);
        seconds[1]
    };
    sheet.row("retry budget of 10%: recovery, s", "3", Rule::AtMost(17.0), back("retry-budget"));
    sheet.row("queue of 150: recovery, s", "3", Rule::AtMost(2.0), back("short-queue"));
    sheet.row("no retries: recovery, s", "3", Rule::AtMost(8.0), back("no-retries"));
    let late = |variant: &str| success(&storm(Some(variant), &[], 0), 160.0, 180.0);
    sheet.row("backoff with full jitter: success long after", "3", Rule::AtMost(0.02), late("backoff-only"));
    sheet.row("expired work dropped at dequeue: success long after", "2", Rule::AtMost(0.05), late("drop-expired"));
    sheet.planted("backoff where there is a budget: recovery, s", Rule::AtMost(17.0), back("backoff-only"));
}

/// In how many of six seeds users are served again.
fn healed(set: &[String]) -> u64 {
    let is_healed = |offset: &u64| success(&storm(None, set, *offset), 165.0, 185.0) > 0.5;
    (0..6).filter(is_healed).count() as u64
}

fn safe_load(sheet: &mut Sheet) {
    for (seconds, expected) in [("3s", 6.0), ("6s", 0.0), ("8s", 0.0)] {
        let what = format!("70/s, 5 attempts, a trigger of {seconds}: healed, of 6 seeds");
        sheet.row(
            &what,
            "4; the Spotify outage of 2013, simulated",
            Rule::Exactly(expected),
            healed(&[format!("faults.brownout.for={seconds}")]),
        );
    }
    for (rate, expected) in [(15, 6.0), (30, 0.0), (40, 0.0)] {
        let set = ["faults.brownout.for=30s".to_owned(), format!("clients.users.rate={rate}/s")];
        let what = format!("{rate}/s against a hidden capacity of 20/s, 30 s of trigger: healed, of 6 seeds");
        sheet.row(&what, "4: μ / attempts", Rule::Exactly(expected), healed(&set));
    }
}

fn cold_cache(sheet: &mut Sheet) {
    let play = |variant: Option<&str>| play_file("memcached-cannot-be-restarted", variant, &[], 0);
    let cold = |played: &Played, at: f64| played.over(at, at + 5.0).service("timelines").cold_keys as f64 / 48_000.0;
    let base = play(None);
    // One node of 24 is 4.17% of the keys.
    sheet.row(
        "rebuilds that die with their request: share of keys cold after 15 min",
        "5",
        Rule::Near { expected: 1.0 / 24.0, share: 0.03 },
        cold(&base, 890.0),
    );
    let warm = |played: &Played| {
        let window = (4..170).map(|n| f64::from(n) * 5.0).find(|at| cold(played, *at) < 0.01 / 24.0);
        window.map_or(f64::INFINITY, |at| at + 5.0 - 20.0)
    };
    let background = play(Some("background-fill"));
    // Each of the node's 2,000 keys is asked for every 80 s in the mean; the last ones wait for their first reader.
    let rule = Rule::Near { expected: 80.0 * libm::log(100.0), share: 0.1 };
    let what = "rebuilds that go on: seconds until under 1% of the node is cold";
    sheet.row(what, "5; (keys / reads) ln 100", rule, warm(&background));
    let admitted = play(Some("admission-limit"));
    sheet.row(
        "at most 15 rebuilds wait: seconds until under 1% is cold",
        "5",
        Rule::Near { expected: 412.0, share: 0.1 },
        warm(&admitted),
    );
    sheet.planted("rebuilds that die with their request, as if they went on", rule, warm(&base));
}

#[test]
fn findings_of_the_incidents() {
    let about = "Scenarios of the library and their variants; the source column numbers the findings: 1 ordered timeouts do not cure a timeout\n\
        inversion, a bound on the wait does; 2 dropping expired work at dequeue does not either; 3 backoff does not cure an open-loop\n\
        overload, a retry budget or a short queue does; 4 the safe load is capacity / attempts; 5 abandoned rebuilds keep a cache cold for\n\
        ever; 6 a feedback loop with delay is stable below a gain of 2 sin(π / 2(2d + 1)).";
    let mut sheet = Sheet::new("Findings of the incidents", about);
    timeouts(&mut sheet);
    cures(&mut sheet);
    safe_load(&mut sheet);
    cold_cache(&mut sheet);
    sheet.finish();
}
