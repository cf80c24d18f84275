//! Latency heatmap: time by logarithmic latency, shaded by the logarithm of how many per second. Shows two modes that percentiles hide.
//! One path for each shade, whose strokes are runs of equal cells, keeps it small.

use super::bins::Bins;
use super::lanes::Lanes;
use super::plot::{Drawn, Figure, Place};
use super::scale::{self, Axis};
use super::sketch::{self, Frame};
use super::{Chart, Form, picture};
use crate::record::Recording;
use std::fmt::Write as _;

/// Shades in the style sheet: `.h0` to `.h8`.
pub const SHADES: usize = 9;
const ROWS: usize = 44;
const HEIGHT: f64 = ROWS as f64 * 5.0;

/// Per second, by window and by row of latency.
struct Field {
    rates: Vec<[f64; ROWS]>,
    lowest: f64,
    highest: f64,
}

/// `None` without a single successful request.
pub fn chart(recording: &Recording, client: usize) -> Option<Chart> {
    let (low, high) = extremes(recording, client)?;
    let y = Axis::log(low, high, HEIGHT, scale::latency);
    let (wide, narrow) = (Bins::new(recording, Form::Wide), Bins::new(recording, Form::Narrow));
    let field = field(recording, &wide, client, &y);
    let few = self::field(recording, &narrow, client, &y);
    let note = format!(
        "Successful requests by intended send time and latency. Faintest shade: {} per second in a cell; strongest: {} per second; \
         each shade is {} times the one before.",
        scale::number(field.lowest),
        scale::number(field.highest),
        scale::digits((field.highest / field.lowest).powf(1.0 / SHADES as f64)),
    );
    let drawn = Chart::drawn(|form| match form {
        Form::Wide => draw(recording, &wide, client, &y, &field, form),
        Form::Narrow => draw(recording, &narrow, client, &y, &few, form),
    });
    Some(Chart { note, ..drawn })
}

fn draw(recording: &Recording, bins: &Bins, client: usize, y: &Axis, field: &Field, form: Form) -> Drawn {
    let x = Axis::time(0.0, bins.end, if form == Form::Wide { 11 } else { 4 });
    let lanes = Lanes::new(recording, form, &x);
    let (left, right) = form.plot_x();
    let top = lanes.height() + 8.0;
    let frame = Frame { left, right, top, bottom: top + HEIGHT };
    let height = frame.bottom + 26.0;
    let axes = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, y);
        panel.draw_y_axis();
        panel.draw_x_axis(true);
    });
    let boxes = fault_boxes(recording, frame, &x);
    let inside = axes + &shades(bins, field, frame, &x) + &boxes + &lanes.bars(frame, &x, 2.0);
    let title = format!("Latency heatmap, client {}", recording.clients[client].name);
    let description = format!(
        "Latencies from {} to {} over {} windows",
        scale::latency(y.low),
        scale::latency(y.high),
        bins.all.len()
    );
    let places = vec![(Figure::Latency, Place::new(frame, &x, y))];
    Drawn { svg: picture(form, height, &title, &description, &inside), places }
}

fn extremes(recording: &Recording, client: usize) -> Option<(f64, f64)> {
    let seen = recording.clients[client].cells.iter().filter_map(|cell| cell.latency.as_hdr());
    let (low, high) = seen
        .filter(|counts| !counts.is_empty())
        .fold((u64::MAX, 0), |(low, high), counts| (low.min(counts.min_nz()), high.max(counts.max())));
    (high > 0).then_some((low as f64 / 1e6, high as f64 / 1e6))
}

fn field(recording: &Recording, bins: &Bins, client: usize, y: &Axis) -> Field {
    let range = y.placed_range();
    let row_of = |seconds: f64| {
        let share = (y.place(seconds) - range.start) / (range.end - range.start);
        ((share * ROWS as f64) as usize).min(ROWS - 1)
    };
    let rates: Vec<[f64; ROWS]> = bins
        .client(recording, client)
        .iter()
        .zip(&bins.all)
        .map(|(cell, bin)| {
            let mut column = [0.0; ROWS];
            cell.latency.steps().iter().for_each(|(value, n)| column[row_of(*value)] += *n as f64 / bin.seconds());
            column
        })
        .collect();
    let filled = || rates.iter().flatten().copied().filter(|rate| *rate > 0.0);
    let (lowest, highest) = (filled().fold(f64::MAX, f64::min), filled().fold(0.0, f64::max));
    Field { rates, lowest, highest }
}

impl Field {
    fn shade(&self, window: usize, row: usize) -> Option<usize> {
        let rate = self.rates[window][row];
        let span = (self.highest / self.lowest).ln();
        (rate > 0.0).then(|| {
            let share = if span > 0.0 { (rate / self.lowest).ln() / span } else { 1.0 };
            ((share * SHADES as f64) as usize).min(SHADES - 1)
        })
    }
}

fn shades(bins: &Bins, field: &Field, frame: Frame, x: &Axis) -> String {
    let mut paths = vec![String::new(); SHADES];
    let row_height = (frame.bottom - frame.top) / ROWS as f64;
    for row in 0..ROWS {
        let y = frame.bottom - (row + 1) as f64 * row_height;
        let mut window = 0;
        while window < bins.all.len() {
            let shade = field.shade(window, row);
            let end = (window..bins.all.len()).find(|next| field.shade(*next, row) != shade).unwrap_or(bins.all.len());
            if let Some(shade) = shade {
                let (from, to) = (frame.x_at(x, bins.all[window].from), frame.x_at(x, bins.all[end - 1].to));
                let _ = write!(paths[shade], "M{from:.0} {y:.0}H{to:.0}");
            }
            window = end;
        }
    }
    let shown = paths.iter().enumerate().filter(|(_, path)| !path.is_empty());
    let shades: String = shown.map(|(shade, path)| format!("<path class=\"h{shade}\" d=\"{path}\"/>")).collect();
    format!(
        "<g class=\"heat\" transform=\"translate(0 {})\" stroke-width=\"{row_height}\">{shades}</g>",
        row_height / 2.0
    )
}

/// Over the shades, dashed, because a band under them would not be seen.
fn fault_boxes(recording: &Recording, frame: Frame, x: &Axis) -> String {
    let mut svg = String::new();
    for (index, fault) in recording.plan.faults.iter().enumerate() {
        let from = frame.x_at(x, fault.from.as_secs_f64().clamp(x.low, x.high));
        let to = frame.x_at(x, fault.to.as_secs_f64().clamp(x.low, x.high));
        let _ = write!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"/>",
            frame.top,
            (to - from).max(1.0),
            frame.bottom - frame.top,
            super::theme::of_fault(index).hex(),
        );
    }
    svg
}
