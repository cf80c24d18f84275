//! Mistakes of authors, one at a time, and the exact words they are answered with.

use super::{Request, compile};
use crate::scenario::{Diagnostics, load_text, render_lines};
use std::path::Path;

const GOOD: &str = "name: a
length: 60s
warmup: 5s
clients:
  users: {calls: {to: web, timeout: 2s}, rate: 10/s, keys: {count: 9}}
services:
  web: {workers: 5, calls: [{to: cache, timeout: 1s, miss: db}]}
  cache: {kind: cache}
  db: {work: 5ms}
faults:
  late: {kind: latency, on: web->cache, by: 20ms, at: 10s, for: 10s}
expect:
  - p99(users) < 500ms during late
";

/// What is said about a scenario, one line each.
fn said(text: &str) -> String {
    let diags = Diagnostics::new();
    let mut loaded = load_text("s.yaml", text, Path::new(""), &diags);
    let plan = compile(&mut loaded, &Request::default(), &diags);
    assert_eq!(plan.is_none(), diags.has_errors());
    render_lines(&diags, &loaded.sources)
}

#[test]
fn nothing_is_said_about_a_good_scenario() {
    assert_eq!(said(GOOD), "");
}

/// A part of the good scenario, what stands there instead, and the answer: one mistake, one line.
const SINGLE: &[(&str, &str, &str)] = &[
    ("miss: db", "miss: bd", "7:60: error: there is no service `bd` (did you mean `db`?)"),
    ("to: web", "to: wbe", "5:23: error: there is no service `wbe` (did you mean `web`?)"),
    (
        "on: web->cache",
        "on: web->cahce",
        "11:29: error: there is nothing called `web->cahce` for `latency` to act on (did you mean `web->cache`?)",
    ),
    (
        "on: web->cache",
        "on: users",
        "11:29: error: `latency` acts on an edge such as `web->cache`, or a service, not on `users` (did you mean `users->web`?)",
    ),
    (
        "kind: latency, on: web->cache, by: 20ms",
        "kind: toxic, on: web->cache, type: slicer, attributes: {average_size: 10}",
        "11:45: error: this toxic acts on bytes or single connections, which the simulator does not have (play it with `--world live`, or write `world: live`)",
    ),
    (
        "kind: latency, on: web->cache, by: 20ms",
        "kind: toxic, on: web->cache, type: latency, attributes: {latancy: 10}",
        "11:67: error: toxic `latency` has no attribute `latancy` (did you mean `latency`?)",
    ),
    ("kind: latency", "kind: latancy", "11:16: error: there is no fault kind `latancy` (did you mean `latency`?)"),
    (
        "kind: cache",
        "kind: cach",
        "8:17: error: `cach` is not one of `service`, `cache`, `store`, `database`, `broker` (did you mean `cache`?)",
    ),
    ("workers: 5", "limit: 0", "7:16: error: a limit is 1 to 1,000,000"),
    ("workers: 5", "limit: fixed", "7:16: error: a fixed limit of how many? (write `limit: 60`)"),
    ("workers: 5", "shed: {classes: 99}", "7:25: error: 1 to 16 classes are told apart"),
    (
        "timeout: 2s",
        "breaker: {open: 1s}",
        "5:37: error: nothing opens this breaker (say `consecutive: 5`, `failures: 50%`, `slow: {…}`, or `preset: hystrix`)",
    ),
    ("timeout: 2s", "breaker: {failures: 50%, least: 0}", "5:60: error: `least` must be 1 to 1,000,000"),
    (
        "timeout: 2s",
        "breaker: {failures: 50%, window: 10, least: 20}",
        "5:72: error: a window of 10 calls never holds 20 (make `least` no larger than `window`)",
    ),
    (
        "timeout: 2s",
        "breaker: hystrics",
        "5:37: error: `hystrics` is not one of `finagle`, `linkerd`, `hystrix`, `resilience4j`, `envoy` (did you mean `hystrix`?)",
    ),
    (
        "timeout: 2s",
        "throttle: 0.5x",
        "5:38: error: below 1 a caller would throttle itself though all is well (2 is usual, 1.1 is strict)",
    ),
    ("timeout: 2s", "rate_limit: {rate: 9/s, burst: 0.5}", "5:59: error: a burst below 1 lets nothing through"),
    ("timeout: 2s", "class: 99", "5:35: error: there is no class 99 (classes are 0, the most important, to 15)"),
    (
        "timeout: 2s",
        "retries: {max: 1, budget: {kind: tokens, burst: 3}}",
        "5:76: error: a budget of kind `tokens` has no `burst` (it has `ratio`, `tokens`)",
    ),
    (
        "timeout: 2s",
        "limit: {algorithm: vegas, timeout: 1s}",
        "5:63: error: a limit by `vegas` has no `timeout` (`firedrill explain limit` tells which keys belong to which algorithm)",
    ),
    ("workers: 5", "workers: 0", "7:18: error: 0 workers would never serve anybody (at least 1, or `unbounded`)"),
    ("workers: 5", "replicas: 0", "7:19: error: `replicas` must be 1 to 100000"),
    ("workers: 5", "workers: -2", "7:18: error: `-2` is negative (it must be 0 or more)"),
    ("workers: 5", "workers: many", "7:18: error: `many` is not a whole number (write a number, or `unbounded`)"),
    ("at: 10s", "at: 60s", "11:55: error: the fault begins at 60s, but the run ends at 60s"),
    (
        "for: 10s",
        "for: 51s",
        "11:65: error: the fault ends at 61s, but the run ends at 60s (make it shorter, or make the run longer)",
    ),
    ("for: 10s", "for: 0s", "11:65: error: a fault of no length does nothing"),
    (
        "warmup: 5s",
        "warmup: 60s",
        "3:9: error: a warm-up of 60s leaves nothing of a run of 60s (make `warmup` shorter, or `length` longer)",
    ),
    ("warmup: 5s", "window: 2ms", "3:9: error: this makes more than 20000 windows (500ms would do)"),
    ("warmup: 5s", "window: 90s", "3:9: error: a window of 90s is longer than the run of 60s (500ms would do)"),
    ("timeout: 2s", "timeout: 0s", "5:37: error: a timeout of 0 would fail every call (leave it out for no limit)"),
    (
        "timeout: 2s",
        "timeout: 2s, optional: true",
        "5:23: error: a client's call is made once for each request (`count`, `chance` and `optional` belong to calls of services; change the `rate`)",
    ),
    (
        "timeout: 2s",
        "timeout: 250",
        "5:37: error: `250` needs a unit, because it is a length of time (did you mean `250ms` or `250s`?)",
    ),
    (
        "timeout: 1s",
        "timeout: 1s, wait: 2s",
        "7:60: warning: a wait of 2s is never reached: the timeout is 1s (make `wait` shorter than `timeout`, so that the work itself has time left)",
    ),
    ("timeout: 1s", "timout: 1s", "7:41: error: unknown key `timout` in the call (did you mean `timeout`?)"),
    ("miss: db", "miss: db, pool: {size: 0}", "7:77: error: a pool has 1 to 10000000 connections"),
    (
        "kind: cache}",
        "kind: cache, ttl: 0s}",
        "8:29: error: entries that last 0s are never there (leave `ttl` out for entries that stay)",
    ),
    (
        "kind: cache}",
        "kind: cache, keys: 3}",
        "8:30: error: clients ask for 9 different keys, more than the 3 there are (leave `keys` out to take the clients' number)",
    ),
    ("kind: cache}", "kind: cache, entries: 0}", "8:33: error: `entries` must be 1 to 50000000"),
    (
        "kind: cache}",
        "}",
        "7:54: error: `cache` is no cache: a call to it cannot miss (give service `cache` `kind: cache`, or list the second call after the first)",
    ),
    (
        "{to: cache, timeout: 1s, miss: db}",
        "{to: cache, miss: db}, {to: web}",
        "7:57: error: services call each other in a circle: web -> web (a request would never end; give the inner call a service of its own)",
    ),
    (
        "db: {work: 5ms}",
        "db: {calls: [web]}",
        "9:16: error: services call each other in a circle: web -> db -> web (a request would never end; give the inner call a service of its own)",
    ),
    ("db: {work: 5ms}", "db: {work: 5ms}\n  old: {work: 1ms}", "10:3: warning: no client reaches service `old`"),
    (
        "db: {work: 5ms}",
        "db: {work: 5ms}\n  users: {work: 1ms}",
        "10:3: error: `users` is a client and a service (give one of them another name)",
    ),
    (
        "db: {work: 5ms}",
        "db: {work: lognormal(p50=50ms, p99=10ms)}",
        "9:38: error: p99 must be larger than p50 (p50 is the median; p99 is exceeded once in a hundred)",
    ),
    (
        "rate: 10/s",
        "rate: 10/s, users: 3",
        "5:10: error: client `users` has `rate` and `users`: only one of them can say when it asks (such as `rate: 100/s`)",
    ),
    (
        "rate: 10/s",
        "users: 3, think: 0s",
        "5:59: error: users who do not think at all would ask without end at one moment (give a small pause, such as `1ms`)",
    ),
    (
        "rate: 10/s, ",
        "",
        "5:10: error: client `users` never asks: it has no `rate`, `users`, `trace`, `herd` or `fleet` (such as `rate: 100/s`)",
    ),
    ("rate: 10/s", "rate: 10", "5:48: error: `10` needs a unit, because it is a rate (did you mean `10/s`?)"),
    (
        ", keys: {count: 9}",
        "",
        "8:10: error: service `cache` has no keys to hold (give the clients `keys: {count: 10000}`, or the cache `keys: 10000`)",
    ),
    (
        "by: 20ms",
        "by: 20ms, jitter: 30ms",
        "11:59: error: `jitter` must not be longer than `by`: a message cannot arrive before it was sent",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "surge, on: users, rate: 9999999999/s",
        "11:40: error: this makes more than 1,000,000,000 requests per second (give a rate that somebody could send)",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "surge, on: users, factor: 999999999",
        "11:42: error: this makes more than 1,000,000,000 requests per second (give a rate that somebody could send)",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "surge, on: web, factor: 2",
        "11:27: error: `surge` acts on a client, not on `web` (there is only `users`)",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "slow, on: web->cache, factor: 2",
        "11:26: error: `slow` acts on a service, not on `web->cache` (did you mean `cache`?)",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "down, on: db, replicas: 2",
        "11:40: error: service `db` has 1 replica(s); this must be 1 to 1",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "fill, on: db, to: 90%",
        "11:26: error: `fill` acts on a service of kind `store`, or one with a `volume` that has a size, and `db` is a service",
    ),
    (
        "latency, on: web->cache, by: 20ms",
        "pause, on: bd",
        "11:27: error: there is nothing called `bd` for `pause` to act on (did you mean `db`?)",
    ),
    ("p99(users)", "p99(user)", "13:9: error: there is no client, service or edge `user` (did you mean `users`?)"),
    ("during late", "during lat", "13:31: error: there is no fault `lat` (did you mean `late`?)"),
    (
        "500ms",
        "500",
        "13:18: error: `500` needs a unit, because it is a length of time (did you mean `500ms` or `500s`?)",
    ),
    (
        "expect:",
        "live: {db: {start: x, volume: 1B}}\nexpect:",
        "12:31: error: a volume has at least 1MiB (such as `64MiB`)",
    ),
    (
        "expect:",
        "live: {db: {start: x, ready: {http: up}}}\nexpect:",
        "12:37: error: a path begins with `/` (such as `ready: {http: /health}`)",
    ),
    (
        "expect:",
        "live: {db: {start: x, protocol: redis, tls: true}}\nexpect:",
        "12:45: error: firedrill does not call `redis` over TLS (only `http` and `http2`; leave `tls` out, or let a process of yours make the calls)",
    ),
    (
        "expect:",
        "live: {db: {tls: true}}\nexpect:",
        "12:12: error: a stand-in speaks no TLS: the service has no `engine`, `start` or `address`",
    ),
    (
        "expect:",
        "live: {db: {start: x, tls: true, ca: none.pem}}\nexpect:",
        "12:38: error: cannot read `none.pem`: there is no such file (file names are relative to the scenario's folder)",
    ),
    ("expect:", "live: {bd: {start: x}}\nexpect:", "12:8: error: there is no service `bd` (did you mean `db`?)"),
];

#[test]
fn one_mistake_gets_exactly_one_answer() {
    let mut wrong = String::new();
    for (from, to, expected) in SINGLE {
        assert!(GOOD.contains(from), "{from}");
        let said = said(&GOOD.replacen(from, to, 1));
        if said != format!("s.yaml:{expected}\n") {
            wrong += &format!("{from} -> {to}\n  expected s.yaml:{expected}\n  said     {said}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn copies_of_data_are_as_many_all_the_time() {
    let late = "late: {kind: latency, on: web->cache, by: 20ms, at: 10s, for: 10s}";
    let scaled = "late: {kind: scale, on: db, replicas: 3, at: 10s}";
    let pushed = "late: {kind: config, set: {services.db.replicas: 3}, at: 10s}";
    let controlled =
        format!("{late}\ncontrols: {{c: {{kind: autoscaler, on: db, sees: inflight, target: 2, every: 1s}}}}");
    for (fault, expected) in [(scaled, "is a copy"), (pushed, "how many copies"), (&controlled, "is a copy")] {
        for kind in ["database", "broker"] {
            let with = format!("db: {{kind: {kind}, replicas: 2, work: 5ms}}");
            let said = said(&GOOD.replace("db: {work: 5ms}", &with).replace(late, fault));
            assert!(said.contains(expected) && said.lines().count() == 1, "{said}");
        }
    }
}

#[test]
fn too_many_calls_are_refused_quickly_and_once() {
    let calls = vec!["web"; 20_000].join(", ");
    let text = format!(
        "name: a\nlength: 9s\nclients: {{u: {{calls: app, rate: 1/s}}}}\nservices: {{web: {{}}, app: {{calls: [{calls}]}}}}\nexpect: [success(u) > 1%]"
    );
    let said = said(&text);
    assert!(
        said.contains("this is one call more than the 5000 that a scenario can make") && said.lines().count() == 1,
        "{said}"
    );
}
