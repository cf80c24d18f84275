//! Takes run after run in the order of their seeds and keeps of each only what the joint verdict needs, so that ten thousand seeds fit into memory.

use super::pool::Pool;
use super::{LineOverSeeds, OverSeeds, Reading, SeedRun, Share};
use crate::judge::measure::within_limits;
use crate::judge::statistics::student;
use crate::judge::{Judged, Judgement, Verdict, overall};
use crate::plan::Expectation;
use crate::plan::expectation::Metric;
use crate::record::Recording;

#[derive(Default)]
pub struct Gather {
    runs: Vec<SeedRun>,
    expectations: Vec<Line>,
    symptoms: Vec<Line>,
    /// Why runs cannot be trusted, each with how many runs say so.
    doubts: Vec<(String, usize)>,
}

struct Line {
    text: String,
    place: String,
    metric: Metric,
    /// As the first seed gives it.
    first: Judged,
    bounds: Vec<Option<f64>>,
    each: Vec<Reading>,
    pool: Option<Pool>,
}

impl Gather {
    /// Takes the next run. All runs must be of one plan but for the seed.
    pub fn add(&mut self, recording: &Recording, judgement: &Judgement) {
        let plan = &recording.plan;
        add_lines(&mut self.expectations, &plan.expectations, &judgement.expectations, recording);
        add_lines(&mut self.symptoms, &plan.symptoms, &judgement.symptoms, recording);
        for doubt in &judgement.doubts {
            match self.doubts.iter_mut().find(|(known, _)| known == doubt) {
                Some((_, count)) => *count += 1,
                None => self.doubts.push((doubt.clone(), 1)),
            }
        }
        let reason = judgement.reason.clone();
        self.runs.push(SeedRun { seed: plan.seed, verdict: judgement.verdict, reason });
    }

    pub fn len(&self) -> usize {
        self.runs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The joint verdict beside the figures of the run with index `shown`, whose own judgement is given.
    pub fn finish(self, shown: usize, judgement: Judgement) -> Judgement {
        let count = self.runs.len();
        let doubts = self.doubts.into_iter().map(|(doubt, runs)| match runs == count {
            true => doubt,
            false => format!("{doubt} (in {runs} of {count} seeds)"),
        });
        let is_sound = self.runs.iter().any(|run| run.verdict == Verdict::Broken);
        let held = self.runs.iter().filter(|run| run.verdict == Verdict::Holds).count();
        let over = OverSeeds {
            held: Share::of(held, count),
            runs: self.runs,
            shown,
            expectations: self.expectations.into_iter().map(Line::finish).collect(),
            symptoms: self.symptoms.into_iter().map(Line::finish).collect(),
            against_base: Vec::new(),
        };
        overall::over_seeds(judgement, over, doubts.collect(), is_sound)
    }
}

fn add_lines(lines: &mut Vec<Line>, asked: &[Expectation], judged: &[Judged], recording: &Recording) {
    if lines.is_empty() {
        lines.extend(asked.iter().zip(judged).map(|(line, judged)| Line::new(line, judged)));
    }
    for (line, judged) in lines.iter_mut().zip(judged) {
        line.bounds.push(judged.bound);
        line.each.push(Reading { verdict: judged.verdict, measured: judged.measured });
        line.pool.iter_mut().for_each(|pool| pool.add(recording));
    }
}

impl Line {
    fn new(line: &Expectation, judged: &Judged) -> Line {
        let (text, place, metric) = (line.text.clone(), line.place.clone(), line.metric.clone());
        let (bounds, each) = Default::default();
        Line { text, place, metric, first: judged.clone(), bounds, each, pool: Pool::new(line) }
    }

    fn finish(self) -> LineOverSeeds {
        let count = |verdict| self.each.iter().filter(|one| one.verdict == verdict).count();
        let (held, broken) = (count(Verdict::Holds), count(Verdict::Broken));
        let verdict = match &self.pool {
            _ if broken > 0 => Verdict::Broken,
            _ if held == self.each.len() => Verdict::Holds,
            Some(pool) => pool.verdict(),
            None => Verdict::CannotTell,
        };
        let values: Vec<f64> = self.each.iter().filter_map(|one| one.measured).collect();
        let mut mean = student::estimate(&values);
        if let Some(mean) = &mut mean {
            mean.interval = mean.interval.map(|interval| within_limits(&self.metric, interval));
        }
        let first = self.bounds.first().copied().flatten();
        LineOverSeeds {
            compare: self.first.compare,
            unit: self.first.unit,
            verdict,
            held: Share::of(held, held + broken),
            bound: first.filter(|_| self.bounds.iter().all(|bound| *bound == first)),
            mean,
            pooled: self.pool.as_ref().and_then(Pool::pooled),
            text: self.text,
            place: self.place,
            each: self.each,
        }
    }
}
