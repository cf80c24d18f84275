//! `windows.csv`: one row for each recording window of each client and service, for spreadsheets and data frames.
//!
//! Columns, in this order; a cell is empty where the column means nothing for the row:
//!
//! - `scenario`, `variant`, `world`, `seed`: which run.
//! - `sort`, `name`: `client` or `service`, and its name.
//! - `from_s`, `to_s`: the window, in seconds from the begin of the run.
//! - Clients, by intended send time: `offered`, `fresh` (those that were not reloads), `sent`, `ok`, `failed`, `retries`; `goodput`: successful answers that
//!   arrived in the window.
//! - Both: `latency_mean_ms`, `p50_ms`, `p90_ms`, `p99_ms`, `p999_ms`, `max_ms` of what succeeded. A quantile q means little below 10/(1-q) samples, which are
//!   `ok` and `completed`.
//! - Services, by the time of the event: `arrived`, `completed`, `service_failed`, `rejected`, `dropped`, `lost`, `wasted`, `hits`, `misses`, `utilisation`
//!   (a share), `queue_mean`, `queue_max`, `inflight_mean`, `inflight_max`, `used_bytes`.
//!
//! Rows end with a line feed, fields are quoted as RFC 4180 says. A name that a spreadsheet would take for a formula gets an apostrophe in front.

use super::{Account, Format, Parts};
use crate::record::{Cell, ClientCell, Latencies, ServiceCell};
use std::fmt::Write as _;

pub static FORMAT: Format = Format {
    word: "csv",
    file: "windows.csv",
    purpose: "one row for each window of each client and service",
    is_joint: true,
    is_printed: true,
    source: include_str!("csv.rs"),
    begin: || Parts::begin(HEAD, |account| Ok(rows(account).into_bytes())),
};

const HEAD: &str = "scenario,variant,world,seed,sort,name,from_s,to_s,offered,fresh,sent,ok,failed,retries,goodput,\
    latency_mean_ms,p50_ms,p90_ms,p99_ms,p999_ms,max_ms,arrived,completed,service_failed,rejected,dropped,lost,wasted,hits,misses,\
    utilisation,queue_mean,queue_max,inflight_mean,inflight_max,used_bytes\n";

fn rows(account: &Account) -> String {
    let (recording, plan) = (account.recording, &account.recording.plan);
    let variant = plan.variant.as_deref().unwrap_or_default();
    let run = format!("{},{},{},{}", quoted(&plan.scenario), quoted(variant), plan.world.word(), plan.seed);
    let cells = &recording.grid.cells;
    let mut rows = String::new();
    for series in &recording.clients {
        for (cell, figures) in cells.iter().zip(&series.cells) {
            let _ = writeln!(rows, "{run},client,{},{},{}", quoted(&series.name), span(cell), client(figures));
        }
    }
    for series in &recording.services {
        for (cell, figures) in cells.iter().zip(&series.cells) {
            let _ = writeln!(rows, "{run},service,{},{},{}", quoted(&series.name), span(cell), service(cell, figures));
        }
    }
    rows
}

fn span(cell: &Cell) -> String {
    format!("{},{}", cell.from.as_secs_f64(), cell.to.as_secs_f64())
}

fn client(cell: &ClientCell) -> String {
    let ClientCell { offered, fresh, sent, ok, retries, goodput, .. } = cell;
    let (failed, latency) = (cell.failed(), latency(&cell.latency));
    format!("{offered},{fresh},{sent},{ok},{failed},{retries},{goodput},{latency}{}", ",".repeat(15))
}

fn service(window: &Cell, cell: &ServiceCell) -> String {
    let ServiceCell { arrived, completed, failed, rejected, dropped, lost, wasted, hits, misses, .. } = cell;
    let ServiceCell { queue_max, inflight_max, used_bytes, .. } = cell;
    let seconds = window.to.since(window.from).as_secs_f64();
    let busy = if cell.workers_s > 0.0 { short(cell.busy_s / cell.workers_s) } else { String::new() };
    let (queue, inflight) = (short(cell.queue_s / seconds), short(cell.inflight_s / seconds));
    format!(
        "{}{},{arrived},{completed},{failed},{rejected},{dropped},{lost},{wasted},{hits},{misses},{busy},{queue},{queue_max},{inflight},{inflight_max},{used_bytes}",
        ",".repeat(7),
        latency(&cell.latency)
    )
}

fn latency(latency: &Latencies) -> String {
    let ms = |seconds: Option<f64>| seconds.map_or(String::new(), |seconds| short(seconds * 1e3));
    let quantiles = [0.5, 0.9, 0.99, 0.999].map(|q| ms(latency.quantile(q)));
    format!("{},{},{}", ms(latency.mean()), quantiles.join(","), ms(latency.max()))
}

/// To six decimals, without zeros at the end.
fn short(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Quoted when it must be.
fn quoted(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@']);
    let name = if formula { format!("'{name}") } else { name.to_owned() };
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    #[test]
    fn every_row_has_every_column_and_the_sums_are_those_of_the_recording() {
        let mut recording = fixture::incident();
        recording.plan.variant = Some("a \"b\", c".to_owned());
        let judgement = judge(&recording);
        let csv = written(&FORMAT, &[account(&recording, &judgement)]);
        let mut lines = csv.lines();
        let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
        let at = |name: &str| head.iter().position(|column| *column == name).expect("a column");
        let mut sums = (0, 0, 0);
        for line in lines {
            let line = line.replace("\"a \"\"b\"\", c\"", "quoted");
            let row: Vec<&str> = line.split(',').collect();
            assert_eq!(row.len(), head.len(), "{line}");
            let figure = |name: &str| row[at(name)].parse::<u64>().unwrap_or(0);
            sums = (sums.0 + figure("sent"), sums.1 + figure("ok"), sums.2 + figure("arrived"));
        }
        let users = &recording.clients[0].cells;
        let arrived: u64 = recording.services.iter().flat_map(|series| &series.cells).map(|cell| cell.arrived).sum();
        let (sent, ok) = (users.iter().map(|cell| cell.sent).sum(), users.iter().map(|cell| cell.ok).sum());
        assert_eq!(sums, (sent, ok, arrived));
        let every = recording.grid.cells.len() * (recording.clients.len() + recording.services.len());
        assert_eq!(csv.lines().count(), every + 1);
    }

    #[test]
    fn columns_are_those_of_the_page() {
        let page = FORMAT.page();
        for column in HEAD.trim().split(',') {
            assert!(page.contains(&format!("`{column}`")), "the page does not name {column}");
        }
    }
}
