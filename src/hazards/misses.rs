//! How many reads of a cache miss, by arithmetic: what has no room, what expires, what was never there. It simulates no eviction.

use crate::plan::{CacheSpec, Edge, Keys, Plan, Role};

/// The share of this call's reads that miss when all is well, at so many reads a second; 0 for a call to anything else.
pub fn ratio(plan: &Plan, edge: &Edge, reads_per_sec: f64) -> f64 {
    let Role::Cache(spec) = &plan.service(edge.to).role else { return 0.0 };
    let keys = keys(plan, spec);
    let held = popular(f64::from(spec.entries).min(f64::from(keys.count)), keys);
    let reads_of_each = reads_per_sec / f64::from(keys.count.max(1));
    // Of a key that is read at rate r and lives for t, one read in 1 + r t finds it expired.
    let expired = spec.ttl.map_or(0.0, |ttl| 1.0 / (1.0 + reads_of_each * ttl.as_secs_f64()));
    // Each key misses once when the cache was empty at first.
    let reads = reads_of_each * plan.length.since(crate::base::Time::ZERO).as_secs_f64();
    let first = if spec.warm { 0.0 } else { 1.0 / reads.max(1.0) };
    (1.0 - held + held * expired.max(first)).clamp(0.0, 1.0)
}

/// What is asked for: the keys of the first clients that have any, or all of the cache's alike.
pub fn keys(plan: &Plan, spec: &CacheSpec) -> Keys {
    let of_clients = plan.clients.iter().find_map(|client| client.keys);
    of_clients.unwrap_or(Keys { count: spec.keys, skew: 0.0, hot: None })
}

/// The share of requests that ask for one of the `first` most popular keys, of weights 1/(r+1)^skew.
pub fn popular(first: f64, keys: Keys) -> f64 {
    let all = f64::from(keys.count.max(1));
    (weight(first, keys.skew) / weight(all, keys.skew)).clamp(0.0, 1.0)
}

/// The share of requests that ask for the most popular key.
pub fn hottest(keys: Keys) -> f64 {
    keys.hot.map_or(0.0, |(_, share)| share).max(popular(1.0, keys))
}

/// Sum of 1/r^skew for r from 1 to n: the first hundred added up, the rest by the integral (midpoints).
fn weight(n: f64, skew: f64) -> f64 {
    const EXACT: f64 = 100.0;
    let exact = (1..=n.min(EXACT) as u32).map(|rank| libm::pow(f64::from(rank), -skew)).sum::<f64>();
    if n <= EXACT {
        return exact;
    }
    let primitive = |x: f64| {
        if (skew - 1.0).abs() < 1e-9 { libm::log(x) } else { libm::pow(x, 1.0 - skew) / (1.0 - skew) }
    };
    exact + primitive(n + 0.5) - primitive(EXACT + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_popular_share_agrees_with_the_sum() {
        for skew in [0.0, 0.8, 1.0, 1.3] {
            let sum = |n: u32| (1..=n).map(|r| libm::pow(f64::from(r), -skew)).sum::<f64>();
            let keys = Keys { count: 20_000, skew, hot: None };
            for first in [1, 50, 500, 9000] {
                let exact = sum(first) / sum(20_000);
                assert!((popular(f64::from(first), keys) / exact - 1.0).abs() < 1e-3, "skew {skew}, first {first}");
            }
        }
    }
}
