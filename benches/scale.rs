//! How the simulator grows: a thousand services, ten million requests in flight, events per second from a hundred to a million pending
//! events, and memory over simulated time. Prints figures, no test depends on one: `cargo bench --bench scale`.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use firedrill::compile::{self, Request};
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim::Simulation;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn simulation(text: &str) -> Simulation {
    let diags = Diagnostics::new();
    let mut loaded = load_text("bench", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    Simulation::new(Arc::new(plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))))
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells the size of a process");
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("the second field is a number");
    pages * 4096
}

fn main() {
    thousand_services();
    for pending in [100, 1_000, 10_000, 100_000, 1_000_000] {
        pending_events(pending);
    }
    memory_over_time();
    ten_million_in_flight();
}

/// Each service calls two others, ten layers deep: a request visits 1,023 of them.
fn thousand_services() {
    let mut text = String::from(
        "name: thousand\nlength: 20s\nwindow: 10s\nclients: {users: {calls: {to: s1, timeout: 5s}, rate: 100/s}}\nservices:\n",
    );
    for index in 1..1024 {
        let calls = match index * 2 {
            left if left < 1024 => format!(", calls: [s{left}, s{}]", left + 1),
            _ => String::new(),
        };
        writeln!(text, "  s{index}: {{workers: 500, work: exp(1ms){calls}}}").expect("a String takes all");
    }
    let began = Instant::now();
    let mut simulation = simulation(&text);
    let ready = began.elapsed().as_secs_f64();
    simulation.run_to_end();
    let events = simulation.finish().head.events;
    let played = began.elapsed().as_secs_f64() - ready;
    println!(
        "1,023 services in a tree: ready in {ready:.3} s, {events} events, {:.0} events/s",
        events as f64 / played
    );
}

/// Little's law holds the number of works under way.
fn pending_events(pending: u64) {
    let rate = pending;
    let text = format!(
        "name: pending\nlength: {}s\nwindow: 5s\nclients: {{users: {{calls: s, rate: {rate}/s}}}}\nservices: {{s: {{work: exp(1s)}}}}\n",
        5.0 + 4e6 / rate as f64
    );
    let mut simulation = simulation(&text);
    let length_s = 5.0 + 4e6 / rate as f64;
    simulation.run_to_share(5.0 / length_s);
    let began = Instant::now();
    simulation.run_to_end();
    let took = began.elapsed().as_secs_f64();
    // Each request is an arrival and a work that is done.
    println!("{pending:>9} events pending: {:.0} events/s", 2.0 * 4e6 / took);
}

fn memory_over_time() {
    let text = "
name: long
length: 2000s
window: 500s
clients: {users: {calls: {to: web, timeout: 1s, retries: 2}, rate: 1000/s}}
services:
  web: {workers: 32, work: exp(4ms), calls: app}
  app: {workers: 64, work: exp(10ms), calls: db}
  db: {workers: 16, work: exp(5ms)}
";
    let mut simulation = simulation(text);
    let sizes = [0.05, 0.25, 0.5, 0.75, 1.0].map(|share| {
        simulation.run_to_share(share);
        format!("{:.1} MB at {:.0} s", resident() as f64 / 1e6, share * 2000.0)
    });
    println!("three tiers at 1,000/s, resident: {}", sizes.join(", "));
}

fn ten_million_in_flight() {
    let text = "
name: flood
length: 6s
window: 6s
clients: {users: {calls: {to: s, timeout: 60s}, rate: 2000000/s}}
services: {s: {work: uniform(4.9s, 5.1s)}}
";
    let mut simulation = simulation(text);
    let before = resident();
    let began = Instant::now();
    simulation.run_to_share(4.9 / 6.0);
    let filling = began.elapsed().as_secs_f64();
    let (grown, in_flight) = (resident() - before, 9_800_000.0);
    simulation.run_to_end();
    let recording = simulation.finish();
    let (most, events) = (recording.services[0].cells[0].inflight_max, recording.head.events);
    println!(
        "{most} requests in flight at most: {:.0} bytes resident for each at 4.9 s, {:.0} requests/s while they come, {:.0} events/s in all",
        grown as f64 / in_flight,
        in_flight / filling,
        events as f64 / began.elapsed().as_secs_f64()
    );
}
