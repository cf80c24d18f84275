//! Batch means: the interval of a mean over one long run whose neighbouring values are alike (Law and Kelton, Simulation Modeling and
//! Analysis, 9.5.3). Neighbours are joined to batches until batches are no longer alike; where that leaves too few, it says nothing.

use super::{Interval, student};

/// Fewer batches give an interval too wide and too uncertain to be of use (Schmeiser, Operations Research 30(3), 1982: 10 to 30).
const BATCHES_MIN: usize = 10;
const BATCHES_MAX: usize = 30;
/// The one-sided 95% quantile of the standard normal: a lag-1 autocorrelation beyond this many deviations is no chance.
const Z_ONE_SIDED: f64 = 1.644_853_626_951_472;

/// The figure of one stretch, and how much it weighs: requests for a share of requests, seconds for a mean over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    pub value: f64,
    pub weight: f64,
}

/// What batch means say about one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    pub mean: f64,
    /// The 95% interval.
    pub interval: Interval,
    pub batches: usize,
    /// The autocorrelation of neighbouring batches that was found to be no more than chance.
    pub lag_1: f64,
}

/// From the figures of equal, neighbouring stretches; `None` when there are fewer than ten, or when they stay alike however they are joined.
pub fn batch_means(stretches: &[Batch]) -> Option<BatchMeans> {
    let mut size = 1;
    loop {
        let batches = join(stretches, size);
        if batches.len() < BATCHES_MIN {
            return None;
        }
        let lag_1 = autocorrelation(&batches);
        if lag_1 <= Z_ONE_SIDED / (batches.len() as f64).sqrt() {
            // Longer batches are less alike still, and more than thirty of them hardly narrow the interval.
            let joined = join(&batches, batches.len().div_ceil(BATCHES_MAX));
            let enough = if joined.len() >= BATCHES_MIN { joined } else { batches };
            return Some(of(&enough, lag_1));
        }
        size *= 2;
    }
}

/// Every `size` neighbours as one; what is left over at the begin is dropped, since that is where a warm-up would still show.
fn join(stretches: &[Batch], size: usize) -> Vec<Batch> {
    let left_over = stretches.len() % size;
    stretches[left_over..].chunks(size).map(|chunk| Batch { value: mean(chunk), weight: weight(chunk) }).collect()
}

fn weight(batches: &[Batch]) -> f64 {
    batches.iter().map(|batch| batch.weight).sum()
}

/// 0 where nothing weighs anything: an empty stretch adds nothing to any sum.
fn mean(batches: &[Batch]) -> f64 {
    let all = weight(batches);
    if all > 0.0 { batches.iter().map(|batch| batch.value * batch.weight).sum::<f64>() / all } else { 0.0 }
}

/// Each batch's part of the sum over what the mean would give it: the residuals of the ratio estimator (Cochran, Sampling Techniques, 6.3).
fn residuals(batches: &[Batch]) -> Vec<f64> {
    let mean = mean(batches);
    batches.iter().map(|batch| batch.weight * (batch.value - mean)).collect()
}

/// Of neighbours; 0 where nothing varies.
fn autocorrelation(batches: &[Batch]) -> f64 {
    let residuals = residuals(batches);
    let squares: f64 = residuals.iter().map(|one| one * one).sum();
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

fn of(batches: &[Batch], lag_1: f64) -> BatchMeans {
    let count = batches.len() as f64;
    let mean = mean(batches);
    let squares: f64 = residuals(batches).iter().map(|one| one * one).sum();
    let weight_each = weight(batches) / count;
    let error = if weight_each > 0.0 { (squares / (count * (count - 1.0))).sqrt() / weight_each } else { 0.0 };
    let half = student::half_width(error, batches.len() - 1);
    BatchMeans { mean, interval: (mean - half, mean + half), batches: batches.len(), lag_1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dice;

    /// A first-order autoregressive series with mean 0: each value is `phi` times the last one and a normal step.
    fn autoregressive(n: usize, phi: f64, dice: &mut Dice) -> Vec<Batch> {
        let mut value = dice.normal() / (1.0 - phi * phi).sqrt();
        let mut step = || {
            value = phi * value + dice.normal();
            Batch { value, weight: 1.0 }
        };
        (0..n).map(|_| step()).collect()
    }

    fn coverage(phi: f64, interval: impl Fn(&[Batch]) -> Option<Interval>) -> f64 {
        let mut dice = Dice::named(8, "batch means");
        let intervals = (0..1000).filter_map(|_| interval(&autoregressive(2048, phi, &mut dice)));
        let hits: Vec<bool> = intervals.map(|(low, high)| (low..=high).contains(&0.0)).collect();
        assert!(hits.len() > 950, "an interval is found in nearly all of 1000 series, not in {}", hits.len());
        hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64
    }

    #[test]
    fn intervals_cover_the_mean_of_a_series_whose_neighbours_are_alike() {
        for (phi, at_least) in [(0.0, 0.93), (0.5, 0.92), (0.9, 0.88)] {
            let share = coverage(phi, |series| batch_means(series).map(|found| found.interval));
            assert!((at_least..=0.98).contains(&share), "phi {phi}: {share}");
        }
        // What it is for: the interval that takes the values for independent misses the truth most of the time.
        let naive = |series: &[Batch]| {
            let values: Vec<f64> = series.iter().map(|batch| batch.value).collect();
            student::estimate(&values).and_then(|found| found.interval)
        };
        assert!(coverage(0.9, naive) < 0.5);
    }

    #[test]
    fn a_trend_has_no_interval() {
        let rising: Vec<Batch> = (0..500).map(|n| Batch { value: f64::from(n), weight: 1.0 }).collect();
        assert_eq!(batch_means(&rising), None);
        assert_eq!(batch_means(&rising[..9]), None);
    }

    #[test]
    fn weights_make_it_the_mean_of_all_samples() {
        let uneven: Vec<Batch> =
            (0..40).map(|n| Batch { value: f64::from(n % 2), weight: if n % 2 == 0 { 3.0 } else { 1.0 } }).collect();
        let found = batch_means(&uneven).expect("alternating is not alike");
        assert!((found.mean - 0.25).abs() < 1e-12 && found.lag_1 < 0.0, "{found:?}");
        let (low, high) = found.interval;
        assert!(low <= 0.25 && 0.25 <= high && found.batches <= BATCHES_MAX);
        let flat = [Batch { value: 2.0, weight: 5.0 }; 12];
        assert_eq!(batch_means(&flat).expect("constant").interval, (2.0, 2.0));
    }
}
