//! Many servers: Erlang C for the mean wait, and the whole law of the time in the system.

use super::played::station;
use super::proof::{Rule, closed};
use super::sheet::Sheet;

/// Share of arrivals that wait (Erlang's second formula): c servers, a of them busy in the mean.
fn erlang_c(c: u32, a: f64) -> f64 {
    let mut blocked = 1.0;
    for k in 1..=c {
        blocked = a * blocked / (f64::from(k) + a * blocked);
    }
    let rho = a / f64::from(c);
    blocked / (1.0 - rho * (1.0 - blocked))
}

/// Where the survival function of the time in the system falls to `left`: it is work, plus (with chance C) an exponential wait.
fn sojourn_quantile(c: u32, a: f64, left: f64) -> f64 {
    let (waits, drain) = (erlang_c(c, a), f64::from(c) - a);
    let survival = |t: f64| {
        let (work, wait) = (libm::exp(-t), libm::exp(-drain * t));
        let both = match (drain - 1.0).abs() < 1e-9 {
            true => (1.0 + t) * work,
            false => (drain * work - wait) / (drain - 1.0),
        };
        (1.0 - waits) * work + waits * both
    };
    let (mut low, mut high) = (0.0, 1000.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if survival(middle) > left { low = middle } else { high = middle }
    }
    high
}

#[test]
fn queues_with_many_servers() {
    let about = "Poisson arrivals, c workers, exponential work of mean 1, a workers busy in the mean. C is Erlang's chance to wait.\n\
        The recording keeps no histogram of waits alone, so their p99 stands here as p99 of the time in the system.";
    let mut sheet = Sheet::new("Queues with many servers", about);
    let cases = [
        (2u32, 1.6, 0.711111, 1.77778, 5e6),
        (4, 3.2, 0.596432, 0.745541, 5e6),
        (10, 9.0, 0.668732, 0.668732, 8e6),
        (16, 14.4, 0.591343, 0.369590, 10e6),
        (100, 95.0, 0.506457, 0.101291, 10e6),
    ];
    for (c, a, waits, wait, customers) in cases {
        assert!((erlang_c(c, a) / waits - 1.0).abs() < 1e-5, "Erlang C ({c}, {a}): {}", erlang_c(c, a));
        let played = station(a, "exp(1s)", &format!("workers: {c}"), customers);
        let queue = format!("M/M/{c}, a {a}");
        let measured = played.estimate(|part| part.wait("s"));
        sheet.row(
            &format!("{queue}: mean wait"),
            "C / (c - a), Erlang 1917",
            Rule::Closed { expected: wait, share: 0.04 },
            measured,
        );
        let mean = played.estimate(|part| part.mean());
        sheet.row(&format!("{queue}: mean time in the system"), "1 + C / (c - a)", closed(1.0 + wait), mean);
        let p99 = played.estimate(|part| part.quantile(0.99));
        let source = "root of its survival function";
        sheet.row(
            &format!("{queue}: p99 of the time in the system"),
            source,
            closed(sojourn_quantile(c, a, 0.01)),
            p99,
        );
    }
    let split = station(1.6, "exp(1s)", "workers: 1\n    replicas: 2", 1e6);
    let time = split.estimate(|part| part.mean());
    sheet.planted("two replicas with a queue each instead of one queue", closed(1.0 + 1.77778), time);
    let constant = station(14.4, "1s", "workers: 16", 1e6);
    let mean = Rule::Closed { expected: 0.369590, share: 0.04 };
    sheet.planted("constant work instead of exponential, 16 workers", mean, constant.estimate(|part| part.wait("s")));
    sheet.finish();
}

#[test]
fn replicas_in_turn_are_each_fed_by_an_erlang_stream() {
    // Kept beside the table: round robin over two makes each a GI/M/1 with Erlang-2 arrivals of half the rate.
    let in_turn = station(1.6, "exp(1s)", "workers: 1\n    replicas: 2", 4e6).estimate(|part| part.mean());
    // Root of z = (1.6 / (1.6 + 1 - z))²; the time in the system is 1 / (1 - z) (Kleinrock 1975, 6.3).
    let mut z = 0.5f64;
    (0..200).for_each(|_| z = (1.6 / (1.6 + 1.0 - z)) * (1.6 / (1.6 + 1.0 - z)));
    assert!(closed(1.0 / (1.0 - z)).holds(in_turn), "{in_turn:?} against {}", 1.0 / (1.0 - z));
}
