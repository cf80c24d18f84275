//! Hit ratios of caches under independent references with Zipf's popularity.

use super::played::{Stretch, play};
use super::proof::{Estimate, Rule};
use super::sheet::Sheet;

fn hits(part: &Stretch) -> f64 {
    let cell = part.service("cache");
    cell.hits as f64 / (cell.hits + cell.misses) as f64
}

fn cache(skew: f64, entries: u32, more: &str, look_ups: u32) -> Estimate {
    let window = look_ups / 1000 / 20;
    let played = play(&format!(
        "
name: cache
length: {}s
warmup: {}s
window: {window}s
clients: {{users: {{calls: web, rate: 1000/s, keys: {{count: 10000, skew: {skew}}}}}}}
services:
  web: {{calls: [{{to: cache, miss: db}}]}}
  cache: {{kind: cache, entries: {entries}{more}}}
  db: {{}}
expect: [success(users) >= 0%]
",
        window * 24,
        window * 4,
    ));
    played.estimate(hits)
}

#[test]
fn caches_under_zipf() {
    let about = "10,000 keys, the r-th asked for with weight 1 / r^α, independently. The expected figures are Che's approximation.";
    let mut sheet = Sheet::new("Caches", about);
    let che = |expected: f64| Rule::Near { expected, share: 0.005 };
    let cases = [
        (0.8, 100, 0.15662, 3_000_000),
        (0.8, 1000, 0.43666, 1_000_000),
        (1.0, 100, 0.39053, 1_000_000),
        (1.0, 1000, 0.67560, 1_000_000),
        (1.2, 1000, 0.86143, 1_000_000),
    ];
    for (skew, entries, expected, look_ups) in cases {
        let what = format!("LRU, α {skew}, {entries} entries: hit ratio");
        let source = "Che; Fricker, Robert, Roberts, arXiv 1202.3974";
        sheet.row(&what, source, che(expected), cache(skew, entries, "", look_ups));
    }
    for (skew, entries, bound) in [(0.8, 1000, 0.57062), (1.0, 100, 0.52999), (1.2, 1000, 0.90345)] {
        let what = format!("LFU, α {skew}, {entries} entries: hit ratio");
        let rule = Rule::Between { low: 0.97 * bound, high: 1.005 * bound };
        sheet.row(&what, "sum of the largest popularities", rule, cache(skew, entries, ", eviction: lfu", 1_000_000));
    }
    let fifo = cache(0.8, 1000, ", eviction: fifo", 500_000);
    sheet.planted("first in first out instead of least recently used, α 0.8, 1000 entries", che(0.43666), fifo);
    sheet.planted("α 0.82 instead of 0.8, 1000 entries", che(0.43666), cache(0.82, 1000, "", 500_000));
    sheet.planted("1020 entries instead of 1000, α 0.8", che(0.43666), cache(0.8, 1020, "", 1_000_000));
    sheet.planted("entries that last 2 s, α 1, 1000 entries", che(0.67560), cache(1.0, 1000, ", ttl: 2s", 200_000));
    sheet.finish();
}
