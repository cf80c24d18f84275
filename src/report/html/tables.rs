//! The data under each chart as a table, for those who cannot see the chart or want the number.

use super::super::charts::bins::{Bins, supported};
use super::super::charts::load::Load;
use super::super::charts::{bins, nines, saturation, scale, topology};
use super::phases;
use super::table::{Cell, dash, figure, folded, text};
use crate::record::Recording;

/// Rows of a table over time.
const ROWS: f64 = 60.0;

pub fn latency(recording: &Recording, client: usize) -> String {
    let bins = Bins::at_most(recording, ROWS);
    let cells = bins.client(recording, client);
    let rows = bins.all.iter().zip(&cells).map(|(bin, cell)| {
        let mut row = vec![time(bin), figure(scale::count(cell.latency.count()))];
        row.extend(phases::QUANTILES.map(|q| phases::quantile(&cell.latency, q)));
        row.push(cell.latency.max().map_or_else(|| dash("no successful request"), |max| figure(scale::latency(max))));
        row
    });
    folded("Latency over time as a table", &["window", "n", "p50", "p95", "p99", "max"], &rows.collect::<Vec<_>>())
}

/// How many requests of each phase fell between two steps of 1-2-5.
pub fn spread(recording: &Recording, client: usize) -> String {
    let phases = &recording.plan.phases;
    let cells: Vec<_> =
        phases.iter().map(|phase| recording.client_over(client, phase.from, phase.to).latency).collect();
    let highest = cells.iter().filter_map(|latency| latency.max()).fold(0.0, f64::max);
    let lowest = cells.iter().filter_map(|latency| latency.quantile(0.0)).fold(f64::MAX, f64::min);
    if highest == 0.0 {
        return String::new();
    }
    let edges: Vec<f64> =
        scale::Axis::log(lowest, highest, 1e9, scale::latency).ticks.into_iter().map(|(edge, _)| edge).collect();
    let rows = edges.windows(2).map(|pair| {
        let mut row = vec![text(format!("{} – {}", scale::latency(pair[0]), scale::latency(pair[1])))];
        row.extend(cells.iter().map(|latency| {
            figure(scale::count(latency.count_at_most(pair[1]).saturating_sub(latency.count_at_most(pair[0]))))
        }));
        row
    });
    let head: Vec<&str> = ["latency"].into_iter().chain(phases.iter().map(|phase| phase.name.as_str())).collect();
    folded("How many requests, by latency and phase", &head, &rows.collect::<Vec<_>>())
}

pub fn load(recording: &Recording, client: usize) -> String {
    let bins = Bins::at_most(recording, ROWS);
    let load = Load::new(recording, &bins, client);
    let rows = bins.all.iter().enumerate().map(|(index, bin)| {
        let columns = [&load.offered, &load.goodput]
            .into_iter()
            .chain(load.errors.iter().map(|(_, rates)| rates))
            .chain([&load.retries, &load.reloads]);
        [time(bin)].into_iter().chain(columns.map(|rates| figure(scale::number(rates[index])))).collect()
    });
    let kinds = load.errors.iter().map(|(kind, _)| kind.word());
    let head: Vec<&str> =
        ["window", "offered/s", "goodput/s"].into_iter().chain(kinds).chain(["retries/s", "reloads/s"]).collect();
    folded("Load and outcome as a table, per second", &head, &rows.collect::<Vec<_>>())
}

pub fn saturation(recording: &Recording) -> String {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (index, series) in recording.services.iter().enumerate() {
        for phase in &recording.plan.phases {
            let cell = recording.service_over(index, phase.from, phase.to);
            let seconds = bins::played_seconds(recording, phase.from, phase.to).max(1e-9);
            rows.push(vec![
                text(&series.name),
                text(&phase.name),
                saturation::utilisation(&cell)
                    .map_or_else(|| dash("no worker limit"), |share| figure(scale::percent(share))),
                figure(scale::number(cell.queue_s / seconds)),
                figure(scale::count(cell.queue_max)),
                figure(scale::number(cell.inflight_s / seconds)),
                figure(scale::count(cell.inflight_max)),
                figure(scale::count(cell.completed)),
                figure(scale::count(cell.rejected)),
                figure(scale::count(cell.wasted)).titled("completed for a caller that had gone"),
            ]);
        }
    }
    let head =
        ["service", "phase", "utilisation", "queue", "max", "in flight", "max", "completed", "rejected", "wasted"];
    folded("Saturation as a table, by phase", &head, &rows)
}

pub fn nines(recording: &Recording, client: usize) -> String {
    const SHOWN: [f64; 8] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999];
    let names: Vec<String> = SHOWN.map(nines::quantile_name).to_vec();
    let cells: Vec<_> = recording
        .plan
        .phases
        .iter()
        .map(|phase| (phase, recording.client_over(client, phase.from, phase.to).latency))
        .collect();
    let reached = SHOWN.iter().take_while(|q| cells.iter().any(|(_, latency)| supported(latency.count(), **q))).count();
    let rows = cells.iter().map(|(phase, latency)| {
        let mut row = vec![text(&phase.name), figure(scale::count(latency.count()))];
        row.extend(SHOWN[..reached].iter().map(|q| phases::quantile(latency, *q)));
        row
    });
    let head: Vec<&str> = ["phase", "n"].into_iter().chain(names[..reached].iter().map(String::as_str)).collect();
    folded("Percentiles as a table", &head, &rows.collect::<Vec<_>>())
}

pub fn edges(recording: &Recording) -> String {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (index, series) in recording.edges.iter().enumerate() {
        for phase in &recording.plan.phases {
            let figures = topology::figures(recording, index, phase.from, phase.to);
            let cell = recording.edge_over(index, phase.from, phase.to);
            rows.push(vec![
                text(&series.name),
                text(&phase.name),
                figure(scale::count(cell.calls)),
                figure(scale::count(cell.attempts)),
                figure(scale::number(figures.calls_per_s)),
                figure(scale::percent(figures.errors)),
                figures
                    .amplification
                    .map_or_else(|| dash("no user request"), |times| figure(format!("×{}", scale::digits(times)))),
                figure(scale::count(cell.retries_denied)),
            ]);
        }
    }
    let head = ["edge", "phase", "calls", "attempts", "attempts/s", "failed", "per user request", "retries denied"];
    folded("Edges as a table, by phase", &head, &rows)
}

fn time(bin: &bins::Bin) -> Cell {
    text(format!("{} – {} s", scale::digits(bin.from), scale::digits(bin.to))).class("faint")
}
