//! The 95% confidence interval of a quantile, by order statistics: how many of n samples lie below the true quantile is
//! binomial(n, q), whatever the distribution of the samples. It assumes independent samples, which queueing makes optimistic.

use crate::record::Latencies;

/// Below and above this share of the binomial lies half of the 5%.
const TAIL: f64 = 0.025;

/// Seconds; `None` when n is too small to enclose the quantile on both sides.
pub fn interval(latencies: &Latencies, q: f64) -> Option<(f64, f64)> {
    let n = latencies.count();
    let (low, high) = ranks(n, q)?;
    let steps = latencies.steps();
    Some((value_at_rank(&steps, low)?, value_at_rank(&steps, high)?))
}

/// The 1-based ranks whose samples enclose the quantile: P(B < low) <= 2.5% and P(B >= high) <= 2.5%.
fn ranks(n: u64, q: f64) -> Option<(u64, u64)> {
    let low = binomial_quantile(n, q, TAIL);
    let high = binomial_quantile(n, q, 1.0 - TAIL) + 1;
    (low >= 1 && high <= n).then_some((low, high))
}

/// The smallest k with P(B <= k) > p for B binomial(n, q). Sums only the part within ten standard deviations of the mean.
fn binomial_quantile(n: u64, q: f64, p: f64) -> u64 {
    let count = n as f64;
    let deviation = (count * q * (1.0 - q)).sqrt();
    let mut k = (count * q - 10.0 * deviation - 10.0).max(0.0) as u64;
    let mut mass = log_mass(n, q, k).exp();
    let mut sum = mass;
    while sum <= p && k < n {
        mass *= (n - k) as f64 / (k + 1) as f64 * (q / (1.0 - q));
        k += 1;
        sum += mass;
    }
    k
}

fn log_mass(n: u64, q: f64, k: u64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
        + k * libm::log(q)
        + (n - k) * libm::log(1.0 - q)
}

fn value_at_rank(steps: &[(f64, u64)], rank: u64) -> Option<f64> {
    let mut seen = 0;
    steps
        .iter()
        .find(|(_, count)| {
            seen += count;
            seen >= rank
        })
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Dice, Dist};

    /// The tabled ranks for the median (e.g. Conover, Practical Nonparametric Statistics): n = 20: 6 and 15; n = 100: 40 and 61.
    #[test]
    fn ranks_agree_with_the_tables_for_the_median() {
        assert_eq!(ranks(20, 0.5), Some((6, 15)));
        assert_eq!(ranks(100, 0.5), Some((40, 61)));
        assert_eq!(ranks(5, 0.5), None);
        assert_eq!(ranks(0, 0.5), None);
    }

    #[test]
    fn the_interval_covers_the_true_quantile_in_95_of_100_samples() {
        let truth = -(0.05f64).ln() * 0.1;
        let mut dice = Dice::named(11, "coverage");
        let dist = Dist::Exponential { mean: 0.1 };
        let covered = (0..1000).filter(|_| {
            let mut latencies = Latencies::default();
            (0..1000).for_each(|_| latencies.record(dist.draw_span(&mut dice)));
            let (low, high) = interval(&latencies, 0.95).expect("1000 samples are enough");
            low <= truth && truth <= high
        });
        let covered = covered.count();
        assert!((930..=980).contains(&covered), "{covered} of 1000");
    }

    #[test]
    fn a_million_samples_do_not_underflow() {
        let (low, high) = ranks(1_000_000, 0.999).expect("enough samples");
        // Normal approximation: 999000 ± 1.96 * sqrt(999) = ± 62.
        assert!((998_936..=998_940).contains(&low), "{low}");
        assert!((999_060..=999_064).contains(&high), "{high}");
    }
}
