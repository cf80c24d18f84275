//! A hunt as a number of searches that know nothing of each other: each has dice of its own and its part of the budget, so that they can be played
//! anywhere. Of what they find the smallest counts: the fewest faults, then the shortest, then the weakest, then the first search.

use super::budget::Budget;
use super::search::{self, Guide, Turn};
use super::{Schedule, Tried, shrink, story};
use crate::explore::outcome::{self, Class};
use crate::explore::pieces::{Halt, Piece, Pieces, Play};
use crate::explore::results::Head;
use crate::explore::shard::Shard;
use crate::explore::study::Study;
use crate::plan::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many seeds what was found is tried under.
const SEEDS: u64 = 20;

/// What is to be hunted.
#[derive(Clone, Debug)]
pub struct Hunt {
    pub study: Study,
    pub budget: Budget,
    pub guide: Guide,
    /// So many schedules are tried at most, by all searches together.
    pub runs: usize,
    pub head: Head,
}

/// What one search came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Search {
    /// Its number, counted from 0.
    pub search: usize,
    /// So many schedules were tried.
    pub runs: usize,
    pub broken: Option<Broken>,
    /// The nearest to breaking.
    pub nearest: Option<Near>,
}

/// The smallest schedule that a search knows to break a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// The run that broke it first, counted from 1, and the line.
    pub run: usize,
    pub first: String,
    pub class: Class,
    /// The line that the smallest schedule breaks.
    pub line: String,
    /// Its faults, in words, in the order of time.
    pub faults: Vec<String>,
    /// All of them together, in seconds, and how strong they are: each from 0 (barely) to 1.
    pub lasts: f64,
    pub strength: f64,
    /// Runs that it took to make it smaller.
    pub more: usize,
    /// Under so many of so many seeds it breaks the same line.
    pub seeds: [u64; 2],
    /// The scenario that shows it.
    pub scenario: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Near {
    /// How far inside its bound the worst line is, as a share of the bound.
    pub margin: f64,
    pub faults: Vec<String>,
}

/// What came of all searches, or of those of a shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hunts {
    pub head: Head,
    pub shard: Option<Shard>,
    /// In the order of their numbers.
    pub searches: Vec<Search>,
}

impl Hunt {
    /// `calm` is the scenario without its faults.
    pub fn new(study: Study, calm: &Plan, budget: Budget, guide: Guide, (runs, searches): (usize, usize)) -> Hunt {
        let told = format!(
            "{:?} {:?} {guide:?} {runs} {searches}",
            budget.templates,
            (budget.most, budget.longest, budget.from, budget.to)
        );
        let head = Head::new("hunt", calm, study.digest(calm, &told), (Vec::new(), vec![Vec::new()]), searches as u64);
        Hunt { study, budget, guide, runs, head }
    }

    /// Plays what is ours of it and not done yet. `tell` hears how many schedules were tried here, and ends it by answering false.
    pub fn play(
        &self,
        shard: Option<Shard>,
        threads: usize,
        journal: &Path,
        tell: impl Fn(usize) -> bool + Sync,
    ) -> Result<Hunts, Halt> {
        let mut hunts = Hunts { head: self.head.clone(), shard, searches: Vec::new() };
        let ours = (0..self.head.runs()).filter(|search| shard.unwrap_or(Shard::WHOLE).has(*search)).count();
        let at_once = threads.clamp(1, ours.max(1));
        let tried = AtomicUsize::new(0);
        let play = Play { head: &self.head, shard, threads: at_once, journal };
        play.each(
            |search| self.search(search, threads.div_ceil(at_once), &tried, &tell),
            |search| hunts.searches.push(search),
            |_, _| tell(tried.load(Ordering::Relaxed)),
        )?;
        Ok(hunts.in_order(shard))
    }

    fn search(
        &self,
        search: usize,
        threads: usize,
        tried: &AtomicUsize,
        tell: &(impl Fn(usize) -> bool + Sync),
    ) -> Result<Search, Halt> {
        let turn = Turn { number: search, of: self.head.runs(), runs: part(self.runs, search, self.head.runs()) };
        let (mut before, mut is_over) = (0, false);
        let told = |now: usize| {
            let all = tried.fetch_add(now - before, Ordering::Relaxed) + now - before;
            before = now;
            is_over = !tell(all);
            !is_over
        };
        let found = search::search(&self.study, &self.budget, self.guide, (self.head.first_seed, turn), threads, told);
        let found = found.map_err(Halt::Refused)?;
        if is_over {
            return Err(Halt::Stopped(tried.load(Ordering::Relaxed)));
        }
        let broken = found.broken.map(|(tried, run)| self.smallest(&tried, run)).transpose().map_err(Halt::Refused)?;
        let near = |tried: Tried| Near { margin: tried.score(), faults: story::told(&tried.schedule, &self.budget) };
        Ok(Search { search, runs: found.runs, broken, nearest: found.nearest.map(near) })
    }

    fn smallest(&self, tried: &Tried, run: usize) -> Result<Broken, String> {
        let (study, budget, seed) = (&self.study, &self.budget, self.head.first_seed);
        let small = shrink(study, budget, &tried.schedule, &tried.outcome, seed)?;
        let plan = study.plan(&small.schedule.settings(budget), Some(seed))?;
        let Schedule(blows) = &small.schedule;
        Ok(Broken {
            run,
            first: tried.outcome.why.clone(),
            class: small.outcome.class,
            faults: story::told(&small.schedule, budget),
            lasts: blows.iter().map(|blow| blow.lasts).sum(),
            strength: blows.iter().map(|blow| blow.strength).sum(),
            more: small.runs,
            seeds: [self.breaks(&small.schedule, &small.outcome.why)?, SEEDS],
            scenario: story::scenario(study, budget, &small.schedule, &plan)?,
            line: small.outcome.why,
        })
    }

    /// Under how many seeds it breaks this line.
    fn breaks(&self, schedule: &Schedule, line: &str) -> Result<u64, String> {
        let mut broken = 0;
        for offset in 0..SEEDS {
            let seed = self.head.first_seed.wrapping_add(offset);
            let plan = self.study.plan(&schedule.settings(&self.budget), Some(seed))?;
            broken += u64::from(outcome::of(&plan).0.why == line);
        }
        Ok(broken)
    }
}

/// The budget of one search: the first ones have one run more, where it does not divide.
fn part(runs: usize, search: usize, of: usize) -> usize {
    runs / of + usize::from(search < runs % of)
}

impl Hunts {
    /// The smallest that was found.
    pub fn smallest(&self) -> Option<(&Search, &Broken)> {
        let found = self.searches.iter().filter_map(|search| search.broken.as_ref().map(|broken| (search, broken)));
        found.min_by(|(a, one), (b, other)| {
            let count = one.faults.len().cmp(&other.faults.len());
            let lasts = one.lasts.total_cmp(&other.lasts);
            count.then(lasts).then(one.strength.total_cmp(&other.strength)).then(a.search.cmp(&b.search))
        })
    }

    /// The nearest to breaking, of searches that found nothing.
    pub fn nearest(&self) -> Option<&Near> {
        let near = self.searches.iter().filter_map(|search| search.nearest.as_ref());
        near.min_by(|one, other| one.margin.total_cmp(&other.margin))
    }

    pub fn runs(&self) -> usize {
        self.searches.iter().map(|search| search.runs).sum()
    }
}

/// The JSON Schema of `hunt.json`, and of a shard of it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Hunts).to_value()
}

impl Piece for Search {
    fn number(&self) -> usize {
        self.search
    }
}

impl Pieces for Hunts {
    fn head(&self) -> &Head {
        &self.head
    }

    fn shard(&self) -> Option<Shard> {
        self.shard
    }

    fn count(&self) -> usize {
        self.searches.len()
    }

    fn absorb(&mut self, other: Hunts) {
        self.searches.extend(other.searches);
    }

    fn in_order(mut self, shard: Option<Shard>) -> Hunts {
        self.searches.sort_by_key(|search| search.search);
        Hunts { shard, ..self }
    }
}
