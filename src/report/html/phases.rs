//! The phase table: every client before, during and after each fault, and over the whole run.

use super::super::charts::{bins, nines, scale};
use super::table::{self, Cell, dash, figure, text};
use crate::base::ErrorKind;
use crate::judge::samples_needed;
use crate::plan::Phase;
use crate::record::{ClientCell, Latencies, Recording};

pub const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

pub fn section(recording: &Recording) -> String {
    let mut html = String::from("<section id=\"phases\"><h2>Phases</h2>\n");
    let several = recording.clients.len() > 1;
    for (index, series) in recording.clients.iter().enumerate() {
        if several {
            html += &format!("<h3>client {}</h3>\n", super::escape(&series.name));
        }
        html += &client_table(recording, index);
    }
    html + "<p class=\"note\">Latency of successful requests from the intended send time. A percentile is shown only where n reaches 10 / (1 − q); \
            a dash says how many are missing. The warm-up is in no phase.</p></section>\n"
}

fn client_table(recording: &Recording, client: usize) -> String {
    let head =
        ["phase", "time", "offered", "sent", "ok", "goodput/s", "errors", "retries", "p50", "p95", "p99", "max", "n"];
    let rows: Vec<Vec<Cell>> = recording
        .plan
        .phases
        .iter()
        .map(|phase| row(recording, phase, &recording.client_over(client, phase.from, phase.to)))
        .collect();
    table::table(&format!("Phases of client {}", recording.clients[client].name), &head, &rows)
}

fn row(recording: &Recording, phase: &Phase, cell: &ClientCell) -> Vec<Cell> {
    let seconds = bins::played_seconds(recording, phase.from, phase.to);
    let answered = cell.ok + cell.failed();
    let share = |part: u64| {
        if answered > 0 { figure(scale::percent(part as f64 / answered as f64)) } else { dash("nothing was answered") }
    };
    let goodput = if seconds > 0.0 {
        figure(scale::number(cell.goodput as f64 / seconds))
    } else {
        dash("nothing of the phase was played")
    };
    let mut row = vec![
        text(&phase.name).class("phase"),
        text(format!("{} – {}", phase.from, phase.to)).class("faint"),
        figure(scale::count(cell.offered)),
        figure(scale::count(cell.sent)),
        share(cell.ok).titled(format!("{} of {answered} answered", cell.ok)),
        goodput,
        text(errors(cell)).class("errors"),
        figure(scale::count(cell.retries)).titled("by this client; those between services are in the table of edges"),
    ];
    row.extend(QUANTILES.map(|q| quantile(&cell.latency, q)));
    row.push(cell.latency.max().map_or_else(|| dash("no successful request"), |max| figure(scale::latency(max))));
    row.push(figure(scale::count(cell.latency.count())));
    row
}

/// By kind with their shares: `timeout 12% (1 440), rejected 0.5% (60)`.
fn errors(cell: &ClientCell) -> String {
    let answered = (cell.ok + cell.failed()).max(1) as f64;
    let some = ErrorKind::ALL.into_iter().map(|kind| (kind, cell.errors[kind as usize])).filter(|(_, n)| *n > 0);
    let words: Vec<String> = some
        .map(|(kind, n)| format!("{} {} ({})", kind.word(), scale::percent(n as f64 / answered), scale::count(n)))
        .collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// A percentile, or a dash that says what is missing.
pub fn quantile(latency: &Latencies, q: f64) -> Cell {
    let n = latency.count();
    match latency.quantile(q) {
        Some(value) if bins::supported(n, q) => figure(scale::latency(value)),
        _ => dash(format!("{} needs {} samples, there are {n}", nines::quantile_name(q), samples_needed(q))),
    }
}
