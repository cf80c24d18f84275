//! What throttling callers and retry budgets leave of the load, by the rules of those who wrote them down.

use super::played::{Played, play};
use super::proof::Rule;
use super::retries::{fleet, success_and_load};
use super::sheet::Sheet;

/// Callers who throttle themselves, before a service that takes 100/s.
fn throttled(offered: u32, k: f64) -> Played {
    play(&format!(
        "
name: throttle
length: 900s
warmup: 300s
window: 10s
clients: {{users: {{calls: {{to: web, throttle: {k}}}, rate: {offered}/s}}}}
services: {{web: {{rate_limit: 100/s}}}}
expect: [success(users) >= 0%]
"
    ))
}

fn throttling(sheet: &mut Sheet) {
    let source = "SRE book, chapter 21, simulation";
    let near = |expected| Rule::Near { expected, share: 0.02 };
    let sent = |played: &Played| played.steady().service("web").arrived as f64 / played.steady().seconds();
    for (offered, k, expected) in [(1000, 2.0, 200.4), (1000, 1.5, 150.0), (1000, 1.1, 109.1), (150, 2.0, 150.6)] {
        let played = throttled(offered, k);
        sheet.row(&format!("{offered}/s offered, 100/s taken, K {k}: sent /s"), source, near(expected), sent(&played));
        let taken = played.steady().service("web").completed as f64 / played.steady().seconds();
        sheet.row(&format!("{offered}/s offered, 100/s taken, K {k}: taken /s"), source, near(100.0), taken);
    }
    sheet.planted("K 1.5 instead of 2: sent /s", near(200.4), sent(&throttled(1000, 1.5)));
}

fn budgets(sheet: &mut Sheet) {
    let within = |expected| Rule::Within { expected, by: 0.005 };
    let of = |budget: &str, retries: u32, p: f64| {
        let policy = format!(", retries: {{max: {retries}, budget: {budget}}}");
        success_and_load(&fleet(1, 1000, 400, p, &policy))
    };
    // (name, budget, retries, chance of failure, attempts a call, success)
    for (name, budget, retries, p, load, success) in [
        ("Finagle", "finagle", 25, 0.1, 1.111, None),
        ("Finagle", "finagle", 25, 0.2, 1.210, None),
        ("Linkerd", "linkerd", 25, 0.5, 1.210, Some(0.605)),
        ("gRPC A6", "grpc", 4, 0.05, 1.052, None),
        ("gRPC A6", "grpc", 4, 0.08, 1.057, None),
        ("gRPC A6", "grpc", 4, 0.0909, 1.038, None),
        ("gRPC A6", "grpc", 4, 0.10, 1.020, None),
        ("gRPC A6", "grpc", 4, 0.15, 1.000, None),
        ("AWS SDK, cost 5", "aws", 2, 0.3, 1.393, Some(0.973)),
        ("AWS SDK, cost 5", "aws", 2, 0.5, 1.200, Some(0.600)),
        ("AWS SDK, cost 10", "{kind: costs, cost: 10}", 2, 0.3, 1.232, None),
    ] {
        let measured = of(budget, retries, p);
        sheet.row(&format!("{name}, p {p}: load"), "its rule, simulated", within(load), measured.1);
        if let Some(success) = success {
            sheet.row(&format!("{name}, p {p}: success"), "its rule, simulated", within(success), measured.0);
        }
    }
    sheet.planted("gRPC's budget where Finagle's is, p 0.2: load", within(1.210), of("grpc", 25, 0.2).1);
    sheet.planted(
        "no reserve of 10/s, p 0.5: load",
        within(1.210),
        of("{kind: window, ratio: 20%, least: 0/s}", 25, 0.5).1,
    );
}

fn strategies(sheet: &mut Sheet) {
    let source = "Brooker 2022-02-28, simulation";
    let within = |expected| Rule::Within { expected, by: 0.01 };
    let breaker = ", retries: {max: 3, budget: {kind: failures, ratio: 10%, ttl: 40s}}";
    for (p, success, load) in
        [(0.05, 0.996, 1.048), (0.10, 0.937, 1.039), (0.20, 0.799, 1.001), (0.30, 0.699, 1.000), (0.50, 0.503, 1.000)]
    {
        let measured = success_and_load(&fleet(100, 10, 40, p, breaker));
        let what = format!("100 clients, p {p}, 3 retries while at most 10% fail");
        sheet.row(&format!("{what}: success"), source, within(success), measured.0);
        sheet.row(&format!("{what}: load"), source, within(load), measured.1);
    }
    let loose = success_and_load(&fleet(100, 10, 40, 0.2, &breaker.replace("10%", "40%")));
    sheet.planted("40% instead of 10%, p 0.2: load", within(1.001), loose.1);
}

#[test]
fn throttling_and_retry_budgets() {
    let about = "Load is attempts per call, failures are independent with chance p, and budgets are shared by 1000 calls a second.";
    let mut sheet = Sheet::new("Throttling and retry budgets", about);
    throttling(&mut sheet);
    budgets(&mut sheet);
    strategies(&mut sheet);
    sheet.finish();
}
