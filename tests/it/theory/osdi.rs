//! Metastable failures in the wild (Huang et al., OSDI 2022): the MongoDB artifact, and the law of the hidden capacity.

use super::played::{Played, play_seed};
use super::proof::Rule;
use super::sheet::Sheet;

const SEEDS: u64 = 10;

/// Capacity 1000/s on 64 workers; 3 s of patience, four more attempts; a trigger that takes capacity away.
fn storm(rate: f64, retries: u32, factor: f64, seconds: u32, seed: u64) -> Played {
    let text = format!(
        "
name: wild
length: 160s
warmup: 5s
window: 5s
clients: {{users: {{calls: {{to: db, timeout: 3s, retries: {retries}}}, rate: {rate}/s}}}}
services: {{db: {{workers: 64, work: exp(64ms)}}}}
faults: {{trigger: {{kind: slow, on: db, factor: {factor}, at: 20s, for: {seconds}s}}}}
expect: [success(users) >= 0%]
"
    );
    play_seed(&text, seed)
}

/// In how many of ten seeds the storm outlives its trigger by more than a minute and a half.
fn stuck(rate: f64, retries: u32, factor: f64, seconds: u32) -> u64 {
    let is_stuck = |seed: &u64| {
        let late = storm(rate, retries, factor, seconds, *seed).over(125.0, 140.0).users();
        late.ok * 2 < late.sent
    };
    (1..=SEEDS).filter(is_stuck).count() as u64
}

/// Which way a run goes near the edge is chance: two seeds of ten may differ.
const RECOVERS: Rule = Rule::AtMost(2.0);
const STICKS: Rule = Rule::AtLeast(8.0);

/// CPU left of a cap of 2, as the factor by which work takes longer.
fn cap(cpu: f64) -> f64 {
    2.0 / cpu
}

fn artifact(sheet: &mut Sheet) {
    let source = "Huang et al., OSDI 2022, artifact";
    let cases = [
        ("(a) cpu 0.45, 10 s", 360.0, cap(0.45), 10, RECOVERS),
        ("(b) cpu 0.40, 10 s", 360.0, cap(0.40), 10, STICKS),
        ("(c) cpu 0.40, 9 s", 360.0, cap(0.40), 9, RECOVERS),
        ("(d) cpu 0.40, 10 s, 30% less load", 252.0, cap(0.40), 10, RECOVERS),
    ];
    for (name, rate, factor, seconds, rule) in cases {
        let what = format!("{name}: stuck, of 10 seeds at ρ 0.36");
        sheet.row(&what, source, rule, stuck(rate, 4, factor, seconds));
    }
    let below = stuck(350.0, 4, cap(0.40), 10);
    sheet.row(
        "(b) at ρ 0.35: stuck, of 10 seeds",
        "6 of 10 in another simulator",
        Rule::Between { low: 1.0, high: 9.0 },
        below,
    );
    let source = "2 and 4 of 10 in another simulator";
    let few = Rule::Between { low: 0.0, high: 8.0 };
    sheet.row("(a) at ρ 0.37: stuck, of 10 seeds", source, few, stuck(370.0, 4, cap(0.45), 10));
    sheet.row("(c) at ρ 0.37: stuck, of 10 seeds", source, few, stuck(370.0, 4, cap(0.40), 9));
    sheet.row("(b) at ρ 0.37: stuck, of 10 seeds", source, STICKS, stuck(370.0, 4, cap(0.40), 10));
    sheet.planted("one more attempt instead of four, (b)", STICKS, stuck(360.0, 1, cap(0.40), 10));
    sheet.planted("a trigger of 11 s instead of 9, (c)", RECOVERS, stuck(360.0, 4, cap(0.40), 11));
}

fn hidden_capacity(sheet: &mut Sheet) {
    for retries in [1u32, 2, 4] {
        let hidden = 1000.0 / f64::from(1 + retries);
        for (share, expected) in [(0.75, 0.0), (1.25, 10.0)] {
            let what = format!("{retries} retries, load {share} of μ/{}: stuck after 20 s of trigger", 1 + retries);
            let measured = stuck(hidden * share, retries, 20.0, 20);
            sheet.row(&what, "hidden capacity μ / (1 + retries)", Rule::Exactly(expected), measured);
        }
    }
}

#[test]
fn retry_storms_osdi_2022() {
    let about = "64 workers, exponential work, capacity 1000/s, first come first served, no cancellation; clients wait 3 s and try five times. The\n\
        trigger slows the service. A run is stuck when less than half of the requests succeed a minute and a half later. The artifact does\n\
        not say how loaded its database is: ρ is the one free parameter, and only 0.36 reproduces all four outcomes.";
    let mut sheet = Sheet::new("Retry storms: OSDI 2022", about);
    artifact(&mut sheet);
    hidden_capacity(&mut sheet);
    sheet.finish();
}
