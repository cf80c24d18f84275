//! Latency percentiles over time, of successful requests, on a logarithmic axis. Too few samples for a percentile leave a gap, never a guess.

use super::bins::{Bin, Bins, Reading};
use super::hover;
use super::lanes::Lanes;
use super::plot::{Drawn, Figure, Place};
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Panel, Pen};
use super::theme::{BLUE, Colour, ORANGE, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, picture};
use crate::record::{Latencies, Recording};

/// The percentiles drawn, with their colours, lowest first.
pub const SHOWN: [(&str, f64, Colour); 3] = [("p50", 0.5, BLUE), ("p95", 0.95, ORANGE), ("p99", 0.99, VERMILION)];

const HEIGHT: f64 = 250.0;
/// Width of one character of text, on the safe side.
const CHARACTER: f64 = 6.2;
/// Height of a line of text.
const LINE: f64 = 16.0;

/// The readings of each of `SHOWN`.
pub fn readings(recording: &Recording, bins: &Bins, client: usize) -> [Vec<Reading>; 3] {
    let cells = bins.client(recording, client);
    let latencies: Vec<&Latencies> = cells.iter().map(|cell| &cell.latency).collect();
    SHOWN.map(|(_, q, _)| bins.quantile(&latencies, q))
}

/// `None` when no percentile at all has enough samples.
pub fn chart(recording: &Recording, client: usize) -> Option<Chart> {
    let lines = readings(recording, &Bins::new(recording, Form::Wide), client);
    if lines.iter().all(Vec::is_empty) {
        return None;
    }
    let drawn = Chart::drawn(|form| draw(recording, client, form));
    Some(Chart { legend: legend(&lines), note: note(&lines), ..drawn })
}

fn draw(recording: &Recording, client: usize, form: Form) -> Drawn {
    let bins = &Bins::new(recording, form);
    let lines = &readings(recording, bins, client);
    let x = Axis::time(0.0, bins.end, if form == Form::Wide { 11 } else { 4 });
    let (low, high) = lines
        .iter()
        .flatten()
        .fold((f64::MAX, 0.0), |(low, high): (f64, f64), reading| (low.min(reading.value), high.max(reading.value)));
    let y = Axis::log(low, high, HEIGHT, scale::latency);
    let lanes = Lanes::new(recording, form, &x);
    let (left, right) = form.plot_x();
    let top = lanes.height() + 8.0;
    let frame = Frame { left, right, top, bottom: top + HEIGHT };
    let height = frame.bottom + 26.0;
    let drawn = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &y);
        panel.draw_y_axis();
        panel.draw_x_axis(true);
        fill_between(&panel, &lines[0], &lines[2]);
        for (readings, (_, _, colour)) in lines.iter().zip(SHOWN) {
            for stretch in unbroken(readings) {
                panel.line(&stairs(stretch), Pen::solid(colour, 1.8));
            }
        }
    });
    let mut inside = lanes.bands(frame, &x) + &silence(&silent(recording, bins, client, &lines[0]), frame, &x);
    inside += &(drawn + &lanes.bars(frame, &x, 2.0));
    if form == Form::Wide {
        inside += &hover::columns(bins, frame, &x, |_, bin| said_at(lines, bin.middle(), bins.end));
    }
    let name = &recording.clients[client].name;
    let description = describe(recording, client);
    let title = format!("Latency percentiles over time, client {name}");
    let places = vec![(Figure::Latency, Place::new(frame, &x, &y))];
    Drawn { svg: picture(form, height, &title, &description, &inside), places }
}

/// The stretches in which nobody got an answer and no line is drawn.
fn silent(recording: &Recording, bins: &Bins, client: usize, drawn: &[Reading]) -> Vec<(f64, f64)> {
    let cells = bins.client(recording, client);
    let both: Vec<(&Bin, bool)> = bins.all.iter().zip(cells.iter().map(|cell| cell.ok == 0 && cell.sent > 0)).collect();
    let stretches = both.chunk_by(|a, b| a.1 == b.1).filter(|stretch| stretch[0].1);
    let edges = stretches.map(|stretch| (stretch[0].0.from, stretch[stretch.len() - 1].0.to));
    let is_bridged = |from: f64, to: f64| drawn.iter().any(|reading| reading.from < to && reading.to > from);
    edges.filter(|(from, to)| !is_bridged(*from, *to)).collect()
}

/// Says of a gap that there was nothing to measure, so that it is not taken for a lack of figures.
fn silence(silent: &[(f64, f64)], frame: Frame, x: &Axis) -> String {
    let mut svg = String::new();
    for (from, to) in silent {
        let (left, right) = (frame.x_at(x, *from), frame.x_at(x, *to));
        let (x, y) = ((left + right) / 2.0, (frame.top + frame.bottom) / 2.0);
        let words = "no successful answers";
        // Where the gap is too narrow for the words they are written upwards.
        let turn = match right - left {
            room if room > words.len() as f64 * CHARACTER => String::new(),
            room if room > LINE => format!(" transform=\"rotate(-90 {x:.1} {y:.1})\""),
            _ => continue,
        };
        svg += &format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" class=\"small over\" text-anchor=\"middle\"{turn}>{words}</text>",
            y + 4.0
        );
    }
    svg
}

/// The lines step at the edges of their windows, so that a widened window looks as wide as it is.
pub(super) fn stairs(readings: &[Reading]) -> Vec<(f64, f64)> {
    readings.iter().flat_map(|reading| [(reading.from, reading.value), (reading.to, reading.value)]).collect()
}

/// Readings that follow each other without a gap.
pub(super) fn unbroken(readings: &[Reading]) -> impl Iterator<Item = &[Reading]> {
    readings.chunk_by(|a, b| (a.to - b.from).abs() < 1e-9)
}

/// The fill reaches from the lower to the upper line wherever both are known.
fn fill_between(panel: &Panel, lower: &[Reading], upper: &[Reading]) {
    for stretch in unbroken(upper) {
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { continue };
        let inside: Vec<Reading> =
            lower.iter().filter(|reading| reading.from >= first.from && reading.to <= last.to).copied().collect();
        for below in unbroken(&inside) {
            let (Some(start), Some(end)) = (below.first(), below.last()) else { continue };
            let clipped = stretch.iter().filter(|reading| reading.to > start.from && reading.from < end.to);
            let above: Vec<Reading> = clipped
                .map(|reading| Reading { from: reading.from.max(start.from), to: reading.to.min(end.to), ..*reading })
                .collect();
            let mut outline = stairs(&above);
            outline.extend(stairs(below).into_iter().rev());
            panel.fill(&outline, BLUE, 0.13);
        }
    }
}

fn said_at(lines: &[Vec<Reading>; 3], at: f64, end: f64) -> Option<String> {
    let mut text = scale::moment((at * 10.0).round() / 10.0, end);
    let mut any = false;
    for (readings, (name, _, _)) in lines.iter().zip(SHOWN) {
        if let Some(reading) = readings.iter().find(|reading| reading.from <= at && at < reading.to) {
            any = true;
            text += &format!("\n{name} {} (n {})", scale::latency(reading.value), reading.n);
        }
    }
    any.then_some(text)
}

fn legend(lines: &[Vec<Reading>; 3]) -> Vec<LegendEntry> {
    let drawn = lines.iter().zip(SHOWN).filter(|(readings, _)| !readings.is_empty());
    let entry = |(name, colour): (&str, Colour), mark| LegendEntry { name: name.to_owned(), colour, mark };
    let mut entries: Vec<LegendEntry> = drawn.map(|(_, (name, _, colour))| entry((name, colour), Mark::Line)).collect();
    if !lines[0].is_empty() && !lines[2].is_empty() {
        entries.push(entry(("p50 to p99", BLUE), Mark::Band));
    }
    entries
}

fn note(lines: &[Vec<Reading>; 3]) -> String {
    let widest = |readings: &Vec<Reading>| readings.iter().map(|reading| reading.to - reading.from).fold(0.0, f64::max);
    let windows: Vec<String> = lines
        .iter()
        .zip(SHOWN)
        .filter(|(readings, _)| !readings.is_empty())
        .map(|(readings, (name, _, _))| format!("{name} {}", scale::latency(widest(readings))))
        .collect();
    format!(
        "Successful requests only, from their intended send time. A window is widened until it holds 10 / (1 − q) samples; \
         widest windows: {}. Where even that is not reached there is a gap.",
        windows.join(", ")
    )
}

fn describe(recording: &Recording, client: usize) -> String {
    let phases = recording.plan.phases.iter().map(|phase| {
        let cell = recording.client_over(client, phase.from, phase.to);
        let p50 = cell.latency.quantile(0.5).map_or("none".to_owned(), scale::latency);
        format!("{}: p50 {p50}, {} successful", phase.name, cell.ok)
    });
    phases.collect::<Vec<_>>().join("; ")
}
