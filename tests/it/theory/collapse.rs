//! A server that slows down with what it has in hand: Brooker's simulation of a collapse that retries keep up.

use super::played::{Played, play_seed};
use super::proof::{Rule, figure};
use super::sheet::Sheet;
use firedrill::judge::statistics::wilson;

const SEEDS: u64 = 30;

/// The speed at n in flight is 1 / (1 + 0.01 n): a request takes 1 s and a hundredth more for each beside it.
fn efficiency() -> String {
    let points = [0, 5, 10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, 500, 700, 1000, 1500, 2000];
    let listed = points.map(|n| format!("{{inflight: {n}, share: {:.4}%}}", 100.0 / (1.0 + 0.01 * f64::from(n))));
    format!("[{}]", listed.join(", "))
}

fn collapse(retries: &str, spike: u32, seed: u64) -> Played {
    let text = format!(
        "
name: collapse
length: 120s
window: 1s
clients:
  users:
    rate: {{base: 40/s, spike: {spike}/s, at: 20s, for: 5s}}
    calls: {{to: s, timeout: 3s, latency: exp(50ms){retries}}}
services: {{s: {{work: \"lognormal(mean=1s, cv=0.85)\", efficiency: {}}}}}
expect: [success(users) >= 0%]
",
        efficiency(),
    );
    play_seed(&text, seed)
}

/// In which share of the seeds the collapse outlives the spike.
fn stuck(retries: &str, spike: u32) -> f64 {
    let is_stuck = |seed: &u64| {
        let late = collapse(retries, spike, *seed).over(65.0, 110.0).users();
        late.ok * 2 < late.sent
    };
    (1..=SEEDS).filter(is_stuck).count() as f64 / SEEDS as f64
}

/// Wilson's 95% interval of such a share.
fn interval(share: f64) -> String {
    let (low, high) = wilson::interval((share * SEEDS as f64).round() as u64, SEEDS).expect("there are seeds");
    format!("{} to {}", figure(low), figure(high))
}

const AT_ONCE: &str = ", retries: 2";
const JITTER: &str = ", retries: {max: 2, backoff: {base: 10s, max: 100s, jitter: full}}";

#[test]
fn a_server_that_slows_down() {
    let about = "40 requests a second, 80 from 20 to 25 s; each takes 1 s and a hundredth of a second more for every other one in flight; clients\n\
        wait 3 s and try three times. A run is stuck when less than half of the requests succeed after 65 s; such runs are counted, with\n\
        Wilson's interval, because the mean of runs that are stuck and runs that are not is like neither. Brooker draws the time of a\n\
        request when it comes, here whoever comes slows down those who are there; so how work is distributed (lognormal, cv 0.85) and the\n\
        base of the backoff (10 s) are chosen, and the shares are held loosely.";
    let mut sheet = Sheet::new("A server that slows down", about);
    let at_once = stuck(AT_ONCE, 80);
    let what = format!("retries at once: share of 30 seeds stuck ({})", interval(at_once));
    sheet.row(&what, "Brooker, simple collapse: 6 of 10", Rule::Between { low: 0.35, high: 0.95 }, at_once);
    let source = "Brooker, simple collapse: none of 10";
    let jitter = stuck(JITTER, 80);
    let what = format!("exponential backoff with full jitter: share stuck ({})", interval(jitter));
    sheet.row(&what, source, Rule::AtMost(0.1), jitter);
    sheet.row("one try: share stuck", "load below capacity heals", Rule::Exactly(0.0), stuck("", 80));
    sheet.row(
        "retries at once, no spike: share stuck",
        "the spike is the trigger",
        Rule::AtMost(0.1),
        stuck(AT_ONCE, 40),
    );
    sheet.planted("retries at once where there is backoff", Rule::AtMost(0.1), at_once);
    sheet.finish();
}
