//! Where a prediction is drawn: on a chart that the player has looked at, if one shows the figure that was asked for, else over the figure's own
//! course. It says where; drawing is the page's and the terminal's.

use super::case::Played;
use super::line::Line;
use super::story::{Answer, Lesson};
use crate::judge::over_time;
use crate::plan::expectation::{Gauge, Metric, Subject};
use crate::record::Cell;
use crate::report::charts::bins::Bins;
use crate::report::charts::plot::{Figure, Place};
use crate::report::html::alone::Hung;
use serde::Serialize;

/// The stretch of a chart on which guess and truth are marked, at their own heights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Which `<figure>` of the page, from 0.
    pub figure: usize,
    pub wide: Place,
    pub narrow: Place,
    /// On the chart's own axis: seconds, or 1 / (1 - q).
    pub from: f64,
    pub to: f64,
}

/// The figure that was asked for, over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// As it was asked for.
    pub name: String,
    /// Begins of the windows, and the end, in seconds.
    pub edges: Vec<f64>,
    /// In the base unit; -1 where it cannot be told.
    pub values: Vec<f64>,
    /// The window that was asked about.
    pub from: f64,
    pub to: f64,
}

/// For each prediction of a number where it is marked; `None` for choices and where no chart shows it.
pub fn marks(lesson: &Lesson, played: &Played, hung: &[Hung]) -> Vec<Option<Mark>> {
    figures(lesson).map(|figure| figure.and_then(|line| mark(line, played, hung))).collect()
}

/// For each prediction of a number its course over about so many windows; `None` where there is none.
pub fn traces(lesson: &Lesson, played: &Played, windows: f64) -> Vec<Option<Trace>> {
    figures(lesson).map(|figure| figure.and_then(|line| trace(line, played, windows))).collect()
}

fn figures(lesson: &Lesson) -> impl Iterator<Item = Option<&Line>> {
    lesson.predictions.iter().map(|one| match &one.answer {
        Answer::Number { figure, .. } => Some(figure),
        Answer::Choice(_) => None,
    })
}

fn mark(line: &Line, played: &Played, hung: &[Hung]) -> Option<Mark> {
    let asked = played.asked(line);
    let (subject, wanted) = shown_as(&asked.metric)?;
    let on = |figure: &Figure| {
        let of_it = hung.iter().filter(|one| one.subject == subject);
        of_it.flat_map(|one| one.plots.iter().map(move |plot| (one, plot))).find(|(_, plot)| plot.figure == *figure)
    };
    let (one, plot) = wanted.iter().find_map(on)?;
    let (from, to) = match (plot.figure, &asked.metric) {
        (Figure::Quantiles, Metric::Quantile { quantile, .. }) => (1.0 / (1.0 - quantile), 1.0 / (1.0 - quantile)),
        _ => (asked.window.from.as_secs_f64(), asked.window.to.as_secs_f64()),
    };
    Some(Mark { figure: one.figure, wide: plot.wide, narrow: plot.narrow, from, to })
}

/// Whose charts show a metric, and as what, the best first.
fn shown_as(metric: &Metric) -> Option<(Subject, &'static [Figure])> {
    match metric {
        Metric::Quantile { of, .. } => Some((*of, &[Figure::Latency, Figure::Quantiles])),
        Metric::LatencyMean { of } | Metric::LatencyMax { of } => Some((*of, &[Figure::Latency])),
        Metric::Goodput { of } | Metric::Offered { of } | Metric::Fresh { of } => Some((*of, &[Figure::Rate])),
        Metric::Gauge { gauge: Gauge::Utilisation, of, .. } => Some((*of, &[Figure::Utilisation])),
        Metric::Gauge { gauge: Gauge::Queue, of, .. } => Some((*of, &[Figure::Queue])),
        Metric::Gauge { gauge: Gauge::Inflight, of, .. } => Some((*of, &[Figure::Inflight])),
        _ => None,
    }
}

/// The course of a figure over about so many windows.
pub fn trace(line: &Line, played: &Played, windows: f64) -> Option<Trace> {
    let (recording, asked) = (&played.recording, played.asked(line));
    let (bins, cells) = (Bins::at_most(recording, windows), &recording.grid.cells);
    let stretch = |cells: &[Cell]| Some((cells.first()?.from, cells.last()?.to));
    let stretches: Vec<_> = bins.all.iter().filter_map(|bin| stretch(&cells[bin.cells.clone()])).collect();
    let values = over_time(recording, &asked.metric, &stretches);
    let edges = bins.all.iter().map(|bin| bin.from).chain([bins.end]).collect();
    values.iter().any(Option::is_some).then(|| Trace {
        name: line.text.clone(),
        edges,
        values: values.into_iter().map(|value| value.unwrap_or(-1.0)).collect(),
        from: asked.window.from.as_secs_f64(),
        to: asked.window.to.as_secs_f64(),
    })
}
