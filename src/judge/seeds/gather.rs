//! Takes run after run in the order of their seeds and keeps of each only what the joint verdict needs, so that ten thousand seeds fit into memory.

use super::pool::Pool;
use super::trial::{LineTrial, Trial};
use super::{LineOverSeeds, OverSeeds, Reading, SeedRun, Share};
use crate::judge::measure::within_limits;
use crate::judge::statistics::student;
use crate::judge::{Judgement, Try, Unit, Verdict, overall};
use crate::plan::{Expectation, Plan};

#[derive(Default)]
pub struct Gather {
    runs: Vec<SeedRun>,
    expectations: Vec<Line>,
    symptoms: Vec<Line>,
    /// Why runs cannot be trusted, each with how many runs say so.
    doubts: Vec<(String, usize)>,
    /// Earlier tries, each with the index of its run.
    tries: Vec<(usize, Try)>,
}

struct Line {
    line: Expectation,
    bounds: Vec<Option<f64>>,
    each: Vec<Reading>,
    pool: Option<Pool>,
}

impl Gather {
    /// Takes the next run. All runs must be of one plan but for the seed.
    pub fn add(&mut self, plan: &Plan, trial: Trial) {
        add_lines(&mut self.expectations, &plan.expectations, &trial.expectations);
        add_lines(&mut self.symptoms, &plan.symptoms, &trial.symptoms);
        for doubt in trial.doubts {
            match self.doubts.iter_mut().find(|(known, _)| *known == doubt) {
                Some((_, count)) => *count += 1,
                None => self.doubts.push((doubt, 1)),
            }
        }
        let index = self.runs.len();
        self.tries.extend(trial.tries.into_iter().map(|one| (index, one)));
        self.runs.push(SeedRun { seed: trial.seed, verdict: trial.verdict, reason: trial.reason });
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
        let doubts = self.doubts.into_iter().map(|(doubt, runs)| match runs == count {
            true => doubt,
            false => format!("{doubt} (in {runs} of {count} {})", over.what()),
        });
        let doubts = doubts.collect();
        let told = |(run, one): (usize, Try)| Try { reason: format!("{}: {}", over.label(run), one.reason), ..one };
        let tries = self.tries.into_iter().map(told).collect();
        let all = overall::over_seeds(Judgement { tries, flaky: false, ..judgement }, over, doubts, is_sound);
        match all.verdict == Verdict::Holds && !all.tries.is_empty() {
            true => Judgement {
                reason: format!("{}, flaky: {} more tries were needed", all.reason, all.tries.len()),
                flaky: true,
                ..all
            },
            false => all,
        }
    }
}

fn add_lines(lines: &mut Vec<Line>, asked: &[Expectation], told: &[LineTrial]) {
    if lines.is_empty() {
        lines.extend(asked.iter().map(Line::new));
    }
    for (line, told) in lines.iter_mut().zip(told) {
        line.bounds.push(told.bound);
        line.each.push(Reading { verdict: told.verdict, measured: told.measured });
        line.pool.iter_mut().zip(&told.sample).for_each(|(pool, sample)| pool.add(sample));
    }
}

impl Line {
    fn new(line: &Expectation) -> Line {
        let (bounds, each) = Default::default();
        Line { line: line.clone(), bounds, each, pool: Pool::new(line) }
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
            mean.interval = mean.interval.map(|interval| within_limits(&self.line.metric, interval));
        }
        let first = self.bounds.first().copied().flatten();
        LineOverSeeds {
            compare: self.line.compare,
            unit: Unit::of(&self.line.metric),
            verdict,
            held: Share::of(held, held + broken),
            bound: first.filter(|_| self.bounds.iter().all(|bound| *bound == first)),
            mean,
            pooled: self.pool.as_ref().and_then(Pool::pooled),
            text: self.line.text,
            place: self.line.place,
            each: self.each,
        }
    }
}
