//! Charts for a terminal: one line of blocks for each figure over time, with its least and largest value. They show no fault, and what the lesson
//! shows on its page, no more.

use crate::record::Recording;
use crate::report::charts::bins::Bins;
use crate::report::charts::{nines, saturation};
use crate::report::figures;
use crate::report::html::alone::Picture;

pub const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Name, values over the windows, and the words on their range.
type Row = (String, Vec<f64>, String);

/// What these pictures show, over so many columns.
pub fn lines(recording: &Recording, show: &[Picture], columns: usize) -> Vec<String> {
    let bins = Bins::at_most(recording, columns as f64);
    let (mut rows, mut more): (Vec<Row>, Vec<String>) = (Vec::new(), Vec::new());
    for one in show {
        match one {
            Picture::Load => rows.extend(each(recording, |client| load(recording, &bins, client))),
            Picture::Latency => rows.extend(each(recording, |client| latency(recording, &bins, client, &[0.5, 0.99]))),
            Picture::Heatmap => {
                rows.extend(each(recording, |client| latency(recording, &bins, client, &[0.1, 0.5, 0.9])))
            }
            Picture::Saturation => rows.extend(services(recording, &bins)),
            Picture::Nines => more.extend((0..recording.clients.len()).map(|client| percentiles(recording, client))),
            Picture::Topology => more.extend(recording.edges.iter().map(|edge| format!("calls: {}", edge.name))),
        }
    }
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let drawn = rows.into_iter().map(|(name, values, range)| format!("{name:<width$}  {}  {range}", blocks(&values)));
    drawn.chain(more.into_iter().filter(|line| !line.is_empty())).collect()
}

fn each<'r>(recording: &'r Recording, rows: impl Fn(usize) -> Vec<Row> + 'r) -> impl Iterator<Item = Row> + 'r {
    (0..recording.clients.len()).flat_map(rows)
}

fn load(recording: &Recording, bins: &Bins, client: usize) -> Vec<Row> {
    let (name, cells) = (&recording.clients[client].name, bins.client(recording, client));
    let rate = |count: &dyn Fn(usize) -> u64| -> Vec<f64> {
        bins.all.iter().enumerate().map(|(at, bin)| count(at) as f64 / bin.seconds()).collect()
    };
    let per_second = |value: f64| figures::digits(value, 3);
    let mut rows = vec![
        row(format!("{name}: requests/s"), rate(&|at| cells[at].offered), per_second),
        row(format!("{name}: answered well/s"), rate(&|at| cells[at].goodput), per_second),
    ];
    if cells.iter().any(|cell| cell.failed() > 0) {
        rows.push(row(format!("{name}: errors/s"), rate(&|at| cells[at].failed()), per_second));
    }
    rows
}

fn latency(recording: &Recording, bins: &Bins, client: usize, quantiles: &[f64]) -> Vec<Row> {
    let (name, cells) = (&recording.clients[client].name, bins.client(recording, client));
    let of = |q: &f64| {
        let values = cells.iter().map(|cell| cell.latency.quantile(*q).unwrap_or(f64::NAN)).collect();
        row(format!("{name}: {} of those answered well", nines::quantile_name(*q)), values, figures::duration)
    };
    quantiles.iter().map(of).collect()
}

fn services(recording: &Recording, bins: &Bins) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, series) in recording.services.iter().enumerate() {
        let cells = bins.service(recording, index);
        if cells.iter().any(|cell| cell.workers_s > 0.0) {
            let busy = cells.iter().map(|cell| saturation::utilisation(cell).unwrap_or(0.0));
            let percent = |value: f64| format!("{}%", figures::digits(value * 100.0, 3));
            rows.push(row(format!("{}: busy", series.name), busy.collect(), percent));
        }
        let waiting: Vec<f64> = cells.iter().zip(&bins.all).map(|(cell, bin)| cell.queue_s / bin.seconds()).collect();
        if waiting.iter().any(|queue| *queue >= 0.05) {
            rows.push(row(format!("{}: waiting", series.name), waiting, |value| figures::digits(value, 3)));
        }
    }
    rows
}

/// The whole run in one line: `users: p50 10ms, p90 20ms, …`.
fn percentiles(recording: &Recording, client: usize) -> String {
    let cells = Bins::at_most(recording, 1.0).client(recording, client);
    let Some(first) = cells.first() else { return String::new() };
    let whole = cells[1..].iter().fold(first.latency.clone(), |mut all, cell| {
        all.merge(&cell.latency);
        all
    });
    let shown = [0.5, 0.9, 0.99, 0.999]
        .iter()
        .filter_map(|q| Some(format!("{} {}", nines::quantile_name(*q), figures::duration(whole.quantile(*q)?))));
    format!("{}: {} of those answered well", recording.clients[client].name, shown.collect::<Vec<_>>().join(", "))
}

fn row(name: String, values: Vec<f64>, show: impl Fn(f64) -> String) -> Row {
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
