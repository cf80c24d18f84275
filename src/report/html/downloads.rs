//! The figures to take away: the phases as JSON and the windows as CSV, inside the page as `data:` links.

use super::super::charts::bins::{self, Bins};
use super::super::charts::scale;
use crate::base::ErrorKind;
use crate::record::{ClientCell, Latencies, Recording};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A longer CSV is written with wider windows instead.
const CSV_BYTES_MAX: usize = 36_000;

pub fn section(recording: &Recording) -> String {
    let phases = phases_json(recording);
    let (csv, window) = windows_csv(recording);
    format!(
        "<section id=\"downloads\"><h2>Downloads</h2>\n<ul>\n<li><a download=\"phases.json\" href=\"{}\">phases.json</a>: \
         every phase with its counts and percentiles</li>\n<li><a download=\"windows.csv\" href=\"{}\">windows.csv</a>: \
         clients and services in windows of about {}</li>\n</ul>\n\
         <p class=\"note\">The recording beside this page holds every window with its histogram.</p></section>\n",
        link("application/json", phases.as_bytes()),
        link("text/csv", csv.as_bytes()),
        scale::latency(window),
    )
}

fn link(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", STANDARD.encode(bytes))
}

fn phases_json(recording: &Recording) -> String {
    let phases = recording.plan.phases.iter().map(|phase| {
        let clients = recording.clients.iter().enumerate().map(|(index, series)| {
            (series.name.clone(), client_json(&recording.client_over(index, phase.from, phase.to)))
        });
        json!({"name": phase.name, "from_s": phase.from.as_secs_f64(), "to_s": phase.to.as_secs_f64(), "clients": clients.collect::<Map<_, _>>()})
    });
    let all = json!({
        "program": recording.head.program, "version": recording.head.version, "scenario": recording.plan.scenario,
        "variant": recording.plan.variant, "world": recording.head.world.word(), "seed": recording.plan.seed,
        "plan_digest": recording.head.plan_digest, "recording_digest": recording.digest(), "phases": phases.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&all).expect("plain JSON values can be written")
}

fn client_json(cell: &ClientCell) -> Value {
    let errors = ErrorKind::ALL.into_iter().filter(|kind| cell.errors[*kind as usize] > 0);
    let errors: Map<String, Value> =
        errors.map(|kind| (kind.word().to_owned(), cell.errors[kind as usize].into())).collect();
    let ms = |q: f64| quantile(&cell.latency, q).map(|seconds| seconds * 1e3);
    json!({
        "offered": cell.offered, "sent": cell.sent, "ok": cell.ok, "errors": errors, "retries": cell.retries, "goodput": cell.goodput,
        "latency_ms": {"count": cell.latency.count(), "mean": cell.latency.mean().map(|seconds| seconds * 1e3), "p50": ms(0.5), "p90": ms(0.9),
            "p95": ms(0.95), "p99": ms(0.99), "p999": ms(0.999), "max": cell.latency.max().map(|seconds| seconds * 1e3)},
    })
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
