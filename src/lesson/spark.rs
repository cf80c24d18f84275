//! Charts for a terminal: one line of blocks for each figure over time, with its least and largest value. They show no fault.

use crate::record::Recording;
use crate::report::charts::bins::Bins;
use crate::report::figures;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Offered load, goodput and p99 latency of each population, and how busy each service is, over so many columns.
pub fn lines(recording: &Recording, columns: usize) -> Vec<String> {
    let bins = Bins::at_most(recording, columns as f64);
    let mut rows: Vec<(String, Vec<f64>, String)> = Vec::new();
    for (index, series) in recording.clients.iter().enumerate() {
        let cells = bins.client(recording, index);
        let rate = |count: &dyn Fn(usize) -> u64| -> Vec<f64> {
            bins.all.iter().enumerate().map(|(at, bin)| count(at) as f64 / bin.seconds()).collect()
        };
        let p99: Vec<f64> = cells.iter().map(|cell| cell.latency.quantile(0.99).unwrap_or(f64::NAN)).collect();
        let per_second = |value: f64| figures::digits(value, 3);
        rows.push(row(format!("{}: requests/s", series.name), rate(&|at| cells[at].offered), per_second));
        rows.push(row(format!("{}: answered well/s", series.name), rate(&|at| cells[at].goodput), per_second));
        rows.push(row(format!("{}: p99 of those", series.name), p99, figures::duration));
    }
    for (index, series) in recording.services.iter().enumerate() {
        let cells = bins.service(recording, index);
        if cells.iter().any(|cell| cell.workers_s > 0.0) {
            let busy = cells.iter().map(|cell| if cell.workers_s > 0.0 { cell.busy_s / cell.workers_s } else { 0.0 });
            let percent = |value: f64| format!("{}%", figures::digits(value * 100.0, 3));
            rows.push(row(format!("{}: busy", series.name), busy.collect(), percent));
        }
    }
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    rows.into_iter().map(|(name, values, range)| format!("{name:<width$}  {}  {range}", blocks(&values))).collect()
}

fn row(name: String, values: Vec<f64>, show: impl Fn(f64) -> String) -> (String, Vec<f64>, String) {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    let range = if low.is_finite() { format!("{} to {}", show(low), show(high)) } else { "none".to_owned() };
    (name, values, range)
}

/// From 0 to the largest; a gap where there is nothing to show.
fn blocks(values: &[f64]) -> String {
    let high = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let block = |value: &f64| match value.is_finite() {
        true if high > 0.0 => BLOCKS[((value / high * 8.0) as usize).min(7)],
        true => BLOCKS[0],
        false => ' ',
    };
    values.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn the_largest_value_fills_its_column_and_nothing_is_a_gap() {
        assert_eq!(blocks(&[0.0, 5.0, 10.0, f64::NAN]), "▁▅█ ");
        assert_eq!(blocks(&[0.0, 0.0]), "▁▁");
    }
}
