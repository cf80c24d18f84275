//! The search itself, in rounds of a fixed size, so that what is found does not depend on how many cores there are. Guided: first every fault alone,
//! as strong as may be, then pairs of them at the same time (most failures need one or two conditions: Kuhn, Wallace and Gallo, IEEE TSE
//! 2004); then changes of what came nearest to breaking, and some schedules drawn anew. Unguided: drawn anew each time.

use super::{Blow, Budget, Schedule, Tried, play};
use crate::base::Dice;
use crate::explore::{pool, study::Study};

/// Schedules that are tried together.
const ROUND: usize = 8;
/// So many of the best are kept as parents, each with other faults than the others.
const PARENTS: usize = 48;
/// Pairs may take this share of the runs.
const PAIRS: f64 = 0.25;
/// How many parents compete for a child.
const RIVALS: u64 = 3;
/// This share of the schedules is drawn anew, so that the search does not stay where it is.
const FRESH: f64 = 0.2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    Margin,
    None,
}

/// Which search of how many it is, counted from 0, and how many schedules it may try.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub number: usize,
    pub of: usize,
    pub runs: usize,
}

impl Turn {
    /// A search that is the only one has the dice that hunts have always had.
    fn dice(self, seed: u64) -> Dice {
        match self.number {
            0 => Dice::named(seed, "hunt"),
            number => Dice::named(seed, &format!("hunt/{number}")),
        }
    }
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

/// Tries schedules under one seed. `tell` hears how many were tried, and ends it by answering false.
pub fn search(
    study: &Study,
    budget: &Budget,
    guide: Guide,
    (seed, turn): (u64, Turn),
    threads: usize,
    mut tell: impl FnMut(usize) -> bool,
) -> Result<Found, String> {
    let (mut dice, runs) = (turn.dice(seed), turn.runs);
    let mut parents: Vec<Tried> = Vec::new();
    let mut opening = opening(budget, turn, &mut dice).into_iter();
    let mut tried = 0;
    while tried < runs && tell(tried) {
        let count = ROUND.min(runs - tried);
        let round: Vec<Schedule> = (0..count).map(|_| next(&parents, &mut opening, budget, guide, &mut dice)).collect();
        let mut all = played(study, budget, round, seed, threads)?;
        if let Some(first) = all.iter().position(Tried::is_broken) {
            let broken = Some((all.swap_remove(first), tried + first + 1));
            return Ok(Found { broken, nearest: parents.into_iter().next(), runs: tried + count });
        }
        tried += count;
        all.into_iter().for_each(|one| keep(&mut parents, one));
        // Of equally near ones the more strained comes first.
        parents.sort_by(|a, b| a.score().total_cmp(&b.score()).then(b.strain.total_cmp(&a.strain)));
        parents.truncate(PARENTS);
    }
    Ok(Found { broken: None, nearest: parents.into_iter().next(), runs: tried })
}

/// Each fault alone (dealt to the searches, as each alone is the same whoever tries it), and as many pairs as there is room for, in an order without
/// a preference.
fn opening(budget: &Budget, turn: Turn, dice: &mut Dice) -> Vec<Schedule> {
    let strongest: Vec<Blow> = budget.templates.iter().map(|template| Blow::strongest(template, budget)).collect();
    let ours = strongest.iter().enumerate().filter(|(index, _)| index % turn.of == turn.number);
    let mut all: Vec<Schedule> = ours.map(|(_, blow)| Schedule(vec![blow.clone()])).collect();
    if budget.most < 2 {
        return all;
    }
    let mut pairs: Vec<(usize, usize)> =
        (0..strongest.len()).flat_map(|one| (0..one).map(move |other| (other, one))).collect();
    for last in (1..pairs.len()).rev() {
        pairs.swap(last, dice.below(last as u64 + 1) as usize);
    }
    pairs.truncate((turn.runs as f64 * PAIRS) as usize);
    all.extend(pairs.into_iter().map(|(one, other)| Schedule(vec![strongest[one].clone(), strongest[other].clone()])));
    all
}

/// Of schedules with the same faults the best is kept: what differs in times and strengths only would crowd out everything else.
fn keep(parents: &mut Vec<Tried>, one: Tried) {
    let faults = |tried: &Tried| {
        let mut faults: Vec<usize> = tried.schedule.0.iter().map(|blow| blow.template).collect();
        faults.sort_unstable();
        faults
    };
    let is_better = |one: &Tried, other: &Tried| {
        one.score().total_cmp(&other.score()).then(other.strain.total_cmp(&one.strain)).is_lt()
    };
    match parents.iter_mut().find(|known| faults(known) == faults(&one)) {
        Some(known) if is_better(&one, known) => *known = one,
        Some(_) => {}
        None => parents.push(one),
    }
}

fn next(
    parents: &[Tried],
    opening: &mut impl Iterator<Item = Schedule>,
    budget: &Budget,
    guide: Guide,
    dice: &mut Dice,
) -> Schedule {
    if guide == Guide::None {
        return Schedule::drawn(budget, dice);
    }
    if let Some(schedule) = opening.next() {
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
