//! A standing overload: what the order of the queue and a bound on the wait leave of the capacity.

use super::played::{Played, play};
use super::proof::Rule;
use super::sheet::Sheet;

/// From 3 s on, and not from the start, so that workers are not free all at once: twice as many requests as 1000 workers of 100 ms can serve, for users who wait a second.
fn overload(queue: &str) -> Played {
    play(&format!(
        "
name: overload
length: 40s
warmup: 10s
window: 5s
clients: {{users: {{calls: {{to: s, timeout: 1s}}, rate: {{steps: [{{at: 0s, rate: 9000/s}}, {{at: 3s, rate: 20000/s}}]}}}}}}
services: {{s: {{workers: 1000, work: 100ms, queue: {queue}}}}}
expect: [success(users) >= 0%]
"
    ))
}

const CODEL: &str = "{codel: {target: 5ms, interval: 100ms}}";

#[test]
fn a_standing_overload() {
    let about =
        "20,000 requests a second for 1000 workers of 100 ms; users wait 1 s. CoDel: target 5 ms, interval 100 ms.";
    let mut sheet = Sheet::new("A standing overload", about);
    let source = "Maurer, Fail at Scale, ACM Queue 2015";
    let goodput = |played: &Played| played.steady().users().goodput as f64 / played.steady().seconds();
    let longest = |played: &Played| played.steady().users().latency.max().map_or(f64::INFINITY, |max| max - 0.1);
    let (fifo, lifo, codel) = (overload("unbounded"), overload("{order: lifo}"), overload(CODEL));
    let capacity = Rule::Near { expected: 10_000.0, share: 0.05 };
    sheet.row("first in first out: goodput, /s", source, Rule::AtMost(10.0), goodput(&fifo));
    sheet.row("newest first: goodput, /s", source, capacity, goodput(&lifo));
    sheet.row("CoDel: goodput, /s", source, capacity, goodput(&codel));
    // The recording keeps a thousandth of a latency: 0.1 ms.
    let target = Rule::AtMost(0.0051);
    sheet.row("CoDel: longest wait of those who were served, s", "at most the target", target, longest(&codel));
    sheet.planted("first in first out where CoDel is: goodput, /s", capacity, goodput(&fifo));
    let loose = overload("{codel: {target: 20ms, interval: 100ms}}");
    sheet.planted("a target of 20 ms instead of 5: longest wait", target, longest(&loose));
    sheet.finish();
}
