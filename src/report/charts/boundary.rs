//! Where survival ends: a place on a line with its interval, or a curve over a second value. Dots are single seeds; the side that survives is shaded.

use super::scale::{self, Axis};
use super::sketch::{self, Anchor, Frame, Pen};
use super::theme::{BLUE, FAINT, GREEN, INK};
use super::{Chart, Form, LegendEntry, Mark, picture, shorten};

const HEIGHT: f64 = 260.0;

/// One place of the boundary.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Of the second value; empty if there is none.
    pub label: String,
    /// With half of its interval; `None` where it was not found.
    pub at: Option<(f64, f64)>,
    pub each: Vec<f64>,
    pub survives_below: bool,
    /// Where there is no boundary: whether all of it survives.
    pub whole: Option<bool>,
}

/// `range`: from, to, and the unit of the value that was searched.
pub fn chart(path: &str, other: Option<&str>, range: (f64, f64, &str), all: &[Boundary]) -> Chart {
    let entry = |name: &str, colour, mark| LegendEntry { name: name.to_owned(), colour, mark };
    Chart {
        wide: draw(path, other, range, all, Form::Wide),
        narrow: draw(path, other, range, all, Form::Narrow),
        legend: vec![
            entry("survives", GREEN, Mark::Area),
            entry("boundary, with its 95% interval; a dot is a seed", BLUE, Mark::Line),
        ],
        ..Chart::default()
    }
}

fn draw(path: &str, other: Option<&str>, (from, to, unit): (f64, f64, &str), all: &[Boundary], form: Form) -> String {
    let (left, right) = form.plot_x();
    let frame = Frame { left: left + 14.0, right, top: 26.0, bottom: 26.0 + HEIGHT };
    let height = frame.bottom + 44.0;
    let y = Axis::from_zero(to, 5, |value| format!("{}{unit}", scale::number(value)));
    let x = Axis::from_zero(all.len() as f64, 1, |_| String::new());
    let inside = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &y);
        panel.caption(path);
        panel.draw_y_axis();
        for (column, one) in all.iter().enumerate() {
            let middle = column as f64 + 0.5;
            let (low, high) = match (one.at, one.whole) {
                (Some((at, _)), _) if one.survives_below => (from, at),
                (Some((at, _)), _) => (at, to),
                (None, Some(true)) => (from, to),
                (None, _) => (from, from),
            };
            let (begin, end) = (column as f64 + 0.02, column as f64 + 0.98);
            if high > low {
                panel.fill(&[(begin, low), (end, low), (end, high), (begin, high)], GREEN, 0.22);
            }
            if let Some((at, half)) = one.at {
                panel.line(&[(begin, at), (end, at)], Pen::solid(BLUE, 2.2));
                panel.line(&[(middle, at - half), (middle, at + half)], Pen::solid(BLUE, 1.4));
            }
            let spread = |index: usize| (index as f64 + 0.5) / one.each.len() as f64 * 0.6 - 0.3;
            for (index, each) in one.each.iter().enumerate() {
                let at = middle + spread(index);
                let wide = 0.004 * all.len() as f64;
                panel.line(&[(at - wide, *each), (at + wide, *each)], Pen::solid(INK, 3.0));
            }
            let label = (panel.x_at(middle), frame.bottom + 16.0);
            sketch.text(&shorten(&one.label, 10), label, 11.0, INK, Anchor::Middle);
        }
        if let Some(other) = other {
            sketch.text(other, (frame.right, frame.bottom + 34.0), 11.0, FAINT, Anchor::Right);
        }
    });
    let title = format!("Where survival ends, {path}");
    picture(form, height, &title, "The side that survives is shaded; a mark for each seed's boundary", &inside)
}
