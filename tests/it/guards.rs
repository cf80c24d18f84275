//! Admission policies in motion, from the text of a scenario to the figures of its recording. The state machines themselves are tested
//! beside their code, and against published figures in theory/guards.rs.

use crate::theory::played::{Played, play};
use firedrill::base::{EdgeId, FaultId, Time};
use firedrill::judge;
use firedrill::plan::expectation::Subject;
use firedrill::plan::guards::{Guard, Limit};
use firedrill::plan::{Effect, FaultInfo, Patch, Plan, Step, Target};

/// Every line of `expect` holds.
#[track_caller]
fn holds(played: &Played) {
    for line in judge::judge(&played.recording).expectations {
        assert_eq!(line.verdict, judge::Verdict::Holds, "{line:?}");
    }
}

#[test]
fn a_breaker_opens_probes_and_closes_and_its_denials_are_no_failures_of_the_service() {
    let played = play(
        "
name: breaker
length: 60s
warmup: 5s
clients: {users: {calls: web, rate: 100/s}}
services:
  web: {calls: [{to: db, breaker: {preset: hystrix, window: 2s, open: 2s}}]}
  db: {work: 5ms}
faults: {broken: {kind: errors, on: db, share: 100%, at: 20s, for: 20s}}
expect:
  - opens(breaker web->db) within 3s of broken
  - opens(web->db) >= 8 during broken
  - open(web->db) >= 95% between 22s and 40s
  - open(web->db) <= 0% between 43s and 60s
  - denied(web->db) >= 1700 during broken
  - errors(web->db, kind=breaker-open) >= 92% during broken
  - errors(users) <= 0% between 43s and 60s
",
    );
    holds(&played);
    let db = played.recording.service_over(1, Time::from_secs_f64(20.0), Time::from_secs_f64(40.0));
    // Half of the window's calls must have failed, and then one probe every two seconds.
    assert!(db.failed > 90 && db.failed < 150, "{} failed", db.failed);
    let edge = played.steady().edge("web->db");
    // One or two are under way when the warm-up ends and when the run does.
    assert!(edge.attempts.abs_diff(edge.ok + edge.errors.iter().sum::<u64>()) <= 2);
}

#[test]
fn codel_keeps_goodput_at_capacity_where_a_plain_queue_serves_nobody() {
    // Maurer, "Fail at Scale": twice the capacity of 100/s, and a patience of 1 s.
    let goodput = |shed: &str| {
        let played = play(&format!(
            "
name: codel
length: 120s
warmup: 20s
clients: {{users: {{calls: {{to: s, timeout: 1s}}, rate: 200/s}}}}
services: {{s: {{workers: 10, work: exp(100ms){shed}}}}}
expect: [success(users) >= 0%]
"
        ));
        let wait = played.steady().service("s").latency.mean().map_or(0.0, |mean| mean - 0.1);
        (played.steady().users().goodput as f64 / played.steady().seconds(), wait)
    };
    assert!(goodput("").0 < 2.0, "everybody is served too late");
    let (with_codel, wait) = goodput(", shed: {codel: {target: 5ms, interval: 100ms}}");
    assert!(with_codel > 85.0, "{with_codel}/s");
    assert!(
        wait < 0.05,
        "who is served has waited {wait} s in the mean: less than the interval, and more than the target at times"
    );
    let (newest_first, _) = goodput(", shed: {codel: {target: 5ms, interval: 100ms, lifo: true}}");
    assert!(newest_first > 85.0, "{newest_first}/s");
}

#[test]
fn backoff_does_not_cure_an_overload_but_a_budget_or_a_bound_does() {
    // 100/s of capacity, 5 attempts of 1 s: above 20/s a trigger sticks. 60/s with a standstill of 30 s.
    let late = |call: &str, service: &str| {
        let played = play(&format!(
            "
name: storm
length: 400s
warmup: 10s
clients: {{users: {{calls: {{to: s, timeout: 1s, {call}}}, rate: 60/s}}}}
services: {{s: {{workers: 10, work: exp(100ms){service}}}}}
faults: {{stall: {{kind: pause, on: s, at: 60s, for: 30s}}}}
expect: [success(users) >= 0%]
"
        ));
        let last = played.recording.client_over(0, Time::from_secs_f64(300.0), Time::from_secs_f64(390.0));
        last.ok as f64 / last.sent as f64
    };
    let backoff = "retries: {max: 4, backoff: {base: 100ms, max: 10s, jitter: full}}";
    assert!(late("retries: 4", "") < 0.05);
    assert!(late(backoff, "") < 0.05, "backoff alone only moves the storm");
    assert!(late("retries: {max: 4, budget: 10%}", "") > 0.99, "a budget ends it");
    assert!(late(backoff, ", queue: 20") > 0.99, "so does a bounded queue");
    assert!(late(backoff, ", limit: 30") > 0.99, "and a limit at the door");
    assert!(late(backoff, ", shed: {wait: 200ms}") > 0.99, "and shedding by the wait");
}

#[test]
fn an_adaptive_limit_keeps_a_service_useful_in_an_overload() {
    // 20 workers of 100 ms, twice what they can do: a response takes 5 ms for each that is inside. AIMD saws below its timeout of 300 ms;
    // the others lose their notion of an unloaded service while the overload stands, and creep up, but never past the callers' patience.
    for (limit, least, most) in
        [("{algorithm: aimd, timeout: 300ms}", 45, 61), ("vegas", 20, 190), ("gradient2", 20, 200)]
    {
        let played = play(&format!(
            "
name: adaptive
length: 300s
warmup: 100s
clients: {{users: {{calls: {{to: s, timeout: 2s}}, rate: 400/s}}}}
services: {{s: {{workers: 20, work: constant(100ms), limit: {limit}}}}}
expect:
  - goodput(users) >= 170/s
  - errors(users, kind=timeout) <= 0%
  - mean(limit(s)) >= {least}
  - mean(limit(s)) <= {most}
  - denied(s) >= 30000
"
        ));
        holds(&played);
    }
}

/// A push of new values for an edge at a moment, which stays.
fn push(plan: &mut Plan, at: f64, guards: Vec<Guard>) {
    let edge = EdgeId(0);
    let mut entry = plan.edge(edge).clone();
    entry.guards = guards;
    let fault = FaultId::from(plan.faults.len());
    let at = Time::from_secs_f64(at);
    plan.faults.push(FaultInfo {
        name: "push".into(),
        kind: "config".into(),
        on: "users->s".into(),
        from: at,
        to: plan.length,
        label: String::new(),
    });
    let effect = Effect::Set(Box::new(Patch::Edge(entry)));
    plan.schedule.push(Step { at, on: true, fault, target: Target::Edge(edge), effect });
    plan.schedule.sort_by_key(|step| (step.at, step.on));
    plan.meters = firedrill::plan::meters::declared(plan);
}

#[test]
fn a_limit_that_is_pushed_counts_what_is_under_way_already() {
    let text = "
name: push
length: 20s
clients: {users: {calls: s, rate: 100/s, arrivals: constant}}
services: {s: {work: constant(1s)}}
expect: [success(users) >= 0%]
";
    let mut plan = play(text).plan;
    push(&mut plan, 10.0, vec![Guard::Limit(Limit::fixed(40))]);
    let played = Played::of(plan);
    let inside = |from: f64, to: f64| {
        played.recording.service_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to)).inflight_max
    };
    assert_eq!(inside(5.0, 9.0), 100);
    assert_eq!(inside(11.1, 20.0), 40, "it waited for those under way, and then let in forty");
    let of = |name: &str| played.plan.meter(Subject::Edge(0), name).index();
    let limit = played.recording.meter_over(of("limit"), Time::from_secs_f64(11.0), played.plan.length).expect("cells");
    assert_eq!((limit.min, limit.max), (40.0, 40.0));
}

#[test]
fn in_an_overload_the_least_important_go_first() {
    let played = play(
        "
name: classes
length: 120s
warmup: 20s
clients:
  people: {calls: {to: web, class: 0, timeout: 1s}, rate: 60/s}
  crawlers: {calls: {to: web, class: 1, timeout: 1s}, rate: 90/s}
services:
  web: {calls: [{to: db}]}
  db: {workers: 10, work: exp(100ms), shed: {queue: 20, classes: 2, last: 25%}}
expect:
  - success(people) >= 99%
  - success(crawlers) <= 50%
  - success(crawlers) >= 35%
  - throughput(db) >= 95/s
",
    );
    holds(&played);
}

#[test]
fn a_share_that_an_operator_pulls_is_that_share() {
    let played = play(
        "
name: lever
length: 60s
warmup: 10s
clients:
  users: {calls: s, rate: 100/s}
services: {s: {shed: 30%}}
expect:
  - errors(users, kind=shed) >= 28%
  - errors(users, kind=shed) <= 32%
  - errors(s, kind=rejected) >= 28%
",
    );
    holds(&played);
}

#[test]
fn a_rate_limit_on_a_service_is_for_all_its_replicas_and_on_a_call_spares_the_service() {
    let played = play(
        "
name: rates
length: 60s
warmup: 10s
clients:
  users: {calls: web, rate: 300/s}
services:
  web: {replicas: 5, rate_limit: {rate: 100/s, burst: 10}, calls: [{to: db, rate_limit: {rate: 50/s, burst: 10}, optional: true}]}
  db: {}
expect:
  - throughput(web) >= 94/s
  - throughput(web) <= 101/s
  - errors(users, kind=throttled) >= 65%
  - offered(db) >= 46/s
  - offered(db) <= 51/s
",
    );
    holds(&played);
}
