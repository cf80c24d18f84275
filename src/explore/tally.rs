//! The runs of one point together: how many survived, what became of the others, and between which values each line was measured.

use super::outcome::Class;
use super::results::Results;
use crate::judge::statistics::{Interval, wilson};

#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// By `Class::ALL`.
    pub counts: [usize; 4],
    /// The line that broke in most runs, or why most cannot tell; empty if all survived.
    pub why: String,
    /// For each line the least, the mean and the most that was measured.
    pub lines: Vec<Option<[f64; 3]>>,
}

impl Tally {
    /// One for each point.
    pub fn of(results: &Results) -> Vec<Tally> {
        let seeds = results.head.seeds as usize;
        results.runs.chunk_by(|a, b| a.run / seeds == b.run / seeds).map(of_point).collect()
    }

    pub fn runs(&self) -> usize {
        self.counts.iter().sum()
    }

    pub fn survived(&self) -> usize {
        self.counts[Class::Survives as usize]
    }

    /// The worst that happened in more than a rare run: a twentieth of them.
    pub fn class(&self) -> Class {
        let is_rare = |count: usize| count * 20 < self.runs();
        let found = |class: &&Class| !is_rare(self.counts[**class as usize]) && self.counts[**class as usize] > 0;
        [Class::Stuck, Class::Degrades, Class::CannotTell].iter().find(found).copied().unwrap_or(Class::Survives)
    }

    /// The 95% interval of the share that survives, by Wilson.
    pub fn share(&self) -> Option<Interval> {
        wilson::interval(self.survived() as u64, self.runs() as u64)
    }
}

fn of_point(runs: &[super::results::Run]) -> Tally {
    let mut counts = [0; 4];
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for run in runs {
        counts[run.outcome.class as usize] += 1;
        let why = run.outcome.why.as_str();
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            _ if why.is_empty() => {}
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    // Of equally frequent ones the first.
    let why = reasons.iter().rev().max_by_key(|(_, count)| *count).map_or(String::new(), |(why, _)| (*why).to_owned());
    let lines =
        (0..runs.iter().map(|run| run.outcome.measured.len()).max().unwrap_or(0)).map(|line| measured(runs, line));
    Tally { counts, why, lines: lines.collect() }
}

fn measured(runs: &[super::results::Run], line: usize) -> Option<[f64; 3]> {
    let all: Vec<f64> = runs.iter().filter_map(|run| run.outcome.measured.get(line).copied().flatten()).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (!all.is_empty()).then_some([least, mean, most])
}
