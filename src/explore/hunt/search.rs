//! The search itself, in rounds of a fixed size, so that what is found does not depend on how many cores there are. Guided: first every fault alone,
//! as strong as may be; then changes of what came nearest to breaking, and some schedules drawn anew. Unguided: drawn anew each time.

use super::{Blow, Budget, Schedule, Tried, play};
use crate::base::Dice;
use crate::explore::{pool, study::Study};

/// Schedules that are tried together.
const ROUND: usize = 8;
/// So many of the best are kept as parents.
const PARENTS: usize = 24;
/// How many parents compete for a child.
const RIVALS: u64 = 3;
/// This share of the schedules is drawn anew, so that the search does not stay where it is.
const FRESH: f64 = 0.2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    Margin,
    None,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// The first that breaks an expectation, and after how many runs it came.
    pub broken: Option<(Tried, usize)>,
    /// The nearest to breaking.
    pub nearest: Option<Tried>,
    pub runs: usize,
}

/// Tries at most so many schedules under one seed. `tell` hears how many were tried, and ends it by answering false.
pub fn search(
    study: &Study,
    budget: &Budget,
    guide: Guide,
    (seed, runs): (u64, usize),
    threads: usize,
    mut tell: impl FnMut(usize) -> bool,
) -> Result<Found, String> {
    let mut dice = Dice::named(seed, "hunt");
    let mut parents: Vec<Tried> = Vec::new();
    let mut alone = budget.templates.iter().map(|template| Schedule(vec![Blow::strongest(template, budget)]));
    let mut tried = 0;
    while tried < runs && tell(tried) {
        let count = ROUND.min(runs - tried);
        let round: Vec<Schedule> = (0..count).map(|_| next(&parents, &mut alone, budget, guide, &mut dice)).collect();
        let mut all = played(study, budget, round, seed, threads)?;
        if let Some(first) = all.iter().position(Tried::is_broken) {
            let broken = Some((all.swap_remove(first), tried + first + 1));
            return Ok(Found { broken, nearest: parents.into_iter().next(), runs: tried + count });
        }
        tried += count;
        parents.extend(all);
        // Of equally near ones the more strained comes first.
        parents.sort_by(|a, b| a.score().total_cmp(&b.score()).then(b.strain.total_cmp(&a.strain)));
        parents.truncate(PARENTS);
    }
    Ok(Found { broken: None, nearest: parents.into_iter().next(), runs: tried })
}

fn next(
    parents: &[Tried],
    alone: &mut impl Iterator<Item = Schedule>,
    budget: &Budget,
    guide: Guide,
    dice: &mut Dice,
) -> Schedule {
    if guide == Guide::None {
        return Schedule::drawn(budget, dice);
    }
    if let Some(schedule) = alone.next() {
        return schedule;
    }
    if parents.is_empty() || dice.chance(FRESH) {
        return Schedule::drawn(budget, dice);
    }
    let winner = |dice: &mut Dice| {
        let best = (0..RIVALS).map(|_| dice.below(parents.len() as u64)).min().unwrap_or(0);
        &parents[best as usize].schedule
    };
    let (one, other) = (winner(dice), winner(dice));
    let child = one.changed(other, budget, dice);
    // One change is often too little to be seen.
    if dice.chance(0.5) { child.changed(other, budget, dice) } else { child }
}

fn played(
    study: &Study,
    budget: &Budget,
    round: Vec<Schedule>,
    seed: u64,
    threads: usize,
) -> Result<Vec<Tried>, String> {
    let indices: Vec<usize> = (0..round.len()).collect();
    let mut outcomes: Vec<Option<_>> = indices.iter().map(|_| None).collect();
    pool::each(
        &indices,
        threads,
        |index| play(study, budget, &round[index], seed),
        |index, outcome| {
            outcomes[index] = Some(outcome);
            true
        },
    );
    outcomes.into_iter().map(|tried| tried.ok_or("it was not played".to_owned())?).collect()
}
