//! Systems that turn requests away: Erlang B, whatever the distribution of work, and M/M/1/K.

use super::played::{Stretch, station};
use super::proof::{Rule, closed};
use super::sheet::Sheet;

fn blocked(part: &Stretch) -> f64 {
    let cell = part.service("s");
    cell.rejected as f64 / cell.arrived as f64
}

fn erlang_b(sheet: &mut Sheet) {
    for (c, a, share, customers) in
        [(10u32, 8.0, 0.121661, 4e6), (32, 19.0, 0.001775, 6e6), (100, 90.0, 0.026957, 12e6)]
    {
        for (name, work) in [("exponential", "exp(1s)"), ("constant", "1s")] {
            let played = station(a, work, &format!("workers: {c}\n    overflow: reject"), customers);
            let what = format!("{c} workers, no queue, a {a}, {name} work: share turned away");
            let expected = Rule::Closed { expected: share, share: if share < 0.01 { 0.05 } else { 0.02 } };
            sheet.row(&what, "Erlang B, insensitive to the distribution", expected, played.estimate(blocked));
        }
    }
}

fn finite_queue(sheet: &mut Sheet) {
    let cases = [
        (0.9, 10u32, Some(0.050814), Some(4.6466)),
        (1.0, 10, Some(0.090909), Some(5.5)),
        (1.5, 10, Some(0.337232), Some(8.1769)),
        (0.8, 5, None, Some(2.5631)),
    ];
    for (rho, k, share, time) in cases {
        let played = station(rho, "exp(1s)", &format!("workers: 1\n    queue: {}", k - 1), 3e6);
        let queue = format!("M/M/1/{k}, ρ {rho}");
        if let Some(share) = share {
            let source = "(1 - ρ)ρᴷ / (1 - ρᴷ⁺¹)";
            sheet.row(&format!("{queue}: share turned away"), source, closed(share), played.estimate(blocked));
        }
        if let Some(time) = time {
            let mean = played.estimate(|part| part.mean());
            sheet.row(&format!("{queue}: mean time of the accepted"), "L / λ(1 - P)", closed(time), mean);
        }
    }
}

#[test]
fn systems_that_lose_requests() {
    let about = "Poisson arrivals; who finds all workers (and the queue, if there is one) full is turned away.";
    let mut sheet = Sheet::new("Systems that lose requests", about);
    erlang_b(&mut sheet);
    finite_queue(&mut sheet);
    let one_more = station(8.0, "exp(1s)", "workers: 10\n    queue: 1", 1e6);
    sheet.planted("one place to wait where there is none", closed(0.121661), one_more.estimate(blocked));
    let off_by_one = station(0.9, "exp(1s)", "workers: 1\n    queue: 10", 1e6);
    sheet.planted("ten places to wait instead of nine", closed(0.050814), off_by_one.estimate(blocked));
    let regular = station(0.9, "1s", "workers: 1\n    queue: 9", 1e6);
    sheet.planted("constant work in a finite queue", closed(0.050814), regular.estimate(blocked));
    sheet.finish();
}
