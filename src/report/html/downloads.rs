//! The figures to take away: the result as JSON and the windows as CSV, inside the page as `data:` links.

use super::super::charts::bins::{self, Bins};
use super::super::charts::scale;
use super::super::result::RunResult;
use crate::record::{ClientCell, Latencies, Recording};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// A longer CSV is written with wider windows instead.
const CSV_BYTES_MAX: usize = 36_000;

pub fn section(recording: &Recording, result: &RunResult) -> String {
    let result = serde_json::to_string_pretty(result).expect("a result is plain data");
    let (csv, window) = windows_csv(recording);
    format!(
        "<section id=\"downloads\"><h2>Downloads</h2>\n<ul>\n<li><a download=\"result.json\" href=\"{}\">result.json</a>: \
         the verdict and the main figures, for scripts</li>\n<li><a download=\"windows.csv\" href=\"{}\">windows.csv</a>: \
         clients and services in windows of about {}</li>\n</ul>\n\
         <p class=\"note\">The recording beside this page holds every window with its histogram.</p></section>\n",
        link("application/json", result.as_bytes()),
        link("text/csv", csv.as_bytes()),
        scale::latency(window),
    )
}

fn link(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", STANDARD.encode(bytes))
}

/// One value a row, and the length of its windows in seconds. Empty where a percentile has too few samples.
fn windows_csv(recording: &Recording) -> (String, f64) {
    let mut count = 150.0;
    loop {
        let bins = Bins::at_most(recording, count);
        let csv = csv(recording, &bins);
        if csv.len() <= CSV_BYTES_MAX || count < 10.0 {
            return (csv, bins.end / count);
        }
        count /= 2.0;
    }
}

fn csv(recording: &Recording, bins: &Bins) -> String {
    let mut csv = String::from(
        "what,name,from_s,to_s,offered,sent,ok,failed,retries,goodput,p50_ms,p95_ms,p99_ms,utilisation,queue_mean,inflight_mean\n",
    );
    for (index, series) in recording.clients.iter().enumerate() {
        for (bin, cell) in bins.all.iter().zip(bins.client(recording, index)) {
            let ms =
                |q: f64| quantile(&cell.latency, q).map_or(String::new(), |seconds| format!("{:.3}", seconds * 1e3));
            let ClientCell { offered, sent, ok, retries, goodput, .. } = cell;
            let (failed, p50, p95, p99) = (cell.failed(), ms(0.5), ms(0.95), ms(0.99));
            let _ = writeln!(
                csv,
                "client,{},{:.3},{:.3},{offered},{sent},{ok},{failed},{retries},{goodput},{p50},{p95},{p99},,,",
                quoted(&series.name),
                bin.from,
                bin.to
            );
        }
    }
    for (index, series) in recording.services.iter().enumerate() {
        for (bin, cell) in bins.all.iter().zip(bins.service(recording, index)) {
            let busy =
                if cell.workers_s > 0.0 { format!("{:.4}", cell.busy_s / cell.workers_s) } else { String::new() };
            let (queue, inflight) = (cell.queue_s / bin.seconds(), cell.inflight_s / bin.seconds());
            let _ = writeln!(
                csv,
                "service,{},{:.3},{:.3},,,,,,,,,,{busy},{queue:.2},{inflight:.2}",
                quoted(&series.name),
                bin.from,
                bin.to
            );
        }
    }
    csv
}

fn quantile(latency: &Latencies, q: f64) -> Option<f64> {
    latency.quantile(q).filter(|_| bins::supported(latency.count(), q))
}

/// Quoted when it must be; a leading sign that spreadsheets would take for a formula is kept as text.
fn quoted(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@']);
    let name = if formula { format!("'{name}") } else { name.to_owned() };
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name }
}
