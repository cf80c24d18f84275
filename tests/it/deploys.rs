//! Rolling deploys: what a page meets while some replicas are new (I12), what it takes to meet nothing, what the batches cost, and the
//! look that turns a bad version back.

use crate::theory::played::{Played, play};
use firedrill::base::ErrorKind;

/// Ten replicas, one more of them new every 30 s from 60 s on: a share p of n/10 for 30 s each. A page is a document and then an asset, on
/// replicas at random.
fn spa(versions: &str, more: &str) -> Played {
    play(&format!(
        "
name: old-tab-new-server
length: 420s
window: 10s
clients: {{users: {{calls: browser, rate: 400/s}}}}
services:
  browser: {{calls: [{{to: web, name: document, loads: true}}, {{to: {more}, name: asset}}]}}
  web: {{replicas: 10, balance: random, versions: {{{versions}}}}}
  cdn: {{replicas: 10, balance: random, versions: {{keep: 1}}}}
controls:
  first: {{kind: deploy, on: cdn, at: 5s, every: 5s}}
  rollout: {{kind: deploy, on: web, at: 60s, every: 30s}}
expect: [success(users) >= 0%]
"
    ))
}

/// The share of page loads of which an asset was not there.
fn missing(played: &Played, from: f64, to: f64) -> f64 {
    let cell = played.over(from, to).users();
    cell.errors[ErrorKind::Mismatch as usize] as f64 / cell.sent as f64
}

/// I12: a document and its asset do not go together with p(1-p) for each ordered pair, which is 300/6 = 50 load-seconds over 300 s and 25%
/// at the worst; in steps of a tenth 30 s x 1.65 = 49.5.
#[test]
fn while_a_share_of_the_hosts_is_new_pages_and_hosts_meet_by_chance() {
    for (versions, ways) in [("against: newer", 1.0), ("against: older", 1.0), ("against: both", 2.0)] {
        let played = spa(versions, "web");
        assert_eq!(missing(&played, 0.0, 60.0), 0.0);
        let mut load_seconds = 0.0;
        for step in 1..=9 {
            let (from, p) = (30.0 + 30.0 * f64::from(step), f64::from(step) / 10.0);
            let (measured, law) = (missing(&played, from, from + 30.0), ways * p * (1.0 - p));
            // Four standard deviations of a share of 12,000 loads.
            let slack = 4.0 * (law * (1.0 - law) / 12_000.0f64).sqrt();
            assert!((measured - law).abs() < slack, "{versions}, p = {p}: {measured} against {law}");
            load_seconds += 30.0 * measured;
        }
        assert!((load_seconds / (ways * 50.0) - 1.0).abs() < 0.05, "{versions}: {load_seconds} load-seconds");
        assert_eq!(missing(&played, 330.0, 420.0), 0.0, "all are new");
    }
}

#[test]
fn assets_first_with_the_version_before_kept_and_nothing_is_missed() {
    let played = spa("against: both", "cdn");
    let users = played.over(0.0, 420.0).users();
    assert!(users.ok > 160_000 && users.failed() == 0, "{users:?}");
    let half = missing(&spa("against: both, fails: 50%", "web"), 180.0, 210.0);
    assert!((half - 0.25).abs() < 0.02, "half of what does not go together: {half}");
}

/// The wrong response of I12: going back is a second wave, of pages that are newer than the host.
#[test]
fn rolling_back_is_another_wave() {
    let played = play(
        "
name: back-again
length: 300s
window: 10s
clients: {users: {calls: browser, rate: 200/s}}
services:
  browser: {calls: [{to: web, loads: true}, {to: web, name: asset}]}
  web: {replicas: 10, balance: random, versions: {keep: 0}}
controls:
  forth: {kind: deploy, on: web, at: 20s, every: 10s}
  back: {kind: deploy, on: web, to: 0, at: 70s, every: 10s}
expect: [success(users) >= 0%]
",
    );
    // Five are new when the way back begins, and each step takes one away.
    for (from, p) in [(60.0, 0.5), (70.0, 0.4), (90.0, 0.2)] {
        let (measured, law) = (missing(&played, from, from + 10.0), 2.0 * p * (1.0 - p));
        assert!((measured - law).abs() < 0.05, "at {from} s: {measured} against {law}");
    }
    assert_eq!(missing(&played, 110.0, 300.0), 0.0, "the deploy that was overtaken does not begin again");
}

/// I12: pages of mean age 8 h (here 80 s) that were open at the deploy live on; after 24 h (240 s) they are 5% of what there was.
#[test]
fn old_tabs_ask_old_hosts_until_they_are_closed() {
    let tabs = |keep: u32| {
        play(&format!(
            "
name: tabs
length: 800s
window: 10s
clients: {{users: {{calls: web, rate: 20/s, pages: {{age: exp(80s), every: exp(10s)}}}}}}
services:
  web: {{replicas: 4, versions: {{keep: {keep}}}}}
controls:
  rollout: {{kind: deploy, on: web, at: 400s, batch: 4}}
expect: [success(users) >= 0%]
"
        ))
    };
    let played = tabs(0);
    let old = |from: f64| {
        let cell = played.over(from, from + 10.0).meter("old");
        cell.sum / cell.whole
    };
    assert!(missing(&played, 0.0, 400.0) == 0.0 && old(390.0) == 0.0);
    for t in [80.0, 160.0, 240.0] {
        let (measured, law) = (old(400.0 + t - 5.0), (-t / 80.0f64).exp());
        // 1,600 pages are open; what is left of the old ones is a binomial count.
        let slack = 0.02 + 4.0 * (law * (1.0 - law) / 1600.0f64).sqrt();
        assert!((measured - law).abs() < slack, "after {t} s: {measured} against {law}");
        // Of 20 + 160 requests a second 160 are made by open pages.
        let share = missing(&played, 400.0 + t - 5.0, 400.0 + t + 5.0);
        assert!((share - law * 160.0 / 180.0).abs() < 0.06, "after {t} s: {share}");
    }
    assert_eq!(tabs(1).over(0.0, 800.0).users().failed(), 0, "what old pages need is kept");
}

/// Eight replicas under a load of six and a half, stopped for ten seconds each, two at a time.
fn replaced(more: &str) -> Played {
    play(&format!(
        "
name: replaced
length: 200s
window: 1s
clients: {{users: {{calls: {{to: web, timeout: 10s}}, rate: 520/s, arrivals: constant}}}}
services:
  web: {{replicas: 8, workers: 4, work: 40ms, balance: least-outstanding}}
controls:
  rollout: {{kind: deploy, on: web, at: 20s, every: 20s, batch: 2{more}}}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn batches_take_capacity_away_and_draining_loses_nothing() {
    // 2 x 4 workers of 32 are gone for 10 s: 520/s x 40 ms = 20.8 busy of 24.
    let drained = replaced(", drain: 1s, down: 10s");
    assert_eq!(drained.over(0.0, 200.0).users().failed(), 0);
    let rotation = |from: f64, to: f64| drained.over(from, to).meter("replicas");
    assert_eq!((rotation(0.0, 20.0).min, rotation(21.0, 31.0).max, rotation(32.0, 40.0).min), (8.0, 6.0, 8.0));
    let setting = |at: f64| drained.over(at, at + 1.0).meter("setting").last;
    assert_eq!([19.0, 32.0, 52.0, 72.0, 92.0].map(setting), [0.0, 0.25, 0.5, 0.75, 1.0]);
    let dropped = replaced(", down: 10s");
    let cell = dropped.over(0.0, 200.0).users();
    let crashed = cell.errors[ErrorKind::Crashed as usize];
    // What is inside two replicas of eight when they stop, four times.
    assert!((8..=32).contains(&crashed), "{crashed}");
    assert!(cell.errors[ErrorKind::Refused as usize] > 1000, "nobody looks whether they are up");
    let swapped = replaced("");
    assert_eq!(swapped.over(0.0, 200.0).users().failed(), 0);
    assert_eq!(swapped.over(90.0, 200.0).meter("setting").min, 1.0);
}

#[test]
fn a_look_at_the_errors_stops_a_bad_version_or_turns_it_back() {
    let bad = |then: &str| replaced(&format!(", drain: 1s, errors: 50%, above: 3%{then}"));
    let setting = |played: &Played, at: f64| played.over(at, at + 1.0).meter("setting").last;
    let failed = |played: &Played, from: f64, to: f64| {
        let cell = played.over(from, to).users();
        cell.failed() as f64 / cell.sent as f64
    };
    // Least outstanding sends more to who fails at once: at least half of a quarter of all.
    let unseen = replaced(", drain: 1s, errors: 50%");
    assert!((failed(&unseen, 100.0, 200.0) - 0.5).abs() < 0.03, "{}", failed(&unseen, 100.0, 200.0));
    for then in [", then: pause", ", then: stop"] {
        let played = bad(then);
        assert_eq!((setting(&played, 30.0), setting(&played, 150.0)), (0.25, 0.25), "{then}");
        assert!(failed(&played, 100.0, 200.0) >= 0.12, "{then}: the first batch stays bad");
    }
    let back = bad(", then: roll-back");
    assert_eq!((setting(&back, 30.0), setting(&back, 45.0)), (0.25, 0.0));
    assert_eq!(back.over(45.0, 200.0).users().failed(), 0);
}

#[test]
fn a_frozen_deploy_ends_its_batch_and_waits() {
    let played = play(
        "
name: hands-off
length: 200s
window: 1s
clients: {users: {calls: web, rate: 50/s}}
services: {web: {replicas: 4, work: 1ms}}
controls: {rollout: {kind: deploy, on: web, at: 20s, every: 20s, drain: 1s, down: 5s}}
faults: {hold: {kind: freeze, on: rollout, at: 21500ms, for: 60s}}
expect: [success(users) >= 100%]
",
    );
    assert_eq!(played.over(0.0, 200.0).users().failed(), 0, "nobody is left stopped");
    let setting = |at: f64| played.over(at, at + 1.0).meter("setting").last;
    assert_eq!([28.0, 80.0, 106.0, 190.0].map(setting), [0.25, 0.25, 0.5, 1.0]);
}

/// A replica that is replaced begins cold: its part of a cache is empty, and its work is slow at first.
#[test]
fn new_replicas_begin_cold() {
    let played = play(
        "
name: cold
length: 120s
window: 1s
clients: {users: {calls: web, rate: 400/s, keys: {count: 1000}}}
services:
  web: {replicas: 4, work: 10ms, warm_up: {for: 20s, slower: 5x}, calls: [{to: cache, miss: {to: db}}]}
  cache: {kind: cache, replicas: 4, entries: 1000}
  db: {work: 1ms}
controls:
  caches: {kind: deploy, on: cache, at: 60s, every: 1s, batch: 2, down: 1s}
  webs: {kind: deploy, on: web, at: 90s, every: 1s, batch: 4}
expect: [success(users) >= 0%]
",
    );
    let misses = |from: f64, to: f64| played.over(from, to).service("cache").misses;
    assert_eq!(misses(50.0, 60.0), 0, "filled by then");
    assert!(misses(60.0, 80.0) >= 900, "nearly every key is read anew: {}", misses(60.0, 80.0));
    let mean = |from: f64, to: f64| played.over(from, to).mean();
    assert!((mean(85.0, 90.0) / 0.010 - 1.0).abs() < 0.05, "{}", mean(85.0, 90.0));
    assert!(mean(90.0, 92.0) > 0.040, "{}", mean(90.0, 92.0));
    assert!((mean(112.0, 120.0) / 0.010 - 1.0).abs() < 0.05, "{}", mean(112.0, 120.0));
}

/// Four of eight are taken away, the others are replaced, and four are added again: these run the new version from the start.
#[test]
fn replicas_that_are_added_run_what_is_out() {
    let played = play(
        "
name: added
length: 100s
window: 1s
clients: {users: {calls: browser, rate: 200/s}}
services:
  browser: {calls: [{to: web, loads: true}, {to: web, name: asset}]}
  web: {replicas: 8, balance: random, versions: {keep: 0}}
controls: {rollout: {kind: deploy, on: web, at: 30s, batch: 4}}
faults:
  fewer: {kind: scale, on: web, replicas: 4, at: 10s, for: 50s}
  more: {kind: scale, on: web, replicas: 10, at: 80s}
expect: [success(users) >= 100%]
",
    );
    assert_eq!(played.over(0.0, 100.0).users().failed(), 0, "nobody meets an old one");
    assert_eq!(played.over(31.0, 100.0).meter("setting").last, 1.0);
}
