//! The 95% interval of a mean over one window, by batch means: neighbouring recording windows are alike, since a queue remembers.
//! Says nothing where the window is too short or does not look steady.

use super::measure::{Stretch, measure, within_limits};
use super::recovery::windows_of;
use super::statistics::Interval;
use super::statistics::batches::{Batch, batch_means};
use crate::plan::expectation::{Aggregate, Metric, Take};

/// `None` for what is no mean, for windows of fewer than ten recording windows, and where nothing varied: then nothing is known about chance.
pub fn interval(metric: &Metric, stretch: Stretch) -> Option<Interval> {
    let weight = weight_of(metric)?;
    let batches: Vec<Batch> = windows_of(stretch).into_iter().map(|window| batch(metric, window, weight)).collect();
    let (low, high) = batch_means(&batches)?.interval;
    (low < high).then(|| within_limits(metric, (low, high)))
}

/// By what the figures of stretches add up to the figure of all.
#[derive(Clone, Copy)]
enum Weight {
    Requests,
    Seconds,
}

fn weight_of(metric: &Metric) -> Option<Weight> {
    match metric {
        Metric::LatencyMean { .. }
        | Metric::Success { .. }
        | Metric::Errors { .. }
        | Metric::Amplification { .. }
        | Metric::Waste { .. }
        | Metric::Retries { .. }
        | Metric::Hits { .. }
        | Metric::Received { .. }
        | Metric::Meter { take: Take::Share, .. } => Some(Weight::Requests),
        Metric::Reported { metric, .. } => weight_of(metric),
        Metric::Goodput { .. }
        | Metric::Offered { .. }
        | Metric::Fresh { .. }
        | Metric::Throughput { .. }
        | Metric::Meter { take: Take::Rate | Take::Mean, .. }
        | Metric::Gauge { aggregate: Aggregate::Mean, .. } => Some(Weight::Seconds),
        Metric::Quantile { .. }
        | Metric::LatencyMax { .. }
        | Metric::Fires { .. }
        | Metric::Correlation { .. }
        | Metric::Fact { .. }
        | Metric::Meter { .. }
        | Metric::Gauge { .. }
        | Metric::Recovery { .. } => None,
    }
}

fn batch(metric: &Metric, window: Stretch, weight: Weight) -> Batch {
    let found = measure(metric, window, false);
    let weight = match weight {
        Weight::Requests => found.samples as f64,
        Weight::Seconds => window.seconds(),
    };
    found.value.map_or(Batch { value: 0.0, weight: 0.0 }, |value| Batch { value, weight })
}

#[cfg(test)]
mod tests {
    use crate::judge::tests::{run_with, users};
    use crate::record::fixture::steady_users;

    #[test]
    fn means_get_an_interval_where_the_window_is_steady() {
        // Each second 0 to 6 of 100 requests fail, in no order: 3% in the mean.
        let varied = run_with(&["success(users) >= 90% between 20s and 90s", "p50(users) < 1s"], |recording| {
            let mut second = 0;
            for cell in &mut recording.clients[0].cells {
                let failed = (second * 5 + second / 7) % 7;
                (cell.ok, cell.errors[0], second) = (100 - failed, failed, second + 1);
            }
        });
        let line = &varied.expectations[0];
        let (low, high) = line.interval.expect("seventy windows");
        let measured = line.measured.expect("measured");
        assert!(low < measured && measured < high && high - low < 0.02, "{low} {measured} {high}");
        assert!((measured - 0.97).abs() < 0.002);
    }

    #[test]
    fn no_interval_where_nothing_varies_where_it_drifts_and_where_the_window_is_short() {
        let line = "success(users) >= 90% between 20s and 90s";
        assert_eq!(run_with(&[line], |_| {}).expectations[0].interval, None);
        let drift = run_with(&[line, "success(users) >= 10% between 20s and 29s"], |recording| {
            for second in 20..90 {
                let from = f64::from(second);
                users(recording, from, from + 1.0, |cell| {
                    *cell = steady_users(100);
                    cell.errors[0] = u64::from(second as u32);
                });
            }
        });
        assert_eq!((drift.expectations[0].interval, drift.expectations[1].interval), (None, None));
    }
}
