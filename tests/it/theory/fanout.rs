//! Calls in a row and at once: sums and maxima of exponentials, and the share of requests that meet one slow leaf.

use super::played::{Played, play};
use super::proof::{Estimate, Rule, closed};
use super::sheet::Sheet;

fn fan(step: &str, leaf: &str, requests: u32) -> Played {
    let window = requests / 100 / 20;
    play(&format!(
        "
name: fan
length: {}s
warmup: {window}s
window: {window}s
clients: {{users: {{calls: root, rate: 100/s}}}}
services:
  root: {{calls: [{step}]}}
  leaf: {{work: {leaf}}}
expect: [success(users) >= 0%]
",
        window * 21
    ))
}

fn sums_and_maxima(sheet: &mut Sheet) {
    let chain = fan("{to: leaf, count: 3}", "exp(1s)", 400_000);
    for (q, name, expected) in [(0.5, "p50", 2.6741), (0.99, "p99", 8.4059)] {
        let what = format!("three calls in a row: {name}");
        sheet.row(&what, "Erlang-3; Brooker 2021-10-20", closed(expected), chain.estimate(|part| part.quantile(q)));
    }
    let hundred = fan("{parallel: [{to: leaf, count: 100}]}", "exp(1s)", 20_000);
    let mean = hundred.estimate(|part| part.mean());
    sheet.row("100 calls at once, wait for all: mean", "harmonic number H(100)", closed(5.1874), mean);
    let p99 = hundred.estimate(|part| part.quantile(0.99));
    sheet.row("100 calls at once, wait for all: p99", "-ln(1 - 0.99^(1/100))", closed(9.2054), p99);
    let chance = fan("{to: leaf, chance: 30%}", "exp(1s)", 400_000);
    let made = chance.estimate(|part| part.edge("root->leaf").calls as f64 / part.users().sent as f64);
    sheet.row("a call with a chance of 30%: calls per request", "by definition", closed(0.3), made);
}

/// The share of requests that met at least one leaf that takes a second.
fn met_a_slow_one(leaves: u32, slow_percent: f64, requests: u32, expected: f64) -> Estimate {
    let leaf = format!("\"mixture({}%: 1ms, {slow_percent}%: 1s)\"", 100.0 - slow_percent);
    let users = fan(&format!("{{parallel: [{{to: leaf, count: {leaves}}}]}}"), &leaf, requests).steady().users();
    Estimate::share(users.ok - users.latency.count_at_most(0.5), users.ok, expected)
}

#[test]
fn fan_out_in_a_row_and_at_once() {
    let about = "Leaves without queues; work of mean 1 where it is exponential.";
    let mut sheet = Sheet::new("Fan-out, in a row and at once", about);
    sums_and_maxima(&mut sheet);
    let source = "1 - (1 - p)^n; Dean and Barroso, CACM 2013";
    for (leaves, slow, expected, requests) in [
        (10, 1.0, 0.09562, 40_000),
        (50, 1.0, 0.39499, 20_000),
        (100, 1.0, 0.63397, 20_000),
        (2000, 0.01, 0.18127, 2_000),
    ] {
        let what = format!("{leaves} leaves, {slow}% of leaf answers slow: share of slow requests");
        sheet.row(&what, source, Rule::Errors { expected }, met_a_slow_one(leaves, slow, requests, expected));
    }
    let one_less = met_a_slow_one(90, 1.0, 20_000, 0.63397);
    sheet.planted("90 leaves instead of 100", Rule::Errors { expected: 0.63397 }, one_less);
    let in_a_row = fan("{to: leaf, count: 3}", "uniform(0s, 2s)", 400_000);
    sheet.planted(
        "uniform work of the same mean, three in a row: p99",
        closed(8.4059),
        in_a_row.estimate(|part| part.quantile(0.99)),
    );
    sheet.finish();
}
