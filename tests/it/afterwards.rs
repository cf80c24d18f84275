//! What follows a miss, a failure or a refusal, against figures that follow from arithmetic. It asks by the expectation language.

use crate::theory::played::holds;

/// A page misses and is rebuilt over a link that carries a fifth of what the rebuilds need: hits cross no link, and misses do.
#[test]
fn the_way_after_a_miss_crosses_the_link_that_it_names() {
    holds(
        "
name: miss-via
length: 60s
warmup: 10s
clients: {users: {calls: web, rate: 100/s, keys: {count: 100}}}
services:
  web: {calls: [{to: cache, timeout: 100ms, miss: {to: db, timeout: 500ms, response: 100KiB, via: wan}}]}
  cache: {kind: cache, entries: 50, eviction: none, work: 1ms}
  db: {work: 1ms}
links: {wan: {bandwidth: 1000KiB/s}}
expect:
  - load(wan) >= 450%
  - load(wan) <= 560%
  - drops(wan) >= 75%
  - success(users) >= 50%
  - success(users) <= 65%
",
    );
}

/// A delete in the fallback of a rebuild: whoever finds the database broken takes the value out of the cache.
#[test]
fn a_fallback_may_write() {
    holds(
        "
name: fallback-writes
length: 60s
clients: {users: {calls: web, rate: 100/s, keys: {count: 10}}}
services:
  web: {calls: [{to: feed, timeout: 1s, fallback: {to: cache, name: delete, write: true}}, {to: cache, name: read}]}
  feed: {work: 1ms}
  cache: {kind: cache, on_write: delete, work: 1ms}
faults:
  broken: {kind: errors, on: feed, share: 100%, at: 20s, for: 20s}
expect:
  - hits(cache) >= 100% before
  - hits(cache) <= 0% between 25s and 60s
  - success(users) == 100%
",
    );
}

/// 100 clients are turned away in the same moment and asked to come again. The same moment for all turns 90 away once more; spread over 10 s
/// nobody is.
#[test]
fn a_spread_retry_after_keeps_them_from_coming_back_together() {
    let text = |asked: &str, expect: &str| {
        format!(
            "
name: asked
length: 60s
window: 1s
clients: {{phones: {{calls: {{to: gate, timeout: 5s, retries: {{max: 1}}}}, users: 100, think: 20s, start: 100ms}}}}
services: {{gate: {{workers: 10, queue: 0, work: 100ms, retry_after: '{asked}'}}}}
expect: [{expect}]
"
        )
    };
    let play = |asked, expect| holds(&text(asked, expect));
    play("5s", "success(phones) <= 30% between 0s and 22s");
    play("uniform(1s, 11s)", "success(phones) >= 90% between 0s and 22s");
}

/// A version that needs 20 times the processor is seen at the processor: the deploy goes back after its first replica.
#[test]
fn a_deploy_sees_the_processor_of_a_service_that_shares_cores() {
    holds(
        "
name: canary
length: 120s
window: 1s
clients: {users: {calls: {to: web, timeout: 1s}, rate: 100/s}}
services: {web: {replicas: 4, cores: 2, work: 10ms}}
controls:
  roll: {kind: deploy, on: web, at: 30s, every: 10s, slower: 20x, above: 30%, sees: cpu, then: roll-back}
expect:
  - utilisation(web) <= 15% between 0s and 30s
  - max(setting(roll)) <= 0.25
  - last(setting(roll)) <= 0
  - utilisation(web) <= 15% between 80s and 120s
",
    );
}

/// The merge is to go out while an incident is on. One that looks first waits until it is over; windows can be named after the deploy.
#[test]
fn a_deploy_that_looks_first_waits_for_the_end_of_an_incident() {
    let text = |first: bool, expect: &str| {
        format!(
            "
name: look-first
length: 200s
window: 1s
clients: {{users: {{calls: web, rate: 100/s}}}}
services: {{web: {{replicas: 4, work: 5ms, calls: [db]}}, db: {{work: 5ms}}}}
controls:
  roll: {{kind: deploy, on: web, at: 60s, every: 10s, above: 5%, look_first: {first}}}
faults:
  incident: {{kind: errors, on: db, share: 50%, at: 40s, for: 60s}}
expect: [{expect}, last(setting(roll)) >= 1]
"
        )
    };
    holds(&text(true, "max(setting(roll)) <= 0 between 0s and 100s"));
    holds(&text(false, "max(setting(roll)) >= 0.25 within 10s of roll, success(users) >= 60% before roll"));
}
