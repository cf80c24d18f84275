//! One line of a scenario under every seed: a dot for each seed, the bound, and the mean with its interval. Two clouds of dots are a system
//! with two states; no mean shows that.

use super::scale::Axis;
use super::sketch::{self, Frame, Panel, Pen};
use super::theme::{BLUE, Colour, GREEN, GREY, INK, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, escape, picture};
use crate::judge::Verdict;
use crate::judge::seeds::{LineOverSeeds, OverSeeds};
use crate::report::figures::figure;

const HEIGHT: f64 = 120.0;
/// Dots beyond this many would only be ink.
const DOTS_MAX: usize = 500;

/// `None` when the line was measured under no seed.
pub fn chart(line: &LineOverSeeds, over: &OverSeeds) -> Option<Chart> {
    line.mean?;
    let draw = |form| draw(line, over, form);
    let entry = |name: &str, colour, mark| LegendEntry { name: name.to_owned(), colour, mark };
    let mut legend =
        vec![entry("a seed that holds", GREEN, Mark::Area), entry("a seed that does not", VERMILION, Mark::Area)];
    legend.push(entry("mean and its 95% interval", BLUE, Mark::Line));
    if line.bound.is_some() {
        legend.push(entry("bound", INK, Mark::Dashed));
    }
    Some(Chart { wide: draw(Form::Wide), narrow: draw(Form::Narrow), legend, note: note(line), ..Chart::default() })
}

fn note(line: &LineOverSeeds) -> String {
    let missing = line.each.iter().filter(|one| one.measured.is_none()).count();
    let cut = line.each.len().saturating_sub(DOTS_MAX);
    let missing = (missing > 0).then(|| format!("{missing} of {} seeds have no figure and no dot.", line.each.len()));
    let cut = (cut > 0).then(|| format!("The first {DOTS_MAX} seeds are drawn."));
    [missing, cut].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn draw(line: &LineOverSeeds, over: &OverSeeds, form: Form) -> String {
    let (left, right) = form.plot_x();
    let frame = Frame { left, right, top: 10.0, bottom: 10.0 + HEIGHT };
    let height = frame.bottom + 26.0;
    let values = line.each.iter().filter_map(|one| one.measured).chain(line.bound);
    let y = Axis::from_zero(values.fold(0.0, f64::max), 3, |value| figure(value, line.unit));
    let x = seeds_axis(over, form);
    let drawn = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &y);
        panel.draw_y_axis();
        panel.draw_x_axis(true);
        draw_mean(&panel, line);
        if let Some(bound) = line.bound {
            panel.line(&[(x.low, bound), (x.high, bound)], Pen::dashed(INK, 1.4));
        }
    });
    let title = format!("{} under each seed", line.text);
    let description = "A dot for each seed, from left to right, at the value that was measured";
    picture(form, height, &title, description, &(drawn + &dots(line, over, frame, &x, &y)))
}

fn draw_mean(panel: &Panel, line: &LineOverSeeds) {
    let Some(mean) = line.mean else { return };
    let (low, high) = (panel.x.low, panel.x.high);
    if let Some((from, to)) = mean.interval {
        let (from, to) = (from.max(panel.y.low), to.min(panel.y.high));
        panel.fill(&[(low, from), (high, from), (high, to), (low, to)], BLUE, 0.14);
    }
    panel.line(&[(low, mean.mean), (high, mean.mean)], Pen::solid(BLUE, 1.4));
}

/// One step a seed, with a few of the seeds as labels.
fn seeds_axis(over: &OverSeeds, form: Form) -> Axis {
    let drawn = over.runs.len().min(DOTS_MAX);
    let labels = if form == Form::Wide { 16 } else { 5 };
    let ticks = (0..drawn).step_by(drawn.div_ceil(labels).max(1));
    let ticks = ticks.map(|run| (run as f64, over.number(run).to_string())).collect();
    Axis { low: -0.7, high: drawn as f64 - 0.3, log: false, ticks }
}

fn dots(line: &LineOverSeeds, over: &OverSeeds, frame: Frame, x: &Axis, y: &Axis) -> String {
    let mut svg = String::new();
    let drawn = line.each.iter().enumerate().take(DOTS_MAX);
    for (run, one) in drawn {
        let Some(value) = one.measured else { continue };
        let share = (value - y.low) / (y.high - y.low);
        svg += &format!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{}\"><title>{}</title></circle>",
            frame.x_at(x, run as f64),
            frame.bottom - share * (frame.bottom - frame.top),
            colour(one.verdict).hex(),
            escape(&format!("{}: {}, {}", over.label(run), figure(value, line.unit), one.verdict.word())),
        );
    }
    svg
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Holds => GREEN,
        Verdict::Broken => VERMILION,
        Verdict::CannotTell => GREY,
    }
}
