//! What a sweep or an edge says, as a page, as Markdown, and as CSV. It reads results and plays nothing.

use super::edge::{Answer, Edge, Look, Question};
use super::outcome::Class;
use super::results::{Head, Results};
use super::sweep;
use super::tally::Tally;
use crate::report::charts::grid::{self, Field, Grid, Kind};
use crate::report::figures::digits;
use crate::report::page::{Block, Page};

/// With more than two values varied there is a picture for each pair of the others, up to so many.
const PICTURES_MAX: usize = 12;
/// Rows of the table in the page; all are in the CSV.
const ROWS_MAX: usize = 400;

pub fn of_sweep(results: &Results) -> Page {
    let head = &results.head;
    let tallies = Tally::of(results);
    let title = format!("Sweep of {}", named(head));
    let seeds = if head.seeds == 1 { "one seed".to_owned() } else { format!("{} seeds", head.seeds) };
    let intro = format!(
        "{} points under {seeds} each, the same seeds at every point: {} simulated runs. It survives where every line holds: {}.",
        head.points.len(),
        results.runs.len(),
        head.lines.join("; ")
    );
    let mut blocks = vec![Block::Heading(1, title.clone()), Block::Text(intro)];
    let grids = grids(head, &tallies);
    for (of, grid) in grids.iter().take(PICTURES_MAX) {
        if !of.is_empty() {
            blocks.push(Block::Heading(2, of.clone()));
        }
        blocks.push(Block::Picture(grid::chart(grid)));
    }
    if grids.len() > PICTURES_MAX {
        blocks.push(Block::Text(format!("{} more of these are in the table.", grids.len() - PICTURES_MAX)));
    }
    blocks.push(Block::Heading(2, "Every point".to_owned()));
    blocks.push(table(head, &tallies));
    if tallies.len() > ROWS_MAX {
        blocks.push(Block::Text(format!("{} more are in sweep.csv.", tallies.len() - ROWS_MAX)));
    }
    Page { title, blocks }
}

fn named(head: &Head) -> String {
    head.variant.as_ref().map_or_else(|| head.scenario.clone(), |variant| format!("{} ({variant})", head.scenario))
}

fn table(head: &Head, tallies: &[Tally]) -> Block {
    let mut columns = head.paths.clone();
    columns.extend(["survived", "outcome", "first line that breaks"].map(str::to_owned));
    let row = |(point, tally): (&Vec<String>, &Tally)| {
        let mut row = point.clone();
        row.extend([
            format!("{} of {}", tally.survived(), tally.runs()),
            tally.class().word().to_owned(),
            tally.why.clone(),
        ]);
        row
    };
    Block::Table(columns, head.points.iter().zip(tallies).take(ROWS_MAX).map(row).collect())
}

/// One picture for each combination of the values beyond the first two, with what they are.
fn grids(head: &Head, tallies: &[Tally]) -> Vec<(String, Grid)> {
    let axes = head.paths.len();
    let (y_axis, x_axis) = if axes > 1 { (Some(0), 1) } else { (None, 0) };
    let (xs, ys) = (sweep::values(head, x_axis), y_axis.map(|axis| sweep::values(head, axis)));
    // Of a sample nearly every value is met once: a picture of it would be nearly empty.
    if xs.len() * ys.as_ref().map_or(1, Vec::len) > head.points.len().saturating_mul(4) {
        return Vec::new();
    }
    let mut others: Vec<&[String]> = Vec::new();
    for point in &head.points {
        let rest = &point[2.min(axes)..];
        if !others.contains(&rest) {
            others.push(rest);
        }
    }
    let grid = |rest: &&[String]| {
        let mut fields = vec![None; xs.len() * ys.as_ref().map_or(1, Vec::len)];
        for (point, tally) in head.points.iter().zip(tallies).filter(|(point, _)| &point[2.min(axes)..] == *rest) {
            let column = xs.iter().position(|value| *value == point[x_axis]);
            let row = match (&ys, y_axis) {
                (Some(ys), Some(axis)) => ys.iter().position(|value| *value == point[axis]),
                _ => Some(0),
            };
            if let (Some(column), Some(row)) = (column, row) {
                fields[row * xs.len() + column] = Some(field(head, point, tally));
            }
        }
        let y = y_axis.map(|axis| (head.paths[axis].clone(), ys.clone().unwrap_or_default()));
        let of = head.paths[2.min(axes)..].iter().zip(rest.iter()).map(|(path, value)| format!("{path} = {value}"));
        (of.collect::<Vec<_>>().join(", "), Grid { x: (head.paths[x_axis].clone(), xs.clone()), y, fields })
    };
    others.iter().map(grid).collect()
}

fn field(head: &Head, point: &[String], tally: &Tally) -> Field {
    let kind = match tally.class() {
        Class::Survives => Kind::Survives,
        Class::Degrades => Kind::Degrades,
        Class::Stuck => Kind::Stuck,
        Class::CannotTell => Kind::Unknown,
    };
    let values: Vec<String> = head.paths.iter().zip(point).map(|(path, value)| format!("{path} = {value}")).collect();
    let why = if tally.why.is_empty() { String::new() } else { format!(": {}", tally.why) };
    let words = format!("{}: {} of {} survived{why}", values.join(", "), tally.survived(), tally.runs());
    Field { kind, survived: tally.survived(), runs: tally.runs(), words }
}

/// One row for each point: its values, the counts, and the least, mean and most of each line.
pub fn csv(results: &Results) -> String {
    let head = &results.head;
    let mut columns: Vec<String> = head.paths.clone();
    columns.extend(["runs", "survives", "degrades", "does_not_recover", "cannot_tell", "why"].map(str::to_owned));
    for line in &head.lines {
        columns.extend(["min", "mean", "max"].map(|which| format!("{which} of {line}")));
    }
    let mut text = row(&columns);
    for (point, tally) in head.points.iter().zip(Tally::of(results)) {
        let mut fields = point.clone();
        fields.push(tally.runs().to_string());
        fields.extend(tally.counts.iter().map(usize::to_string));
        fields.push(tally.why.clone());
        for line in &tally.lines {
            fields.extend(
                line.map_or_else(|| vec![String::new(); 3], |three| three.map(|value| digits(value, 6)).to_vec()),
            );
        }
        text += &row(&fields);
    }
    text
}

/// As RFC 4180 has it.
fn row(fields: &[String]) -> String {
    let quoted = |field: &String| match field.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.clone(),
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

/// The sentence that an edge comes to.
pub fn sentence(question: &Question, seeds: u64, answer: &Answer) -> String {
    let (path, range) = (&question.path, &question.range);
    let (from, to) = (range.shown(range.from), range.shown(range.to));
    match answer {
        Answer::Found(edge) => found(question, edge),
        Answer::Nowhere { survives: true, .. } => {
            format!("it survives everywhere from {path} = {from} to {to}, under all {seeds} seeds")
        }
        Answer::Nowhere { survives: false, .. } => {
            format!("it survives nowhere from {path} = {from} to {to}, under none of {seeds} seeds")
        }
        Answer::Uncertain { turning, .. } => {
            format!(
                "there is no one boundary from {path} = {from} to {to}: under {turning} of {seeds} seeds it turns in this range"
            )
        }
        Answer::CannotTell { value, why } => format!("at {path} = {} it cannot be told: {why}", range.shown(*value)),
    }
}

fn found(question: &Question, edge: &Edge) -> String {
    let (path, range) = (&question.path, &question.range);
    let side = if edge.survives_below { "up to" } else { "from" };
    let beyond = if edge.survives_below { edge.looks.last() } else { edge.looks.first() };
    let beyond = beyond.map_or(String::new(), |look| format!("; at {} {}", range.shown(look.value), fate(look)));
    let place = range.shown_within(edge.at.mean, half_width(question, edge));
    format!("it survives {side} {path} = {place}{beyond}")
}

/// Half of the 95% interval of the mean, and at least how exactly each seed's place is known.
pub fn half_width(question: &Question, edge: &Edge) -> f64 {
    let exact = if question.range.is_whole { 0.0 } else { question.within * question.range.span() / 2.0 };
    edge.at.interval.map_or(exact, |(least, most)| ((most - least) / 2.0).max(exact))
}

fn fate(look: &Look) -> String {
    match (look.survived, look.stuck) {
        (0, stuck) if stuck == look.of => format!("it never recovers, 0 of {} seeds survive", look.of),
        (survived, 0) => format!("{survived} of {} seeds survive", look.of),
        (survived, stuck) => format!("{survived} of {} seeds survive, and {stuck} never recover", look.of),
    }
}
