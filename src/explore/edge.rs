//! The boundary of survival along one value: for each seed by itself the range is halved until the place where it turns is known well enough, with the
//! same dice at every value. So the boundary is a mean over seeds with an interval, and not the luck of one run. Whether there is one
//! boundary only is looked at afterwards, at values spread over the whole range.

use super::outcome::{self, Class, Outcome};
use super::pool;
use super::quantity::Range;
use super::study::Study;
use crate::judge::statistics::student::{self, Estimate};

/// Values at which every seed is looked at again.
const LOOKS: usize = 5;
/// A range is halved at most so often: floats have no more digits.
const HALVINGS_MAX: usize = 50;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub study: Study,
    pub path: String,
    pub range: Range,
    pub first_seed: u64,
    pub seeds: u64,
    /// Of the range: the place is known to this share of it. Whole numbers are known exactly.
    pub within: f64,
    /// Further values that stand still, as `PATH=VALUE`.
    pub fixed: Vec<String>,
}

/// Where it turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it survives: below the boundary, or above it.
    pub survives_below: bool,
    /// Mean over the seeds, with its interval.
    pub at: Estimate,
    /// The places of the seeds, in their order.
    pub each: Vec<f64>,
    /// How many seeds survive at values spread over the range.
    pub looks: Vec<Look>,
    /// So many runs were played.
    pub runs: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub value: f64,
    pub survived: u64,
    pub stuck: u64,
    pub of: u64,
}

/// What came of the question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Found(Edge),
    /// The whole range survives, or none of it.
    Nowhere {
        survives: bool,
        runs: usize,
        looks: Vec<Look>,
    },
    /// Both ends are alike under some seeds: not every seed turns in this range.
    Uncertain {
        turning: usize,
        runs: usize,
        looks: Vec<Look>,
    },
    /// It cannot be told whether it survives at this value.
    CannotTell {
        value: f64,
        why: String,
    },
}

/// One seed's search.
struct Search {
    runs: usize,
    /// At the lower and the upper end.
    ends: [bool; 2],
    at: Option<f64>,
    unknown: Option<(f64, String)>,
}

/// Finds it; `tell` hears how many of the seeds are done.
pub fn find(question: &Question, threads: usize, mut tell: impl FnMut(usize, usize) -> bool) -> Result<Answer, String> {
    // What cannot be compiled is told once, and before anything is played.
    for value in [question.range.from, question.range.to] {
        question.plan(value, None)?;
    }
    let seeds: Vec<usize> = (0..question.seeds as usize).collect();
    let mut found: Vec<Option<Result<Search, String>>> = seeds.iter().map(|_| None).collect();
    let mut done = 0;
    pool::each(
        &seeds,
        threads,
        |seed| question.search(question.first_seed.wrapping_add(seed as u64)),
        |seed, search| {
            found[seed] = Some(search);
            done += 1;
            tell(done, seeds.len())
        },
    );
    let all: Vec<Search> =
        found.into_iter().map(|one| one.ok_or("stopped before it was done".to_owned())?).collect::<Result<_, _>>()?;
    if let Some((value, why)) = all.iter().find_map(|search| search.unknown.clone()) {
        return Ok(Answer::CannotTell { value, why });
    }
    let looks = question.look(threads)?;
    let runs = all.iter().map(|search| search.runs).sum::<usize>() + looks.len() * question.seeds as usize;
    let each: Vec<f64> = all.iter().filter_map(|search| search.at).collect();
    let first = all[0].ends;
    if each.is_empty() {
        let survives = all.iter().all(|search| search.ends[0]);
        let all_alike = all.iter().all(|search| search.ends == first);
        return Ok(if all_alike {
            Answer::Nowhere { survives, runs, looks }
        } else {
            Answer::Uncertain { turning: 0, runs, looks }
        });
    }
    if each.len() < all.len() || all.iter().any(|search| search.ends != first) {
        return Ok(Answer::Uncertain { turning: each.len(), runs, looks });
    }
    let at = student::estimate(&each).ok_or("no seed was played")?;
    Ok(Answer::Found(Edge { survives_below: first[0], at, each, looks, runs }))
}

impl Question {
    fn plan(&self, value: f64, seed: Option<u64>) -> Result<crate::plan::Plan, String> {
        let mut settings = self.fixed.clone();
        settings.push(format!("{}={}", self.path, self.range.written(value)));
        self.study.plan(&settings, seed)
    }

    fn play(&self, value: f64, seed: u64) -> Result<Outcome, String> {
        Ok(outcome::of(&self.plan(value, Some(seed))?).0)
    }

    fn search(&self, seed: u64) -> Result<Search, String> {
        let (mut low, mut high) = (self.range.from, self.range.to);
        let mut search = Search { runs: 0, ends: [false; 2], at: None, unknown: None };
        let ask = |value: f64, search: &mut Search| -> Result<Option<bool>, String> {
            search.runs += 1;
            let outcome = self.play(value, seed)?;
            if outcome.class == Class::CannotTell {
                search.unknown = Some((value, outcome.why));
                return Ok(None);
            }
            Ok(Some(outcome.class == Class::Survives))
        };
        let Some(at_low) = ask(low, &mut search)? else { return Ok(search) };
        let Some(at_high) = ask(high, &mut search)? else { return Ok(search) };
        search.ends = [at_low, at_high];
        if at_low == at_high {
            return Ok(search);
        }
        let enough = if self.range.is_whole { 1.0 } else { self.within * self.range.span() };
        for _ in 0..HALVINGS_MAX {
            if high - low <= enough {
                break;
            }
            let middle = if self.range.is_whole { ((low + high) / 2.0).floor() } else { (low + high) / 2.0 };
            let Some(survives) = ask(middle, &mut search)? else { return Ok(search) };
            if survives == at_low { low = middle } else { high = middle }
        }
        // Of whole numbers the last that survives is meant, of others the middle between the last two.
        search.at = Some(match (self.range.is_whole, at_low) {
            (true, true) => low,
            (true, false) => high,
            (false, _) => (low + high) / 2.0,
        });
        Ok(search)
    }

    /// Every seed at values spread over the range, in their order.
    fn look(&self, threads: usize) -> Result<Vec<Look>, String> {
        let value = |index: usize| self.range.from + self.range.span() * index as f64 / (LOOKS - 1) as f64;
        let mut looks: Vec<Look> =
            (0..LOOKS).map(|index| Look { value: value(index), survived: 0, stuck: 0, of: 0 }).collect();
        let runs: Vec<usize> = (0..LOOKS * self.seeds as usize).collect();
        let mut trouble = None;
        let seed = |run: usize| self.first_seed.wrapping_add((run / LOOKS) as u64);
        pool::each(
            &runs,
            threads,
            |run| self.play(value(run % LOOKS), seed(run)),
            |run, outcome| {
                let look = &mut looks[run % LOOKS];
                match outcome {
                    Ok(outcome) => {
                        look.of += 1;
                        look.survived += u64::from(outcome.class == Class::Survives);
                        look.stuck += u64::from(outcome.class == Class::Stuck);
                        true
                    }
                    Err(words) => {
                        trouble = Some(words);
                        false
                    }
                }
            },
        );
        trouble.map_or(Ok(looks), Err)
    }
}

impl Edge {
    /// Looks that say otherwise than the boundary: a seed that survives beyond it, or does not before it.
    pub fn contradictions(&self) -> Vec<&Look> {
        let (least, most) = self.extremes();
        let wrong = |look: &&Look| {
            let inside = if self.survives_below { look.value < least } else { look.value > most };
            let outside = if self.survives_below { look.value > most } else { look.value < least };
            (inside && look.survived < look.of) || (outside && look.survived > 0)
        };
        self.looks.iter().filter(wrong).collect()
    }

    pub fn extremes(&self) -> (f64, f64) {
        let least = self.each.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.each.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (least, most)
    }
}
