//! The boundary of survival along one value: for each seed by itself the range is halved until the place where it turns is known well enough, with the
//! same dice at every value. So the boundary is a mean over seeds with an interval, and not the luck of one run. Whether there is one
//! boundary only is looked at afterwards, at values spread over the whole range.

use super::outcome::{self, Class, Outcome};
use super::pieces::{Halt, Piece, Pieces, Play};
use super::quantity::Range;
use super::results::Head;
use super::shard::Shard;
use super::study::Study;
use super::vary::Axis;
use crate::judge::statistics::student::{self, Estimate};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Values at which every seed is looked at again.
const LOOKS: usize = 5;
/// A range is halved at most so often: floats have no more digits.
const HALVINGS_MAX: usize = 50;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub path: String,
    pub range: Range,
    /// Of the range: the place is known to this share of it. Whole numbers are known exactly.
    pub within: f64,
}

/// An edge that is to be found: under every seed, and at every value of a second path.
#[derive(Clone, Debug)]
pub struct Edges {
    pub study: Study,
    pub head: Head,
    pub question: Question,
}

/// One seed's search at one value of the second path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// Of values and seeds: its number.
    pub run: usize,
    /// So many runs were played, without those that looked around.
    runs: usize,
    /// Whether it survives at the lower and the upper end.
    ends: [bool; 2],
    at: Option<f64>,
    /// Where it could not be told, and why.
    unknown: Option<(f64, String)>,
    /// At values spread over the range.
    looks: Vec<Class>,
}

/// What came of all searches, or of a shard of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Searches {
    pub head: Head,
    pub question: Question,
    pub shard: Option<Shard>,
    /// In the order of their numbers.
    pub searches: Vec<Searched>,
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

impl Edges {
    /// Compiles both ends of the range at every value of the second path, so that what is wrong is told before anything is played.
    pub fn new(study: Study, question: Question, other: Option<&Axis>, seeds: u64) -> Result<Edges, String> {
        let values = other
            .and_then(Axis::list)
            .map_or_else(|| vec![Vec::new()], |all| all.iter().cloned().map(|one| vec![one]).collect());
        let paths: Vec<String> = other.iter().map(|axis| axis.path.clone()).collect();
        let varied = serde_json::to_string(&(&question, &paths, &values, seeds)).expect("it is plain data");
        let first = [
            setting(&paths, values.first().ok_or("there are no values")?),
            vec![question.setting(question.range.from)],
        ];
        let base = study.plan(&first.concat(), None)?;
        let digest = study.digest(&base, &varied);
        let head = Head::new("edge", &base, digest, (paths, values), seeds);
        let edges = Edges { study, head, question };
        for settings in edges.ends() {
            edges.study.plan(&settings, None)?;
        }
        Ok(edges)
    }

    /// The files that the scenario names at any value of the second path.
    pub fn files(&self) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        for settings in self.ends() {
            files.extend(self.study.files(&settings)?);
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    fn ends(&self) -> Vec<Vec<String>> {
        let Range { from, to, .. } = self.question.range;
        let both = |point| [from, to].map(|end| [self.head.settings(point), vec![self.question.setting(end)]].concat());
        (0..self.head.points.len()).flat_map(both).collect()
    }

    /// Plays what is ours of it and not done yet; `tell` hears how many searches are done of how many.
    pub fn play(
        &self,
        shard: Option<Shard>,
        threads: usize,
        journal: &Path,
        tell: impl FnMut(usize, usize) -> bool,
    ) -> Result<Searches, Halt> {
        let (head, question) = (self.head.clone(), self.question.clone());
        let mut searches = Searches { head, question, shard, searches: Vec::new() };
        let play = Play { head: &self.head, shard, threads, journal };
        play.each(|run| self.search(run).map_err(Halt::Refused), |one| searches.searches.push(one), tell)?;
        Ok(searches.in_order(shard))
    }

    fn outcome(&self, run: usize, value: f64) -> Result<Outcome, String> {
        let (point, seed) = self.head.place(run);
        let settings = [self.head.settings(point), vec![self.question.setting(value)]].concat();
        Ok(outcome::of(&self.study.plan(&settings, Some(seed))?).0)
    }

    fn search(&self, run: usize) -> Result<Searched, String> {
        let mut search = Searched { run, runs: 0, ends: [false; 2], at: None, unknown: None, looks: Vec::new() };
        self.halve(&mut search)?;
        if search.unknown.is_none() {
            let looks = (0..LOOKS).map(|look| Ok(self.outcome(run, self.question.look(look))?.class));
            search.looks = looks.collect::<Result<_, String>>()?;
        }
        Ok(search)
    }

    fn halve(&self, search: &mut Searched) -> Result<(), String> {
        let range = &self.question.range;
        let (mut low, mut high) = (range.from, range.to);
        let Some(at_low) = self.ask(low, search)? else { return Ok(()) };
        let Some(at_high) = self.ask(high, search)? else { return Ok(()) };
        search.ends = [at_low, at_high];
        if at_low == at_high {
            return Ok(());
        }
        let enough = if range.is_whole { 1.0 } else { self.question.within * range.span() };
        for _ in 0..HALVINGS_MAX {
            if high - low <= enough {
                break;
            }
            let middle = if range.is_whole { ((low + high) / 2.0).floor() } else { (low + high) / 2.0 };
            let Some(survives) = self.ask(middle, search)? else { return Ok(()) };
            if survives == at_low { low = middle } else { high = middle }
        }
        // Of whole numbers the last that survives is meant, of others the middle between the last two.
        search.at = Some(match (range.is_whole, at_low) {
            (true, true) => low,
            (true, false) => high,
            (false, _) => (low + high) / 2.0,
        });
        Ok(())
    }

    /// Whether it survives there; nothing if it cannot be told.
    fn ask(&self, value: f64, search: &mut Searched) -> Result<Option<bool>, String> {
        search.runs += 1;
        let outcome = self.outcome(search.run, value)?;
        if outcome.class == Class::CannotTell {
            search.unknown = Some((value, outcome.why));
            return Ok(None);
        }
        Ok(Some(outcome.class == Class::Survives))
    }
}

fn setting(paths: &[String], values: &[String]) -> Vec<String> {
    paths.iter().zip(values).map(|(path, value)| format!("{path}={value}")).collect()
}

impl Question {
    fn setting(&self, value: f64) -> String {
        format!("{}={}", self.path, self.range.written(value))
    }

    fn look(&self, index: usize) -> f64 {
        self.range.from + self.range.span() * index as f64 / (LOOKS - 1) as f64
    }

    /// What the searches of all seeds at one value come to.
    fn answer(&self, all: &[Searched]) -> Answer {
        if let Some((value, why)) = all.iter().find_map(|search| search.unknown.clone()) {
            return Answer::CannotTell { value, why };
        }
        let looks: Vec<Look> = (0..LOOKS).map(|index| self.seen(all, index)).collect();
        let runs = all.iter().map(|search| search.runs + search.looks.len()).sum();
        let each: Vec<f64> = all.iter().filter_map(|search| search.at).collect();
        let first = all.first().map_or([false; 2], |search| search.ends);
        let all_alike = all.iter().all(|search| search.ends == first);
        match student::estimate(&each) {
            Some(at) if each.len() == all.len() && all_alike => {
                Answer::Found(Edge { survives_below: first[0], at, each, looks, runs })
            }
            None if all_alike => Answer::Nowhere { survives: first[0], runs, looks },
            _ => Answer::Uncertain { turning: each.len(), runs, looks },
        }
    }

    fn seen(&self, all: &[Searched], index: usize) -> Look {
        let count = |class: Class| all.iter().filter(|search| search.looks.get(index) == Some(&class)).count() as u64;
        let (survived, stuck) = (count(Class::Survives), count(Class::Stuck));
        Look { value: self.look(index), survived, stuck, of: all.len() as u64 }
    }
}

impl Searches {
    /// One for each value of the second path, or one.
    pub fn answers(&self) -> Vec<Answer> {
        self.searches.chunks(self.head.seeds.max(1) as usize).map(|all| self.question.answer(all)).collect()
    }
}

impl Piece for Searched {
    fn number(&self) -> usize {
        self.run
    }
}

impl Pieces for Searches {
    fn head(&self) -> &Head {
        &self.head
    }

    fn shard(&self) -> Option<Shard> {
        self.shard
    }

    fn count(&self) -> usize {
        self.searches.len()
    }

    fn absorb(&mut self, other: Searches) {
        self.searches.extend(other.searches);
    }

    fn in_order(mut self, shard: Option<Shard>) -> Searches {
        self.searches.sort_by_key(|search| search.run);
        Searches { shard, ..self }
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
