//! Meters over time, side by side: those that the scenario asks for, and those that moved. What is counted is shown per second, levels as
//! their means with the highest value as a fill, shares in percent.

use super::bins::Bins;
use super::hover;
use super::lanes::Lanes;
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Pen};
use super::theme::{self, Colour};
use super::{Chart, Form, picture, shorten};
use crate::plan::expectation::{Metric, Subject};
use crate::plan::meters::{FOREVER_S, Form as Sort, Meter, Unit};
use crate::plan::{Expectation, Plan};
use crate::record::{MeterCell, Recording};

const PANEL: f64 = 62.0;
const ROW: f64 = PANEL + 46.0;
const COLUMNS: usize = 3;
/// More panels are not drawn; the recording has every meter.
const PANELS_MAX: usize = 12;

/// Which meters are drawn, and which moved too but found no room.
#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    pub drawn: Vec<usize>,
    pub left_out: Vec<usize>,
}

/// Those that a line or an alert names come first.
pub fn choose(recording: &Recording) -> Choice {
    let plan = &recording.plan;
    let lines = plan.expectations.iter().chain(&plan.symptoms).map(|line: &Expectation| &line.metric);
    let asked: Vec<usize> = lines.chain(plan.alerts.iter().map(|alert| &alert.metric)).filter_map(meter_of).collect();
    let is_asked = |index: &usize| asked.contains(index);
    let (mut drawn, others): (Vec<usize>, Vec<usize>) = (0..plan.meters.len()).partition(is_asked);
    drawn.extend(others.into_iter().filter(|index| has_moved(recording, *index)));
    let left_out = drawn.split_off(drawn.len().min(PANELS_MAX));
    Choice { drawn, left_out }
}

fn meter_of(metric: &Metric) -> Option<usize> {
    match metric {
        Metric::Meter { meter, .. } => Some(*meter as usize),
        Metric::Reported { metric, .. } => meter_of(metric),
        _ => None,
    }
}

fn has_moved(recording: &Recording, index: usize) -> bool {
    let plan = &recording.plan;
    let Some(cell) = recording.meter_over(index, plan.warmup, plan.length) else { return false };
    match plan.meters[index].form {
        Sort::Gauge => cell.max - cell.min > 1e-9 * cell.max.abs(),
        Sort::Count | Sort::Share | Sort::Load => cell.sum != 0.0,
    }
}

/// `opens(web->db)`.
pub fn name(plan: &Plan, index: usize) -> String {
    let meter = &plan.meters[index];
    let of = match meter.of {
        Subject::Client(at) => &plan.clients[at as usize].name,
        Subject::Service(at) => &plan.services[at as usize].name,
        Subject::Edge(at) => &plan.edges[at as usize].name,
        Subject::Control(at) => &plan.controls[at as usize].name,
        Subject::Segment(at) => &plan.segments[at as usize].name,
    };
    format!("{}({of})", meter.name)
}

/// `None` when there is nothing to draw.
pub fn chart(recording: &Recording, drawn: &[usize]) -> Option<Chart> {
    let draw = |form| draw(recording, drawn, form);
    (!drawn.is_empty()).then(|| Chart { wide: draw(Form::Wide), narrow: draw(Form::Narrow), ..Chart::default() })
}

/// One meter, ready to be drawn.
struct Panel {
    caption: String,
    colour: Colour,
    /// `None`: nothing to read, or for ever.
    values: Vec<Option<f64>>,
    peaks: Vec<Option<f64>>,
    axis: Axis,
    label: fn(f64) -> String,
}

impl Panel {
    fn new(recording: &Recording, index: usize, bins: &Bins, form: Form) -> Panel {
        let plan = &recording.plan;
        let meter = &plan.meters[index];
        let cells = bins.meter(recording, index);
        let each = |read: fn(&Meter, &MeterCell, f64) -> Option<f64>| -> Vec<Option<f64>> {
            cells.iter().zip(&bins.all).map(|(cell, bin)| read(meter, cell, bin.seconds())).collect()
        };
        let (values, peaks) = (each(value), each(peak));
        let highest = values.iter().chain(&peaks).flatten().copied().fold(0.0, f64::max);
        let label = label(meter.unit);
        let per_second = if meter.form == Sort::Count { " per second" } else { "" };
        let room = if form == Form::Wide { 44 } else { 50 };
        let caption = format!("{}{per_second}", shorten(&name(plan, index), room - per_second.len()));
        Panel { caption, colour: colour(plan, meter), values, peaks, axis: axis(meter.unit, highest), label }
    }

    fn said(&self, window: usize, from: f64, end: f64) -> Option<String> {
        let at = scale::moment((from * 10.0).round() / 10.0, end);
        let value = (self.label)(self.values[window]?);
        let peak = self.peaks[window].map_or(String::new(), |peak| format!(", max {}", (self.label)(peak)));
        Some(format!("{at}\n{} {value}{peak}", self.caption))
    }
}

fn value(meter: &Meter, cell: &MeterCell, seconds: f64) -> Option<f64> {
    match meter.form {
        Sort::Count => Some(cell.sum / seconds),
        Sort::Gauge if meter.unit == Unit::Seconds && cell.max >= FOREVER_S => None,
        Sort::Gauge | Sort::Load | Sort::Share => (cell.whole > 0.0).then(|| cell.sum / cell.whole),
    }
}

fn peak(meter: &Meter, cell: &MeterCell, _: f64) -> Option<f64> {
    let is_known = meter.form == Sort::Gauge && !(meter.unit == Unit::Seconds && cell.max >= FOREVER_S);
    is_known.then_some(cell.max)
}

/// A service has its own colour everywhere, and a call that of the called service.
fn colour(plan: &Plan, meter: &Meter) -> Colour {
    match meter.of {
        Subject::Service(at) => theme::of_service(at as usize),
        Subject::Edge(at) => theme::of_service(plan.edges[at as usize].to.index()),
        Subject::Client(_) | Subject::Control(_) | Subject::Segment(_) => theme::FAINT,
    }
}

fn axis(unit: Unit, highest: f64) -> Axis {
    let one = match unit {
        Unit::Seconds => scale::unit_of_time(highest),
        Unit::Bytes => scale::unit_of_bytes(highest),
        Unit::Number | Unit::Ratio => 1.0,
    };
    Axis::in_units(highest, 2, one, label(unit))
}

fn label(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::Number => scale::number,
        Unit::Seconds => scale::lasting,
        Unit::Bytes => scale::bytes,
        Unit::Ratio => scale::percent,
    }
}

/// The more panels, the coarser their windows, so that the page stays small.
fn windows(recording: &Recording, panels: usize, form: Form) -> Bins {
    let share = if form == Form::Wide { 600.0 } else { 420.0 } / panels as f64;
    Bins::at_most(recording, share.clamp(40.0, if form == Form::Wide { 150.0 } else { 80.0 }))
}

fn draw(recording: &Recording, drawn: &[usize], form: Form) -> String {
    let bins = &windows(recording, drawn.len(), form);
    let panels: Vec<Panel> = drawn.iter().map(|index| Panel::new(recording, *index, bins, form)).collect();
    let frames: Vec<Frame> = (0..panels.len()).map(|index| frame(form, index)).collect();
    let x = Axis::time(0.0, bins.end, 4);
    let lanes = Lanes::new(recording, form, &x);
    let height = frames.last().map_or(PANEL, |frame| frame.bottom) + 24.0;
    let lines = sketch::draw(form.width(), height, |sketch| {
        for (frame, panel) in frames.iter().zip(&panels) {
            let plot = sketch.panel(*frame, &x, &panel.axis);
            plot.draw_y_axis();
            plot.draw_x_axis(true);
            plot.caption(&panel.caption);
            for stretch in bins.unbroken(&panel.peaks) {
                plot.fill(&above_zero(&stretch), panel.colour, 0.2);
            }
            for stretch in bins.unbroken(&panel.values) {
                plot.line(&stretch, Pen::solid(panel.colour, 1.6));
            }
        }
    });
    let mut inside: String = frames.iter().map(|frame| lanes.bands(*frame, &x)).collect();
    inside += &lines;
    if form == Form::Wide {
        let coarse = Bins::at_most(recording, (180.0 / panels.len() as f64).clamp(12.0, 40.0));
        for (frame, index) in frames.iter().zip(drawn) {
            let said = Panel::new(recording, *index, &coarse, form);
            inside += &hover::columns(&coarse, *frame, &x, |at, bin| said.said(at, bin.from, coarse.end));
        }
    }
    let told = panels.iter().map(|panel| format!("{}: highest {}", panel.caption, (panel.label)(panel.highest())));
    picture(form, height, "Meters over time", &told.collect::<Vec<_>>().join("; "), &inside)
}

impl Panel {
    fn highest(&self) -> f64 {
        self.values.iter().flatten().copied().fold(0.0, f64::max)
    }
}

fn above_zero(stairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let ends = [stairs.last(), stairs.first()].into_iter().flatten().map(|(at, _)| (*at, 0.0));
    stairs.iter().copied().chain(ends).collect()
}

/// Side by side when wide, below each other when narrow.
fn frame(form: Form, index: usize) -> Frame {
    let (left, right) = form.plot_x();
    let (column, row) = match form {
        Form::Wide => (index % COLUMNS, index / COLUMNS),
        Form::Narrow => (0, index),
    };
    let top = 20.0 + row as f64 * ROW;
    let step = if form == Form::Wide { (right - left + 56.0) / COLUMNS as f64 } else { right - left + 56.0 };
    let left = left + column as f64 * step;
    Frame { left, right: left + step - 56.0, top, bottom: top + PANEL }
}

#[cfg(test)]
mod tests {
    use super::super::monitored::monitored;
    use super::*;

    #[test]
    fn asked_for_first_then_what_moved_and_no_more_than_fit() {
        let recording = monitored();
        let choice = choose(&recording);
        let names: Vec<String> = choice.drawn.iter().map(|index| name(&recording.plan, *index)).collect();
        assert_eq!(names, ["open(web->db)", "runway(db)", "opens(web->db)"], "what never moved is left out");
        assert!(choice.left_out.is_empty());
        let mut crowded = recording.clone();
        let (meter, series) = (crowded.plan.meters[0].clone(), crowded.meters[0].clone());
        crowded.plan.meters.extend(std::iter::repeat_n(meter, 20));
        crowded.meters.extend(std::iter::repeat_n(series, 20));
        let choice = choose(&crowded);
        assert_eq!((choice.drawn.len(), choice.left_out.len()), (PANELS_MAX, 11));
    }

    #[test]
    fn counts_are_rates_levels_are_means_and_for_ever_is_a_gap() {
        let recording = monitored();
        let bins = Bins::at_most(&recording, 20.0);
        let panel = |index| Panel::new(&recording, index, &bins, Form::Wide);
        let about = |index: usize, value: f64| panel(index).values[5].is_some_and(|found| (found - value).abs() < 1e-9);
        assert!(about(0, 0.5), "one opening in two seconds");
        assert!(about(1, 0.25));
        let runway = panel(2);
        assert!(runway.values[0].is_none() && runway.values[10].is_some());
        assert_eq!((runway.label)(7200.0 * 24.0), "2 d");
    }
}
