//! The same scenarios in both worlds: faults on messages to a stand-in and to a real Redis give the same verdicts.

use firedrill::judge::{ExitCode, judge};
use firedrill::live::{LiveOptions, play};
use firedrill::plan::{Plan, World};
use firedrill::record::Recording;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::{compile, sim};
use std::path::{Path, PathBuf};

fn plan(text: &str) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("worlds.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &compile::Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

/// Every line holds in both worlds, and so the faults have left evidence in both, of the same sorts.
pub fn holds_in_both(text: &str) -> (Recording, Recording) {
    let (model, real) = both_hold(text);
    let words = |recording: &Recording| -> Vec<Vec<String>> {
        recording.evidence.iter().map(|evidence| evidence.details.keys().cloned().collect()).collect()
    };
    assert_eq!(words(&model), words(&real), "like evidence");
    (model, real)
}

/// Every line holds in both worlds, and so the faults have left evidence in both.
pub fn both_hold(text: &str) -> (Recording, Recording) {
    let mut plan = plan(text);
    let state = super::folder();
    let model = sim::play(&plan);
    plan.world = World::Live;
    let options = LiveOptions {
        state_dir: Some(state.path().to_owned()),
        guardian: Some(PathBuf::from(env!("CARGO_BIN_EXE_firedrill"))),
        ..LiveOptions::default()
    };
    let real = play(&plan, &options).expect("the run is possible").recording;
    for (world, recording) in [("sim", &model), ("live", &real)] {
        let judgement = judge(recording);
        let lines: Vec<_> =
            judgement.expectations.iter().map(|line| (&line.text, line.verdict, line.measured)).collect();
        assert_eq!(judgement.exit, ExitCode::Held, "{world}: {lines:?} {:?}", recording.evidence);
    }
    (model, real)
}

fn the_last_fault_makes_it_slow((model, real): (Recording, Recording)) {
    let slow = model.plan.faults.last().expect("there are faults");
    for recording in [&model, &real] {
        let latency = recording.client_over(0, slow.from, slow.to).latency;
        assert!(latency.quantile(0.5).is_some_and(|took| took >= 0.06), "{:?}", latency.quantile(0.5));
    }
}

#[test]
fn http_faults_on_a_stand_in() {
    the_last_fault_makes_it_slow(holds_in_both(
        "
name: worlds-http
length: 12s
warmup: 1s
clients:
  users: {calls: {to: web, timeout: 1s, response: 8KiB}, rate: 60/s, keys: {count: 10}, send: {method: PUT, path: \"/item/{key}\"}}
services:
  web: {work: 2ms, calls: [{to: db, timeout: 500ms}]}
  db: {work: 2ms}
faults:
  busy: {kind: http, on: users->web, method: PUT, path: \"/item/*\", every: 2, status: 503, at: 2s, for: 2s}
  cut: {kind: http, on: users->web, truncate: 1KiB, share: 50%, at: 5s, for: 2s}
  slow: {kind: http, on: web->db, path: /, first_byte: 80ms, at: 8s, for: 2s}
expect:
  - errors(users, kind=rejected) >= 40% during busy
  - errors(users, kind=rejected) <= 60% during busy
  - errors(users, kind=reset) >= 25% during cut
  - success(users) >= 99% between 10500ms and 12s
",
    ));
}

#[test]
fn redis_faults_on_a_real_cache() {
    the_last_fault_makes_it_slow(holds_in_both(
        "
name: worlds-redis
length: 10s
warmup: 1s
clients:
  users: {calls: {to: cache, timeout: 1s}, rate: 60/s, keys: {count: 50}}
services:
  cache: {kind: cache, entries: 50, work: 100us}
faults:
  loading: {kind: redis, on: users->cache, error: LOADING, at: 2s, for: 2s}
  readonly: {kind: redis, on: users->cache, error: READONLY, key: \"firedrill:key:?\", at: 5s, for: 1s}
  slow: {kind: redis, on: users->cache, delay: 60ms, at: 7s, for: 2s}
expect:
  - errors(users, kind=unavailable) >= 90% during loading
  - errors(users, kind=read-only) >= 5% during readonly
  - errors(users, kind=read-only) <= 60% during readonly
  - success(users) >= 99% during slow
live:
  cache:
    start: [redis-server, --port, \"{port}\", --bind, 127.0.0.1, --save, \"\", --appendonly, \"no\", --dir, \"{dir}\"]
    protocol: redis
",
    ));
}
