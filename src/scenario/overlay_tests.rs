//! What a path does to a tree, and what a wrong path is told.

use super::super::{load_text, render_lines, schema::to_json};
use super::*;
use serde_json::{Value as Json, json};
use std::path::Path;

const BASE: &str = "
name: t
clients:
  users: {calls: proxy, rate: 100/s}
services:
  proxy: {workers: 5, queue: 10, calls: [{to: app, timeout: 5s, retries: 3}]}
  app:
    calls:
      - {to: db, timeout: 60s}
      - parallel: [cache, {to: mail}]
      - {to: log}
      - {to: log}
      - split: [{to: near, weight: 1}, {to: log, name: audit}]
  db: {workers: 25, work: exp(200ms)}
faults:
  spike: {kind: surge, at: 40s}
variants:
  fix:
    set: {services.app.calls.db: {timeout: 4s, wait: 1s}, \"faults.spike\": null}
    expect: [a]
  typo:
    set: {\"services.ap.calls\": x}
";

/// The changed tree and what was said, for a list of `--set` arguments.
fn changed(arguments: &[&str]) -> (Json, String) {
    let diags = Diagnostics::new();
    let mut loaded = load_text("t.yaml", BASE, Path::new(""), &diags);
    let settings: Vec<Setting> =
        arguments.iter().filter_map(|one| parse_setting(one, &mut loaded.sources, &diags)).collect();
    apply(&mut loaded.root, &settings, &diags);
    (to_json(&loaded.root), render_lines(&diags, &loaded.sources))
}

fn value_at(argument: &str, pointer: &str) -> Json {
    let (tree, said) = changed(&[argument]);
    assert_eq!(said, "", "{argument}");
    tree.pointer(pointer).cloned().unwrap_or(json!("absent"))
}

#[test]
fn paths_lead_through_maps_lists_and_short_forms() {
    for (argument, pointer, expected) in [
        ("seed=7", "/seed", json!(7)),
        ("services.db.workers=12", "/services/db/workers", json!(12)),
        ("services.db.replicas=2", "/services/db/replicas", json!(2)),
        ("services.db.workers=", "/services/db/workers", json!("absent")),
        ("services.db.workers=null", "/services/db/workers", json!("absent")),
        ("services.db.work=uniform(1s, 2s)", "/services/db/work", json!("uniform(1s, 2s)")),
        ("services.app.calls.db.timeout=4s", "/services/app/calls/0/timeout", json!("4s")),
        ("services.app.calls.0.timeout=4s", "/services/app/calls/0/timeout", json!("4s")),
        ("services.app.calls.audit.chance=0%", "/services/app/calls/4/split/1/chance", json!("0%")),
        ("services.app.calls.near.weight=3", "/services/app/calls/4/split/0/weight", json!(3)),
        (
            "services.db.work.classes.big=1s",
            "/services/db/work",
            json!({"any": "exp(200ms)", "classes": {"big": "1s"}}),
        ),
        (
            "services.app.calls.db={timeout: 4s, wait: 1s}",
            "/services/app/calls/0",
            json!({"to": "db", "timeout": "4s", "wait": "1s"}),
        ),
        (
            "services.app.calls.cache.timeout=1s",
            "/services/app/calls/1/parallel/0",
            json!({"to": "cache", "timeout": "1s"}),
        ),
        (
            "services.app.calls.cache={timeout: 1s}",
            "/services/app/calls/1/parallel/0",
            json!({"to": "cache", "timeout": "1s"}),
        ),
        ("services.app.calls.mail=", "/services/app/calls/1/parallel", json!(["cache"])),
        ("services.app.calls.1.parallel.1.count=3", "/services/app/calls/1/parallel/1/count", json!(3)),
        ("clients.users.calls.timeout=5s", "/clients/users/calls", json!({"to": "proxy", "timeout": "5s"})),
        ("clients.users.calls.proxy.timeout=5s", "/clients/users/calls", json!({"to": "proxy", "timeout": "5s"})),
        ("clients.users.calls={timeout: 5s}", "/clients/users/calls", json!({"to": "proxy", "timeout": "5s"})),
        ("clients.users.calls={to: app}", "/clients/users/calls", json!({"to": "app"})),
        ("clients.users.calls.retries.max=3", "/clients/users/calls", json!({"to": "proxy", "retries": {"max": 3}})),
        (
            "services.proxy.calls.app.retries.budget=10%",
            "/services/proxy/calls/0/retries",
            json!({"max": 3, "budget": "10%"}),
        ),
        ("services.proxy.queue.order=lifo", "/services/proxy/queue", json!({"capacity": 10, "order": "lifo"})),
        ("services.proxy.queue=unbounded", "/services/proxy/queue", json!("unbounded")),
        ("clients.users.reload.chance=80%", "/clients/users/reload", json!({"chance": "80%"})),
        ("services={db: {workers: 1}}", "/services/db", json!({"workers": 1, "work": "exp(200ms)"})),
        ("services.mq={workers: 1}", "/services/mq", json!({"workers": 1})),
        ("faults.spike=", "/faults", json!({})),
        ("live.db.volume=1GiB", "/live/db/volume", json!("1GiB")),
    ] {
        assert_eq!(value_at(argument, pointer), expected, "{argument}");
    }
}

#[test]
fn wrong_paths_are_told_where_they_go_wrong() {
    for (argument, expected) in [
        (
            "servces.db.workers=1",
            "--set:1:1: error: there is no `servces` in the scenario (did you mean `services`?)\n",
        ),
        ("services.dbb.workers=1", "--set:1:10: error: there is no service `dbb` (did you mean `db`?)\n"),
        ("services.app.calls.bd.timeout=1s", "--set:1:20: error: `calls` has no call to `bd` (did you mean `db`?)\n"),
        (
            "services.app.calls.log.timeout=1s",
            "--set:1:20: error: `calls` calls `log` more than once (use the `name` of the call if it has one, or its index in the list; the first is 0)\n",
        ),
        ("services.app.calls.7.timeout=1s", "--set:1:20: error: `calls` has 5 entries, the first is 0\n"),
        (
            "services.db.workers.max=1",
            "--set:1:21: error: `workers` is a single value, so it has no `max` (end the path at `workers`)\n",
        ),
        ("services.db.wrokers=", "--set:1:13: error: there is no `wrokers` to remove (did you mean `workers`?)\n"),
        ("seed", "--set:1:1: error: `--set` needs PATH=VALUE (write it like `--set services.db.workers=12`)\n"),
        (
            "a..b=1",
            "--set:1:1: error: `a..b` is not a path (keys with single dots between them, such as `services.db.workers`)\n",
        ),
    ] {
        assert_eq!(changed(&[argument]).1, expected, "{argument}");
    }
}

#[test]
fn a_variant_sets_removes_and_brings_its_own_expectations() {
    let diags = Diagnostics::new();
    let mut loaded = load_text("t.yaml", BASE, Path::new(""), &diags);
    assert!(select_variant(&mut loaded.root, "fix", &diags));
    assert!(diags.is_empty());
    let tree = to_json(&loaded.root);
    assert_eq!(tree["services"]["app"]["calls"][0], json!({"to": "db", "timeout": "4s", "wait": "1s"}));
    assert_eq!(tree["faults"], json!({}));
    assert_eq!(tree["expect"], json!(["a"]));

    assert!(select_variant(&mut loaded.root, "typo", &diags));
    assert!(!select_variant(&mut loaded.root, "fx", &diags));
    let expected = "t.yaml:22:21: error: there is no service `ap` (did you mean `app`?)\n\
                    error: there is no variant `fx` (did you mean `fix`?)\n";
    assert_eq!(render_lines(&diags, &loaded.sources), expected);
}
