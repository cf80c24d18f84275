//! What the knobs do: one run for each way in which they can stand, kept as a few series that a page can draw. It judges by the lesson's goal.

use super::case::{Case, Played, play};
use super::line::Line;
use crate::judge::{Judged, Verdict};
use crate::report::charts::bins::Bins;
use crate::report::figures;
use serde::Serialize;

/// About so many windows of each run are kept.
const WINDOWS: f64 = 120.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grid {
    /// Begins of the windows, and the end, in seconds.
    pub edges: Vec<f64>,
    pub runs: Vec<Run>,
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
}

/// Every run; `tell` hears how many are done.
pub fn grid(case: &Case, mut tell: impl FnMut(usize, usize)) -> Result<Grid, String> {
    let settings = case.lesson.settings();
    let all = if case.lesson.knobs.is_empty() { Vec::new() } else { settings };
    let mut grid = Grid::default();
    for (done, at) in all.iter().enumerate() {
        tell(done, all.len());
        let goal = case.goal();
        let played = set_so(case, at, &goal)?;
        let (edges, run) = run(&played, at, &goal);
        grid.edges = edges;
        grid.runs.push(run);
    }
    Ok(grid)
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
    };
    let end = bins.end;
    (bins.all.iter().map(|bin| bin.from).chain([end]).collect(), run)
}

/// Three digits are all that a picture shows.
fn short(value: f64) -> f64 {
    figures::digits(value, 3).parse().unwrap_or(value)
}
