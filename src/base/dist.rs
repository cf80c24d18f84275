//! Distributions of lengths (of time, mostly): drawn in seconds, from named dice.

use super::{Dice, Span};
use rand_xoshiro::rand_core::Rng;
use serde::{Deserialize, Serialize};

/// A distribution over non-negative numbers. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dist {
    Constant(f64),
    Uniform {
        low: f64,
        high: f64,
    },
    Exponential {
        mean: f64,
    },
    /// exp(N(mu, sigma^2)).
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    /// What falls below 0 counts as 0.
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Survival (scale / x)^shape for x >= scale.
    Pareto {
        scale: f64,
        shape: f64,
    },
    /// Each of the listed values with equal chance (a sample read from a file, sorted).
    Empirical(Vec<f64>),
    /// Quantiles that were measured, as (share, value) from share 0 to share 1, both ascending; straight lines between them.
    Percentiles(Vec<(f64, f64)>),
    /// One of the parts, chosen by weight; `upto` are cumulative shares that end at 1.
    Mixture {
        upto: Vec<f64>,
        parts: Vec<Dist>,
    },
    /// What losses cost: each sending is lost with chance `loss` (below 1), and sent again `first` after it, then twice as long after
    /// each further one, at most `most` times: after n losses in a row it is late by first * (2^n - 1) (RFC 6298, section 5.5).
    Retransmitted {
        loss: f64,
        first: f64,
        most: u32,
    },
}

/// The 99% quantile of the standard normal.
pub const Z99: f64 = 2.326_347_874_040_841;

impl Dist {
    /// Lognormal through its median and 99% quantile; `p99 > p50 > 0`.
    pub fn lognormal_quantiles(p50: f64, p99: f64) -> Dist {
        Dist::Lognormal { mu: libm::log(p50), sigma: libm::log(p99 / p50) / Z99 }
    }

    /// Lognormal through its mean and coefficient of variation (standard deviation / mean); both > 0.
    pub fn lognormal_moments(mean: f64, cv: f64) -> Dist {
        let variance = libm::log(1.0 + cv * cv);
        Dist::Lognormal { mu: libm::log(mean) - variance / 2.0, sigma: libm::sqrt(variance) }
    }

    #[inline]
    pub fn draw<S: Rng>(&self, dice: &mut Dice<S>) -> f64 {
        match self {
            Dist::Constant(value) => *value,
            Dist::Uniform { low, high } => low + (high - low) * dice.unit(),
            Dist::Exponential { mean } => mean * dice.exponential(),
            Dist::Lognormal { mu, sigma } => libm::exp(mu + sigma * dice.normal()),
            Dist::Normal { mean, sd } => (mean + sd * dice.normal()).max(0.0),
            Dist::Pareto { scale, shape } => scale * libm::exp(dice.exponential() / shape),
            Dist::Empirical(values) => values[dice.below(values.len() as u64) as usize],
            Dist::Percentiles(points) => percentile(points, dice.unit()),
            Dist::Mixture { upto, parts } => {
                let pick = dice.unit();
                let part = upto.iter().position(|edge| pick < *edge).unwrap_or(parts.len() - 1);
                parts[part].draw(dice)
            }
            Dist::Retransmitted { loss, first, most } => {
                let losses = (0..*most).take_while(|_| dice.chance(*loss)).count();
                first * (libm::exp2(losses as f64) - 1.0)
            }
        }
    }

    /// A draw as a length of time.
    #[inline(always)]
    pub fn draw_span<S: Rng>(&self, dice: &mut Dice<S>) -> Span {
        Span::from_secs_f64(self.draw(dice))
    }

    /// The mean; infinite for a Pareto of shape 1 or less.
    pub fn mean(&self) -> f64 {
        match self {
            Dist::Constant(value) => *value,
            Dist::Uniform { low, high } => (low + high) / 2.0,
            Dist::Exponential { mean } => *mean,
            Dist::Lognormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            // Of max(X, 0) for a normal X.
            Dist::Normal { mean, sd } if *sd > 0.0 => {
                let z = mean / sd;
                let density = libm::exp(-z * z / 2.0) / libm::sqrt(std::f64::consts::TAU);
                mean * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2) / 2.0 + sd * density
            }
            Dist::Normal { mean, .. } => mean.max(0.0),
            Dist::Percentiles(points) => {
                points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
            }
            Dist::Pareto { scale, shape } if *shape > 1.0 => scale * shape / (shape - 1.0),
            Dist::Pareto { .. } => f64::INFINITY,
            Dist::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
            Dist::Mixture { upto, parts } => {
                let mut from = 0.0;
                let mut sum = 0.0;
                for (edge, part) in upto.iter().zip(parts) {
                    sum += (edge - from) * part.mean();
                    from = *edge;
                }
                sum
            }
            // With chance loss^n there is an n-th retransmission, and it waits for first * 2^(n - 1).
            Dist::Retransmitted { loss, first, most } => {
                (1..=*most).map(|n| libm::pow(*loss, f64::from(n)) * first * libm::exp2(f64::from(n) - 1.0)).sum()
            }
        }
    }

    pub fn is_zero(&self) -> bool {
        matches!(self, Dist::Constant(value) if *value == 0.0)
    }
}

/// The value below which this share lies.
fn percentile(points: &[(f64, f64)], share: f64) -> f64 {
    let at = points.partition_point(|(upto, _)| *upto <= share).clamp(1, points.len() - 1);
    let ((from, low), (to, high)) = (points[at - 1], points[at]);
    low + (high - low) * ((share - from) / (to - from)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_means_and_quantiles_agree_with_the_parameters() {
        let cases = [
            Dist::Uniform { low: 1.0, high: 3.0 },
            Dist::Exponential { mean: 0.2 },
            Dist::lognormal_moments(2.0, 0.7),
            Dist::Normal { mean: 1.0, sd: 0.2 },
            Dist::Normal { mean: 0.5, sd: 1.0 },
            Dist::Percentiles(vec![(0.0, 1.0), (0.5, 2.0), (0.99, 10.0), (1.0, 50.0)]),
            Dist::Pareto { scale: 1.0, shape: 4.0 },
            Dist::Empirical(vec![1.0, 2.0, 6.0]),
            Dist::Mixture { upto: vec![0.25, 1.0], parts: vec![Dist::Constant(4.0), Dist::Exponential { mean: 1.0 }] },
            Dist::Retransmitted { loss: 0.2, first: 0.2, most: 6 },
        ];
        for dist in cases {
            let mut dice = Dice::named(3, "dist");
            let n = 200_000;
            let mean = (0..n).map(|_| dist.draw(&mut dice)).sum::<f64>() / f64::from(n);
            assert!((mean / dist.mean() - 1.0).abs() < 0.02, "{dist:?}: {mean}");
        }
        let dist = Dist::lognormal_quantiles(0.010, 0.050);
        let mut dice = Dice::named(4, "quantiles");
        let mut draws: Vec<f64> = (0..200_000).map(|_| dist.draw(&mut dice)).collect();
        draws.sort_by(f64::total_cmp);
        let table = Dist::Percentiles(vec![(0.0, 1.0), (0.5, 2.0), (0.99, 10.0), (1.0, 50.0)]);
        let below = |bound: f64, dice: &mut Dice| (0..100_000).filter(|_| table.draw(dice) < bound).count();
        assert!((below(2.0, &mut dice) as f64 / 5e4 - 1.0).abs() < 0.02);
        assert!((below(10.0, &mut dice) as f64 / 9.9e4 - 1.0).abs() < 0.005);
        assert!((draws[100_000] / 0.010 - 1.0).abs() < 0.02);
        assert!((draws[198_000] / 0.050 - 1.0).abs() < 0.05);
    }
}
