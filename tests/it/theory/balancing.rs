//! Choosing a replica: the power of two choices, and the largest of many random heaps.

use super::played::{Played, play, play_seed};
use super::proof::{Estimate, Rule};
use super::sheet::Sheet;

/// n servers of mean 1, each fed at this share of its capacity.
fn servers(n: u32, load: f64, balance: &str, requests: f64) -> Played {
    let rate = f64::from(n) * load;
    let window = (requests / rate / 20.0).ceil();
    play(&format!(
        "
name: balance
length: {}s
warmup: {}s
window: {window}s
clients: {{users: {{calls: s, rate: {rate}/s}}}}
services: {{s: {{replicas: {n}, workers: 1, work: exp(1s), balance: {balance}}}}}
expect: [success(users) >= 0%]
",
        window * 20.0 + 100.0,
        100,
    ))
}

fn two_choices(sheet: &mut Sheet) {
    let of = |n, load, balance: &str, requests| servers(n, load, balance, requests).estimate(|part| part.mean());
    let source = "Mitzenmacher, IEEE TPDS 2001, simulated";
    for (load, expected) in [(0.5, 1.2708), (0.8, 1.9648), (0.95, 3.480)] {
        let what = format!("two choices of 100 servers, load {load}: mean time");
        sheet.row(&what, source, Rule::Near { expected, share: 0.01 }, of(100, load, "two-choices", 2e6));
    }
    let nearly_full = Rule::Near { expected: 6.09, share: 0.03 };
    let measured = of(100, 0.99, "two-choices", 8e6);
    sheet.row("two choices of 100 servers, load 0.99: mean time", source, nearly_full, measured);
    let hundred = Rule::Between { low: 2.64, high: 2.69 };
    let measured = of(100, 0.9, "two-choices", 3e6);
    sheet.row("two choices of 100 servers, load 0.9: mean time", source, hundred, measured);
    let source = "Σ λ^(2^i - 2), i from 1";
    let many = Rule::Near { expected: 2.6141, share: 0.01 };
    sheet.row("two choices of 1000 servers, load 0.9: mean time", source, many, of(1000, 0.9, "two-choices", 3e6));
    let many = Rule::Near { expected: 1.6145, share: 0.01 };
    sheet.row("two choices of 1000 servers, load 0.7: mean time", source, many, of(1000, 0.7, "two-choices", 1e6));
    let one = Rule::Near { expected: 10.0, share: 0.04 };
    let random = of(100, 0.9, "random", 6e6);
    sheet.row("one choice of 100 servers, load 0.9: mean time", "1 / (1 - λ)", one, random);
    sheet.planted("one random choice instead of two", hundred, random);
    sheet.planted("the best of all servers instead of two", hundred, of(100, 0.9, "least-outstanding", 1e6));
}

/// The largest heap when this many requests are dealt to 100 servers at random, over many deals: the last answer comes that much later.
fn largest_heap(requests: u32, deals: u64, balance: &str) -> Estimate {
    let text = format!(
        "
name: bins
length: {}s
clients:
  users: {{calls: s, rate: {{steps: [{{at: 0s, rate: {}/s}}, {{at: 1ms, rate: 0/s}}]}}, arrivals: constant}}
services: {{s: {{replicas: 100, workers: 1, work: 1s, balance: {balance}}}}}
expect: [success(users) >= 0%]
",
        requests / 50 + 50,
        u64::from(requests) * 1000 + 1
    );
    let heap = |seed| play_seed(&text, seed).steady().users().latency.max().expect("answered").round();
    Estimate::mean_of(&(1..=deals).map(heap).collect::<Vec<f64>>())
}

fn bins(sheet: &mut Sheet) {
    let source = "Brooker 2018-01-01, balls into bins";
    let small = largest_heap(100, 400, "random");
    sheet.row(
        "100 requests to 100 servers at random: largest heap",
        source,
        Rule::Near { expected: 4.2, share: 0.03 },
        small,
    );
    let large = largest_heap(1000, 200, "random");
    sheet.row(
        "1000 requests to 100 servers at random: largest heap",
        source,
        Rule::Near { expected: 18.8, share: 0.02 },
        large,
    );
    let huge = largest_heap(10_000, 40, "random");
    let quarter = Rule::Near { expected: 125.0, share: 0.02 };
    sheet.row("10,000 requests to 100 servers at random: largest heap", "100 and 25% more", quarter, huge);
    let in_turn = largest_heap(100, 2, "round-robin");
    sheet.planted("100 requests dealt in turn: largest heap", Rule::Near { expected: 4.2, share: 0.03 }, in_turn);
}

#[test]
fn load_balancing() {
    let about =
        "Poisson arrivals, one worker a server, exponential work of mean 1; the balancer sees what is inside of each.";
    let mut sheet = Sheet::new("Load balancing", about);
    two_choices(&mut sheet);
    bins(&mut sheet);
    sheet.finish();
}
