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

/// The same by mid-P: of the rank at the edge only half the mass counts (Lancaster, J. American Statistical Association 56(294), 1961). Whole ranks
/// make the plain interval too wide; this one covers 95% on average instead of at least.
pub fn interval_mid_p(latencies: &Latencies, q: f64) -> Option<(f64, f64)> {
    let (low, high) = ranks_mid_p(latencies.count(), q)?;
    let steps = latencies.steps();
    Some((value_at_rank(&steps, low)?, value_at_rank(&steps, high)?))
}

fn ranks_mid_p(n: u64, q: f64) -> Option<(u64, u64)> {
    let low = quantile_of_mass(n, q, TAIL, 0.5);
    let high = quantile_of_mass(n, q, 1.0 - TAIL, 0.5);
    (low >= 1 && high <= n).then_some((low, high))
}

/// The 1-based ranks whose samples enclose the quantile: P(B < low) <= 2.5% and P(B >= high) <= 2.5%.
fn ranks(n: u64, q: f64) -> Option<(u64, u64)> {
    let low = binomial_quantile(n, q, TAIL);
    let high = binomial_quantile(n, q, 1.0 - TAIL) + 1;
    (low >= 1 && high <= n).then_some((low, high))
}

/// The smallest k with P(B <= k) > p for B binomial(n, q). Sums only the part within ten standard deviations of the mean.
fn binomial_quantile(n: u64, q: f64, p: f64) -> u64 {
    quantile_of_mass(n, q, p, 1.0)
}

/// The smallest k with P(B < k) + `part` P(B = k) > p.
fn quantile_of_mass(n: u64, q: f64, p: f64, part: f64) -> u64 {
    let count = n as f64;
    let deviation = (count * q * (1.0 - q)).sqrt();
    let mut k = (count * q - 10.0 * deviation - 10.0).max(0.0) as u64;
    let mut mass = log_mass(n, q, k).exp();
    let mut below = 0.0;
    while below + part * mass <= p && k <= n {
        below += mass;
        mass *= (n - k) as f64 / (k + 1) as f64 * (q / (1.0 - q));
        k += 1;
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
    fn mid_p_takes_half_of_the_rank_at_the_edge() {
        // By hand from the binomial with n = 1000 and q = 0.99: 17 and more above the quantile in 2.6% of samples, 18 and more in 1.4%.
        assert_eq!(ranks(1000, 0.99), Some((983, 997)));
        assert_eq!(ranks_mid_p(1000, 0.99), Some((984, 996)));
        assert_eq!(ranks_mid_p(0, 0.5), None);
        assert_eq!(ranks_mid_p(100, 0.99), None);
    }

    #[test]
    fn a_million_samples_do_not_underflow() {
        let (low, high) = ranks(1_000_000, 0.999).expect("enough samples");
        // Normal approximation: 999000 ± 1.96 * sqrt(999) = ± 62.
        assert!((998_936..=998_940).contains(&low), "{low}");
        assert!((999_060..=999_064).contains(&high), "{high}");
    }
}
