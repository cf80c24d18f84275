//! How fast the simulator plays: an M/M/1 queue, the three tiers, the same in collapse, and a scenario of the library.
//! Prints requests per second of wall time; no test depends on it. `cargo bench --bench simulation [-- PART-OF-A-NAME]`.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use firedrill::base::Dice;
use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;
use std::time::Instant;

const MM1: &str = "
name: mm1
length: 2000s
window: 100s
clients: {users: {calls: s, rate: 900/s}}
services: {s: {workers: 1, work: exp(1ms)}}
";

/// `RATE` is 1000/s, or 2000/s for the collapse.
const TIERS: &str = "
name: tiers
length: 400s
window: 10s
clients: {users: {calls: {to: web, timeout: 1s, retries: 2}, rate: RATE}}
services:
  web: {workers: 32, work: exp(4ms), calls: app}
  app: {workers: 64, work: exp(10ms), calls: db}
  db: {workers: 16, work: exp(5ms)}
";

fn plan(text: &str) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("bench", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

/// The machine's speed swings: nanoseconds per random number say how fast it is now.
fn calibration() -> f64 {
    let mut dice = Dice::named(1, "calibration");
    let began = Instant::now();
    let sum: f64 = (0..20_000_000).map(|_| dice.exponential()).sum();
    assert!(sum > 0.0);
    began.elapsed().as_secs_f64() * 1e9 / 20e6
}

fn main() {
    println!("calibration: {:.2} ns per exponential draw", calibration());
    let slow_cache = include_str!("../scenarios/slow-cache.yaml").to_owned();
    let cases = [
        ("M/M/1 at rho 0.9", MM1.to_owned()),
        ("three tiers, 1,000/s", TIERS.replace("RATE", "1000/s")),
        ("three tiers, 2,000/s (collapse)", TIERS.replace("RATE", "2000/s")),
        ("slow-cache", slow_cache),
    ];
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    for (name, text) in cases.into_iter().filter(|(name, _)| name.contains(&asked)) {
        let plan = plan(&text);
        let mut best = f64::INFINITY;
        let mut requests = 0;
        let mut events = 0;
        for _ in 0..5 {
            let began = Instant::now();
            let recording = sim::play(&plan);
            best = best.min(began.elapsed().as_secs_f64());
            requests = recording.clients[0].cells.iter().map(|cell| cell.sent).sum::<u64>();
            events = recording.head.events;
        }
        let rate = requests as f64 / best;
        println!(
            "{name}: {requests} requests, {events} events, {best:.3} s: {rate:.0} requests/s, {:.0} events/s",
            events as f64 / best
        );
    }
}
