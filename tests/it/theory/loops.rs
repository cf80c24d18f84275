//! Open and closed loops: what each of them asks for, and what a closed loop hides (coordinated omission).

use super::played::{Played, play};
use super::proof::{Rule, closed};
use super::sheet::Sheet;

fn with_clients(clients: &str, service: &str, length: u32) -> Played {
    let window = length / 21;
    play(&format!(
        "
name: loop
length: {length}s
warmup: {window}s
window: {window}s
clients: {{users: {{calls: s, {clients}}}}}
services: {{s: {service}}}
expect: [success(users) >= 0%]
"
    ))
}

/// Throughput of N users with exponential thinking of mean z around one exponential server of mean 1 (machine repair).
fn repair(users: u32, think: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..users {
        term *= f64::from(users - k) / think;
        sum += term;
    }
    1.0 - 1.0 / sum
}

fn closed_loops(sheet: &mut Sheet) {
    for (users, length) in [(5u32, 210_000), (20, 210_000)] {
        let played = with_clients(&format!("users: {users}, think: exp(5s)"), "{workers: 1, work: exp(1s)}", length);
        let what = format!("{users} users who think 5, one server of mean 1");
        let throughput = played.estimate(|part| part.users().ok as f64 / part.seconds());
        sheet.row(&format!("{what}: throughput"), "machine repair, M/M/1//N", closed(repair(users, 5.0)), throughput);
        let law = played.estimate(|part| part.users().ok as f64 / part.seconds() * (part.mean() + 5.0));
        sheet.row(&format!("{what}: X (R + Z)"), "response time law: N", closed(f64::from(users)), law);
    }
}

fn open_and_closed(sheet: &mut Sheet) {
    let service = "{workers: 1, work: exp(100ms)}";
    let open = with_clients("rate: 8/s", service, 420_000);
    let source = "1 / (μ - λ); Brooker, omission";
    sheet.row("open loop at 8/s, one server of 10/s: mean, s", source, closed(0.5), open.estimate(|part| part.mean()));
    let one = with_clients("users: 1, think: exp(25ms)", service, 42_000);
    let source = "E[S], nobody else is there; Brooker, omission";
    sheet.row(
        "one user in a closed loop at the same 8/s: mean, s",
        source,
        closed(0.1),
        one.estimate(|part| part.mean()),
    );
    sheet.planted("a closed loop of one user instead of the open one", closed(0.5), one.estimate(|part| part.mean()));
}

/// A second of standstill in ten.
fn stall(clients: &str) -> Played {
    play(&format!(
        "
name: stall
length: 10s
clients: {{users: {{calls: s, {clients}}}}}
services: {{s: {{workers: 64, work: 1ms}}}}
faults: {{gc: {{kind: pause, on: s, at: 4s, for: 1s}}}}
expect: [success(users) >= 0%]
"
    ))
}

fn coordinated_omission(sheet: &mut Sheet) {
    let p99 = |clients: &str| stall(clients).steady().quantile(0.99);
    let open = p99("rate: 1000/s, arrivals: constant");
    let source = "a tenth of the requests, evenly from 0 to 1 s";
    sheet.row(
        "open loop, 1 s of stall in 10 s at 1000/s: p99, s",
        source,
        Rule::Within { expected: 0.9, by: 0.02 },
        open,
    );
    let hidden = p99("users: 10, think: 9ms");
    let source = "10 of 9000 requests met it";
    sheet.row("closed loop at the same 1000/s: p99, s", source, Rule::Within { expected: 0.001, by: 0.0005 }, hidden);
    sheet.planted("latency as a closed loop tells it", Rule::AtLeast(0.8), hidden);
}

#[test]
fn open_and_closed_loops() {
    let about = "In an open loop requests come whether or not earlier ones were answered; latency counts from the moment at which a request\n\
        was due.";
    let mut sheet = Sheet::new("Open and closed loops", about);
    open_and_closed(&mut sheet);
    closed_loops(&mut sheet);
    coordinated_omission(&mut sheet);
    sheet.finish();
}
