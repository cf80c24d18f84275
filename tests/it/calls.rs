//! The mechanics of calls against closed forms, from the text of a scenario to the figures of its recording.
//! Sources: Dean and Barroso, "The Tail at Scale" (CACM 56(2), 2013) for hedges; Brooker, "Tail latency might matter more than you
//! think" (2021) for quorums; order statistics of exponentials for the rest.

use super::theory::played::{Played, play};
use firedrill::base::{ErrorKind, Time};
use firedrill::record::{ClientCell, EdgeCell};

#[track_caller]
fn near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    let off = (measured / expected - 1.0).abs();
    assert!(off <= tolerance, "{what}: measured {measured:.6}, expected {expected:.6}, off by {:.2}%", off * 100.0);
}

fn users(played: &Played) -> ClientCell {
    played.steady().users()
}

fn edge(played: &Played, name: &str) -> EdgeCell {
    played.steady().edge(name)
}

fn ms(played: &Played, q: f64) -> f64 {
    users(played).latency.quantile(q).expect("answered")
}

fn mean(played: &Played) -> f64 {
    users(played).latency.mean().expect("answered")
}

fn count(cell: &EdgeCell, kind: ErrorKind) -> u64 {
    cell.errors[kind as usize]
}

/// The number that a meter of an edge counted in the whole run.
fn counted(played: &Played, name: &str, of: &str) -> f64 {
    let edge = played.plan.edges.iter().position(|edge| edge.name == of).expect("the edge is there");
    let meter = played.plan.meter(firedrill::plan::expectation::Subject::Edge(edge as u32), name);
    let cell = played.recording.meter_over(meter.index(), Time::ZERO, played.plan.length);
    cell.expect("the edge has this meter").sum
}

/// Users ask `a` ten times a second for 20,000 s; `a` takes these steps; `b` works exp(1s) and is never busy.
fn steps(calls: &str) -> Played {
    play(&format!(
        "
name: calls
length: 20000s
window: 1000s
clients: {{users: {{calls: a, rate: 10/s}}}}
services:
  a: {{calls: [{calls}]}}
  b: {{work: exp(1s)}}
expect: [success(users) >= 100%]
"
    ))
}

#[test]
fn a_quorum_leaves_the_slowest_out() {
    let three_of_five = steps("{parallel: [{to: b, count: 5}], need: 3}");
    near("3 of 5, mean", mean(&three_of_five), 0.7833, 0.01);
    near("3 of 5, p99", ms(&three_of_five, 0.99), 2.2477, 0.02);
    near("3 of 5, p99.9", ms(&three_of_five, 0.999), 3.0459, 0.05);
    let two_of_three = steps("{parallel: [{to: b, count: 3}], need: 2}");
    near("2 of 3, p99", ms(&two_of_three, 0.99), 2.8319, 0.02);
    let any = steps("{parallel: [{to: b, count: 5}], need: any}");
    near("any of 5, mean", mean(&any), 0.2, 0.01);
    // Those that were not needed any more are left to themselves, and are no failures of anybody.
    let edge = edge(&any, "a->b");
    assert_eq!(edge.errors.iter().sum::<u64>(), 0);
    near("abandoned", edge.abandoned as f64, 4.0 * edge.ok as f64, 0.001);
}

#[test]
fn a_quorum_fails_as_soon_as_it_is_out_of_reach() {
    // Two of three fail at once: with `need: 2` that is known then, without it only when the third has answered.
    let failing = |need: &str| {
        let text = format!(
            "
name: quorum
length: 100s
clients: {{users: {{calls: a, rate: 10/s}}}}
services:
  a: {{calls: [{{parallel: [{{to: dead, count: 2}}, {{to: slow}}]{need}}}]}}
  dead: {{}}
  slow: {{work: 1s}}
faults: {{no: {{kind: errors, on: dead, share: 100%, at: 0s}}}}
expect: [success(users) >= 0%]
"
        );
        users(&play(&text)).failed_latency.mean().expect("all failed")
    };
    assert!(failing(", need: 2") < 1e-3);
    near("waited for all", failing(""), 1.0, 0.01);
}

#[test]
fn an_independent_hedge_multiplies_the_survivals() {
    // P(T > t) = F(t) F(t - h) with h the p95 of exp(1s): p99 3.8005 instead of 4.6052, mean .97500, 5% more requests.
    let hedged = |hedge: &str| steps(&format!("{{to: b, hedge: {hedge}}}"));
    for hedge in ["2.9957s", "{after: 2.9957s, cancel: false}"] {
        let played = hedged(hedge);
        near("p99", ms(&played, 0.99), 3.8005, 0.01);
        near("mean", mean(&played), 0.975, 0.01);
        let edge = edge(&played, "a->b");
        near("attempts per call", edge.attempts as f64 / edge.calls as f64, 1.05, 0.002);
        near("those that lost", edge.abandoned as f64, (edge.attempts - edge.calls) as f64, 0.001);
        near("hedges", counted(&played, "hedges", "a->b"), (edge.attempts - edge.calls) as f64, 0.06);
    }
    // The running quantile finds the delay by itself.
    let played = hedged("p95");
    near("p99", ms(&played, 0.99), 3.8005, 0.03);
    let edge = edge(&played, "a->b");
    near("attempts per call", edge.attempts as f64 / edge.calls as f64, 1.05, 0.003);
}

#[test]
fn hedges_stop_at_their_budget_and_at_their_number() {
    let requests = |hedge: &str| {
        let edge = edge(&steps(&format!("{{to: b, hedge: {{after: 1ms, {hedge}}}}}")), "a->b");
        edge.attempts as f64 / edge.calls as f64
    };
    near("budget", requests("budget: 10%"), 1.1, 0.002);
    // Nearly every call lasts longer than 3 ms.
    near("three hedges", requests("max: 3"), 4.0, 0.01);
}

#[test]
fn tied_requests_do_the_work_once() {
    // Two replicas of one worker each: a hedge goes to the other one, and whichever is begun first takes the other out of the line.
    let tied = |hedge: &str| {
        play(&format!(
            "
name: tied
length: 20000s
warmup: 1000s
window: 1000s
clients: {{users: {{calls: {{to: s, hedge: {hedge}}}, rate: 1.2/s}}}}
services: {{s: {{replicas: 2, workers: 1, work: exp(1s)}}}}
expect: [success(users) >= 100%]
"
        ))
    };
    let busy = |played: &Played| {
        let s = played.steady().service("s");
        s.busy_s / s.workers_s
    };
    let (plain, tied) = (tied("1000s"), tied("{after: 1ms, tied: true}"));
    near("utilisation, plain", busy(&plain), 0.6, 0.02);
    // What is begun at once on both sides, within the millisecond before the second is sent, is done twice.
    assert!(busy(&tied) < 0.9, "{}", busy(&tied));
    assert!(ms(&tied, 0.99) < 0.8 * ms(&plain, 0.99), "{} against {}", ms(&tied, 0.99), ms(&plain, 0.99));
}

/// Users ask for 100 s at a constant 10/s.
fn constantly(call: &str, services: &str, faults: &str) -> Played {
    play(&format!(
        "
name: constant
length: 100s
window: 10s
clients: {{users: {{calls: {call}, rate: 10/s, arrivals: constant}}}}
services: {services}
faults: {faults}
expect: [success(users) >= 0%]
"
    ))
}

#[test]
fn a_connection_is_opened_once_for_a_pool_and_each_time_without_one() {
    let connects = |pool: &str| {
        let call = format!("{{to: s, latency: 2ms, connect: {{time: 3ms}}{pool}}}");
        let played = constantly(&call, "{s: {work: 10ms}}", "{}");
        (counted(&played, "connects", "users->s"), mean(&played))
    };
    // Two hops of the request and two of the handshake, 3 ms more for it, and the work.
    let (opened, time) = connects("");
    near("opened", opened, 1000.0, 0.002);
    near("time", time, 0.021, 0.01);
    let (opened, time) = connects(", pool: {size: 5}");
    assert_eq!(opened, 1.0);
    near("time", time, 0.014, 0.01);
}

#[test]
fn a_connect_timeout_is_told_from_a_slow_answer() {
    let call = "{to: s, timeout: 5s, connect: {timeout: 100ms}}";
    let cut = "{split: {kind: cut, on: users->s, at: 20s, for: 10s}}";
    let played = constantly(call, "{s: {work: 200ms}}", cut);
    let during = played.over(20.0, 30.0).users();
    assert_eq!(during.errors[ErrorKind::Timeout as usize], during.sent);
    near("after 100 ms", during.failed_latency.mean().expect("all failed"), 0.1, 0.01);
    assert_eq!(played.over(30.0, 100.0).users().failed(), 0);
}

#[test]
fn a_lost_syn_is_sent_again_after_one_three_and_seven_seconds() {
    let cut = "{split: {kind: cut, on: users->s, at: 20s, for: 4s}}";
    let played = constantly("{to: s, connect: {}}", "{s: {}}", cut);
    // Asked for at 20 s, sent again at 21, 23 and 27 s: the cut has been over for three seconds.
    let slowest = played.over(20.0, 24.0).users().latency.max().expect("answered");
    near("slowest", slowest, 7.0, 0.02);
    // With connections that are open already the cut only holds back what is sent, and lets it through when it heals.
    let played = constantly("{to: s, connect: {}, pool: {size: 1000, open: ahead}}", "{s: {}}", cut);
    let slowest = played.over(20.0, 24.0).users().latency.max().expect("answered");
    near("held", slowest, 4.0, 0.02);
}

#[test]
fn a_pool_is_a_queue_with_as_many_servers_as_connections() {
    // M/M/2 with a = 1.6: mean wait 1.77778 (Erlang C). The service itself could serve everybody at once.
    let text = "
name: pool
length: 100000s
warmup: 5000s
window: 5000s
clients: {users: {calls: {to: s, pool: {size: 2}}, rate: 1.6/s}}
services: {s: {work: exp(1s)}}
expect: [success(users) >= 100%]
";
    let played = play(text);
    near("wait", mean(&played) - 1.0, 1.77778, 0.06);
    // The same for a bulkhead with a line.
    let played = play(&text.replace("pool: {size: 2}", "bulkhead: {max: 2, waiting: 100000}"));
    near("wait", mean(&played) - 1.0, 1.77778, 0.06);
    // Without a line it is a loss system: Erlang B(2, 1.6) = .32990.
    let played = play(&text.replace("pool: {size: 2}", "bulkhead: 2").replace("100%", "0%"));
    let cell = edge(&played, "users->s");
    near("blocked", count(&cell, ErrorKind::Rejected) as f64 / cell.attempts as f64, 0.32990, 0.02);
}

#[test]
fn who_waits_too_long_for_a_connection_gets_none() {
    let call = "{to: s, pool: {size: 1, max_wait: 50ms}}";
    let played = constantly(call, "{s: {work: 150ms}}", "{}");
    let cell = edge(&played, "users->s");
    // Every 100 ms one asks; the connection is free again after 150 ms: the second waits 50 ms and is just too late, or just in time.
    assert!(count(&cell, ErrorKind::NoConnection) > 300, "{cell:?}");
    assert!(played.steady().service("s").inflight_max <= 1);
}

#[test]
fn the_death_of_a_service_closes_the_connections_to_it() {
    let call = "{to: s, connect: {time: 5ms}, pool: {size: 10, open: ahead}}";
    let played = constantly(call, "{s: {}}", "{crash: {kind: down, on: s, at: 20.05s, for: 100ms}}");
    // The connections were open; after the crash they are opened again, one at a time.
    assert!((1.0..=3.0).contains(&counted(&played, "connects", "users->s")));
}

#[test]
fn deadlines_travel_and_cut_what_nobody_waits_for() {
    let waste = |deadline: &str| {
        let played = play(&format!(
            "
name: deadline
length: 200s
warmup: 10s
window: 10s
clients: {{users: {{calls: {{to: a, timeout: 500ms{deadline}}}, rate: 50/s}}}}
services:
  a: {{calls: [{{to: b{deadline}}}]}}
  b: {{calls: [{{to: c{deadline}}}, {{to: d}}]}}
  c: {{work: 600ms}}
  d: {{work: 1ms}}
expect: [success(users) >= 0%]
"
        ));
        let d = played.steady().service("d");
        let c = played.steady().service("c");
        (d.arrived, c.failed + c.completed)
    };
    // Nobody waits for longer than 500 ms, but without deadlines `b` goes on and asks `d`.
    assert!(waste("").0 > 9000);
    assert_eq!(waste(", deadline: propagate").0, 0);
    assert!(waste(", deadline: propagate").1 > 9000, "work that was begun is done to its end");
}

#[test]
fn a_deadline_of_a_call_bounds_all_its_attempts() {
    let call = "{to: s, timeout: 300ms, deadline: 1s, retries: {max: 100, backoff: {base: 50ms, factor: 1x}}}";
    let played = constantly(call, "{s: {work: 10s}}", "{}");
    let all = users(&played);
    near("gives up", all.failed_latency.mean().expect("all failed"), 1.0, 0.01);
    // At 0, 350 and 700 ms; the third would last until 1 s, which is the deadline.
    near("attempts", 1.0 + all.retries as f64 / all.sent as f64, 3.0, 0.01);
}

#[test]
fn a_rejection_says_when_to_come_again() {
    let gap = |honour: bool| {
        let call = format!("{{to: s, retries: {{max: 1, retry_after: {honour}}}}}");
        let played = constantly(&call, "{s: {workers: 1, queue: 0, work: 1000s, retry_after: 2s}}", "{}");
        played.over(10.0, 90.0).users().failed_latency.mean().expect("turned away")
    };
    near("honoured", gap(true), 2.0, 0.001);
    assert!(gap(false) < 1e-3);
}

#[test]
fn a_fallback_answers_and_is_told_from_an_answer() {
    let broken = "{dead: {kind: errors, on: b, share: 50%, at: 0s}}";
    let services = |fallback: &str| format!("{{a: {{calls: [{{to: b, fallback: {fallback}}}]}}, b: {{}}, c: {{}}}}");
    let played = constantly("a", &services("answer").replace(", c: {}", ""), broken);
    assert_eq!(users(&played).failed(), 0);
    near("degraded", counted(&played, "degraded", "a->b"), 500.0, 0.1);
    let played = constantly("a", &services("{to: c}"), broken);
    assert_eq!((users(&played).failed(), played.steady().service("c").arrived), (0, edge(&played, "a->c").calls));
    near("instead", counted(&played, "degraded", "a->b"), edge(&played, "a->c").calls as f64, 0.001);
}

#[test]
fn a_mirrored_call_holds_nobody_up_and_is_no_waste() {
    let services = "{a: {calls: [{to: b, mirror: true}], work: 1ms}, b: {work: 5s}}";
    let played = constantly("a", services, "{}");
    near("nobody waits", mean(&played), 0.001, 0.01);
    let b = played.steady().service("b");
    assert!(b.completed > 900 && b.wasted == 0, "{b:?}");
}

#[test]
fn a_bulkhead_bounds_the_rebuilds_of_a_cold_cache() {
    let played = constantly(
        "{to: a}, keys: {count: 100000}",
        "{a: {calls: [{to: c, miss: {to: db, bulkhead: 1}}]}, c: {kind: cache, entries: 10, warm: false}, db: {work: 250ms}}",
        "{}",
    );
    assert_eq!(played.steady().service("db").inflight_max, 1);
    near("turned away", users(&played).failed() as f64, 660.0, 0.1);
}

#[test]
fn values_that_have_expired_are_better_than_none() {
    // One key, which lives for 1 s and takes 500 ms to rebuild; no rebuild succeeds from 50 s on.
    let play = |stale: &str| {
        constantly(
            "{to: a}, keys: {count: 1}",
            &format!(
                "{{a: {{calls: [{{to: c, miss: {{to: db, fill: single-flight{stale}}}}}]}},
                  c: {{kind: cache, ttl: 1s, stale_for: 1h}}, db: {{work: 500ms}}}}"
            ),
            "{dead: {kind: errors, on: db, share: 100%, at: 50s}}",
        )
    };
    let plain = play("");
    near("waits", ms(&plain, 0.99), 0.5, 0.02);
    assert!(plain.over(60.0, 100.0).users().ok == 0);
    let if_error = play(", stale_if_error: true");
    near("waits", ms(&if_error, 0.99), 0.5, 0.02);
    assert_eq!(users(&if_error).failed(), 0);
    near("old values", counted(&if_error, "degraded", "a->c"), 490.0, 0.05);
    let at_once = play(", stale_while_revalidate: true");
    assert_eq!(users(&at_once).failed(), 0);
    assert!(ms(&at_once, 0.99) < 0.001, "nobody waits for a rebuild");
    // One rebuild for every time that the value expires, until they fail.
    near("rebuilds", at_once.over(0.0, 50.0).service("db").arrived as f64, 33.0, 0.05);
}

/// Two callers with a pool of 60 each, both of which they need in part of the time, and a database that accepts this many.
fn two_pools(accepted: &str) -> Played {
    play(&format!(
        "
name: connections
length: 400s
window: 50s
clients:
  users: {{calls: shop, rate: 300/s}}
  clerks: {{calls: office, rate: 300/s}}
services:
  shop: {{calls: [{{to: db, pool: {{size: 60}}}}]}}
  office: {{calls: [{{to: db, pool: {{size: 60}}}}]}}
  db: {{kind: database{accepted}, work: exp(150ms)}}
expect: [success(users) >= 0%]
"
    ))
}

/// Each pool is an M/G/60 queue at a load of 45, which has room; both together need at most 120 connections, and 120 they get, once
/// they had them: pools do not close what is idle.
#[test]
fn pools_that_fit_alone_may_not_fit_together() {
    let refused = |accepted: &str| {
        let played = two_pools(accepted);
        let [shop, office] = ["shop->db", "office->db"].map(|name| edge(&played, name));
        let refused = count(&shop, ErrorKind::NoConnection) + count(&office, ErrorKind::NoConnection);
        refused as f64 / (shop.attempts + office.attempts) as f64
    };
    assert_eq!(refused(""), 0.0);
    assert_eq!(refused(", connections: 120"), 0.0);
    let tight = refused(", connections: 90");
    assert!(tight > 0.02 && tight < 0.5, "{tight} of the attempts found no connection");
}
