//! Seed by seed: the ratio of a figure under the same seed on both sides, and the sign test on these ratios (Dixon and Mood, J. American Statistical
//! Association 41(236), 1946). It asks nothing of how latencies are distributed, nor that requests of one run are independent.

use super::Figure;
use super::captured::ClientFigures;
use super::figure::ratio;

/// Below six pairs not even all of them in one direction are rarer than 5 in 100.
const PAIRS_MIN: usize = 6;
const LEVEL: f64 = 0.05;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signs {
    pub up: usize,
    pub down: usize,
    pub equal: usize,
    /// Of the ratios, new over base.
    pub median: f64,
    /// Chance that so lopsided a result comes from two equal systems; equal pairs are left out.
    pub p: f64,
}

/// `None` where no seed gives a figure on both sides.
pub fn signs(base: &[&ClientFigures], new: &[&ClientFigures], figure: Figure) -> Option<Signs> {
    let pair = |new: &&ClientFigures| {
        let base = base.iter().find(|base| base.seed == new.seed)?;
        let (old, now) = (figure.read(&[base]), figure.read(&[new]));
        ratio(old.value, now.value).filter(|_| old.enough && now.enough)
    };
    let mut ratios: Vec<f64> = new.iter().filter_map(pair).collect();
    ratios.sort_by(f64::total_cmp);
    let median = median(&ratios)?;
    let count = |keep: fn(f64) -> bool| ratios.iter().filter(|ratio| keep(**ratio)).count();
    let (up, down, equal) = (count(|ratio| ratio > 1.0), count(|ratio| ratio < 1.0), count(|ratio| ratio == 1.0));
    Some(Signs { up, down, equal, median, p: two_sided(up.min(down), up + down) })
}

fn median(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => Some(sorted[half]),
        _ if sorted.is_empty() => None,
        _ => Some((sorted[half - 1] + sorted[half]) / 2.0),
    }
}

/// Twice the tail of the binomial with an even coin, 1 at most.
fn two_sided(fewer: usize, n: usize) -> f64 {
    let log_all = n as f64 * std::f64::consts::LN_2;
    let gamma = |k: usize| libm::lgamma(k as f64 + 1.0);
    let tail: f64 = (0..=fewer).map(|k| libm::exp(gamma(n) - gamma(k) - gamma(n - k) - log_all)).sum();
    (2.0 * tail).min(1.0)
}

impl Signs {
    pub fn pairs(&self) -> usize {
        self.up + self.down + self.equal
    }

    pub fn can_decide(&self) -> bool {
        self.pairs() >= PAIRS_MIN
    }

    pub fn share(&self, upwards: bool) -> f64 {
        let those = if upwards { self.up } else { self.down };
        those as f64 / self.pairs().max(1) as f64
    }

    /// More pairs went this way than chance allows.
    pub fn is_shown(&self, upwards: bool) -> bool {
        self.p < LEVEL && (self.up > self.down) == upwards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of the sign test: 6 of 6 give 0.031, 5 of 5 0.0625, 15 of 20 0.041, 14 of 20 0.115.
    #[test]
    fn tail_as_in_the_tables() {
        for (fewer, n, p) in
            [(0, 6, 0.03125), (0, 5, 0.0625), (5, 20, 0.041_389), (6, 20, 0.115_318), (3, 6, 1.0), (0, 0, 1.0)]
        {
            assert!((two_sided(fewer, n) - p).abs() < 1e-6, "{fewer} of {n}: {}", two_sided(fewer, n));
        }
    }
}
