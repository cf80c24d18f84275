//! Load and outcome: what was offered against what came back in time, errors by kind, and repeated tries. A retry storm is seen here.

use super::bins::Bins;
use super::hover;
use super::lanes::Lanes;
use super::plot::{Drawn, Figure, Place};
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Panel, Pen};
use super::theme::{self, BLUE, FAINT, GREEN, INK};
use super::{Chart, Form, LegendEntry, Mark, picture};
use crate::base::ErrorKind;
use crate::record::Recording;

/// Per second, for each window.
pub struct Load {
    pub offered: Vec<f64>,
    pub goodput: Vec<f64>,
    /// By kind, only kinds that occurred.
    pub errors: Vec<(ErrorKind, Vec<f64>)>,
    /// Repeated attempts on all edges of the system.
    pub retries: Vec<f64>,
    /// Requests that users sent again.
    pub reloads: Vec<f64>,
}

impl Load {
    pub fn new(recording: &Recording, bins: &Bins, client: usize) -> Load {
        let cells = bins.client(recording, client);
        let rate = |counts: &dyn Fn(usize) -> u64| -> Vec<f64> {
            bins.all.iter().enumerate().map(|(index, bin)| counts(index) as f64 / bin.seconds()).collect()
        };
        let edges: Vec<_> = (0..recording.edges.len()).map(|edge| bins.edge(recording, edge)).collect();
        let happened = |kind: &ErrorKind| cells.iter().any(|cell| cell.errors[*kind as usize] > 0);
        let errors = ErrorKind::ALL.into_iter().filter(happened);
        Load {
            offered: rate(&|n| cells[n].offered),
            goodput: rate(&|n| cells[n].goodput),
            errors: errors.map(|kind| (kind, rate(&|n| cells[n].errors[kind as usize]))).collect(),
            retries: rate(&|n| edges.iter().map(|edge| edge[n].attempts.saturating_sub(edge[n].calls)).sum()),
            reloads: rate(&|n| cells[n].offered.saturating_sub(cells[n].fresh)),
        }
    }

    fn error_total(&self, window: usize) -> f64 {
        self.errors.iter().map(|(_, rates)| rates[window]).sum()
    }

    fn has_repeats(&self) -> bool {
        highest(&self.retries) > 0.0 || highest(&self.reloads) > 0.0
    }
}

pub fn chart(recording: &Recording, client: usize) -> Chart {
    let load = Load::new(recording, &Bins::new(recording, Form::Wide), client);
    let drawn = Chart::drawn(|form| draw(recording, client, form));
    let mut note = String::from("Errors by intended send time; goodput counts successful answers when they arrive.");
    if load.errors.is_empty() {
        note += " No request failed.";
    }
    if !load.has_repeats() {
        note += " Nothing was tried twice.";
    }
    Chart { legend: legend(&load), note, ..drawn }
}

fn draw(recording: &Recording, client: usize, form: Form) -> Drawn {
    let bins = &Bins::new(recording, form);
    let load = &Load::new(recording, bins, client);
    let x = Axis::time(0.0, bins.end, if form == Form::Wide { 11 } else { 4 });
    let lanes = Lanes::new(recording, form, &x);
    let frames = frames(load, lanes.height(), form);
    let last = frames.last().expect("the first panel is always there");
    let height = last.bottom + 26.0;
    let drawn = sketch::draw(form.width(), height, |sketch| {
        for (index, frame) in frames.iter().enumerate() {
            let y = height_of(load, index);
            let panel = sketch.panel(*frame, &x, &y);
            panel.draw_y_axis();
            panel.draw_x_axis(index + 1 == frames.len());
            draw_panel(&panel, bins, load, index);
        }
    });
    let bands: String = frames.iter().map(|frame| lanes.bands(*frame, &x)).collect();
    let mut inside = bands + &drawn + &lanes.bars(frames[0], &x, 2.0);
    if form == Form::Wide {
        let whole = Frame { bottom: last.bottom, ..frames[0] };
        inside += &hover::columns(bins, whole, &x, |index, bin| Some(said(load, index, bin.from, bins.end)));
    }
    let name = &recording.clients[client].name;
    let description =
        "Three panels over time: requests offered and answered, errors by kind, and repeated attempts, per second";
    let svg = picture(form, height, &format!("Load and outcome, client {name}"), description, &inside);
    let figure = |shows: &Shows| match shows {
        Shows::Rates => Figure::Rate,
        Shows::Errors => Figure::Errors,
        Shows::Repeats => Figure::Repeats,
    };
    let place = |(index, shows)| (figure(shows), Place::new(frames[index], &x, &height_of(load, index)));
    Drawn { svg, places: shown(load).iter().enumerate().map(place).collect() }
}

fn height_of(load: &Load, index: usize) -> Axis {
    Axis::from_zero(peak(load, index), if index == 0 { 4 } else { 2 }, scale::number)
}

/// Which panel stands at an index: rates, then errors and repeats where there are any.
#[derive(Clone, Copy, PartialEq)]
enum Shows {
    Rates,
    Errors,
    Repeats,
}

fn shown(load: &Load) -> Vec<Shows> {
    let mut panels = vec![Shows::Rates];
    if !load.errors.is_empty() {
        panels.push(Shows::Errors);
    }
    if load.has_repeats() {
        panels.push(Shows::Repeats);
    }
    panels
}

fn frames(load: &Load, lanes: f64, form: Form) -> Vec<Frame> {
    let (left, right) = form.plot_x();
    let mut top = lanes + 24.0;
    let place = |shows: &Shows| {
        let height = if *shows == Shows::Rates { 150.0 } else { 84.0 };
        let frame = Frame { left, right, top, bottom: top + height };
        top = frame.bottom + 30.0;
        frame
    };
    shown(load).iter().map(place).collect()
}

fn peak(load: &Load, index: usize) -> f64 {
    match shown(load)[index] {
        Shows::Rates => highest(&load.offered).max(highest(&load.goodput)),
        Shows::Errors => (0..load.offered.len()).map(|window| load.error_total(window)).fold(0.0, f64::max),
        Shows::Repeats => highest(&load.retries).max(highest(&load.reloads)),
    }
}

fn draw_panel(panel: &Panel, bins: &Bins, load: &Load, index: usize) {
    match shown(load)[index] {
        Shows::Rates => {
            panel.caption("requests per second");
            panel.fill(&under(bins, &load.goodput), GREEN, 0.14);
            panel.line(&stairs(bins, &load.goodput), Pen::solid(GREEN, 1.8));
            panel.line(&stairs(bins, &load.offered), Pen::dashed(BLUE, 1.6));
        }
        Shows::Errors => {
            panel.caption("errors per second, stacked");
            let mut base = vec![0.0; bins.all.len()];
            for (place, (_, rates)) in load.errors.iter().enumerate() {
                let top: Vec<f64> = base.iter().zip(rates).map(|(base, rate)| base + rate).collect();
                let mut outline = stairs(bins, &top);
                outline.extend(stairs(bins, &base).into_iter().rev());
                panel.fill(&outline, theme::of_error(place), 0.85);
                base = top;
            }
        }
        Shows::Repeats => {
            panel.caption("repeated tries per second");
            if highest(&load.retries) > 0.0 {
                panel.line(&stairs(bins, &load.retries), Pen::solid(INK, 1.6));
            }
            if highest(&load.reloads) > 0.0 {
                panel.line(&stairs(bins, &load.reloads), Pen::dashed(FAINT, 1.6));
            }
        }
    }
}

fn legend(load: &Load) -> Vec<LegendEntry> {
    let entry = |name: &str, colour, mark| LegendEntry { name: name.to_owned(), colour, mark };
    let mut entries = vec![entry("offered", BLUE, Mark::Dashed), entry("goodput", GREEN, Mark::Line)];
    let errors = load.errors.iter().enumerate();
    entries.extend(errors.map(|(place, (kind, _))| entry(kind.word(), theme::of_error(place), Mark::Area)));
    if highest(&load.retries) > 0.0 {
        entries.push(entry("retries (all edges)", INK, Mark::Line));
    }
    if highest(&load.reloads) > 0.0 {
        entries.push(entry("reloads", FAINT, Mark::Dashed));
    }
    entries
}

fn said(load: &Load, window: usize, from: f64, end: f64) -> String {
    let mut text = format!(
        "{}\noffered {}/s\ngoodput {}/s",
        scale::moment((from * 10.0).round() / 10.0, end),
        scale::number(load.offered[window]),
        scale::number(load.goodput[window])
    );
    let errors = load.errors.iter().map(|(kind, rates)| (kind.word(), rates[window]));
    let repeats = [("retries", load.retries[window]), ("reloads", load.reloads[window])];
    for (name, rate) in errors.chain(repeats).filter(|(_, rate)| *rate > 0.0) {
        text += &format!("\n{name} {}/s", scale::number(rate));
    }
    text
}

/// One step for each run of windows with the same value.
pub(super) fn stairs(bins: &Bins, values: &[f64]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(values.len() * 2);
    for (bin, value) in bins.all.iter().zip(values) {
        match points.last_mut() {
            Some(last) if last.1 == *value => last.0 = bin.to,
            _ => points.extend([(bin.from, *value), (bin.to, *value)]),
        }
    }
    points
}

pub(super) fn under(bins: &Bins, values: &[f64]) -> Vec<(f64, f64)> {
    let mut outline = stairs(bins, values);
    outline.extend([(bins.all.last().map_or(0.0, |bin| bin.to), 0.0), (0.0, 0.0)]);
    outline
}

pub(super) fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
