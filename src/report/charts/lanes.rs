//! Fault lanes: each fault as a named, patterned bar above a plot, and as a light band through it. Never the only place where a fault is told.

use super::scale::Axis;
use super::sketch::Frame;
use super::{Form, escape, shorten, theme};
use crate::plan::FaultInfo;
use crate::record::Recording;
use std::fmt::Write as _;

const ROW: f64 = 19.0;
/// Lanes beyond this are only counted; the fault table names them all.
const ROWS_MAX: usize = 6;
/// Width of one character of lane text, on the safe side.
const CHARACTER: f64 = 6.6;

/// The lanes of all faults of a run, laid out for one width.
pub struct Lanes {
    bars: Vec<Bar>,
    rows: usize,
    left_out: usize,
    warmup: f64,
    overlap: usize,
    /// Where a run that was cut short ended, and why.
    ended: Option<(f64, String)>,
}

struct Bar {
    index: usize,
    /// `None`: there was no room for a lane; it has its band only.
    row: Option<usize>,
    from: f64,
    to: f64,
    label: String,
    title: String,
}

impl Lanes {
    pub fn new(recording: &Recording, form: Form, x: &Axis) -> Lanes {
        let plan = &recording.plan;
        let (left, right) = form.plot_x();
        let frame = Frame { left, right, top: 0.0, bottom: 0.0 };
        let mut lanes = Lanes {
            bars: Vec::new(),
            rows: 0,
            left_out: 0,
            warmup: plan.warmup.as_secs_f64(),
            overlap: overlap(&plan.faults),
            ended: recording.cut_short.as_ref().map(|cut| (cut.at.as_secs_f64(), cut.why.clone())),
        };
        let mut free_from = [0.0; ROWS_MAX];
        for (index, fault) in plan.faults.iter().enumerate() {
            let bar = frame.x_at(x, fault.from.as_secs_f64());
            let end = frame.x_at(x, fault.to.as_secs_f64().min(x.high)).max(bar + 3.0);
            let room = ((right - left) / CHARACTER) as usize;
            let label = shorten(&fault.name, room.min(60));
            let text_width = label.chars().count() as f64 * CHARACTER + 10.0;
            let start = text_start(bar, text_width, left, right);
            let taken = (start.min(bar), end.max(start + text_width) + 6.0);
            let row = free_from.iter().position(|free| *free <= taken.0);
            match row {
                Some(row) => {
                    free_from[row] = taken.1;
                    lanes.rows = lanes.rows.max(row + 1);
                }
                None => lanes.left_out += 1,
            }
            lanes.bars.push(Bar {
                index,
                row,
                from: fault.from.as_secs_f64(),
                to: fault.to.as_secs_f64(),
                label,
                title: told(fault),
            });
        }
        lanes
    }

    /// How much room they need above the plot.
    pub fn height(&self) -> f64 {
        let rows = self.rows + usize::from(self.left_out > 0);
        rows as f64 * ROW + if rows > 0 { 5.0 } else { 0.0 }
    }

    /// The bars with their names, the first row at `top`.
    pub fn bars(&self, frame: Frame, x: &Axis, top: f64) -> String {
        let mut svg = String::new();
        for (bar, row) in self.bars.iter().filter_map(|bar| Some((bar, bar.row?))) {
            svg += &bar.svg(frame, x, top + row as f64 * ROW);
        }
        if self.left_out > 0 {
            let y = top + self.rows as f64 * ROW + 13.0;
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{y}\" class=\"small\">and {} more, in the table of faults</text>",
                frame.left, self.left_out
            );
        }
        svg
    }

    /// The bands through a plot, and the warm-up, hatched. Goes under the data.
    pub fn bands(&self, frame: Frame, x: &Axis) -> String {
        let Frame { left, top, bottom, .. } = frame;
        let height = bottom - top;
        let opacity = (0.24 / self.overlap.max(1) as f64).clamp(0.03, 0.1);
        let mut svg = String::new();
        let warm = frame.x_at(x, self.warmup.min(x.high));
        if warm > left {
            let _ = write!(
                svg,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{:.1}\" height=\"{height}\" fill=\"url(#warmup)\" opacity=\".35\">\
                 <title>warm-up, not counted in any phase</title></rect>",
                warm - left
            );
        }
        for bar in &self.bars {
            let (from, to) = bar.edges(frame, x);
            let hex = theme::of_fault(bar.index).hex();
            let _ = write!(
                svg,
                "<path class=\"band\" d=\"M{from:.1} {bottom}V{top}H{to:.1}V{bottom}\" fill=\"{hex}\" stroke=\"{hex}\" fill-opacity=\"{opacity:.2}\"/>"
            );
        }
        svg + &self.end(frame, x)
    }

    /// What a run that was cut short did not play, and a line where it ended.
    fn end(&self, frame: Frame, x: &Axis) -> String {
        let Some((at, why)) = &self.ended else { return String::new() };
        let (Frame { top, bottom, right, .. }, from) = (frame, frame.x_at(x, at.min(x.high)));
        let hex = theme::INK.hex();
        let words = "not played";
        let text = match right - from > words.len() as f64 * CHARACTER + 8.0 {
            true => format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"small over\">{words}</text>",
                from + 6.0,
                (top + bottom) / 2.0 + 4.0
            ),
            false => String::new(),
        };
        format!(
            "<g><title>{}</title><rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{}\" fill=\"url(#warmup)\" opacity=\".35\"/>\
             <path d=\"M{from:.1} {top}V{bottom}\" stroke=\"{hex}\" stroke-width=\"1.6\"/>{text}</g>",
            escape(&format!("the run ended here, after {at} s: {why}")),
            right - from,
            bottom - top,
        )
    }
}

impl Bar {
    fn edges(&self, frame: Frame, x: &Axis) -> (f64, f64) {
        let from = frame.x_at(x, self.from.clamp(x.low, x.high));
        let to = frame.x_at(x, self.to.clamp(x.low, x.high));
        (from, to.max(from + 1.5))
    }

    fn svg(&self, frame: Frame, x: &Axis, y: f64) -> String {
        let (from, to) = self.edges(frame, x);
        let text_width = self.label.chars().count() as f64 * CHARACTER + 10.0;
        let text = text_start(from, text_width, frame.left, frame.right);
        let (hex, pattern) = (theme::of_fault(self.index).hex(), self.index % theme::FAULTS.len());
        format!(
            "<g><title>{}</title><rect x=\"{from:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"16\" rx=\"2\" fill=\"url(#fault-{pattern})\" stroke=\"{hex}\"/>\
             <rect class=\"label\" x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"14\"/><text x=\"{:.1}\" y=\"{:.1}\" class=\"lane\">{}</text></g>",
            escape(&self.title),
            to - from,
            text + 2.0,
            y + 1.0,
            text_width - 4.0,
            text + 5.0,
            y + 12.0,
            escape(&self.label),
        )
    }
}

/// The text begins with its bar, unless it would run out of the plot at the right.
fn text_start(bar: f64, text_width: f64, left: f64, right: f64) -> f64 {
    bar.min(right - text_width).max(left)
}

/// What is said of a fault where it is pointed at.
pub fn told(fault: &FaultInfo) -> String {
    format!("{}: {} on {}, {} to {}", fault.name, fault.label, fault.on, fault.from, fault.to)
}

/// The largest number of faults that are on at one moment.
fn overlap(faults: &[FaultInfo]) -> usize {
    let on_at = |moment| faults.iter().filter(|fault| fault.from <= moment && moment < fault.to).count();
    faults.iter().map(|fault| on_at(fault.from)).max().unwrap_or(0)
}
