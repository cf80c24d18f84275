//! Latency by nines: one curve a phase over 1 / (1 - q), each only as far as its samples reach.

use super::bins::supported;
use super::plot::{Drawn, Figure, Place};
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Pen};
use super::theme::{BLUE, Colour, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, picture};
use crate::record::{Latencies, Recording};

const HEIGHT: f64 = 230.0;
/// More phases than this are not told apart; the phase table has them all.
const CURVES_MAX: usize = 7;
/// Colour and dash of each curve, in the order of the phases.
const PENS: [(Colour, bool); CURVES_MAX] =
    [(BLUE, false), (VERMILION, false), (GREEN, true), (PURPLE, false), (ORANGE, true), (SKY, false), (GREY, true)];

/// One phase: points of (1 / (1 - q), latency in seconds).
pub struct Curve {
    pub phase: String,
    pub n: u64,
    pub points: Vec<(f64, f64)>,
}

pub fn curves(recording: &Recording, client: usize) -> Vec<Curve> {
    let named = recording.plan.phases.iter().filter(|phase| phase.name != "whole" || recording.plan.phases.len() == 1);
    let all = named.map(|phase| {
        let latency = recording.client_over(client, phase.from, phase.to).latency;
        Curve { phase: phase.name.clone(), n: latency.count(), points: points(&latency) }
    });
    all.filter(|curve| curve.points.len() > 1).take(CURVES_MAX).collect()
}

/// Ten points a nine, from the lowest to the last quantile that the samples support.
fn points(latency: &Latencies) -> Vec<(f64, f64)> {
    let nines = (0..=60).map(|step| 10f64.powf(f64::from(step) / 10.0));
    let known = nines.map(|nines| (nines, 1.0 - 1.0 / nines)).take_while(|(_, q)| supported(latency.count(), *q));
    known.filter_map(|(nines, q)| latency.quantile(q).map(|value| (nines, value))).collect()
}

/// `None` when no phase has enough samples for a curve.
pub fn chart(recording: &Recording, client: usize) -> Option<Chart> {
    let curves = curves(recording, client);
    if curves.is_empty() {
        return None;
    }
    let drawn = Chart::drawn(|form| draw(recording, client, &curves, form));
    let legend = curves.iter().zip(PENS).map(|(curve, (colour, dashed))| LegendEntry {
        name: format!("{} (n {})", curve.phase, scale::count(curve.n)),
        colour,
        mark: if dashed { Mark::Dashed } else { Mark::Line },
    });
    let note = "Each curve ends where fewer than ten samples lie beyond it.".to_owned();
    Some(Chart { legend: legend.collect(), note, ..drawn })
}

fn draw(recording: &Recording, client: usize, curves: &[Curve], form: Form) -> Drawn {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let far = all().map(|(nines, _)| *nines).fold(10.0, f64::max);
    let low = all().map(|(_, value)| *value).fold(f64::MAX, f64::min);
    let high = all().map(|(_, value)| *value).fold(0.0, f64::max);
    let y = Axis::log(low, high, HEIGHT, scale::latency);
    let x = nines_axis(far, form);
    let (left, right) = form.plot_x();
    let frame = Frame { left, right, top: 10.0, bottom: 10.0 + HEIGHT };
    let height = frame.bottom + 26.0;
    let drawn = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &y);
        panel.draw_y_axis();
        panel.draw_x_axis(true);
        for (curve, (colour, dashed)) in curves.iter().zip(PENS) {
            panel.line(&curve.points, Pen { colour, width: 1.9, dashed });
        }
    });
    let dots = if form == Form::Wide { dots(curves, frame, &x, &y) } else { String::new() };
    let title = format!("Latency by percentile, client {}", recording.clients[client].name);
    let description = "One curve for each phase; the axis gives each further nine the same room";
    let svg = picture(form, height, &title, description, &(drawn + &dots));
    Drawn { svg, places: vec![(Figure::Quantiles, Place::new(frame, &x, &y))] }
}

/// 0 %, 50 %, 90 %, 99 %, …; narrow pictures label only the nines.
fn nines_axis(far: f64, form: Form) -> Axis {
    let marks = [1.0, 2.0, 4.0, 10.0, 20.0, 100.0, 1e3, 1e4, 1e5, 1e6];
    let in_range = marks.into_iter().filter(|nines| *nines <= far * 1.001);
    let fits = |nines: &f64| form == Form::Wide || ![4.0, 20.0].contains(nines);
    let ticks = in_range.filter(fits).map(|nines| (nines, quantile_name(1.0 - 1.0 / nines))).collect();
    Axis { low: 1.0, high: far, log: true, ticks }
}

/// `p50`, `p99.9`; `min` for 0.
pub fn quantile_name(q: f64) -> String {
    let percent = format!("{:.4}", q * 100.0);
    match percent.trim_end_matches('0').trim_end_matches('.') {
        "" | "0" => "min".to_owned(),
        percent => format!("p{percent}"),
    }
}

/// Read-outs at the usual percentiles.
fn dots(curves: &[Curve], frame: Frame, x: &Axis, y: &Axis) -> String {
    let range = y.placed_range();
    let mut svg = String::new();
    for (curve, (colour, _)) in curves.iter().zip(PENS) {
        for (nines, value) in curve.points.iter().step_by(5) {
            let share = (y.place(*value) - range.start) / (range.end - range.start);
            svg += &format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{}\"><title>{} {} {}</title></circle>",
                frame.x_at(x, *nines),
                frame.bottom - share * (frame.bottom - frame.top),
                colour.hex(),
                super::escape(&curve.phase),
                quantile_name(1.0 - 1.0 / nines),
                scale::latency(*value),
            );
        }
    }
    svg
}
