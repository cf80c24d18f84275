//! Metastable failures as Bronson et al. describe them (HotOS 2021): a burst after a short outage, one retry, and a load that was fine before.

use super::played::{Played, play_seed, recovery};
use super::proof::{Estimate, Rule};
use super::sheet::Sheet;

const SOURCE: &str = "Bronson et al., HotOS 2021; simulation of it";

/// 30 workers of 100 ms are 300/s; everything sent in ten seconds of outage arrives at its end.
fn outage(rate: u32, retries: &str, queue: &str, length: u32, seed: u64) -> Played {
    let text = format!(
        "
name: metastable
length: {length}s
warmup: 10s
window: 1s
clients: {{users: {{calls: {{to: db, timeout: 1s, retries: {retries}}}, rate: {rate}/s}}}}
services: {{db: {{workers: 30, work: 100ms, queue: {queue}}}}}
faults: {{outage: {{kind: cut, on: users->db, at: 60s, for: 10s}}}}
expect: [success(users) >= 0%]
"
    );
    play_seed(&text, seed)
}

/// Success and attempts per call in the last hundred seconds (but the last five, which are still in flight).
fn at_the_end(played: &Played) -> (f64, f64) {
    let late = played.over(1100.0, 1195.0);
    let (users, edge) = (late.users(), late.edge("users->db"));
    (users.ok as f64 / users.sent as f64, edge.attempts as f64 / edge.calls as f64)
}

fn ends(sheet: &mut Sheet) {
    let cases = [
        ("100/s", 100, "1", "unbounded", 1.0, 1.0),
        ("140/s", 140, "1", "unbounded", 1.0, 1.0),
        ("145/s", 145, "1", "unbounded", 1.0, 1.0),
        ("152/s", 152, "1", "unbounded", 0.0, 2.0),
        ("155/s", 155, "1", "unbounded", 0.0, 2.0),
        ("200/s", 200, "1", "unbounded", 0.0, 2.0),
        ("280/s", 280, "1", "unbounded", 0.0, 2.0),
        ("280/s, no retries", 280, "0", "unbounded", 1.0, 1.0),
        ("280/s, newest first", 280, "1", "{order: lifo}", 1.0, 1.003),
        ("280/s, expired dropped at dequeue", 280, "1", "{drop_expired: true}", 0.0, 2.0),
    ];
    for (name, rate, retries, queue, success, amplification) in cases {
        let (measured, attempts) = at_the_end(&outage(rate, retries, queue, 1200, 1));
        let within = |expected| Rule::Within { expected, by: 0.01 };
        sheet.row(&format!("{name}: success in the last 100 s"), SOURCE, within(success), measured);
        sheet.row(&format!("{name}: attempts per call then"), SOURCE, within(amplification), attempts);
        if name == "280/s" {
            sheet.planted("one retry where there is none, at 280/s: success in the last 100 s", within(1.0), measured);
        }
        if name == "280/s, newest first" {
            sheet.planted("newest first where it is oldest first, at 280/s", within(0.0), measured);
        }
    }
}

/// Seconds from the end of the outage until users are served again, over five seeds. `length` where they never are.
fn recoveries(rate: u32, retries: &str, length: u32) -> Estimate {
    let of = |seed| recovery(&outage(rate, retries, "unbounded", length, seed), 70).unwrap_or(f64::INFINITY);
    let seeds: Vec<f64> = (1..=5).map(of).collect();
    Estimate::mean_of(&seeds)
}

fn times(sheet: &mut Sheet) {
    let cases = [
        ("100/s, one retry", 100, "1", 15.0, 0.2),
        ("140/s, one retry", 140, "1", 115.0, 0.2),
        ("145/s, one retry", 145, "1", 275.0, 0.3),
        ("280/s, no retries", 280, "0", 136.0, 0.2),
        ("280/s, budget 2%", 280, "{max: 1, budget: 2%}", 195.0, 0.2),
        ("280/s, budget 5%", 280, "{max: 1, budget: 5%}", 570.0, 0.3),
    ];
    for (name, rate, retries, expected, share) in cases {
        let length = (expected * 2.0) as u32 + 200;
        let rule = Rule::Near { expected, share };
        sheet.row(
            &format!("{name}: recovery, s (mean of five seeds)"),
            SOURCE,
            rule,
            recoveries(rate, retries, length),
        );
    }
    let edge = recovery(&outage(148, "1", "unbounded", 1800, 1), 70).unwrap_or(f64::INFINITY);
    sheet.row("148/s, one retry: recovery, s", "882 in one run", Rule::Between { low: 300.0, high: 1700.0 }, edge);
    let never = recovery(&outage(280, "{max: 1, budget: 7.14%}", "unbounded", 1200, 1), 70);
    let stuck = f64::from(u8::from(never.is_none()));
    sheet.row("280/s, budget 7.14% (20/s): never recovers in 1130 s", SOURCE, Rule::Exactly(1.0), stuck);
    let twice = recoveries(280, "{max: 1, budget: 4%}", 700);
    sheet.planted("a budget of 4% instead of 2%", Rule::Near { expected: 195.0, share: 0.2 }, twice);
}

#[test]
fn retry_storms_hotos_2021() {
    let about = "A database of 30 workers and 100 ms, first come first served; clients wait 1 s and retry once, and what they abandoned is served\n\
        all the same. The network fails from 60 to 70 s, and delivers everything at its end. Recovery is the first second after it from which\n\
        five seconds succeed for 95%.";
    let mut sheet = Sheet::new("Retry storms: HotOS 2021", about);
    ends(&mut sheet);
    times(&mut sheet);
    sheet.finish();
}
