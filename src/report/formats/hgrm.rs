//! `latency.hgrm`: the distribution of each client's latencies by percentile, in the text form of HdrHistogram that its plotter
//! (hdrhistogram.github.io) and gnuplot scripts read: value in milliseconds, percentile as a share, how many were at most that, and 1/(1-percentile).
//!
//! It counts successful requests from the end of the warm-up to the end of the run, by intended send time. With several clients there is a block for
//! each, headed by a comment with its name; the plotter takes one block a file.

use super::{Format, Parts};
use crate::record::{Latencies, Recording};
use hdrhistogram::Histogram;
use std::fmt::Write as _;

pub static FORMAT: Format = Format {
    word: "hgrm",
    file: "latency.hgrm",
    purpose: "HdrHistogram percentile distribution of each client, for plotting",
    is_joint: false,
    is_printed: true,
    source: include_str!("hgrm.rs"),
    begin: || Parts::begin("", |account| Ok(blocks(account.recording).into_bytes())),
};

/// Rows for each halving of the distance to 100%, as the reference implementation writes them by default.
const TICKS: u32 = 5;
/// Of a histogram with three significant digits.
const SUB_BUCKETS: u32 = 2048;
/// Values are recorded in microseconds and written in milliseconds.
const MICROS_A_MILLI: f64 = 1000.0;

fn blocks(recording: &Recording) -> String {
    let mut text = String::new();
    for index in 0..recording.clients.len() {
        let name = &recording.clients[index].name;
        let cell = recording.client_over(index, recording.plan.warmup, recording.plan.length);
        if recording.clients.len() > 1 {
            let _ = writeln!(text, "#[Client {name}]");
        }
        text.push_str(&block(&cell.latency));
    }
    text
}

fn block(latencies: &Latencies) -> String {
    let mut text = format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let Some(histogram) = latencies.as_hdr() else {
        text.push_str("#[Total count    =            0]\n");
        return text;
    };
    let mut count = 0;
    for step in histogram.iter_quantiles(TICKS) {
        count += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / MICROS_A_MILLI;
        let share = step.quantile_iterated_to();
        let _ = match share < 1.0 {
            true => writeln!(text, "{value:12.3} {share:2.12} {count:10} {:14.2}", 1.0 / (1.0 - share)),
            false => writeln!(text, "{value:12.3} {share:2.12} {count:10}"),
        };
    }
    text.push_str(&foot(&histogram));
    text
}

fn foot(histogram: &Histogram<u64>) -> String {
    let milli = |micros: f64| micros / MICROS_A_MILLI;
    let (mean, deviation) = (milli(histogram.mean()), milli(histogram.stdev()));
    let (max, count) = (milli(histogram.max() as f64), histogram.len());
    format!(
        "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n#[Max     = {max:12.3}, Total count    = {count:12}]\n\
         #[Buckets = {:12}, SubBuckets     = {:12}]\n",
        histogram.buckets(),
        SUB_BUCKETS
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    #[test]
    fn percentiles_rise_to_all_that_were_counted() {
        let recording = fixture::incident();
        let text = written(&FORMAT, &[account(&recording, &judge(&recording))]);
        let rows = text.lines().skip(2).filter(|line| !line.starts_with('#'));
        let rows: Vec<Vec<f64>> =
            rows.map(|line| line.split_whitespace().map(|word| word.parse().expect("a number")).collect()).collect();
        assert!(rows.len() > 30);
        for pair in rows.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| a <= b), "{pair:?}");
        }
        let plan = &recording.plan;
        let all = recording.client_over(0, plan.warmup, plan.length).latency;
        let last = rows.last().expect("rows");
        assert_eq!((last[1], last[2]), (1.0, all.count() as f64));
        assert!((last[0] / 1e3 - all.max().expect("values")).abs() < 1e-5, "{last:?}");
    }

    #[test]
    fn several_clients_have_a_block_each() {
        let mut recording = fixture::incident();
        let mut second = recording.clients[0].clone();
        second.name = "quiet".to_owned();
        second.cells.iter_mut().for_each(|cell| *cell = Default::default());
        recording.clients.push(second);
        let text = written(&FORMAT, &[account(&recording, &judge(&recording))]);
        assert!(text.starts_with("#[Client users]\n") && text.contains("#[Client quiet]\n"), "{text}");
        assert!(text.ends_with("#[Total count    =            0]\n"), "{text}");
    }
}
