//! What retries do to success and to load when failures are independent, and what budgets leave of it.

use super::played::{Played, play};
use super::proof::{Estimate, Rule, closed};
use super::sheet::Sheet;
use std::fmt::Write as _;

/// A fleet of clients, 10 requests a second each for 40 s, against a service that fails this share of attempts.
pub fn fleet(clients: u32, rate: u32, seconds: u32, share: f64, policy: &str) -> Played {
    let mut text = format!("name: fleet\nlength: {seconds}s\nclients:\n");
    for client in 0..clients {
        writeln!(text, "  c{client}: {{calls: {{to: s{policy}}}, rate: {rate}/s}}").expect("to a String");
    }
    write!(
        text,
        "services: {{s: {{work: 1ms}}}}
faults: {{flaky: {{kind: errors, on: s, share: {}%, at: 0s}}}}
expect: [success(c0) >= 0%]
",
        share * 100.0
    )
    .expect("to a String");
    play(&text)
}

/// Share of calls that succeed, and attempts per call, over all clients.
pub fn success_and_load(played: &Played) -> (f64, f64) {
    let all = played.steady();
    let (mut ok, mut ended, mut attempts, mut calls) = (0, 0, 0, 0);
    for client in &played.plan.clients {
        let (users, edge) = (all.client(&client.name), all.edge(&format!("{}->s", client.name)));
        ok += users.ok;
        ended += users.ok + users.failed();
        attempts += edge.attempts;
        calls += edge.calls;
    }
    (ok as f64 / ended as f64, attempts as f64 / calls as f64)
}

fn geometric(sheet: &mut Sheet) {
    for (p, retries) in [(0.5f64, 3), (0.5, 1), (0.2, 3), (0.1, 2)] {
        let left: f64 = (0..=retries).map(|_| p).product();
        let played = fleet(1, 1000, 200, p, &format!(", retries: {retries}"));
        let (success, load) = success_and_load(&played);
        let what = format!("{retries} retries, p {p}");
        let n = played.steady().client("c0").sent as f64;
        let error = (left * (1.0 - left) / n).sqrt();
        let measured = Estimate::with_error(success, error);
        sheet.row(&format!("{what}: success"), "1 - p^(N+1)", closed(1.0 - left), measured);
        let expected = (1.0 - left) / (1.0 - p);
        sheet.row(
            &format!("{what}: attempts per call"),
            "(1 - p^(N+1)) / (1 - p)",
            Rule::Near { expected, share: 0.01 },
            load,
        );
    }
}

/// Brooker's figures: (p, none, three retries, token bucket), each (success, load).
type Line = (f64, [(f64, f64); 3]);
const STRATEGIES: [Line; 5] = [
    (0.05, [(0.951, 1.0), (1.000, 1.052), (0.9997, 1.053)]),
    (0.10, [(0.899, 1.0), (0.9999, 1.114), (0.986, 1.097)]),
    (0.20, [(0.800, 1.0), (0.998, 1.248), (0.887, 1.109)]),
    (0.30, [(0.701, 1.0), (0.991, 1.423), (0.779, 1.110)]),
    (0.50, [(0.500, 1.0), (0.935, 1.877), (0.553, 1.111)]),
];

const BUCKET: &str = ", retries: {max: 3, budget: {ratio: 10%, burst: 5}}";
const BROOKER: &str = "Brooker 2022-02-28, simulation";

fn strategies(sheet: &mut Sheet) {
    let policies = [("no retries", ""), ("3 retries", ", retries: 3"), ("3 retries, bucket of 10%, cap 5", BUCKET)];
    for (p, expected) in STRATEGIES {
        for ((name, policy), (success, load)) in policies.into_iter().zip(expected) {
            let measured = success_and_load(&fleet(100, 10, 40, p, policy));
            let within = |expected| Rule::Within { expected, by: 0.01 };
            sheet.row(&format!("100 clients, p {p}, {name}: success"), BROOKER, within(success), measured.0);
            sheet.row(&format!("100 clients, p {p}, {name}: load"), BROOKER, within(load), measured.1);
        }
    }
    let shared = success_and_load(&fleet(1, 1000, 40, 0.5, ", retries: {max: 3, budget: {ratio: 20%, burst: 5}}"));
    sheet.planted("a bucket of 20% instead of 10%, p 0.5: load", Rule::Within { expected: 1.111, by: 0.01 }, shared.1);
    let four = success_and_load(&fleet(1, 1000, 40, 0.5, ", retries: 4"));
    sheet.planted("4 retries instead of 3, p 0.5: success", Rule::Within { expected: 0.935, by: 0.01 }, four.0);
}

/// Arrivals at the last of three layers per request of a user, when the last one is dead.
fn layers(policy: &str, only_first: bool) -> f64 {
    let inner = if only_first { "" } else { policy };
    let played = play(&format!(
        "
name: layers
length: 400s
window: 20s
clients: {{users: {{calls: {{to: a{policy}}}, rate: 100/s}}}}
services:
  a: {{calls: {{to: b{inner}}}}}
  b: {{calls: {{to: c{inner}}}}}
  c: {{work: 1ms}}
faults: {{dead: {{kind: errors, on: c, share: 100%, at: 0s}}}}
expect: [success(users) >= 0%]
"
    ));
    played.steady().service("c").arrived as f64 / played.steady().users().sent as f64
}

fn stacked(sheet: &mut Sheet) {
    let near = |expected| Rule::Near { expected, share: 0.01 };
    let source = "SRE book, chapters 21 and 22";
    let each = layers(", retries: 2", false);
    sheet.row(
        "three layers, 3 attempts each, dead backend: load",
        source,
        Rule::Near { expected: 27.0, share: 0.001 },
        each,
    );
    let budget = ", retries: {max: 2, budget: 10%}";
    sheet.row("one layer retries, budget 10%, dead backend: load", source, near(1.1), layers(budget, true));
    sheet.row("three layers, budget 10% each: load", "1.1³", near(1.331), layers(budget, false));
    sheet.planted("a budget at each layer instead of at one", near(1.1), layers(budget, false));
}

#[test]
fn retries_and_budgets() {
    let about = "Failures are independent with chance p. Load is attempts per call.";
    let mut sheet = Sheet::new("Retries and budgets", about);
    geometric(&mut sheet);
    strategies(&mut sheet);
    stacked(&mut sheet);
    sheet.finish();
}
