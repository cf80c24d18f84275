//! Saturation: for each service its utilisation, queue and requests in flight, side by side over the same time.

use super::bins::Bins;
use super::hover;
use super::lanes::Lanes;
use super::load::{highest, stairs, under};
use super::plot::{Drawn, Figure, Place};
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Pen};
use super::{Chart, Form, picture, theme};
use crate::record::{Recording, ServiceCell};

const PANEL: f64 = 62.0;

/// One figure of a service over time.
struct Gauge {
    figure: Figure,
    caption: &'static str,
    mean: Vec<f64>,
    /// The highest value seen in each window, where it is recorded.
    peak: Option<Vec<f64>>,
    axis: Axis,
    label: fn(f64) -> String,
}

pub fn chart(recording: &Recording, service: usize) -> Chart {
    Chart::drawn(|form| draw(recording, service, form))
}

/// Busy workers of all workers; `None` for a service without a limit of workers.
pub fn utilisation(cell: &ServiceCell) -> Option<f64> {
    (cell.workers_s > 0.0).then(|| cell.busy_s / cell.workers_s)
}

fn gauges(cells: &[ServiceCell], bins: &Bins) -> Vec<Gauge> {
    let mean = |read: fn(&ServiceCell) -> f64| -> Vec<f64> {
        cells.iter().zip(&bins.all).map(|(cell, bin)| read(cell) / bin.seconds()).collect()
    };
    let peak = |read: fn(&ServiceCell) -> u64| -> Vec<f64> { cells.iter().map(|cell| read(cell) as f64).collect() };
    let counted = |figure, caption, mean: Vec<f64>, peak: Vec<f64>| {
        let axis = Axis::from_zero(highest(&peak).max(highest(&mean)), 2, scale::number);
        Gauge { figure, caption, mean, peak: Some(peak), axis, label: scale::number }
    };
    let mut gauges = Vec::new();
    if cells.iter().any(|cell| cell.workers_s > 0.0) {
        let mean: Vec<f64> = cells.iter().map(|cell| utilisation(cell).unwrap_or(0.0)).collect();
        let axis = Axis::from_zero(highest(&mean).max(1.0), 2, scale::percent);
        let (figure, caption, label) = (Figure::Utilisation, "utilisation", scale::percent);
        gauges.push(Gauge { figure, caption, mean, peak: None, axis, label });
    }
    gauges.push(counted(Figure::Queue, "queue", mean(|cell| cell.queue_s), peak(|cell| cell.queue_max)));
    gauges.push(counted(Figure::Inflight, "in flight", mean(|cell| cell.inflight_s), peak(|cell| cell.inflight_max)));
    gauges
}

/// The more services, the coarser their windows, so that the page stays small.
fn windows(recording: &Recording, form: Form) -> Bins {
    let share = if form == Form::Wide { 900.0 } else { 500.0 } / recording.services.len() as f64;
    Bins::at_most(recording, share.clamp(40.0, if form == Form::Wide { 150.0 } else { 80.0 }))
}

fn draw(recording: &Recording, service: usize, form: Form) -> Drawn {
    let bins = &windows(recording, form);
    let gauges = gauges(&bins.service(recording, service), bins);
    let x = Axis::time(0.0, bins.end, 4);
    let lanes = Lanes::new(recording, form, &x);
    // A service without a limit of workers leaves the column of utilisation free, so that columns compare.
    let shift = if form == Form::Wide { 3 - gauges.len() } else { 0 };
    let frames: Vec<Frame> = (0..gauges.len()).map(|index| frame(form, index + shift)).collect();
    let height = frames.last().map_or(PANEL, |frame| frame.bottom) + 24.0;
    let colour = theme::of_service(service);
    let drawn = sketch::draw(form.width(), height, |sketch| {
        for (index, (frame, gauge)) in frames.iter().zip(&gauges).enumerate() {
            let panel = sketch.panel(*frame, &x, &gauge.axis);
            panel.draw_y_axis();
            panel.draw_x_axis(form == Form::Wide || index + 1 == frames.len());
            panel.caption(gauge.caption);
            if let Some(peak) = &gauge.peak {
                panel.fill(&under(bins, peak), colour, 0.2);
            }
            panel.line(&stairs(bins, &gauge.mean), Pen::solid(colour, 1.6));
        }
    });
    let no_limit = if shift > 0 {
        format!(
            "<text class=\"small\" x=\"{}\" y=\"{}\">no limit of workers</text>",
            form.plot_x().0,
            20.0 + PANEL / 2.0
        )
    } else {
        String::new()
    };
    let mut inside: String = frames.iter().map(|frame| lanes.bands(*frame, &x)).collect();
    inside += &(drawn + &no_limit);
    if form == Form::Wide {
        let coarse = Bins::at_most(recording, (250.0 / recording.services.len() as f64).clamp(10.0, 40.0));
        let cells = coarse.service(recording, service);
        let said = self::gauges(&cells, &coarse);
        for (frame, gauge) in frames.iter().zip(&said) {
            inside +=
                &hover::columns(&coarse, *frame, &x, |index, bin| Some(said_of(gauge, index, bin.from, coarse.end)));
        }
    }
    let name = &recording.services[service].name;
    let description =
        gauges.iter().map(|gauge| format!("{}: highest {}", gauge.caption, (gauge.label)(highest(&gauge.mean))));
    let description = description.collect::<Vec<_>>().join("; ");
    let places = frames.iter().zip(&gauges).map(|(frame, gauge)| (gauge.figure, Place::new(*frame, &x, &gauge.axis)));
    let places = places.collect();
    Drawn { svg: picture(form, height, &format!("Saturation of service {name}"), &description, &inside), places }
}

/// Side by side when wide, below each other when narrow.
fn frame(form: Form, index: usize) -> Frame {
    let (left, right) = form.plot_x();
    match form {
        Form::Wide => {
            let step = (right - left + 56.0) / 3.0;
            let left = left + index as f64 * step;
            Frame { left, right: left + step - 56.0, top: 20.0, bottom: 20.0 + PANEL }
        }
        Form::Narrow => {
            let top = 20.0 + index as f64 * (PANEL + 30.0);
            Frame { left, right, top, bottom: top + PANEL }
        }
    }
}

fn said_of(gauge: &Gauge, window: usize, from: f64, end: f64) -> String {
    let at = scale::moment((from * 10.0).round() / 10.0, end);
    let mean = (gauge.label)(gauge.mean[window]);
    match &gauge.peak {
        Some(peak) => format!("{at}\n{} mean {mean}, max {}", gauge.caption, (gauge.label)(peak[window])),
        None => format!("{at}\n{} {mean}", gauge.caption),
    }
}
