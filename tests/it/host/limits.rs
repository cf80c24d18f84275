//! Less of the machine than it needs: processor time, memory, processes, open files.

use super::Drill;

const AT: &str = "at: 2s, for: 1500ms";
const HURTS: &[&str] = &["success(users) >= 90% before hurt", "errors(users) >= 10% during hurt"];

#[test]
fn a_database_without_processor_time_answers_too_late() {
    let fault = format!("kind: cpu, share: 1%, {AT}");
    let (kind, live) = ("kind: database", "{engine: postgres}");
    let drill = Drill { kind, live, fault: &fault, expect: HURTS, ..Drill::default() };
    drill.holds(
        "periods held back",
        "the quota of a cgroup of its own lowered",
        &["cpu", "cgroup", "limit of 1000 in"],
    );
}

#[test]
fn a_cache_that_outgrows_its_memory_is_killed_and_comes_back() {
    let fault = "kind: memory, to: 64MiB, at: 500ms, for: 4s";
    // Some 20 MB a second, each under a key of its own.
    let users = "rate: 100/s, writes: 100%, keys: {count: 100000}, send: {method: POST, path: /}";
    let expect = &["errors(users) >= 10% during hurt", "success(users) >= 80% between 6s and 8s"];
    let drill = Drill { users, fault, expect, length_s: 8, ..Drill::default() };
    let text = drill.text().replace("request: 200B", "request: 200KB");
    let result = super::played(&text);
    assert_eq!(result["verdict"], "holds", "{result:#}");
    let details = &result["faults"][0]["evidence"]["details"];
    assert!(details["processes killed for memory"].as_u64().is_some_and(|n| n > 0), "{result:#}");
    let undo = super::list(&result["undo"]);
    assert!(undo.iter().all(|note| note["done"] == true), "{result:#}");
    assert!(undo.iter().any(|note| note["what"].as_str().is_some_and(|text| text.starts_with("limit of 67108864"))));
}

#[test]
fn a_cache_that_cannot_fork_refuses_writes() {
    let live = "{engine: redis, settings: {save: \"1 1\"}}";
    // It saves every other second at the earliest, and looks whether it should in whole seconds.
    let fault = "kind: processes, to: 1, at: 2s, for: 5s";
    let drill = Drill { live, fault, expect: HURTS, length_s: 8, ..Drill::default() };
    drill.holds("forks refused", "the limit on processes of a cgroup of its own lowered", &["pids", "limit of 1 in"]);
}

#[test]
fn a_cache_without_a_free_descriptor_takes_no_connection() {
    let fault = format!("kind: open-files, to: 6, {AT}");
    // Whoever is connected stays so, and is not hurt.
    let more = "  torn: {kind: reset, on: users->it, at: 2200ms}";
    let drill = Drill { fault: &fault, more, expect: HURTS, ..Drill::default() };
    drill.holds("looks without a free descriptor", "its soft limit on open files lowered", &["limit of 6 open files"]);
}
