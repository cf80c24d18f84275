//! Replicated databases: the write runway of one table, a split brain and the log played back (GitHub 2018, DRBD), and what each way
//! of acknowledging loses.

use crate::theory::played::{Played, play};

/// 300 writes/s, and the copy that leads cut off from the others for 43 s.
fn split(copies: u32, database: &str) -> Played {
    play(&format!(
        "
name: split
length: 200s
window: 1s
clients:
  writers: {{calls: {{to: db, timeout: 20s, write: true}}, rate: 300/s, arrivals: constant, keys: {{count: 100000}}}}
services:
  db: {{kind: database, replicas: {copies}, workers: 5000, work: 1ms, lag: 1ms, {database}}}
faults:
  cut: {{kind: isolate, on: db, replicas: 1, at: 60s, for: 43s}}
expect: [success(writers) >= 0%]
"
    ))
}

fn total(played: &Played, meter: &str) -> f64 {
    played.over(0.0, 200.0).meter(meter).sum
}

#[test]
fn one_copy_of_two_that_chooses_itself_splits_the_brain() {
    let two = |majority: bool| {
        split(2, &format!("failover: {{lease: 1ms, election: 1ms, majority: {majority}, fencing: false, stray: 40%}}"))
    };
    // 40% of 300/s for 43 s are taken by the old leader alone, and lost when the two meet.
    let apart = two(false);
    assert!((total(&apart, "diverged") - 5160.0).abs() < 0.05 * 5160.0, "{}", total(&apart, "diverged"));
    assert_eq!(apart.over(70.0, 100.0).meter("leaders").max, 2.0);
    assert_eq!(
        (total(&two(true), "elections"), total(&two(true), "lost")),
        (0.0, 0.0),
        "one is not more than half of two"
    );
}

/// Three copies, so that two of them can agree on another leader.
fn three(database: &str) -> Played {
    split(3, database)
}

#[test]
fn without_fencing_both_sides_take_writes_and_one_side_is_lost() {
    let played = three("failover: {lease: 1ms, election: 1ms, fencing: false, stray: 40%}");
    let diverged = total(&played, "diverged");
    // 40% of 300/s for 43 s.
    assert!((diverged - 5160.0).abs() < 0.05 * 5160.0, "{diverged}");
    assert!((total(&played, "lost") - diverged).abs() < 5.0, "what one side took alone is lost when they meet");
    assert_eq!(played.over(70.0, 100.0).meter("leaders").max, 2.0);
}

#[test]
fn fencing_loses_a_lease_of_writes_and_acknowledgements_by_others_none() {
    let fenced = three("failover: {lease: 5s, election: 1s}");
    let lost = total(&fenced, "lost");
    assert!((1490.0..=1510.0).contains(&lost), "five seconds at 300/s were acknowledged alone: {lost}");
    assert_eq!(fenced.over(60.0, 200.0).meter("leaders").max, 1.0);
    let failed = fenced.over(60.0, 200.0).client("writers").failed();
    assert!((295..=305).contains(&failed), "one second without a leader: {failed}");
    let sync = three("replication: semi-sync, failover: {lease: 5s, election: 1s}");
    assert_eq!(total(&sync, "lost"), 0.0);
}

#[test]
fn a_follower_that_applies_too_slowly_falls_behind_and_catches_up_by_arithmetic() {
    // Base 750/s, 3,085/s for 30 s, a copy applies 1,200/s: behind by 56,550 writes, which takes 125.7 s to drain.
    let played = play(
        "
name: runway
length: 300s
window: 1s
clients:
  writers: {calls: {to: db, write: true}, rate: 750/s, arrivals: constant, keys: {count: 10000}}
services:
  db: {kind: database, replicas: 2, work: 0.1ms, lag: 1ms, apply: 1200/s}
faults:
  match: {kind: surge, on: writers, rate: 3085/s, at: 60s, for: 30s}
expect: [success(writers) >= 0%]
",
    );
    let lag = |from: f64, to: f64| played.over(from, to).meter("lag").max;
    assert!(lag(0.0, 60.0) < 0.01);
    let worst = lag(60.0, 300.0);
    assert!((worst - 56_550.0 / 1200.0).abs() < 0.5, "{worst}");
    assert!(lag(90.0 + 120.0, 90.0 + 122.0) > 0.5 && lag(90.0 + 127.0, 300.0) < 0.1, "drained after 125.7 s");
}

#[test]
fn reads_of_ones_own_writes_go_to_the_leader() {
    let stale = |reads: &str| {
        let played = play(&format!(
            "
name: own
length: 100s
clients:
  writers: {{calls: {{to: db, write: true}}, rate: 100/s, keys: {{count: 100}}}}
  readers: {{calls: db, rate: 1000/s, keys: {{count: 100}}}}
services:
  db: {{kind: database, replicas: 3, lag: 500ms, {reads}}}
expect: [success(readers) >= 0%]
"
        ));
        let cell = played.over(10.0, 100.0).meter("stale");
        cell.sum / cell.whole
    };
    // A key is written at 1/s: the chance that one of the last 500 ms is in the way is 1 - exp(-0.5).
    let old = stale("reads: followers");
    assert!((old - 0.3935).abs() < 0.02, "{old}");
    assert_eq!(stale("reads: followers, own_reads: 600ms"), 0.0);
    assert_eq!(stale("reads: leader"), 0.0);
}

#[test]
fn a_database_that_comes_back_plays_back_its_log_first() {
    // Load 2,000 s, then 6.48 million writes at 1,500/s: 6,320 s in which nothing is written.
    let played = play(
        "
name: restore
length: 10000s
window: 20s
clients: {users: {calls: {to: db, timeout: 1s}, rate: 1/s, arrivals: constant}}
services:
  db: {kind: database, work: 1ms, restore: {load: 2000s, behind: 6480000, replay: 1500/s}}
faults:
  loss: {kind: down, on: db, at: 100s, for: 100s}
expect: [success(users) >= 0%]
",
    );
    let failed = played.over(0.0, 10_000.0).users().failed();
    assert!((6418..=6422).contains(&failed), "{failed}");
}

/// As `three`, with the leader's clock, or those of the others, off by so much from the start.
fn three_with_clocks(failover: &str, clocks: &str) -> Played {
    play(&format!(
        "
name: clocks
length: 200s
window: 1s
clients:
  writers: {{calls: {{to: db, timeout: 20s, write: true}}, rate: 300/s, arrivals: constant, keys: {{count: 100000}}}}
services:
  db: {{kind: database, replicas: 3, workers: 5000, work: 1ms, lag: 1ms, {failover}}}
faults:
  clocks: {{kind: clock-skew, on: db, at: 10s, {clocks}}}
  cut: {{kind: isolate, on: db, replicas: 1, at: 60s, for: 43s}}
expect: [success(writers) >= 0%]
"
    ))
}

#[test]
fn clocks_that_disagree_split_the_brain_where_a_lease_is_all_that_fences() {
    let lease = "failover: {lease: 5s, election: 1s, fencing: lease, stray: 40%}";
    // The old leader stops 11 s later than it should, 10 s after the election: 40% of 300/s for 10 s.
    for clocks in ["behind: 11s", "ahead: 11s, copies: followers"] {
        let played = three_with_clocks(lease, clocks);
        let expected = if clocks.starts_with("behind") { 1200.0 } else { 0.4 * 300.0 * 4.0 };
        let diverged = total(&played, "diverged");
        assert!((diverged / expected - 1.0).abs() < 0.1, "{clocks}: {diverged}");
        assert_eq!(played.over(62.0, 64.0).meter("leaders").max.max(played.over(68.0, 70.0).meter("leaders").max), 2.0);
        assert!(total(&played, "lost") >= diverged, "what one side took alone is lost when they meet");
    }
    let agreed = three_with_clocks(lease, "behind: 1s");
    assert_eq!(total(&agreed, "diverged"), 0.0, "an election is long enough for so little");
    let refused = three_with_clocks("failover: {lease: 5s, election: 1s}", "behind: 11s");
    assert_eq!((total(&refused, "diverged"), refused.over(0.0, 200.0).meter("leaders").max), (0.0, 1.0));
    let acknowledged = three_with_clocks("replication: semi-sync, failover: {lease: 5s, election: 1s}", "behind: 11s");
    assert_eq!(total(&acknowledged, "lost"), 0.0);
}
