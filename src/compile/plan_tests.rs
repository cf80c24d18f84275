//! What a Plan holds, by example.

use super::{Request, compile};
use crate::base::{ClientId, Dist, EdgeId, ErrorKind, FaultId, ServiceId, Span, Time};
use crate::plan::guards::{Breaker, Growth, Limit, Open, RateLimit, Throttle};
use crate::plan::*;
use crate::scenario::{Diagnostics, load_text, render_lines};
use std::path::Path;

fn plan_of(text: &str, request: &Request) -> Plan {
    plan_in(Path::new(""), text, request)
}

fn plan_in(folder: &Path, text: &str, request: &Request) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("s.yaml", text, folder, &diags);
    let plan = compile(&mut loaded, request, &diags);
    plan.unwrap_or_else(|| panic!("{}", render_lines(&diags, &loaded.sources)))
}

const INVERSION: &str = r#"name: timeout-inversion
title: The child outlives its parent
world: sim
seed: 7
length: 200s
warmup: 10s
clients:
  users:
    calls: proxy
    rate: 100/s
    reload: {chance: 80%, after: uniform(1s, 2s), limit: 8}
services:
  proxy: {workers: 5000, calls: [{to: app, timeout: 5s}]}
  app:   {workers: 750, overflow: reject, calls: [{to: db, timeout: 60s}]}
  db:    {workers: 25, work: exp(200ms), queue: unbounded}
faults:
  spike: {kind: surge, on: users, rate: 200/s, at: 40s, for: 60s}
symptoms:
  - success(users) <= 2% between 60s and 100s
  - waste(db) >= 98% between 60s and 100s
expect:
  - success(users) >= 97% between 115s and 140s
variants:
  hanoi-only:  {title: "Ordering alone, the wrong fix", set: {services.app.calls.db.timeout: 4s}, still_broken: true}
  wait-bound:  {title: "Bound the wait below the caller's patience", set: {services.app.calls.db: {timeout: 4s, wait: 1s}}}
live: {}
"#;

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

fn request(variant: &str) -> Request {
    Request { variant: Some(variant.to_owned()), ..Request::default() }
}

#[test]
fn the_timeout_inversion_becomes_the_plan_that_was_meant() {
    let plan = plan_of(INVERSION, &Request::default());
    assert_eq!((plan.seed, plan.length, plan.warmup, plan.window), (7, at(200), at(10), Span::from_secs(1)));
    assert_eq!(
        (plan.title.as_str(), plan.world, plan.variant.as_deref()),
        ("The child outlives its parent", World::Sim, None)
    );
    let edges: Vec<(&str, Option<Span>)> = plan.edges.iter().map(|edge| (edge.name.as_str(), edge.timeout)).collect();
    let seconds = |seconds| Some(Span::from_secs(seconds));
    assert_eq!(edges, [("users->proxy", None), ("proxy->app", seconds(5)), ("app->db", seconds(60))]);
    assert_eq!(plan.edges[2].from, Party::Service(ServiceId(1)));
    let workers: Vec<_> = plan.services.iter().map(|service| (service.workers, service.queue.capacity)).collect();
    assert_eq!(workers, [(Some(5000), None), (Some(750), Some(0)), (Some(25), None)]);
    assert_eq!(plan.services[2].program, [Op::Work(Dist::Exponential { mean: 0.2 })]);
    let user = &plan.clients[0];
    assert_eq!(user.arrivals, Arrivals::Open { points: vec![RatePoint { at: at(0), rate: 100.0 }], poisson: true });
    let after = Dist::Uniform { low: 1.0, high: 2.0 };
    assert_eq!(user.reload, Some(Reload { chance: 0.8, after, limit: 8 }));
    let step = |at, on| Step {
        at,
        on,
        fault: FaultId(0),
        target: Target::Client(ClientId(0)),
        effect: Effect::Surge { rate: Some(200.0), factor: 1.0 },
    };
    assert_eq!(plan.schedule, [step(at(40), true), step(at(100), false)]);
    assert_eq!(plan.faults[0].label, "surge to 200/s");
    let phases: Vec<_> = plan.phases.iter().map(|phase| (phase.name.as_str(), phase.from, phase.to)).collect();
    let expected = [
        ("before", at(10), at(40)),
        ("during spike", at(40), at(100)),
        ("after spike", at(100), at(200)),
        ("whole", at(10), at(200)),
    ];
    assert_eq!(phases, expected);
    assert_eq!((plan.symptoms.len(), plan.expectations.len(), plan.still_broken), (2, 1, false));
    assert_eq!(plan.symptoms[0].place, "s.yaml:19:5");
}

#[test]
fn variants_change_what_they_set_and_are_judged_by_what_they_expect() {
    let plan = plan_of(INVERSION, &request("hanoi-only"));
    assert_eq!(plan.edges[2].timeout, Some(Span::from_secs(4)));
    assert_eq!((plan.variant.as_deref(), plan.still_broken), (Some("hanoi-only"), true));
    let plan = plan_of(INVERSION, &request("wait-bound"));
    assert_eq!((plan.edges[2].timeout, plan.edges[2].wait), (Some(Span::from_secs(4)), Some(Span::from_secs(1))));
    assert!(!plan.still_broken);
}

#[test]
fn a_request_overrides_seed_world_and_values() {
    let set = vec!["services.db.workers=12".to_owned(), "length=400s".to_owned()];
    let asked = Request { variant: None, set, seed: Some(99), world: Some(World::Live) };
    let plan = plan_of(INVERSION, &asked);
    assert_eq!((plan.seed, plan.world, plan.length, plan.window), (99, World::Live, at(400), Span::from_secs(2)));
    assert_eq!(plan.services[2].workers, Some(12));
}

#[test]
fn equal_scenarios_give_equal_digests_and_others_do_not() {
    let digest = |request: &Request| digest::of(&plan_of(INVERSION, request));
    assert_eq!(digest(&Request::default()), digest(&Request::default()));
    assert_ne!(digest(&Request::default()), digest(&request("wait-bound")));
}

const SHOP: &str = "
name: shop
length: 100s
clients:
  users: {calls: {to: web, retries: 2}, rate: 10/s, keys: {count: 500, skew: 1.0}}
services:
  web:
    calls:
      - {to: cache, timeout: 50ms, miss: {to: db, timeout: 1s, fill: single-flight, on_error: false}}
      - parallel: [db, {to: search, optional: true, chance: 30%, count: 2}]
      - {work: 1ms}
      - to: db
        retries: {max: 3, backoff: {base: 50ms, jitter: equal}, budget: 20%, on: [timeout, reset]}
        pool: {size: 4, idle: 60s, peer_idle: 20s, race: 100ms}
        latency: exp(1ms)
        response: 4KiB
  cache: {kind: cache, replicas: 3, entries: 200, ttl: 30s}
  db: {workers: 5, queue: {capacity: 9, order: lifo, drop_expired: true}, overflow: drop-oldest}
  search: {work: 5ms}
faults:
  far: {kind: latency, on: db, by: 20ms, jitter: 5ms, direction: both, at: 10s, for: 10s}
  crash: {kind: down, on: cache, replicas: 2, at: 20s, for: 10s}
  flush: {kind: forget, on: cache, at: 20s}
";

#[test]
fn edges_are_named_after_both_ends_and_numbered_when_repeated() {
    let plan = plan_of(SHOP, &Request::default());
    let names: Vec<&str> = plan.edges.iter().map(|edge| edge.name.as_str()).collect();
    assert_eq!(names, ["users->web", "web->cache", "web->db", "web->db#2", "web->search", "web->db#3"]);
    assert_eq!(
        plan.edges[1].miss,
        Some(MissPath { edge: EdgeId(2), fill: Fill::SingleFlight, on_error: false, stale: Stale::default() })
    );
    let parallel = Op::Parallel { calls: vec![EdgeId(3), EdgeId(4)], need: Need::Every };
    assert_eq!(
        plan.services[0].program,
        [Op::Call(EdgeId(1)), parallel, Op::Work(Dist::Constant(0.001)), Op::Call(EdgeId(5))]
    );
}

#[test]
fn policies_are_read_with_their_defaults() {
    let plan = plan_of(SHOP, &Request::default());
    let bare = plan.edges[0].retry.as_ref().expect("retries: 2");
    assert_eq!((bare.max, bare.backoff.base, bare.budget, bare.on.len()), (2, Span::ZERO, None, ErrorKind::COUNT));
    let edge = &plan.edges[5];
    let retry = edge.retry.as_ref().expect("retries with a map");
    let backoff = Backoff { base: Span::from_millis(50), factor: 2.0, max: Span::from_secs(60), jitter: Jitter::Equal };
    assert_eq!(
        (retry.max, retry.backoff, retry.budget),
        (3, backoff, Some(Budget::Bucket { ratio: 0.2, burst: 10.0 }))
    );
    assert_eq!(retry.on, [ErrorKind::Timeout, ErrorKind::Reset]);
    let seconds = |seconds| Some(Span::from_secs(seconds));
    assert_eq!(
        edge.pool,
        Some(Pool {
            size: 4,
            open_ahead: false,
            pick: Pick::Newest,
            max_wait: None,
            idle: seconds(60),
            peer_idle: seconds(20),
            race: Span::from_millis(100)
        })
    );
    assert_eq!((edge.request_bytes, edge.response_bytes, edge.cancel, edge.optional), (1024, 4096, false, false));
    let search = &plan.edges[4];
    assert_eq!((search.chance, search.count, search.optional), (0.3, 2, true));
    assert_eq!(
        plan.services[2].queue,
        Queue { capacity: Some(9), order: Order::Lifo, codel: None, drop_expired: true, overflow_oldest: true }
    );
    let cache = CacheSpec { ttl: seconds(30), ..CacheSpec::plain(500, 200) };
    assert_eq!(plan.services[1].role, Role::Cache(cache));
}

#[test]
fn faults_heal_themselves_and_healing_comes_first_at_one_moment() {
    let plan = plan_of(SHOP, &Request::default());
    // Three edges lead into `db`, and each is late in both directions.
    let far: Vec<&Step> = plan.schedule.iter().filter(|step| step.fault == FaultId(0)).collect();
    assert_eq!((far.len(), far.iter().filter(|step| step.on).count()), (12, 6));
    let Effect::Delay { by, .. } = &far[0].effect else { panic!("a delay") };
    assert_eq!(by, &Dist::Uniform { low: 0.015, high: 0.025 });
    let at_20: Vec<(bool, u32)> =
        plan.schedule.iter().filter(|step| step.at == at(20)).map(|step| (step.on, step.fault.0)).collect();
    assert_eq!(at_20, [(false, 0), (false, 0), (false, 0), (false, 0), (false, 0), (false, 0), (true, 1), (true, 2)]);
    let down = plan.schedule.iter().find(|step| step.fault == FaultId(1)).expect("a step");
    assert_eq!(down.target, Target::Service { id: ServiceId(1), replicas: Replicas::first(2) });
    let labels: Vec<&str> = plan.faults.iter().map(|fault| fault.label.as_str()).collect();
    assert_eq!(labels, ["latency 20ms ± 5ms", "down 2 of 3 replicas", "forget 100%"]);
    assert_eq!((plan.faults[2].from, plan.faults[2].to), (at(20), at(20)));
}

#[test]
fn the_live_section_says_what_is_started_and_reached() {
    let text = "
name: real
length: 10s
world: live
clients: {u: {calls: web, rate: 1/s, send: {method: POST, path: /buy}}}
services:
  web: {calls: [cache, files, far]}
  cache: {}
  files: {}
  far: {}
live:
  cache: {start: 'redis-server --port {port}', protocol: redis, env: {A: 1}}
  files: {start: [server, 'a b'], ready: {http: /up}, ready_within: 2s, volume: 64MiB}
  far: {address: '10.0.0.7:80', protocol: tcp}
allow: [10.0.0.7]
";
    let plan = plan_of(text, &Request::default());
    use crate::plan::real::{Origin, Protocol, Ready};
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let real = &plan.real.services;
    let env = vec![("A".to_owned(), "1".to_owned())];
    let redis = Origin::Start {
        program: "redis-server".to_owned(),
        args: texts(&["--port", "{port}"]),
        env,
        first: Default::default(),
    };
    assert_eq!((&real[0].origin, real[0].protocol, &real[0].ready), (&redis, Protocol::Redis, &Ready::Answers));
    let server = Origin::Start {
        program: "server".to_owned(),
        args: texts(&["a b"]),
        env: Vec::new(),
        first: Default::default(),
    };
    assert_eq!((&real[1].origin, &real[1].ready), (&server, &Ready::HttpGet("/up".to_owned())));
    assert_eq!((real[1].ready_within, real[1].volume_bytes), (Span::from_secs(2), Some(64 << 20)));
    assert_eq!(real[2].origin, Origin::Address("10.0.0.7:80".to_owned()));
    assert_eq!(plan.clients[0].send.method, "POST");
}

#[test]
fn a_closed_loop_and_a_trace_are_read() {
    let text = "{name: a, length: 10s, clients: {u: {calls: w, users: 3, think: 1s}}, services: {w: {}}}";
    let plan = plan_of(text, &Request::default());
    assert_eq!(plan.clients[0].arrivals, Arrivals::Closed { users: 3, think: Dist::Constant(1.0), start: None });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("t.csv"), "0.5\n1\n12\n").expect("written");
    let text = "{name: a, length: 10s, clients: {u: {calls: w, trace: t.csv}}, services: {w: {}}}";
    let plan = plan_in(folder.path(), text, &Request::default());
    assert_eq!(plan.clients[0].arrivals, Arrivals::Trace(vec![Time::from_secs_f64(0.5), at(1)]));
}

#[test]
fn pushes_that_overlap_are_laid_over_one_another_and_heal_alone() {
    let plan = plan_of(
        "
name: pushes
length: 60s
clients: {users: {calls: web, rate: 10/s}}
services:
  web: {workers: 8, queue: 50, work: 1ms, calls: [{to: db, timeout: 1s}]}
  db: {workers: 4}
faults:
  few: {kind: config, set: {services.web.workers: 2}, at: 10s, for: 20s}
  short: {kind: config, set: {services.web.queue: 5, services.web.calls.db.timeout: 50ms}, at: 20s, for: 20s}
  load: {kind: config, set: {clients.users.rate: 20/s}, at: 50s}
",
        &Request::default(),
    );
    let web = |at: u64, on: bool| {
        let step = plan.schedule.iter().find(|step| {
            step.at == Time(Span::from_secs(at).0) && step.on == on && matches!(step.target, Target::Service { .. })
        });
        match step.map(|step| &step.effect) {
            Some(Effect::Set(patch)) => match patch.as_ref() {
                Patch::Service(service) => (service.workers, service.queue.capacity),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(web(10, true), (Some(2), Some(50)));
    assert_eq!(web(20, true), (Some(2), Some(5)));
    assert_eq!(web(30, false), (Some(8), Some(5)));
    assert_eq!(web(40, false), (Some(8), Some(50)));
    let on_clients = plan.schedule.iter().filter(|step| matches!(step.target, Target::Client(_)));
    assert_eq!(on_clients.count(), 1, "what lasts to the end of the run is never taken back");
}

#[test]
fn guards_are_read_in_the_order_in_which_they_are_asked() {
    let text = "
name: guarded
length: 10s
clients:
  users:
    rate: 1/s
    calls:
      to: web
      class: 2
      limit: vegas
      rate_limit: 10/s
      throttle: 1.1x
      breaker: {preset: linkerd, consecutive: 3, open: {base: 1s, growth: linear}}
services:
  web: {limit: 9, shed: 25%, rate_limit: {rate: 5/s, burst: 2}}
expect: [success(users) >= 0%]
";
    let plan = plan_of(text, &Request::default());
    let linkerd = Breaker::preset("linkerd").expect("a preset");
    let open = Open { base: Span::from_secs(1), growth: Growth::Linear, ..linkerd.open };
    let breaker = Breaker { consecutive: Some(3), open, ..linkerd };
    assert_eq!(plan.edges[0].class, Some(2));
    assert_eq!(
        plan.edges[0].guards,
        [
            Guard::Breaker(breaker),
            Guard::Throttle(Throttle { k: 1.1, window: Span::from_secs(120) }),
            Guard::Rate(RateLimit { rate: 10.0, burst: 10.0, per_key: false }),
            Guard::Limit(Limit::preset("vegas").expect("a preset")),
        ]
    );
    let of_web = &plan.services[0].guards;
    assert!(matches!(&of_web[..], [Guard::Rate(_), Guard::Shed(shed), Guard::Limit(_)] if shed.share == 0.25));
    let meters: Vec<&str> = plan.meters.iter().map(|meter| meter.name.as_str()).collect();
    assert_eq!(meters, ["limit", "denied", "opens", "open", "limit", "denied"]);
}
