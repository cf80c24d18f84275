//! Student's t: the mean of independent values with its interval (Gosset, Biometrika 6(1), 1908). It asks for nothing but that the values
//! come from independent runs; with few and very skewed values the interval is somewhat short.

use super::Interval;

/// The mean of independent values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub n: usize,
    pub mean: f64,
    /// Standard deviation of one value (n - 1 in the denominator); 0 for a single value.
    pub deviation: f64,
    /// The 95% interval of the mean; `None` for a single value.
    pub interval: Option<Interval>,
}

/// `None` for no values.
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    if n == 1 {
        return Some(Estimate { n, mean, deviation: 0.0, interval: None });
    }
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (n - 1) as f64).sqrt();
    let half = half_width(deviation / (n as f64).sqrt(), n - 1);
    Some(Estimate { n, mean, deviation, interval: Some((mean - half, mean + half)) })
}

/// Half the 95% interval of an estimate with this standard error.
pub fn half_width(standard_error: f64, degrees: usize) -> f64 {
    if standard_error == 0.0 { 0.0 } else { standard_error * quantile(0.975, degrees as f64) }
}

/// The quantile of Student's t with so many degrees of freedom (> 0), for p in 0.5..1: found by halving, as exactly as floats allow.
pub fn quantile(p: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high, degrees) > 1.0 - p {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if upper_tail(middle, degrees) > 1.0 - p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// P(T > t) for t >= 0: half of the regularised incomplete beta function (Abramowitz and Stegun 26.7.1).
fn upper_tail(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t)) / 2.0
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast only to the left of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    libm::exp(a * libm::log(x) + b * libm::log(1.0 - x) - log_beta) / a * beta_fraction(a, b, x)
}

/// The continued fraction of the incomplete beta function, evaluated forwards by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TERMS_MAX: u32 = 1000;
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in (1..=TERMS_MAX).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            value *= c * d;
        }
        if (value / before - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Dice, Dist};

    /// The tables that every textbook prints (e.g. Abramowitz and Stegun, table 26.10).
    #[test]
    fn quantiles_agree_with_the_tables() {
        for (degrees, at_95, at_99) in [
            (1.0, 12.706, 63.657),
            (2.0, 4.303, 9.925),
            (4.0, 2.776, 4.604),
            (9.0, 2.262, 3.250),
            (19.0, 2.093, 2.861),
            (30.0, 2.042, 2.750),
            (120.0, 1.980, 2.617),
            (9999.0, 1.960, 2.576),
        ] {
            let (narrow, wide) = (quantile(0.975, degrees), quantile(0.995, degrees));
            assert!((narrow - at_95).abs() < 6e-4, "{degrees}: {narrow} against {at_95}");
            assert!((wide - at_99).abs() < 6e-4, "{degrees}: {wide} against {at_99}");
        }
    }

    #[test]
    fn an_estimate_worked_out_on_paper() {
        // Mean 5, squares 10, deviation sqrt(10 / 4), half-width 2.776 x 1.5811 / sqrt(5) = 1.963.
        let found = estimate(&[3.0, 4.0, 5.0, 6.0, 7.0]).expect("five values");
        let (low, high) = found.interval.expect("more than one value");
        assert_eq!((found.n, found.mean), (5, 5.0));
        assert!((found.deviation - 2.5f64.sqrt()).abs() < 1e-12);
        assert!((low - 3.037).abs() < 1e-3 && (high - 6.963).abs() < 1e-3, "{low} {high}");
        assert_eq!(estimate(&[]), None);
        assert_eq!(estimate(&[2.0]).expect("one value").interval, None);
        assert_eq!(estimate(&[2.0, 2.0, 2.0]).expect("three values").interval, Some((2.0, 2.0)));
    }

    #[test]
    fn intervals_cover_the_truth_in_95_of_100_experiments() {
        let trials = 2000;
        for (dist, n) in [(Dist::Lognormal { mu: 0.0, sigma: 0.1 }, 5), (Dist::Uniform { low: 0.0, high: 1.0 }, 20)] {
            let mut dice = Dice::named(3, "student coverage");
            let covered = (0..trials).filter(|_| {
                let values: Vec<f64> = (0..n).map(|_| dist.draw(&mut dice)).collect();
                let (low, high) = estimate(&values).and_then(|found| found.interval).expect("several values");
                (low..=high).contains(&dist.mean())
            });
            let share = covered.count() as f64 / f64::from(trials);
            assert!((0.93..=0.97).contains(&share), "{dist:?}: {share}");
        }
    }
}
