//! What the knobs do: one run for each way in which they can stand, kept as a few series that a page can draw. It judges by the lesson's goal.

use super::case::{Case, Played, play};
use super::line::Line;
use super::marks;
use crate::judge::{Judged, Unit, Verdict};
use crate::plan::expectation::{Metric, Subject};
use crate::report::charts::bins::Bins;
use crate::report::figures;
use serde::Serialize;

/// About so many windows of each run are kept.
const WINDOWS: f64 = 120.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grid {
    /// Begins of the windows, and the end, in seconds.
    pub edges: Vec<f64>,
    /// What is drawn beside load and latency, if they do not show what the goal is about.
    pub figure: Option<Figure>,
    pub runs: Vec<Run>,
}

/// A line of the goal whose figure can be followed over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: Unit,
    /// In the base unit.
    pub bound: f64,
}

/// One run, of the first population of users.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// For each knob the index of its value.
    pub at: Vec<usize>,
    pub mended: bool,
    /// The lines of the goal: how each came out, its words and what was measured.
    pub goal: Vec<(bool, String, String)>,
    /// Per second, per second, milliseconds (-1: too few successful requests to say).
    pub offered: Vec<f64>,
    pub goodput: Vec<f64>,
    pub p99_ms: Vec<f64>,
    /// The grid's own figure, in its base unit; -1 where it cannot be told.
    pub figure: Vec<f64>,
}

/// Every run; `tell` hears how many are done.
pub fn grid(case: &Case, mut tell: impl FnMut(usize, usize)) -> Result<Grid, String> {
    let settings = case.lesson.settings();
    let all = if case.lesson.knobs.is_empty() { Vec::new() } else { settings };
    let (mut grid, goal, mut followed) = (Grid::default(), case.goal(), None);
    for (done, at) in all.iter().enumerate() {
        tell(done, all.len());
        let played = set_so(case, at, &goal)?;
        let (edges, mut run) = run(&played, at, &goal);
        if done == 0 {
            followed = goal.iter().find(|line| is_to_be_drawn(&played, line));
            grid.figure = followed.and_then(|line| figure(&played.judged(line)));
            grid.edges = edges;
        }
        run.figure =
            followed.and_then(|line| marks::trace(line, &played, WINDOWS)).map_or(Vec::new(), |trace| trace.values);
        run.figure.iter_mut().for_each(|value| *value = short(*value));
        grid.runs.push(run);
    }
    Ok(grid)
}

/// Whether the system misses this line as it is, for a reason that load and latency of the first population do not show.
fn is_to_be_drawn(played: &Played, line: &Line) -> bool {
    let first = Subject::Client(0);
    let is_seen = match &played.asked(line).metric {
        Metric::Success { of } | Metric::Goodput { of } | Metric::Offered { of } => *of == first,
        Metric::Errors { of, .. } | Metric::Quantile { of, .. } => *of == first,
        _ => false,
    };
    !is_seen && played.judged(line).verdict == Verdict::Broken && marks::trace(line, played, WINDOWS).is_some()
}

fn figure(judged: &Judged) -> Option<Figure> {
    Some(Figure { name: judged.text.clone(), unit: judged.unit, bound: judged.bound? })
}

/// Plays the base with the knobs standing so.
pub fn set_so(case: &Case, at: &[usize], goal: &[Line]) -> Result<Played, String> {
    let (variant, set) = case.lesson.set(at);
    play(case.plan(variant, set, case.base.seed)?, goal)
}

/// Whether the goal holds with the knobs standing so.
pub fn mends(case: &Case, at: &[usize]) -> Result<bool, String> {
    let goal = case.goal();
    let played = set_so(case, at, &goal)?;
    Ok(goal.iter().all(|line| played.judged(line).verdict == Verdict::Holds))
}

/// A line of the goal and what was measured.
pub fn told(judged: &Judged) -> String {
    format!("{} ({})", judged.text, measured(judged))
}

fn measured(judged: &Judged) -> String {
    judged.measured.map_or("not measured".to_owned(), |value| figures::figure(value, judged.unit))
}

fn run(played: &Played, at: &[usize], goal: &[Line]) -> (Vec<f64>, Run) {
    let recording = &played.recording;
    let bins = Bins::at_most(recording, WINDOWS);
    let cells = bins.client(recording, 0);
    let rate = |count: &dyn Fn(usize) -> u64| -> Vec<f64> {
        bins.all.iter().enumerate().map(|(index, bin)| short(count(index) as f64 / bin.seconds())).collect()
    };
    let judged: Vec<Judged> = goal.iter().map(|line| played.judged(line)).collect();
    let holds = |line: &Judged| line.verdict == Verdict::Holds;
    let p99 = |index: usize| cells[index].latency.quantile(0.99).map_or(-1.0, |seconds| short(seconds * 1e3));
    let run = Run {
        at: at.to_vec(),
        mended: judged.iter().all(holds),
        goal: judged.iter().map(|line| (holds(line), line.text.clone(), measured(line))).collect(),
        offered: rate(&|index| cells[index].offered),
        goodput: rate(&|index| cells[index].goodput),
        p99_ms: (0..cells.len()).map(p99).collect(),
        figure: Vec::new(),
    };
    let end = bins.end;
    (bins.all.iter().map(|bin| bin.from).chain([end]).collect(), run)
}

/// Three digits are all that a picture shows.
fn short(value: f64) -> f64 {
    figures::digits(value, 3).parse().unwrap_or(value)
}
