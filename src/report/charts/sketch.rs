//! Drawing with plotters' SVG backend, at twice the size so that whole pixels of the backend are half pixels of the picture.
//! Puts around it what the backend cannot do: dashes, and attributes short enough for a page with many charts.

use super::scale::Axis;
use super::theme::{self, Colour};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cell::RefCell;

/// The backend rounds to whole pixels; the picture is drawn this many times larger and scaled back.
const UP: f64 = 2.0;
/// The backend divides every font size by this.
const FONT_DIVISOR: f64 = 1.24;

type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A picture being drawn. Coordinates are those of the picture, not of the backend.
pub struct Sketch<'a> {
    root: Root<'a>,
    /// For each polyline drawn so far, in order: is it dashed?
    dashed: RefCell<Vec<bool>>,
}

/// A rectangle of a picture with its two axes.
pub struct Panel<'s, 'a> {
    sketch: &'s Sketch<'a>,
    area: DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    pub frame: Frame,
    pub x: Axis,
    pub y: Axis,
}

/// Where a plot lies inside its picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub colour: Colour,
    pub width: f64,
    pub dashed: bool,
}

impl Pen {
    pub fn solid(colour: Colour, width: f64) -> Pen {
        Pen { colour, width, dashed: false }
    }

    pub fn dashed(colour: Colour, width: f64) -> Pen {
        Pen { colour, width, dashed: true }
    }
}

/// Draws, and gives back a `<g>` to be put into a picture of the same size.
pub fn draw(width: f64, height: f64, with: impl FnOnce(&Sketch)) -> String {
    let mut text = String::new();
    let size = ((width * UP).ceil() as u32, (height * UP).ceil() as u32);
    let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
    let sketch = Sketch { root, dashed: RefCell::default() };
    with(&sketch);
    sketch.root.present().expect(INFALLIBLE);
    let dashed = sketch.dashed.take();
    drop(sketch);
    format!("<g transform=\"scale({})\">{}</g>", 1.0 / UP, shorten(&text, &dashed))
}

const INFALLIBLE: &str = "drawing into a string cannot fail";

impl<'a> Sketch<'a> {
    pub fn panel<'s>(&'s self, frame: Frame, x: &Axis, y: &Axis) -> Panel<'s, 'a> {
        let pixels = |value: f64| (value * UP).round() as i32;
        let actual = (pixels(frame.left)..pixels(frame.right), pixels(frame.bottom)..pixels(frame.top));
        let coordinates = Cartesian2d::new(x.placed_range(), y.placed_range(), actual);
        let area = self.root.apply_coord_spec(coordinates);
        Panel { sketch: self, area, frame, x: x.clone(), y: y.clone() }
    }

    pub fn text(&self, text: &str, at: (f64, f64), size: f64, colour: Colour, anchor: Anchor) {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let font = ("sans-serif", size * UP * FONT_DIVISOR).into_font();
        let rgb = colour.rgb();
        let style = TextStyle::from(font).color(&rgb).pos(Pos::new(horizontal, VPos::Center));
        self.root.draw(&Text::new(text.to_owned(), self.pixel(at), style)).expect(INFALLIBLE);
    }

    /// A straight line in the picture's coordinates.
    pub fn rule(&self, from: (f64, f64), to: (f64, f64), pen: Pen) {
        self.note_polyline(pen);
        let path = PathElement::new(vec![self.pixel(from), self.pixel(to)], style_of(pen));
        self.root.draw(&path).expect(INFALLIBLE);
    }

    fn note_polyline(&self, pen: Pen) {
        self.dashed.borrow_mut().push(pen.dashed);
    }

    fn pixel(&self, at: (f64, f64)) -> (i32, i32) {
        ((at.0 * UP).round() as i32, (at.1 * UP).round() as i32)
    }
}

impl Panel<'_, '_> {
    /// A line through points in the units of the axes.
    pub fn line(&self, points: &[(f64, f64)], pen: Pen) {
        if points.len() < 2 {
            return;
        }
        self.sketch.note_polyline(pen);
        self.area.draw(&PathElement::new(self.placed(points), style_of(pen))).expect(INFALLIBLE);
    }

    /// A filled outline in the units of the axes.
    pub fn fill(&self, outline: &[(f64, f64)], colour: Colour, opacity: f64) {
        let style = colour.rgb().mix(opacity).filled();
        self.area.draw(&Polygon::new(self.placed(outline), style)).expect(INFALLIBLE);
    }

    /// Horizontal grid lines with their labels at the left, and the base line.
    pub fn draw_y_axis(&self) {
        let Frame { left, right, .. } = self.frame;
        for (value, label) in &self.y.ticks {
            let y = self.y_at(*value);
            self.sketch.rule((left, y), (right, y), Pen::solid(theme::GRID, 1.0));
            if !label.is_empty() {
                self.sketch.text(label, (left - 7.0, y), 12.0, theme::FAINT, Anchor::Right);
            }
        }
        self.sketch.rule((left, self.frame.bottom), (right, self.frame.bottom), Pen::solid(theme::AXIS, 1.0));
    }

    /// Tick marks below the base line, with labels if asked.
    pub fn draw_x_axis(&self, labels: bool) {
        let bottom = self.frame.bottom;
        for (value, label) in &self.x.ticks {
            let x = self.x_at(*value);
            self.sketch.rule((x, bottom), (x, bottom + 4.0), Pen::solid(theme::AXIS, 1.0));
            if labels {
                self.sketch.text(label, (x, bottom + 14.0), 12.0, theme::FAINT, Anchor::Middle);
            }
        }
    }

    /// What the panel shows, above its left edge.
    pub fn caption(&self, text: &str) {
        self.sketch.text(text, (self.frame.left, self.frame.top - 9.0), 12.0, theme::INK, Anchor::Left);
    }

    pub fn x_at(&self, value: f64) -> f64 {
        self.frame.x_at(&self.x, value)
    }

    pub fn y_at(&self, value: f64) -> f64 {
        let range = self.y.placed_range();
        let share = (self.y.place(value) - range.start) / (range.end - range.start);
        self.frame.bottom - share * (self.frame.bottom - self.frame.top)
    }

    fn placed(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        points.iter().map(|(x, y)| (self.x.place(*x), self.y.place(*y))).collect()
    }
}

impl Frame {
    pub fn x_at(&self, axis: &Axis, value: f64) -> f64 {
        let range = axis.placed_range();
        let share = (axis.place(value) - range.start) / (range.end - range.start);
        self.left + share * (self.right - self.left)
    }
}

fn style_of(pen: Pen) -> ShapeStyle {
    pen.colour.rgb().stroke_width((pen.width * UP).round() as u32)
}

/// The backend's text without its outer element, defaults and line breaks, and with the dashes that it cannot draw.
fn shorten(svg: &str, dashed: &[bool]) -> String {
    let inside = svg.split_once(">\n").map_or("", |(_, rest)| rest);
    let inside = inside.trim_end().trim_end_matches("</svg>");
    let mut short = String::with_capacity(inside.len());
    let mut dashes = dashed.iter();
    for line in inside.lines() {
        let mut line = line.to_owned();
        for default in [" opacity=\"1\"", " stroke=\"none\"", " font-family=\"sans-serif\""] {
            line = line.replace(default, "");
        }
        if line.starts_with("<polyline") && dashes.next() == Some(&true) {
            line.insert_str("<polyline".len(), " stroke-dasharray=\"12 8\"");
        }
        short.push_str(&line.replace(" \"/>", "\"/>"));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_dashed_line_gets_dashes() {
        let axis = Axis::from_zero(10.0, 2, |value| value.to_string());
        let frame = Frame { left: 0.0, right: 100.0, top: 0.0, bottom: 100.0 };
        let svg = draw(100.0, 100.0, |sketch| {
            let panel = sketch.panel(frame, &axis, &axis);
            panel.line(&[(0.0, 0.0), (10.0, 10.0)], Pen::solid(theme::BLUE, 1.0));
            panel.line(&[(0.0, 10.0), (10.0, 0.0)], Pen::dashed(theme::GREEN, 1.0));
        });
        let lines: Vec<&str> = svg.split("<polyline").skip(1).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains("#0072B2") && !lines[0].contains("dasharray"), "{svg}");
        assert!(lines[0].contains("points=\"0,200 200,0\""), "the y axis points up: {svg}");
        assert!(lines[1].contains("#009E73") && lines[1].contains("dasharray"), "{svg}");
    }
}
