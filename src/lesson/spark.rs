//! Charts for a terminal: one line of blocks for each figure over time, with its least and largest value. They show no fault, and what the lesson
//! shows on its page, no more.

use super::cover::Cover;
use crate::plan::expectation::Subject;
use crate::record::Recording;
use crate::report::charts::bins::Bins;
use crate::report::charts::plot::Figure;
use crate::report::charts::{nines, saturation};
use crate::report::figures;
use crate::report::html::alone::Picture;

pub const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Of what is covered.
const COVERED: char = '?';

/// Name, blocks over the windows, and the words on the range of their values.
type Row = (String, String, String);

/// A recording in so many windows, and what of it nobody may see yet.
struct View<'r> {
    recording: &'r Recording,
    bins: Bins,
    covers: &'r [Cover],
}

/// What these pictures show, over so many columns.
pub fn lines(recording: &Recording, show: &[Picture], columns: usize, covers: &[Cover]) -> Vec<String> {
    let view = View { recording, bins: Bins::at_most(recording, columns as f64), covers };
    let (mut rows, mut more): (Vec<Row>, Vec<String>) = (Vec::new(), Vec::new());
    let clients = 0..recording.clients.len();
    for one in show {
        match one {
            Picture::Load => rows.extend(clients.clone().flat_map(|client| view.load(client))),
            Picture::Latency => rows.extend(clients.clone().flat_map(|client| view.latency(client, &[0.5, 0.99]))),
            Picture::Heatmap => rows.extend(clients.clone().flat_map(|client| view.latency(client, &[0.1, 0.5, 0.9]))),
            Picture::Saturation => rows.extend(view.services()),
            Picture::Nines => more.extend(clients.clone().map(|client| view.percentiles(client))),
            Picture::Topology => more.extend(recording.edges.iter().map(|edge| format!("calls: {}", edge.name))),
        }
    }
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let drawn = rows.into_iter().map(|(name, blocks, range)| format!("{name:<width$}  {blocks}  {range}"));
    drawn.chain(more.into_iter().filter(|line| !line.is_empty())).collect()
}

impl View<'_> {
    fn load(&self, client: usize) -> Vec<Row> {
        let (name, cells) = (&self.recording.clients[client].name, self.bins.client(self.recording, client));
        let rate = |count: &dyn Fn(usize) -> u64| -> Vec<f64> {
            self.bins.all.iter().enumerate().map(|(at, bin)| count(at) as f64 / bin.seconds()).collect()
        };
        let per_second = |value: f64| figures::digits(value, 3);
        let subject = Subject::Client(client as u32);
        let row =
            |what: &str, figure, values| self.row(format!("{name}: {what}"), (subject, figure), values, per_second);
        let mut rows = vec![
            row("requests/s", Figure::Rate, rate(&|at| cells[at].offered)),
            row("answered well/s", Figure::Rate, rate(&|at| cells[at].goodput)),
        ];
        if cells.iter().any(|cell| cell.failed() > 0) {
            rows.push(row("errors/s", Figure::Errors, rate(&|at| cells[at].failed())));
        }
        rows
    }

    fn latency(&self, client: usize, quantiles: &[f64]) -> Vec<Row> {
        let (name, cells) = (&self.recording.clients[client].name, self.bins.client(self.recording, client));
        let of = |q: &f64| {
            let values = cells.iter().map(|cell| cell.latency.quantile(*q).unwrap_or(f64::NAN)).collect();
            let name = format!("{name}: {} of those answered well", nines::quantile_name(*q));
            self.row(name, (Subject::Client(client as u32), Figure::Latency), values, figures::duration)
        };
        quantiles.iter().map(of).collect()
    }

    fn services(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (index, series) in self.recording.services.iter().enumerate() {
            let (cells, subject) = (self.bins.service(self.recording, index), Subject::Service(index as u32));
            if cells.iter().any(|cell| cell.workers_s > 0.0) {
                let busy = cells.iter().map(|cell| saturation::utilisation(cell).unwrap_or(0.0)).collect();
                let percent = |value: f64| format!("{}%", figures::digits(value * 100.0, 3));
                rows.push(self.row(format!("{}: busy", series.name), (subject, Figure::Utilisation), busy, percent));
            }
            let waits = cells.iter().zip(&self.bins.all).map(|(cell, bin)| cell.queue_s / bin.seconds());
            let waiting: Vec<f64> = waits.collect();
            if waiting.iter().any(|queue| *queue >= 0.05) {
                let number = |value| figures::digits(value, 3);
                rows.push(self.row(format!("{}: waiting", series.name), (subject, Figure::Queue), waiting, number));
            }
        }
        rows
    }

    /// The whole run in one line: `users: p50 10ms, p90 20ms, …`.
    fn percentiles(&self, client: usize) -> String {
        let name = &self.recording.clients[client].name;
        if self.cover((Subject::Client(client as u32), Figure::Quantiles)).is_some() {
            return format!("{name}: {COVERED}");
        }
        let cells = Bins::at_most(self.recording, 1.0).client(self.recording, client);
        let Some(first) = cells.first() else { return String::new() };
        let whole = cells[1..].iter().fold(first.latency.clone(), |mut all, cell| {
            all.merge(&cell.latency);
            all
        });
        let shown = [0.5, 0.9, 0.99, 0.999]
            .iter()
            .filter_map(|q| Some(format!("{} {}", nines::quantile_name(*q), figures::duration(whole.quantile(*q)?))));
        format!("{name}: {} of those answered well", shown.collect::<Vec<_>>().join(", "))
    }

    fn cover(&self, (subject, figure): (Subject, Figure)) -> Option<&Cover> {
        self.covers.iter().find(|one| one.subject == subject && one.figure == figure)
    }

    /// What is covered is neither drawn nor told.
    fn row(&self, name: String, of: (Subject, Figure), values: Vec<f64>, show: impl Fn(f64) -> String) -> Row {
        let is_seen = |to: f64| self.cover(of).is_none_or(|cover| to <= cover.from + 1e-9);
        let seen = self.bins.all.iter().take_while(|bin| is_seen(bin.to)).count().min(values.len());
        let known = || values[..seen].iter().copied().filter(|value| value.is_finite());
        let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
        let range = if low.is_finite() { format!("{} to {}", show(low), show(high)) } else { "none".to_owned() };
        let range = if seen == 0 { String::new() } else { range };
        let covered = values[seen..].iter().map(|_| COVERED);
        (name, blocks(&values[..seen]).chars().chain(covered).collect(), range)
    }
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
