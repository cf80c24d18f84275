//! Systems with two states, of which chance or a push takes them from the good one to the bad one: retries behind a long queue
//! (HotOS 2025), garbage collection and a look-aside cache (OSDI 2022).

use super::played::{Played, play, play_seed};
use super::proof::Rule;
use super::sheet::Sheet;

const HOTOS: &str = "Isaacs, Alvaro, Majumdar et al., HotOS 2025";
const SEEDS: u64 = 9;

/// One server of 10/s with 100 places to wait, for clients who wait 3 s and try five times: a full queue is longer than they wait.
fn long_queue(load: f64, retries: u32, length_s: u32, fault: &str, seed: u64) -> Played {
    let text = format!(
        "
name: long-queue
length: {length_s}s
window: 50s
clients: {{users: {{calls: {{to: s, timeout: 3s, retries: {retries}}}, rate: {load}/s}}}}
services: {{s: {{workers: 1, work: exp(100ms), queue: 100}}}}
{fault}
expect: [success(users) >= 0%]
"
    );
    play_seed(&text, seed)
}

/// The mean number that wait in each window of 50 s.
fn lengths(played: &Played, from: f64, to: f64) -> Vec<f64> {
    let (first, last) = ((from / 50.0) as u32, (to / 50.0) as u32);
    let at = |n: u32| played.over(50.0 * f64::from(n), 50.0 * f64::from(n + 1)).service("s").queue_s / 50.0;
    (first..last).map(at).collect()
}

fn share(lengths: &[f64], low: f64, high: f64) -> f64 {
    lengths.iter().filter(|length| (low..high).contains(*length)).count() as f64 / lengths.len() as f64
}

/// When the queue stays longer than clients wait: the first of four windows that are all above 85.
fn hit(load: f64, seed: u64) -> f64 {
    const LENGTH_S: u32 = 40_000;
    let all = lengths(&long_queue(load, 4, LENGTH_S, "", seed), 0.0, f64::from(LENGTH_S));
    let stuck = all.windows(4).position(|four| four.iter().all(|length| *length > 85.0));
    stuck.map_or(f64::INFINITY, |window| 50.0 * window as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn long_queues(sheet: &mut Sheet) {
    const FAULT: &str = "faults: {push: {kind: surge, on: users, factor: 10, at: 9000s, for: 200s}}";
    let pushed = |retries| lengths(&long_queue(6.0, retries, 20_000, FAULT, 1), 0.0, 20_000.0);
    let with = pushed(4);
    let mut row = |what: &str, rule, measured| {
        sheet.row(&format!("ρ 0.6, ten times the load for 1% of the run: {what}"), HOTOS, rule, measured)
    };
    row("windows with a queue below 30", Rule::AtLeast(0.4), share(&with, 0.0, 30.0));
    row("windows with a queue above 85", Rule::AtLeast(0.5), share(&with, 85.0, 101.0));
    row("windows between the two", Rule::AtMost(0.02), share(&with, 30.0, 85.0));
    row("windows above 85 after the push", Rule::AtLeast(0.99), share(&with[184..], 85.0, 101.0));
    let without = share(&pushed(0)[184..], 85.0, 101.0);
    sheet.planted("no retries: windows above 85 after the push", Rule::AtLeast(0.99), without);
}

fn by_chance(sheet: &mut Sheet) {
    let time = |load: f64| median((1..=SEEDS).map(|seed| hit(load, seed)).collect());
    let (heavy, light) = (time(8.0), time(7.2));
    // M/M/1 forgets where it was in 1 / μ(1 - √ρ)²: 9 s at ρ 0.8.
    let long = Rule::Between { low: 180.0, high: 20_000.0 };
    sheet.row("ρ 0.8, no push: median time to the bad state, s", "twenty times 1 / μ(1 - √ρ)², or more", long, heavy);
    sheet.row(
        "ρ 0.72, no push: the same, over that at ρ 0.8",
        "it grows exponentially",
        Rule::AtLeast(2.5),
        light / heavy,
    );
    sheet.planted("ρ 0.95 as if 0.8", long, time(9.5));
}

/// 300/s as long as no more than 71 are in flight, and 3% of that from 142 on: what is in flight takes memory.
fn collected(steps: &str, efficiency: &str) -> Played {
    play(&format!(
        "
name: collected
length: 1400s
warmup: 20s
window: 10s
clients: {{users: {{calls: s, rate: {{steps: [{{at: 0s, rate: 220/s}}, {steps}]}}}}}}
services: {{s: {{workers: 30, work: 100ms{efficiency}}}}}
expect: [success(users) >= 0%]
"
    ))
}

fn garbage_collection(sheet: &mut Sheet) {
    const CURVE: &str = ", efficiency: {full_until: 71, zero_at: 142, floor: 3%}";
    const PUSH: &str = "{at: 60s, rate: 400/s}, {at: 90s, rate: 220/s}";
    const STEPS: &str = "{at: 300s, rate: 180/s}, {at: 500s, rate: 140/s}, {at: 700s, rate: 100/s}, {at: 900s, rate: 60/s}, \
                         {at: 1100s, rate: 20/s}";
    let served = |played: &Played, from: f64, to: f64| played.over(from, to).users().goodput as f64 / (to - from);
    let source = "Huang et al., OSDI 2022, GC; qualitative";
    let push = collected(PUSH, CURVE);
    sheet.row(
        "220/s before a push: goodput, /s",
        source,
        Rule::Near { expected: 220.0, share: 0.05 },
        served(&push, 20.0, 60.0),
    );
    sheet.row(
        "220/s long after a push of 30 s: goodput, /s",
        source,
        Rule::AtMost(10.0),
        served(&push, 1200.0, 1400.0),
    );
    let shed = collected(&format!("{PUSH}, {STEPS}"), CURVE);
    for (from, load) in [(400.0, 180), (600.0, 140), (800.0, 100), (1000.0, 60), (1200.0, 20)] {
        let what = format!("shed in steps of 40/s, at {load}/s: goodput, /s");
        sheet.row(&what, "no step brings it back", Rule::AtMost(10.0), served(&shed, from, from + 100.0));
    }
    let small = collected("{at: 60s, rate: 260/s}, {at: 300s, rate: 220/s}", CURVE);
    let back = Rule::Near { expected: 220.0, share: 0.05 };
    sheet.row(
        "a push of 40/s that stays below the bend: goodput afterwards, /s",
        source,
        back,
        served(&small, 400.0, 1400.0),
    );
    let flat = collected(PUSH, "");
    sheet.planted(
        "work that costs no memory: goodput after the push, /s",
        Rule::AtMost(10.0),
        served(&flat, 1200.0, 1400.0),
    );
}

/// 2000/s for a cache that has nine of ten keys, before a database of 300/s; who has waited a second has gone, and writes nothing back.
fn look_aside(share: u32, fill: &str) -> Played {
    play(&format!(
        "
name: look-aside
length: 400s
warmup: 20s
window: 10s
clients: {{users: {{calls: {{to: web, timeout: 1s}}, rate: 2000/s, keys: {{count: 10000, skew: 0}}}}}}
services:
  web: {{calls: [{{to: cache, miss: {{to: db, timeout: 1s, fill: {fill}}}}}]}}
  cache: {{kind: cache, keys: 10000, entries: 9000}}
  db: {{workers: 30, work: 100ms}}
faults: {{flush: {{kind: forget, on: cache, share: {share}%, at: 100s}}}}
expect: [success(users) >= 0%]
"
    ))
}

fn cache(sheet: &mut Sheet) {
    let load = |played: &Played, from: f64, to: f64| played.over(from, to).service("db").arrived as f64 / (to - from);
    let source = "Bronson et al., HotOS 2021: 3000/s for 300/s, ten times";
    let flushed = look_aside(100, "if-awaited");
    let ratio = load(&flushed, 300.0, 400.0) / load(&flushed, 20.0, 100.0);
    sheet.row(
        "a cache of 90% loses everything: load on the database, times that before",
        source,
        Rule::Between { low: 8.0, high: 10.5 },
        ratio,
    );
    let good = |played: &Played| played.over(300.0, 400.0).users().goodput as f64 / 200_000.0;
    sheet.row("long after it: share of users served", "it stays cold", Rule::AtMost(0.2), good(&flushed));
    let heals = Rule::AtLeast(0.99);
    sheet.row(
        "it loses 2%: share of users served long after",
        "below capacity",
        heals,
        good(&look_aside(2, "if-awaited")),
    );
    sheet.planted("it loses everything, as if 2%", heals, good(&flushed));
}

#[test]
fn systems_with_two_states() {
    let about = "A server of 10/s whose full queue of 100 is longer than the 3 s that clients wait; a server whose speed falls with what it has in\n\
        flight (GC); a cache that is written by those who were not kept waiting too long. The papers' own numbers depend on machines that\n\
        are not modelled, so what is asserted is: the same load has two states, hardly any time is spent between them, chance alone\n\
        takes very long to find the bad one, and taking the push away, or shedding in steps, does not leave it.";
    let mut sheet = Sheet::new("Two states", about);
    long_queues(&mut sheet);
    by_chance(&mut sheet);
    garbage_collection(&mut sheet);
    cache(&mut sheet);
    sheet.finish();
}
