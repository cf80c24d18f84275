//! How far two figures move together: Pearson's coefficient over the recording windows of a stretch. It says nothing of causes.

use super::measure::{Measure, Stretch, measure};
use super::recovery::windows_of;
use crate::plan::expectation::Metric;

/// Fewer windows than this say nothing.
const LEAST: usize = 10;

/// From -1 to 1. Windows in which one of the two cannot be told are left out.
pub fn correlation(of: &[Metric; 2], stretch: Stretch) -> Measure {
    let told = |window: Stretch| {
        let value = |metric: &Metric| measure(metric, window, false).value.filter(|value| value.is_finite());
        Some((value(&of[0])?, value(&of[1])?))
    };
    let pairs: Vec<(f64, f64)> = windows_of(stretch).into_iter().filter_map(told).collect();
    let samples = pairs.len() as u64;
    if pairs.len() < LEAST {
        return Measure::none(samples, format!("{LEAST} recording windows are needed in which both can be told"));
    }
    match pearson(&pairs) {
        Some(value) => Measure::of(value, samples),
        None => Measure::none(samples, "one of the two does not change in this window"),
    }
}

/// `None` where one of the two does not vary.
fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let (sum_x, sum_y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let mut sums = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (x - mean_x, y - mean_y);
        sums = (sums.0 + x * x, sums.1 + y * y, sums.2 + x * y);
    }
    let (of_x, of_y, of_both) = sums;
    (of_x > 0.0 && of_y > 0.0).then(|| (of_both / libm::sqrt(of_x * of_y)).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::pearson;

    #[test]
    fn what_moves_together_is_1_what_moves_against_is_minus_1_what_stands_still_is_nothing() {
        let line = |slope: f64| (0..20).map(|x| (f64::from(x), 3.0 + slope * f64::from(x))).collect::<Vec<_>>();
        assert!((pearson(&line(2.0)).expect("it varies") - 1.0).abs() < 1e-12);
        assert!((pearson(&line(-0.1)).expect("it varies") + 1.0).abs() < 1e-12);
        assert_eq!(pearson(&line(0.0)), None);
        // Anscombe's first set (The American Statistician 27(1), 1973): 0.816.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let pairs: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
        assert!((pearson(&pairs).expect("it varies") - 0.816).abs() < 5e-4);
    }
}
