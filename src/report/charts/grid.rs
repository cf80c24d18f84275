//! What became of many runs, by two values that were varied: one field for each pair, coloured and marked by the worst that happened, with the share
//! that survived. With one value it is a single row. It knows no scenario.

use super::theme::{Colour, FAINT, GREEN, GREY, INK, ORANGE, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, escape, picture, shorten};
use std::fmt::Write as _;

const ROW: f64 = 30.0;
/// Marks and shares are written into fields that are at least so wide.
const ROOM: f64 = 34.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Survives,
    Degrades,
    Stuck,
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub kind: Kind,
    /// Of the runs of this pair.
    pub survived: usize,
    pub runs: usize,
    /// For those who point at it.
    pub words: String,
}

/// What is drawn. `fields` row by row, the first row at the bottom.
#[derive(Clone, Debug)]
pub struct Grid {
    pub x: (String, Vec<String>),
    pub y: Option<(String, Vec<String>)>,
    pub fields: Vec<Option<Field>>,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Survives, Kind::Degrades, Kind::Stuck, Kind::Unknown];

    fn look(self) -> (Colour, &'static str, &'static str) {
        match self {
            Kind::Survives => (GREEN, "", "survives"),
            Kind::Degrades => (ORANGE, "~", "degrades: a line breaks, and it comes back"),
            Kind::Stuck => (VERMILION, "✕", "does not recover"),
            Kind::Unknown => (GREY, "?", "cannot tell"),
        }
    }
}

pub fn chart(grid: &Grid) -> Chart {
    let met = |kind: &Kind| grid.fields.iter().flatten().any(|field| field.kind == *kind);
    let entry = |kind: Kind| {
        let (colour, mark, words) = kind.look();
        let name = if mark.is_empty() { words.to_owned() } else { format!("{mark} {words}") };
        LegendEntry { name, colour, mark: Mark::Area }
    };
    Chart {
        wide: draw(grid, Form::Wide),
        narrow: draw(grid, Form::Narrow),
        legend: Kind::ALL.into_iter().filter(met).map(entry).collect(),
        note: "Each field is one set of values under all seeds: the worst that happened in more than a twentieth of the runs, and how many survived."
            .to_owned(),
        ..Chart::default()
    }
}

fn draw(grid: &Grid, form: Form) -> String {
    let (columns, rows) = (grid.x.1.len().max(1), grid.y.as_ref().map_or(1, |y| y.1.len()));
    let left = if grid.y.is_some() { 86.0 } else { 12.0 };
    let (top, right) = (if grid.y.is_some() { 24.0 } else { 6.0 }, form.width() - 12.0);
    let (width, bottom) = ((right - left) / columns as f64, top + ROW * rows as f64);
    let mut inside = String::new();
    // Writing to a string cannot fail.
    for (index, field) in grid.fields.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let (x, y) = (left + width * column as f64, bottom - ROW * (row + 1) as f64);
        if let Some(field) = field {
            let _ = write!(inside, "{}", cell(field, (x, y), width));
        }
    }
    if let Some((path, labels)) = &grid.y {
        inside += &text(path, (left, 14.0), "start", FAINT);
        for (row, label) in labels.iter().enumerate() {
            let y = bottom - ROW * row as f64 - ROW / 2.0 + 4.0;
            inside += &text(&shorten(label, 12), (left - 6.0, y), "end", INK);
        }
    }
    // Labels that would run into each other are left out.
    let longest = grid.x.1.iter().map(|label| label.chars().count()).max().unwrap_or(1).min(12);
    let step = ((longest as f64 * 7.0 + 8.0) / width).ceil().max(1.0) as usize;
    for (column, label) in grid.x.1.iter().enumerate().step_by(step) {
        inside += &text(&shorten(label, 12), (left + width * (column as f64 + 0.5), bottom + 16.0), "middle", INK);
    }
    inside += &text(&grid.x.0, (right, bottom + 34.0), "end", FAINT);
    let title = format!("What survives, by {}", grid.x.0);
    picture(form, bottom + 42.0, &title, "A field for each set of values, marked by what became of it", &inside)
}

fn cell(field: &Field, (x, y): (f64, f64), width: f64) -> String {
    let (colour, mark, _) = field.kind.look();
    let share = field.survived as f64 / field.runs.max(1) as f64;
    // What fails under every seed is darker than what fails under some.
    let certainty = if field.kind == Kind::Survives { share } else { 1.0 - share };
    let inside = match (width >= ROOM, field.runs) {
        (false, _) => String::new(),
        (true, 1) => mark.to_owned(),
        (true, runs) => format!("{mark} {}/{runs}", field.survived),
    };
    format!(
        "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\" fill-opacity=\"{:.2}\"/>{}</g>",
        escape(&field.words),
        x + 1.0,
        y + 1.0,
        width - 2.0,
        ROW - 2.0,
        colour.hex(),
        0.25 + 0.5 * certainty,
        text(inside.trim(), (x + width / 2.0, y + ROW / 2.0 + 4.0), "middle", INK)
    )
}

fn text(words: &str, (x, y): (f64, f64), anchor: &str, colour: Colour) -> String {
    if words.is_empty() {
        return String::new();
    }
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"11\" fill=\"{}\">{}</text>",
        colour.hex(),
        escape(words)
    )
}
