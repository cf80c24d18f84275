//! The simulator against closed forms, from the text of a scenario to the figures of its recording, so that the whole path is proven.
//! Sources: Kleinrock, Queueing Systems I (1975) for the M/G/c family; Erlang (1917); Fricker, Robert and Roberts, arXiv 1202.3974
//! (2012) for LRU under Zipf; the rest is arithmetic given beside it.

use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::record::{ClientCell, EdgeCell, Recording, ServiceCell};
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

struct Played {
    plan: Plan,
    recording: Recording,
}

fn play(text: &str) -> Played {
    let diags = Diagnostics::new();
    let mut loaded = load_text("theory.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    let recording = sim::play(&plan);
    Played { plan, recording }
}

impl Played {
    fn users(&self) -> ClientCell {
        self.recording.client_over(0, self.plan.warmup, self.plan.length)
    }

    fn service(&self, name: &str) -> ServiceCell {
        let id = self.plan.service_named(name).expect("the service is there");
        self.recording.service_over(id.index(), self.plan.warmup, self.plan.length)
    }

    fn edge(&self, name: &str) -> EdgeCell {
        let index = self.plan.edges.iter().position(|edge| edge.name == name).expect("the edge is there");
        self.recording.edge_over(index, self.plan.warmup, self.plan.length)
    }

    fn seconds(&self) -> f64 {
        (self.plan.length.0 - self.plan.warmup.0) as f64 / 1e9
    }
}

#[track_caller]
fn near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    let off = (measured / expected - 1.0).abs();
    assert!(off <= tolerance, "{what}: measured {measured:.6}, expected {expected:.6}, off by {:.2}%", off * 100.0);
}

/// One station: services take 1 s in the mean, so that times are in units of the service time.
fn station(rate: f64, work: &str, service: &str, length_s: u64) -> Played {
    play(&format!(
        "
name: station
length: {length_s}s
warmup: {}s
window: {}s
clients: {{users: {{calls: s, rate: {rate}/s}}}}
services:
  s:
    work: {work}
    {service}
expect: [success(users) >= 0%]
",
        length_s / 20,
        length_s / 20,
    ))
}

#[test]
fn mean_waits_of_single_servers_follow_pollaczek_and_khinchine() {
    // Wq = rho (1 + cv^2) / (2 (1 - rho)) at rho = 0.8; the sojourn is one service longer.
    let cases = [("constant(1s)", 2.0, 0.03), ("exp(1s)", 4.0, 0.05), ("\"lognormal(mean=1s, cv=2)\"", 10.0, 0.12)];
    for (work, wait, tolerance) in cases {
        let played = station(0.8, work, "workers: 1", 1_000_000);
        near(work, played.users().latency.mean().expect("answered") - 1.0, wait, tolerance);
        let s = played.service("s");
        near("utilisation", s.busy_s / s.workers_s, 0.8, 0.01);
        near("Little: queue = rate x wait", s.queue_s / played.seconds(), 0.8 * wait, tolerance);
    }
}

#[test]
fn many_servers_follow_erlang_c() {
    // Wq = C / (c - a): (c, a, Wq).
    for (c, a, wait) in [(2u32, 1.6, 1.77778), (4, 3.2, 0.745541), (16, 14.4, 0.369590)] {
        let played = station(a, "exp(1s)", &format!("workers: {c}"), 200_000);
        let waited = played.users().latency.mean().expect("answered") - 1.0;
        near(&format!("M/M/{c}"), waited, wait, 0.06);
    }
}

#[test]
fn loss_systems_follow_erlang_b_whatever_the_distribution() {
    for (c, a, blocked) in [(10u32, 8.0, 0.121661), (100, 90.0, 0.026957)] {
        for work in ["exp(1s)", "constant(1s)"] {
            let played = station(a, work, &format!("workers: {c}\n    overflow: reject"), 100_000);
            let s = played.service("s");
            near(&format!("Erlang B ({c}, {a}) {work}"), s.rejected as f64 / s.arrived as f64, blocked, 0.04);
        }
    }
}

#[test]
fn a_finite_queue_blocks_and_delays_as_it_should() {
    // M/M/1/10 (10 in the system: 9 wait): share blocked and mean time of the accepted.
    for (rho, blocked, time) in [(0.9, 0.050814, 4.6466), (1.0, 0.090909, 5.5), (1.5, 0.337232, 8.1769)] {
        let played = station(rho, "exp(1s)", "workers: 1\n    queue: 9", 300_000);
        let s = played.service("s");
        near("blocked", s.rejected as f64 / s.arrived as f64, blocked, 0.04);
        near("time", played.users().latency.mean().expect("answered"), time, 0.03);
    }
}

#[test]
fn the_order_of_the_queue_changes_the_spread_of_waits_and_not_their_mean() {
    let wait =
        |queue: &str| station(0.8, "exp(1s)", &format!("workers: 1\n    queue: {queue}"), 400_000).users().latency;
    let (fifo, lifo) = (wait("unbounded"), wait("{order: lifo}"));
    near("means", lifo.mean().expect("answered"), fifo.mean().expect("answered"), 0.05);
    let (fifo, lifo) = (fifo.quantile(0.999).expect("answered"), lifo.quantile(0.999).expect("answered"));
    assert!(lifo > 2.0 * fifo, "last in first out has the longer tail: {lifo} against {fifo}");
}

#[test]
fn replicas_split_a_poisson_stream_in_turn() {
    // Round robin over two makes each a GI/M/1 with Erlang-2 arrivals: shorter waits than two M/M/1, longer than one M/M/2.
    let time = |service: &str| station(1.6, "exp(1s)", service, 200_000).users().latency.mean().expect("answered");
    let (apart, in_turn, joined) = (5.0, time("workers: 1\n    replicas: 2"), time("workers: 2"));
    assert!(joined < in_turn && in_turn < apart, "{joined} < {in_turn} < {apart}");
    // Root of z = ((1.6 / (1.6 + 1 - z)))^2 for Erlang-2 arrivals of rate 1.6: z = 0.71922..., time 1 / (1 - z).
    let mut z = 0.5f64;
    (0..200).for_each(|_| z = (1.6 / (1.6 + 1.0 - z)).powi(2));
    near("GI/M/1", in_turn, 1.0 / (1.0 - z), 0.04);
}

#[test]
fn calls_in_parallel_wait_for_the_last_and_in_a_row_add_up() {
    // Mean of the largest of n exponentials: the harmonic number H(n); of n in a row: n.
    let text = |step: &str| {
        format!(
            "
name: fan
length: 20000s
window: 1000s
clients: {{users: {{calls: a, rate: 5/s}}}}
services:
  a: {{calls: [{step}]}}
  b: {{work: exp(1s)}}
expect: [success(users) >= 0%]
"
        )
    };
    let mean = |step: &str| play(&text(step)).users().latency.mean().expect("answered");
    let harmonic: f64 = (1..=10).map(|n| 1.0 / f64::from(n)).sum();
    near("parallel", mean("{parallel: [{to: b, count: 10}]}"), harmonic, 0.02);
    near("in a row", mean("{to: b, count: 3}"), 3.0, 0.02);
    let half = play(&text("{to: b, chance: 30%}"));
    near("chance", half.service("b").arrived as f64 / half.users().sent as f64, 0.3, 0.02);
}

#[test]
fn a_closed_loop_obeys_the_response_time_law() {
    // N = X (R + Z), and a saturated server of rate 1 gives X = 1, so R = N - Z.
    let played = play(
        "
name: closed
length: 100000s
warmup: 5000s
window: 5000s
clients: {users: {calls: s, users: 20, think: exp(5s)}}
services: {s: {workers: 1, work: exp(1s)}}
expect: [success(users) >= 0%]
",
    );
    let users = played.users();
    let throughput = users.ok as f64 / played.seconds();
    near("throughput", throughput, 1.0, 0.02);
    near("N = X (R + Z)", throughput * (users.latency.mean().expect("answered") + 5.0), 20.0, 0.02);
}

#[test]
fn retries_multiply_attempts_as_the_geometric_series_says() {
    // p = 0.5, 3 retries: success 1 - p^4 = 0.9375, attempts (1 - p^4) / (1 - p) = 1.875 per call.
    let played = play(
        "
name: retries
length: 1000s
warmup: 10s
clients: {users: {calls: {to: s, retries: 3}, rate: 100/s}}
services: {s: {work: 1ms}}
faults: {flaky: {kind: errors, on: s, share: 50%, at: 5s}}
expect: [success(users) >= 0%]
",
    );
    let users = played.users();
    near("success", users.ok as f64 / (users.ok + users.failed()) as f64, 0.9375, 0.005);
    let edge = played.edge("users->s");
    near("attempts", edge.attempts as f64 / edge.calls as f64, 1.875, 0.01);
}

#[test]
fn a_retry_budget_caps_the_attempts() {
    let played = play(
        "
name: budget
length: 1000s
warmup: 10s
clients: {users: {calls: {to: s, retries: {max: 3, budget: 10%}}, rate: 100/s}}
services: {s: {work: 1ms}}
faults: {dead: {kind: errors, on: s, share: 100%, at: 5s}}
expect: [success(users) >= 0%]
",
    );
    let edge = played.edge("users->s");
    near("attempts per call", edge.attempts as f64 / edge.calls as f64, 1.1, 0.005);
}

#[test]
fn an_lru_cache_under_zipf_follows_che() {
    // N = 10,000 keys: (skew, entries, hit ratio).
    for (skew, entries, hit) in [(0.8, 1000, 0.43666), (1.0, 100, 0.39053), (1.2, 1000, 0.86143)] {
        let played = play(&format!(
            "
name: che
length: 2000s
warmup: 200s
window: 20s
clients: {{users: {{calls: a, rate: 500/s, keys: {{count: 10000, skew: {skew}}}}}}}
services:
  a: {{calls: [{{to: c, miss: db}}]}}
  c: {{kind: cache, entries: {entries}}}
  db: {{}}
expect: [success(users) >= 0%]
"
        ));
        let cache = played.service("c");
        near(&format!("skew {skew}"), cache.hits as f64 / (cache.hits + cache.misses) as f64, hit, 0.01);
    }
}

#[test]
fn a_stall_is_seen_in_full_by_an_open_loop() {
    // 1 s of standstill in 10 s at 1,000/s: a tenth of the requests wait 0.5 s in the mean, so p99 is 0.9 s.
    let played = play(
        "
name: stall
length: 10s
clients: {users: {calls: s, rate: 1000/s, arrivals: constant}}
services: {s: {workers: 64, work: 1ms}}
faults: {gc: {kind: pause, on: s, at: 4s, for: 1s}}
expect: [p99(users) >= 0.8s]
",
    );
    let p99 = played.users().latency.quantile(0.99).expect("answered");
    assert!((0.85..0.95).contains(&p99), "{p99}");
}

#[test]
fn hidden_capacity_is_what_retries_leave() {
    // HotOS'21 (Bronson et al.): 300/s of capacity, one retry after 1 s: below 150/s a burst heals, above it it never does.
    let goodput = |rate: u32| {
        let played = play(&format!(
            "
name: metastable
length: 1200s
warmup: 10s
window: 10s
clients: {{users: {{calls: {{to: db, timeout: 1s, retries: 1}}, rate: {rate}/s}}}}
services: {{db: {{workers: 30, work: 100ms}}}}
faults: {{outage: {{kind: cut, on: users->db, at: 60s, for: 10s}}}}
expect: [success(users) >= 0%]
"
        ));
        let late = played.recording.client_over(0, firedrill::base::Time::from_secs_f64(1100.0), played.plan.length);
        late.goodput as f64 / 100.0 / f64::from(rate)
    };
    near("100/s heals", goodput(100), 1.0, 0.05);
    near("140/s heals", goodput(140), 1.0, 0.05);
    assert!(goodput(200) < 0.01, "200/s stays down for ever");
    assert!(goodput(280) < 0.01, "280/s stays down for ever");
}
