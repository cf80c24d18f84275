//! Volumes: when they are full, what happens then, and what it takes to come back; the store that ran out of room (Gmail, 2007).

use crate::theory::played::{Played, play};
use firedrill::base::ErrorKind;

/// 160 writes of 64 KiB a second, which are 10 MiB/s, and 200 reads, at a service of this kind on 1 GiB.
fn written(kind: &str, volume: &str, rest: &str) -> Played {
    play(&format!(
        "
name: written
length: 200s
window: 1s
clients:
  writers: {{calls: {{to: db, write: true, request: 64KiB}}, rate: 160/s, arrivals: constant}}
  users: {{calls: db, rate: 200/s}}
services:
  db: {{{kind}, work: 1ms, volume: {{size: 1GiB, {volume}}}}}
{rest}
expect: [success(users) >= 0%]
"
    ))
}

fn failed(played: &Played, client: &str, kind: ErrorKind, from: f64, to: f64) -> f64 {
    let cell = played.over(from, to).client(client);
    cell.errors[kind as usize] as f64 / cell.sent.max(1) as f64
}

/// The second in which writes begin to fail.
fn first_failure(played: &Played, kind: ErrorKind) -> f64 {
    (0..199).map(f64::from).find(|second| failed(played, "writers", kind, *second, second + 1.0) > 0.0).unwrap_or(200.0)
}

#[test]
fn it_is_full_after_what_is_free_by_growth_less_reclaim() {
    // 614.4 MiB are free.
    for kind in ["kind: database", "kind: service", "kind: database, replicas: 3"] {
        let full = first_failure(&written(kind, "used: 40%", ""), ErrorKind::NoSpace);
        assert!((full - 61.4).abs() <= 1.0, "{kind}: {full}");
    }
    let growing = written("kind: database", "used: 40%, growth: 5MiB/s", "");
    assert!((first_failure(&growing, ErrorKind::NoSpace) - 614.4 / 15.0).abs() <= 1.0);
    let reclaimed = "used: 40%, garbage: 40%, reclaim: {rate: 4MiB/s, after: 1000s}";
    let full = first_failure(&written("kind: database", reclaimed, ""), ErrorKind::NoSpace);
    assert!((full - 614.4 / 6.0).abs() <= 1.0, "{full}");
    // A compaction that needs a fifth of the volume stops at 80%, after 409.6 MiB at 6 MiB/s; the rest fills at 10 MiB/s.
    let needy = "used: 40%, garbage: 40%, reclaim: {rate: 4MiB/s, after: 1000s, needs: 20%}";
    let full = first_failure(&written("kind: database", needy, ""), ErrorKind::NoSpace);
    assert!((full - (409.6 / 6.0 + 204.8 / 10.0)).abs() <= 1.0, "{full}");
}

#[test]
fn a_broker_keeps_what_its_retention_says_and_is_full_without_it() {
    let broker = |volume: &str| {
        play(&format!(
            "
name: kept
length: 200s
window: 1s
clients: {{writers: {{calls: {{to: q, request: 64KiB}}, rate: 160/s, arrivals: constant}}}}
services:
  q: {{kind: broker, volume: {{size: 1GiB, {volume}}}}}
  eater: {{consumes: q, workers: 10, work: 1ms}}
expect: [success(writers) >= 0%]
"
        ))
    };
    assert!((first_failure(&broker("used: 0%"), ErrorKind::NoSpace) - 102.4).abs() <= 1.0);
    let kept = broker("reclaim: {rate: 100MiB/s, after: 60s}");
    assert_eq!(first_failure(&kept, ErrorKind::NoSpace), 200.0);
    let used = kept.over(150.0, 151.0).service("q").used_bytes as f64 / (1u64 << 20) as f64;
    assert!((used / 600.0 - 1.0).abs() < 0.03, "sixty seconds of 10 MiB/s: {used}");
}

#[test]
fn reads_go_on_while_it_is_read_only_and_writes_come_back_at_the_lower_mark() {
    // At 95% writes stop; 2 MiB/s are freed down to 80%, 153.6 MiB lower; then 10 MiB/s come again.
    let volume = "used: 90%, garbage: 90%, read_only: {at: 95%, back: 80%}, reclaim: {rate: 2MiB/s, after: 1000s}";
    let played = written("kind: database", volume, "");
    let stops = first_failure(&played, ErrorKind::ReadOnly);
    assert!((stops - 51.2 / 8.0).abs() <= 1.0, "{stops}");
    let back = stops + 153.6 / 2.0;
    assert!(failed(&played, "writers", ErrorKind::ReadOnly, stops + 2.0, back - 2.0) > 0.99);
    assert_eq!(failed(&played, "writers", ErrorKind::ReadOnly, back + 2.0, back + 15.0), 0.0);
    assert_eq!(played.over(0.0, 200.0).users().failed(), 0, "reads go on");
    // 19.2 s of writing in a cycle of 96 s.
    let share = played.over(stops + 1.0, stops + 1.0 + 96.0).meter("read-only");
    assert!((share.sum / share.whole - 0.8).abs() < 0.02, "{share:?}");
}

#[test]
fn an_operator_makes_room() {
    let push = "faults: {grow: {kind: config, set: {services.db.volume.size: 2GiB}, at: 100s}}";
    let volume = "used: 40%, read_only: {at: 95%, back: operator}";
    let played = written("kind: database", volume, push);
    assert!(failed(&played, "writers", ErrorKind::ReadOnly, 70.0, 100.0) > 0.99);
    assert_eq!(failed(&played, "writers", ErrorKind::ReadOnly, 101.0, 190.0), 0.0);
    let deleted = "faults: {logs: {kind: fill, on: db, to: 100%, at: 20s, for: 20s}}";
    let hot = written("kind: database", "used: 40%, read_only: {at: 98%}", deleted);
    assert!(failed(&hot, "writers", ErrorKind::ReadOnly, 21.0, 39.0) > 0.99);
    assert_eq!(failed(&hot, "writers", ErrorKind::ReadOnly, 41.0, 60.0), 0.0);
}

#[test]
fn the_runway_is_what_is_free_by_the_present_growth() {
    let played = written("kind: database", "used: 40%, garbage: 40%, reclaim: {rate: 4MiB/s, after: 1000s}", "");
    for second in [20.0, 50.0, 90.0] {
        let runway = played.over(second, second + 1.0).meter("runway").last;
        let left = 614.4 / 6.0 - second;
        assert!((runway / left - 1.0).abs() < 0.1, "at {second} s: {runway} and {left}");
    }
    let free = played.over(50.0, 51.0).meter("free").last / f64::from(1 << 20);
    assert!((free / (614.4 - 6.0 * 50.0) - 1.0).abs() < 0.05, "{free}");
}

#[test]
fn classes_of_requests_and_reads_fill_as_they_are_told() {
    let played = play(
        "
name: classes
length: 100s
clients:
  people: {calls: {to: db, write: true}, rate: 100/s, arrivals: constant, class: people}
  batch: {calls: {to: db, write: true}, rate: 10/s, arrivals: constant, class: batch}
  users: {calls: db, rate: 200/s, arrivals: constant}
services:
  db:
    kind: service
    work: 1ms
    queue: {order: priority, classes: [people, batch]}
    volume: {size: 1GiB, write: 1KiB, read: 100B, classes: {batch: 64KiB}}
expect: [success(users) >= 100%]
",
    );
    let used = played.over(0.0, 100.0).service("db").used_bytes as f64;
    let expected = 100.0 * (100.0 * 1024.0 + 10.0 * 65_536.0 + 200.0 * 100.0);
    assert!((used / expected - 1.0).abs() < 0.01, "{used} and {expected}");
}

/// The card's store: 20 ms a probe, 25 of them; 1,000 servers, of which this share is full.
fn store(used: &str, more: &str, rate: &str, length: u32) -> Played {
    play(&format!(
        "
name: store
length: {length}s
window: {}s
clients: {{users: {{calls: files, rate: {rate}}}}}
services:
  files: {{kind: store, servers: 1000, server_size: 1GiB, used: {used}, probe: 20ms, probes: 25{more}}}
expect: [success(users) >= 0%]
",
        length / 20
    ))
}

#[test]
fn the_nearly_full_store_fails_as_the_card_says() {
    for (used, errors, probes) in
        [("80%", 0.0038, 5.0), ("90%", 0.072, 9.3), ("95%", 0.277, 14.5), ("98%", 0.604, 19.8)]
    {
        let played = store(used, "", "5000/s", 40);
        let cell = played.over(2.0, 40.0).users();
        let share = cell.failed() as f64 / (cell.ok + cell.failed()) as f64;
        assert!((share / errors - 1.0).abs() < 0.1, "{used}: {share} and {errors}");
        let files = played.over(2.0, 40.0).service("files");
        let inside = files.inflight_s / 38.0;
        assert!((inside / (5000.0 * probes * 0.02) - 1.0).abs() < 0.1, "{used}: {inside} in flight");
    }
    let indexed = store("99%", ", placement: index", "1000/s", 40).over(2.0, 40.0).users();
    assert_eq!(indexed.failed(), 0);
    assert!((indexed.latency.mean().expect("answers") - 0.02).abs() < 0.001, "one probe");
}

#[test]
fn the_runway_tells_a_week_before_the_errors() {
    // 18% in ten days, as the card has it: 18.4 GiB a day of 1,024,000 MiB, so 0.213 MiB/s. Errors pass 1% at p = 0.168.
    let day = 86_400.0;
    let played = store("60%", ", volume: {growth: 0.2133MiB/s}", "300/h", 20 * 86_400);
    let runway = |of: f64| played.over((of - 1.0) * day, of * day).meter("runway").last / day;
    assert!((runway(5.0) / ((0.4 - 0.018 * 5.0) / 0.018) - 1.0).abs() < 0.1, "{}", runway(5.0));
    let alarm = (2..20).map(f64::from).find(|of| runway(*of) < 17.5).expect("it falls");
    let errors = |of: f64| {
        let cell = played.over((of - 1.0) * day, of * day).users();
        cell.failed() as f64 / cell.sent as f64
    };
    let wrong = (2..=20).map(f64::from).find(|of| errors(*of) > 0.01).expect("it fails in the end");
    assert!(wrong - alarm >= 7.0, "told on day {alarm}, wrong on day {wrong}");
}

#[test]
fn giving_back_orphans_ends_the_errors_and_deleting_brings_them_on() {
    let reclaimed = store("90%, orphans: 15%", ", volume: {reclaim: {rate: 5GiB/s, after: 1000s}}", "2000/s", 100);
    let errors = |played: &Played, from: f64, to: f64| {
        let cell = played.over(from, to).users();
        cell.failed() as f64 / (cell.ok + cell.failed()) as f64
    };
    assert!((errors(&reclaimed, 0.0, 5.0) / 0.06 - 1.0).abs() < 0.25, "p = 0.1 to 0.12");
    assert!(errors(&reclaimed, 40.0, 100.0) < 0.001, "p = 0.25");
    // A delete is an append: with half as many again the room is gone in two thirds of the time.
    let full = |rate: &str| {
        let played = store("95%", ", append: 1MiB", rate, 200).over(0.0, 200.0).service("files");
        played.used_bytes as f64 - 950.0 * f64::from(1 << 30)
    };
    let (alone, deleting) = (full("200/s"), full("300/s"));
    assert!(deleting > 1.1 * alone, "{alone} and {deleting}");
}

/// 50 writes and 100 reads a second at a database of 40 workers; what is done to its disk from 30 s to 60 s.
fn at_disk(kind: &str, fault: &str) -> Played {
    play(&format!(
        "
name: at-disk
length: 90s
window: 1s
clients:
  writers: {{calls: {{to: db, write: true}}, rate: 50/s}}
  users: {{calls: db, rate: 100/s}}
services:
  db: {{kind: {kind}, work: 1ms}}
faults:
  disk: {{kind: slow-disk, on: db, at: 30s, for: 30s, {fault}}}
expect: [success(users) >= 0%]
"
    ))
}

fn mean_ms(played: &Played, client: &str, from: f64, to: f64) -> f64 {
    1000.0 * played.over(from, to).client(client).latency.mean().expect("somebody was answered")
}

#[test]
fn a_slow_disk_slows_what_goes_to_it_by_factor_and_addition() {
    let disk = "database, volume: {commit: exp(4ms), fetch: 10ms, misses: 20%}";
    let played = at_disk(disk, "factor: 5, add: 10ms");
    for (client, well, ill) in [("writers", 5.0, 31.0), ("users", 3.0, 1.0 + 0.2 * 60.0)] {
        let found = [
            mean_ms(&played, client, 0.0, 30.0),
            mean_ms(&played, client, 30.0, 60.0),
            mean_ms(&played, client, 60.5, 90.0),
        ];
        assert!((found[0] / well - 1.0).abs() < 0.15 && (found[2] / well - 1.0).abs() < 0.15, "{client}: {found:?}");
        assert!((found[1] / ill - 1.0).abs() < 0.15, "{client}: {found:?}");
    }
    // Of a service of which nothing is known, writes go to the disk, and of the reads as many as the fault says.
    let plain = at_disk("service", "add: 20ms, reads: 25%");
    assert!((mean_ms(&plain, "writers", 30.0, 60.0) - 21.0).abs() < 0.1);
    assert!((mean_ms(&plain, "users", 30.0, 60.0) - 6.0).abs() < 0.6);
    assert!((mean_ms(&plain, "users", 61.0, 90.0) - 1.0).abs() < 0.1);
}

#[test]
fn a_stall_keeps_writes_until_it_is_over_and_takes_the_workers_from_readers() {
    let played = at_disk("database", "stall: true");
    // A write comes at any moment of thirty seconds: it waits fifteen in the mean.
    assert!((mean_ms(&played, "writers", 30.0, 60.0) - 15_000.0).abs() < 600.0);
    assert!((mean_ms(&played, "users", 30.0, 60.0) - 1.0).abs() < 0.1, "with workers without end nobody else feels it");
    let few = at_disk("database, workers: 40", "stall: true");
    // Forty writes are there after 0.8 s; from then on readers wait, too.
    assert!(mean_ms(&few, "users", 32.0, 60.0) > 13_000.0);
    assert_eq!(few.over(0.0, 90.0).users().failed(), 0);
}

#[test]
fn a_slow_disk_of_a_follower_is_felt_by_a_leader_that_waits_for_it() {
    let commit = |replication: &str| {
        let played = at_disk(&format!("database, replicas: 2, lag: 1ms, replication: {replication}"), "add: 20ms");
        mean_ms(&played, "writers", 30.0, 60.0) - mean_ms(&played, "writers", 0.0, 30.0)
    };
    // Its own disk takes 20 ms, and then that of the other does.
    assert!((commit("async") - 20.0).abs() < 0.5, "{}", commit("async"));
    assert!((commit("sync") - 40.0).abs() < 0.5, "{}", commit("sync"));
}

#[test]
fn a_store_probes_slowly_on_slow_disks() {
    let text = ", volume: {growth: 0B/s}}
faults:
  disk: {kind: slow-disk, on: files, at: 20s, for: 10s, factor: 3";
    let played = store("80%", text, "500/s", 40);
    let mean = |from: f64, to: f64| played.over(from, to).users().latency.mean().expect("answers");
    assert!((mean(20.0, 30.0) / mean(0.0, 20.0) - 3.0).abs() < 0.3, "{} and {}", mean(0.0, 20.0), mean(20.0, 30.0));
}
