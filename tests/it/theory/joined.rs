//! Hedges and quorums: order statistics of exponentials.

use super::played::{Played, play};
use super::proof::{Rule, closed};
use super::sheet::Sheet;

/// Users ask `a` a hundred times a second; `a` makes these calls to `b`, which works exp(1s) and is never busy.
fn calls(step: &str, requests: u32) -> Played {
    let window = requests / 100 / 20;
    play(&format!(
        "
name: joined
length: {}s
warmup: {window}s
window: {window}s
clients: {{users: {{calls: a, rate: 100/s}}}}
services:
  a: {{calls: [{step}]}}
  b: {{work: exp(1s)}}
expect: [success(users) >= 0%]
",
        window * 21
    ))
}

fn quorums(sheet: &mut Sheet) {
    let source = "order statistics of exponentials; Brooker 2021-10-20";
    let three = calls("{parallel: [{to: b, count: 5}], need: 3}", 400_000);
    sheet.row("3 of 5: mean", source, closed(0.7833), three.estimate(|part| part.mean()));
    for (q, name, expected) in [(0.99, "p99", 2.2477), (0.999, "p99.9", 3.0459)] {
        let rule = Rule::Closed { expected, share: if q > 0.99 { 0.04 } else { 0.02 } };
        sheet.row(&format!("3 of 5: {name}"), source, rule, three.estimate(|part| part.quantile(q)));
    }
    let two = calls("{parallel: [{to: b, count: 3}], need: 2}", 400_000);
    sheet.row("2 of 3: p99", source, closed(2.8319), two.estimate(|part| part.quantile(0.99)));
    let any = calls("{parallel: [{to: b, count: 5}], need: any}", 100_000);
    sheet.row("any of 5: mean", source, closed(0.2), any.estimate(|part| part.mean()));
    let four = calls("{parallel: [{to: b, count: 5}], need: 4}", 100_000).estimate(|part| part.mean());
    sheet.planted("4 of 5 instead of 3 of 5: mean", closed(0.7833), four);
    let all = calls("{parallel: [{to: b, count: 100}]}", 20_000).steady().quantile(0.99);
    let most = calls("{parallel: [{to: b, count: 100}], need: 95}", 20_000).steady().quantile(0.99);
    let source = "Dean and Barroso, CACM 2013: 140 and 70 ms";
    sheet.row("95 of 100 instead of all: p99, as a share", source, Rule::AtMost(0.5), most / all);
}

fn hedges(sheet: &mut Sheet) {
    // A hedge at h, on exp(1): beyond h both must be late, P(T > t) = exp(-t) exp(-(t - h)).
    let source = "P(T > t) = F(t) F(t - h), h = ln 20";
    let hedged = calls("{to: b, hedge: {after: 2995.732ms}}", 800_000);
    sheet.row("hedge at p95: mean", source, closed(0.975), hedged.estimate(|part| part.mean()));
    sheet.row("hedge at p95: p99", source, closed(3.8005), hedged.estimate(|part| part.quantile(0.99)));
    let load = hedged.estimate(|part| part.service("b").arrived as f64 / part.users().sent as f64);
    sheet.row("hedge at p95: load", source, closed(1.05), load);
    let plain = calls("{to: b}", 200_000);
    sheet.row("no hedge: p99", "ln 100", closed(4.6052), plain.estimate(|part| part.quantile(0.99)));
    sheet.planted("no hedge where there is one: p99", closed(3.8005), plain.estimate(|part| part.quantile(0.99)));
}

/// Twenty replicas that are busy half of the time and stall now and then; the second copy goes after 1 ms, to another one at random.
fn tied(hedge: &str) -> Played {
    play(&format!(
        "
name: tied
length: 210s
warmup: 10s
window: 10s
clients: {{users: {{calls: {{to: b{hedge}}}, rate: 500/s}}}}
services: {{b: {{replicas: 20, workers: 1, work: \"mixture(97%: exp(14ms), 3%: exp(214ms))\", balance: random}}}}
expect: [success(users) >= 0%]
"
    ))
}

fn ties(sheet: &mut Sheet) {
    let (alone, together) = (tied(""), tied(", hedge: {after: 1ms, tied: true}"));
    let ratio = |q: f64| together.steady().quantile(q) / alone.steady().quantile(q);
    let source = "Dean and Barroso, CACM 2013, table 2: 16 / 19 ms and 61 / 98 ms";
    sheet.row("tied requests: p50, as a share of that without", source, Rule::AtMost(0.84), ratio(0.5));
    sheet.row("tied requests: p99.9, as a share of that without", source, Rule::AtMost(0.75), ratio(0.999));
    let worked = |played: &Played| {
        let b = played.steady().service("b");
        (b.arrived - b.dropped) as f64 / played.steady().users().sent as f64
    };
    sheet.row("tied requests: requests worked on, per user's", "less than two", Rule::AtMost(1.6), worked(&together));
    let untied = tied(", hedge: {after: 1ms}");
    sheet.planted("hedges that are not tied: requests worked on", Rule::AtMost(1.6), worked(&untied));
}

#[test]
fn hedges_and_quorums() {
    let about = "Calls to a service of exponential work of mean 1 that is never busy.";
    let mut sheet = Sheet::new("Hedges and quorums", about);
    quorums(&mut sheet);
    hedges(&mut sheet);
    ties(&mut sheet);
    sheet.finish();
}
