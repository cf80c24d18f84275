//! Caches in motion: replicas that are put out and come back with old memory, replicas that are added, keys that are too hot.
//! The figures beside the tests are arithmetic, or come from the incidents that the scenarios are made after.

use firedrill::base::{FaultId, Time};
use firedrill::compile::{self, Request};
use firedrill::plan::expectation::Subject;
use firedrill::plan::{Effect, FaultInfo, Patch, Plan, Replicas, Step, Target};
use firedrill::record::Recording;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

fn plan(text: &str) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("caches.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

/// Hits over look-ups of the cache in a window.
fn hits(recording: &Recording, from: f64, to: f64) -> f64 {
    let id = recording.plan.service_named("cache").expect("there is a cache");
    let cell = recording.service_over(id.index(), at(from), at(to));
    cell.hits as f64 / (cell.hits + cell.misses) as f64
}

/// The share of hits in a window that gave a value older than the newest write.
fn stale(recording: &Recording, from: f64, to: f64) -> f64 {
    let id = recording.plan.service_named("cache").expect("there is a cache");
    let meter = recording.plan.meter(Subject::Service(id.0), "stale");
    let cell = recording.meter_over(meter.index(), at(from), at(to)).expect("the window holds cells");
    assert!(cell.whole > 1000.0, "too few hits to tell: {}", cell.whole);
    cell.sum / cell.whole
}

/// 24 replicas, a tenth of the keys written in a minute; one replica is cut off for a minute.
fn flap(rate: u32, placement: &str, eject: &str) -> Plan {
    plan(&format!(
        "
name: flap
length: 200s
warmup: 5s
window: 1s
clients:
  readers: {{calls: web, rate: {rate}/s, keys: {{count: 24000}}}}
  writers: {{calls: {{to: web, write: true}}, rate: 40/s, keys: {{count: 24000}}}}
services:
  web:
    calls: [{{to: cache, timeout: 100ms, on_timeout: cancel, miss: {{to: db}}, eject: {eject}}}]
  cache: {{kind: cache, replicas: 24, entries: 48000, placement: {placement}, work: 200us}}
  db: {{work: 2ms}}
faults:
  cut-off: {{kind: pause, on: cache, replicas: 1, at: 60s, for: 60s}}
expect: [success(readers) >= 99%]
"
    ))
}

#[test]
fn a_replica_that_comes_back_with_its_old_memory_gives_old_values() {
    let recording = sim::play(&flap(2000, "ring", "{after: 2, for: 30s}"));
    assert_eq!(stale(&recording, 5.0, 119.0), 0.0, "nothing is old as long as it is out");
    // Written once or more in 60 s at a tenth a minute: 1 - exp(-0.1) = 9.5% of its keys, of which writes mend some again.
    let of_its_keys = 24.0 * stale(&recording, 125.0, 140.0);
    assert!((0.08..0.12).contains(&of_its_keys), "{of_its_keys}");
    let users = recording.client_over(0, at(70.0), at(200.0));
    assert!(users.failed() <= 40, "and nothing tells of it: {} failed", users.failed());
    assert!(hits(&recording, 61.0, 70.0) > 0.95, "{}", hits(&recording, 61.0, 70.0));
}

#[test]
fn a_replica_that_is_emptied_before_it_is_listed_again_gives_none() {
    let recording = sim::play(&flap(2000, "ring", "{after: 2, for: 30s, flush: true}"));
    assert_eq!(stale(&recording, 5.0, 200.0), 0.0);
    let after = hits(&recording, 121.0, 160.0);
    assert!(after > 0.955, "at most 1 of 24 misses: {after}");
    let id = recording.plan.service_named("cache").expect("there is a cache");
    let cold = recording.service_over(id.index(), at(195.0), at(200.0)).cold_keys;
    assert!(cold < 250, "it is filled again: {cold}");
}

#[test]
fn an_ejection_from_a_ring_is_hardly_seen_and_from_modulo_is_a_cold_start() {
    for (placement, least, most) in [("ring", 0.93, 1.0), ("modulo", 0.0, 0.10)] {
        let mut plan = flap(200, placement, "{after: 2, for: 5s}");
        // Ten short cuts instead of a long one, each answered by an ejection of 5 s.
        plan.schedule = (0..10).flat_map(|flap| pause(60.0 + 10.0 * f64::from(flap))).collect();
        let recording = sim::play(&plan);
        let first = hits(&recording, 61.0, 64.0);
        assert!((least..=most).contains(&first), "{placement}: {first}");
        let edge = plan.edges.iter().position(|edge| edge.name == "web->cache").expect("web asks the cache");
        let meter = plan.meter(Subject::Edge(edge as u32), "ejections");
        let ejections = recording.meter_over(meter.index(), at(0.0), at(200.0)).expect("the run has cells");
        assert_eq!(ejections.sum, 10.0, "{placement}");
    }
}

fn pause(from: f64) -> [Step; 2] {
    let id = firedrill::base::ServiceId(1);
    let target = Target::Service { id, replicas: Replicas::first(1) };
    [(from, true), (from + 1.0, false)].map(|(when, on)| Step {
        at: at(when),
        on,
        fault: FaultId(0),
        target,
        effect: Effect::Freeze,
    })
}

/// Ten replicas that hold 95% of the keys; at 20 s there are eleven.
fn one_more(placement: &str) -> Recording {
    let mut plan = plan(&format!(
        "
name: one-more
length: 30s
warmup: 5s
window: 1s
clients: {{users: {{calls: web, rate: 4000/s, keys: {{count: 400000}}}}}}
services:
  web: {{calls: [{{to: cache, miss: origin}}]}}
  cache: {{kind: cache, replicas: 10, entries: 380000, placement: {placement}}}
  origin: {{}}
expect: [success(users) >= 99%]
"
    ));
    let id = plan.service_named("cache").expect("there is a cache");
    let mut service = plan.service(id).clone();
    service.replicas = 11;
    let effect = Effect::Set(Box::new(Patch::Service(service)));
    let target = Target::Service { id, replicas: Replicas::ALL };
    plan.faults.push(FaultInfo {
        name: "one-more".into(),
        kind: "config".into(),
        on: "cache".into(),
        from: at(20.0),
        to: at(20.0),
        label: "11 replicas".into(),
    });
    plan.schedule.push(Step { at: at(20.0), on: true, fault: FaultId(0), target, effect });
    sim::play(&plan)
}

#[test]
fn one_replica_more_costs_the_origin_what_its_placement_moves() {
    // 95% of hits before; of them 1/11 stay with modulo and 10/11 on a ring: the origin gets 18.3 and 2.7 times as much.
    let times = |placement: &str| {
        let recording = one_more(placement);
        (1.0 - hits(&recording, 20.0, 22.0)) / (1.0 - hits(&recording, 5.0, 20.0))
    };
    let (modulo, ring) = (times("modulo"), times("ring"));
    assert!((17.3..19.3).contains(&modulo), "modulo: {modulo}");
    assert!((2.2..3.2).contains(&ring), "ring: {ring}");
    let ramped = times("{by: ring, ramp: 50m}");
    assert!((1.0..1.3).contains(&ramped), "a tenth of its share to begin with: {ramped}");
}

#[test]
fn a_hot_key_needs_a_bound_or_copies() {
    // The top key has 13% of 7,000/s: with a tenth of the rest its home gets 1,500/s and can do 1,000/s.
    let p99 = |placement: &str| {
        let recording = sim::play(&plan(&format!(
            "
name: hot-key
length: 30s
warmup: 5s
clients: {{users: {{calls: web, rate: 7000/s, keys: {{count: 1000, skew: 1}}}}}}
services:
  web: {{calls: [{{to: cache, miss: origin}}]}}
  cache: {{kind: cache, replicas: 10, entries: 10000, placement: {placement}, workers: 1, work: 1ms}}
  origin: {{work: 5ms}}
expect: [success(users) >= 99%]
"
        )));
        recording.client_over(0, at(10.0), at(30.0)).latency.quantile(0.99).expect("answered")
    };
    let (ring, bound) = (p99("ring"), p99("{by: ring, bound: 1.25x}"));
    assert!(ring > 1.0, "its home is overrun: {ring}");
    assert!(bound < 0.05, "what is too much goes on: {bound}");
    let copies = p99("{by: ring, hot_keys: 20, copies: 8}");
    assert!(copies < ring / 5.0, "copies share it: {copies}");
}

#[test]
fn keys_of_caches_are_checked_where_they_stand() {
    let mistakes = |cache: &str, call: &str| {
        let text = format!(
            "
name: mistakes
length: 30s
clients: {{users: {{calls: web, rate: 10/s, keys: {{count: 100}}}}}}
services:
  web: {{calls: [{{to: cache, {call}}}]}}
  cache: {cache}
expect: [success(users) >= 99%]
"
        );
        let diags = Diagnostics::new();
        let mut loaded = load_text("mistakes.yaml", &text, Path::new("."), &diags);
        assert!(compile::compile(&mut loaded, &Request::default(), &diags).is_none(), "{text}");
        render(&diags, &loaded.sources, false)
    };
    let shown = mistakes("{kind: cache, halve_after: 3, jitter: 10%, placement: {bound: 1x, ramp: 1m}}", "timeout: 1s");
    for part in ["only `lfu`", "without a `ttl`", "leaves no room", "without a ring"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let shown = mistakes("{work: 1ms}", "eject: {after: 2}");
    assert!(shown.contains("is no cache"), "{shown}");
    let shown = mistakes("{kind: cache}", "eject: {after: 0}");
    assert!(shown.contains("at least one failure"), "{shown}");
}

/// One key that is not held, an origin that fails for the first second, and a reader ten times a second.
fn failing(cache: &str, miss: &str, length: u32) -> Recording {
    sim::play(&plan(&format!(
        "
name: failing
length: {length}s
window: 1s
clients:
  readers: {{calls: web, rate: 10/s, arrivals: constant, keys: {{count: 1}}}}
services:
  web: {{calls: [{{to: cache, miss: {{to: db{miss}}}}}]}}
  cache: {{kind: cache, warm: false{cache}, work: 200us}}
  db: {{work: 2ms}}
faults:
  broken: {{kind: errors, on: db, share: 100%, at: 0s, for: 1s}}
expect: [success(readers) >= 0%]
"
    )))
}

fn failed(recording: &Recording, from: f64, to: f64) -> u64 {
    recording.client_over(0, at(from), at(to)).failed()
}

fn asked_of_origin(recording: &Recording) -> u64 {
    let id = recording.plan.service_named("db").expect("there is an origin");
    recording.service_over(id.index(), at(0.0), recording.plan.length).arrived
}

#[test]
fn a_failure_that_is_kept_outlives_its_cause() {
    let kept = failing(", errors_ttl: 30s", "", 40);
    assert_eq!(failed(&kept, 0.0, 30.0), kept.client_over(0, at(0.0), at(30.0)).sent, "one failure, for half a minute");
    assert_eq!((failed(&kept, 31.0, 40.0), asked_of_origin(&kept)), (0, 2), "one failed and one good answer");
    let cell = kept.service_over(kept.plan.service_named("cache").expect("it is there").index(), at(0.0), at(40.0));
    assert_eq!(cell.misses, 2, "what is kept is a hit");
    let alone = failing(", errors_ttl: 30s", ", fill: single-flight", 40);
    assert_eq!((failed(&alone, 31.0, 40.0), asked_of_origin(&alone)), (0, 2), "a shared rebuild is kept as well");
    for (cache, miss) in
        [("", ""), (", errors_ttl: 30s, errors_kept: [timeout]", ""), (", errors_ttl: 30s", ", fallback: answer")]
    {
        let other = failing(cache, miss, 40);
        assert_eq!(failed(&other, 2.0, 40.0), 0, "{cache}{miss}");
        assert_eq!(asked_of_origin(&other), 10, "nine failures and a good answer: {cache}{miss}");
    }
}

#[test]
fn a_kept_failure_spares_a_broken_origin_while_old_values_are_served() {
    let played = |errors_ttl: &str| {
        sim::play(&plan(&format!(
            "
name: spared
length: 60s
window: 1s
clients:
  readers: {{calls: web, rate: 10/s, arrivals: constant, keys: {{count: 1}}}}
services:
  web: {{calls: [{{to: cache, miss: {{to: db, stale_if_error: true}}}}]}}
  cache: {{kind: cache, ttl: 10s, stale_for: 1h{errors_ttl}, work: 200us}}
  db: {{work: 2ms}}
faults:
  broken: {{kind: errors, on: db, share: 100%, at: 5s}}
expect: [success(readers) >= 100%]
"
        )))
    };
    let (plain, spared) = (played(""), played(", errors_ttl: 5s"));
    assert_eq!((failed(&plain, 0.0, 60.0), failed(&spared, 0.0, 60.0)), (0, 0));
    // Old from 10 s on: asked at each of ten requests a second, or once in 5 s.
    assert!((495..=501).contains(&asked_of_origin(&plain)), "{}", asked_of_origin(&plain));
    assert!((9..=10).contains(&asked_of_origin(&spared)), "{}", asked_of_origin(&spared));
}
