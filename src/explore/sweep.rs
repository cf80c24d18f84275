//! A grid or a sample of values, each point played under the same seeds on all cores. What is kept of a run is its outcome; memory does not grow
//! with the length of the runs, and what was done before a kill is not done again.

use super::pieces::{Halt, Pieces, Play};
use super::results::{Done, Head, Results};
use super::shard::Shard;
use super::space::Point;
use super::study::Study;
use super::vary::Axis;
use super::{outcome, quantity};
use std::collections::BTreeSet;
use std::path::Path;

/// What is to be swept.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub study: Study,
    pub head: Head,
}

impl Sweep {
    /// Compiles every point once, so that what is wrong with a value is told before anything is played.
    pub fn new(study: Study, axes: &[Axis], points: Vec<Point>, seeds: u64) -> Result<Sweep, String> {
        let paths: Vec<String> = axes.iter().map(|axis| axis.path.clone()).collect();
        let settings = |point: &Point| -> Vec<String> {
            axes.iter().zip(point).map(|(axis, value)| axis.setting(value)).collect()
        };
        let first = points.first().ok_or("there are no points")?;
        let base = study.plan(&settings(first), None)?;
        for point in one_of_each(&points) {
            study.plan(&settings(point), None)?;
        }
        let varied = serde_json::to_string(&(&paths, &points, seeds)).expect("texts are plain data");
        let digest = study.digest(&base, &varied);
        let head = Head::new("sweep", &base, digest, (paths, points), seeds);
        Ok(Sweep { study, head })
    }

    /// The files that the scenario names with any of the values.
    pub fn files(&self) -> Result<Vec<String>, String> {
        let mut files = BTreeSet::new();
        for point in one_of_each(&self.head.points) {
            let settings: Vec<String> =
                self.head.paths.iter().zip(point).map(|(path, value)| format!("{path}={value}")).collect();
            files.extend(self.study.files(&settings)?);
        }
        Ok(files.into_iter().collect())
    }

    /// Plays what is ours of it and not done yet. `tell` hears how many are done of how many, and ends it by answering false.
    pub fn play(
        &self,
        shard: Option<Shard>,
        threads: usize,
        at: &Path,
        tell: impl FnMut(usize, usize) -> bool,
    ) -> Result<Results, Halt> {
        let mut results = Results::new(self.head.clone(), shard);
        let play = Play { head: &self.head, shard, threads, journal: at };
        play.each(|run| self.one(run), |done| results.take(done), tell)?;
        Ok(results.in_order(shard))
    }

    fn one(&self, run: usize) -> Result<Done, Halt> {
        let (point, seed) = self.head.place(run);
        let plan = self.study.plan(&self.head.settings(point), Some(seed)).map_err(Halt::Refused)?;
        let (outcome, served) = outcome::of(&plan);
        Ok(Done { run, outcome, served })
    }
}

/// Points in which every value of every axis stands once at least. Mistakes are in single values far more often than in how they go together: these
/// are tried beforehand, the rest when they are played.
fn one_of_each(points: &[Point]) -> Vec<&Point> {
    let mut tried = BTreeSet::new();
    let is_new = |point: &&Point| {
        point.iter().enumerate().filter(|(axis, value)| tried.insert((*axis, (*value).clone()))).count() > 0
    };
    points.iter().filter(is_new).collect()
}

/// The axis' values, sorted if they are numbers.
pub fn values(head: &Head, axis: usize) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for point in &head.points {
        if !values.contains(&point[axis]) {
            values.push(point[axis].clone());
        }
    }
    if values.iter().all(|value| quantity::split(value).is_some()) {
        values.sort_by(|a, b| {
            let number = |text: &str| quantity::split(text).map_or(0.0, |(number, _)| number);
            number(a).total_cmp(&number(b))
        });
    }
    values
}
