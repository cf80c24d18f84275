//! A disk that fails, is slow, writes half of what it is given, is full, or loses its power: under a PostgreSQL, which must keep what it has
//! committed, and under a Redis.

use super::Drill;

const MOUNT: &str = "volume mounted at";

/// With a fsync of each of its thousand files after a crash it would be busy with that for longer than this takes.
const POSTGRES: Drill = Drill {
    kind: "kind: database",
    live: "{engine: postgres, settings: {recovery_init_sync_method: syncfs}}",
    users: "rate: 60/s, writes: 100%, keys: {count: 2000}",
    fault: "",
    more: "",
    length_s: 6,
    expect: &[],
};

const KEPT: &[&str] = &[
    "success(users) >= 90% before hurt",
    "errors(users) >= 10% during hurt",
    "success(users) >= 1% after hurt",
    "lost(it) == 0 whole",
];

#[test]
fn a_postgres_whose_syncs_fail_stops_and_keeps_what_it_committed() {
    let fault = "kind: disk-error, error: io, access: sync, at: 1500ms, for: 8s";
    // It gives its helpers five seconds to end after such a panic, then cannot recover, and ends itself.
    let drill = Drill { fault, expect: KEPT, length_s: 16, ..POSTGRES };
    drill.holds("disk accesses failed", "(a FUSE pass-through) answered with the error", &[MOUNT]);
}

#[test]
fn a_postgres_on_a_slow_disk_commits_too_late_and_loses_nothing() {
    let fault = "kind: slow-disk, add: 600ms, at: 1500ms, for: 2s";
    let drill = Drill { fault, expect: KEPT, ..POSTGRES };
    drill.holds("disk accesses slowed", "(a FUSE pass-through) held back", &[MOUNT]);
}

#[test]
fn a_postgres_goes_on_writing_where_a_write_stopped() {
    let fault = "kind: short-writes, share: 30%, at: 1500ms, for: 2s";
    let expect = &["success(users) >= 90%", "lost(it) == 0 whole"];
    let drill = Drill { fault, expect, ..POSTGRES };
    drill.holds("writes cut short", "(a FUSE pass-through) cut to half", &[MOUNT]);
}

#[test]
fn a_postgres_survives_a_power_cut_with_all_that_it_committed() {
    let fault = "kind: power-cut, at: 1500ms, for: 500ms";
    let drill = Drill { fault, expect: KEPT, length_s: 10, ..POSTGRES };
    let result = drill.holds("processes cut off", "its files put back to their last sync", &[MOUNT]);
    let lost = &result["faults"][0]["evidence"]["details"]["unsynced bytes lost"];
    assert!(lost.as_u64().is_some_and(|bytes| bytes > 0), "nothing was unsynced, which no busy server is: {lost}");
}

#[test]
fn a_postgres_on_a_full_volume_takes_no_more_and_goes_on_when_there_is_room() {
    let live = "{engine: postgres, volume: 96MiB, settings: {recovery_init_sync_method: syncfs}}";
    let fault = "kind: fill, to: 100%, at: 1500ms, for: 3s";
    let users = "rate: 100/s, writes: 100%, keys: {count: 20000}";
    let drill = Drill { live, fault, users, expect: KEPT, length_s: 12, ..POSTGRES };
    // A page takes four of these, and they are too short to be compressed.
    let text = drill.text().replace("request: 200B", "request: 1800B");
    let result = super::played(&text);
    assert_eq!(result["verdict"], "holds", "{result:#}");
    assert!(result["faults"][0]["evidence"]["details"]["bytes filled"].as_u64().is_some_and(|n| n > 0), "{result:#}");
    assert!(super::texts(&result["methods"]).iter().any(|line| line.contains("a ballast file")), "{result:#}");
    let undo = super::list(&result["undo"]);
    assert!(undo.iter().all(|note| note["done"] == true), "{result:#}");
    assert!(undo.iter().any(|note| note["what"].as_str().is_some_and(|what| what.starts_with("ballast file"))));
}

#[test]
fn a_redis_that_syncs_every_write_survives_a_power_cut() {
    let live = "{engine: redis, settings: {appendonly: yes, appendfsync: always}}";
    let fault = "kind: power-cut, at: 1500ms, for: 500ms";
    let drill = Drill { live, fault, expect: KEPT, length_s: 5, ..Drill::default() };
    drill.holds("processes cut off", "its files put back to their last sync", &[MOUNT]);
}

#[test]
fn a_redis_whose_disk_is_full_refuses_writes() {
    let live = "{engine: redis, settings: {appendonly: yes}}";
    let fault = "kind: disk-error, error: no-space, at: 1500ms, for: 2s";
    let expect = &["success(users) >= 90% before hurt", "errors(users) >= 5% during hurt"];
    let drill = Drill { live, fault, expect, length_s: 5, ..Drill::default() };
    drill.holds("disk accesses failed", "answered with the error", &[MOUNT]);
}
