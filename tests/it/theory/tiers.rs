//! Several stations: Jackson's theorem for a tandem, and the cost of holding a worker across calls.

use super::played::{Played, play};
use super::proof::{Rule, closed};
use super::sheet::Sheet;

const TANDEM: &str = "
  front: {calls: [web, app, db]}
  web: {workers: 32, work: exp(4ms)}
  app: {workers: 64, work: exp(10ms)}
  db: {workers: 16, work: exp(5ms)}";
const NESTED: &str = "
  front: {calls: web}
  web: {workers: 32, work: exp(4ms), calls: app}
  app: {workers: 64, work: exp(10ms), calls: db}
  db: {workers: 16, work: exp(5ms)}";

fn tiers(rate: u32, services: &str, seconds: u32) -> Played {
    let window = seconds / 20;
    play(&format!(
        "
name: tiers
length: {}s
warmup: {window}s
window: {window}s
clients: {{users: {{calls: front, rate: {rate}/s}}}}
services: {services}
expect: [success(users) >= 0%]
",
        window * 21
    ))
}

#[test]
fn tandems_and_tiers() {
    let about = "Web (32 workers, 4 ms), app (64, 10 ms) and database (16, 5 ms), exponential work. In a tandem each is done before the next\n\
        begins; nested, a worker is held until the answer of the next tier.";
    let mut sheet = Sheet::new("Tandems and tiers", about);
    for (rate, expected) in [(1000, 19.00003), (1500, 19.00293), (1600, 19.00564)] {
        let mean = tiers(rate, TANDEM, 1000).estimate(|part| part.mean() * 1000.0);
        sheet.row(&format!("tandem at {rate}/s: mean, ms"), "Jackson 1957", closed(expected), mean);
    }
    for (rate, expected, share, seconds) in
        [(1000, 19.007, 0.005, 1000), (1500, 20.65, 0.02, 2000), (1600, 24.80, 0.03, 3000)]
    {
        let mean = tiers(rate, NESTED, seconds).estimate(|part| part.mean() * 1000.0);
        let rule = Rule::Near { expected, share };
        sheet.row(&format!("nested at {rate}/s: mean, ms"), "independent simulators", rule, mean);
    }
    let nested = tiers(1600, NESTED, 1000).estimate(|part| part.mean() * 1000.0);
    sheet.planted("nested instead of in a tandem at 1600/s", closed(19.00564), nested);
    sheet.finish();
}
