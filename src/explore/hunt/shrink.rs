//! From a schedule that breaks something to the smallest that still does: faults are left out, then each is made shorter and weaker by halving what
//! it has, until no step of these breaks it any more. Whether it breaks is asked of the simulator each time, under the same seed.

use super::{Budget, Schedule, play};
use crate::explore::outcome::Outcome;
use crate::explore::study::Study;

/// Halvings of a length or a strength: then it is known to a hundredth.
const HALVINGS: usize = 7;
/// Passes over all faults; in each something must have changed.
const PASSES: usize = 6;

/// What is left.
#[derive(Clone, Debug)]
pub struct Shrunk {
    pub schedule: Schedule,
    pub outcome: Outcome,
    pub runs: usize,
}

pub fn shrink(
    study: &Study,
    budget: &Budget,
    schedule: &Schedule,
    outcome: &Outcome,
    seed: u64,
) -> Result<Shrunk, String> {
    let mut best = Shrunk { schedule: schedule.clone(), outcome: outcome.clone(), runs: 0 };
    for _ in 0..PASSES {
        let before = best.schedule.clone();
        leave_out(study, budget, &mut best, seed)?;
        for index in 0..best.schedule.0.len() {
            halve(study, budget, &mut best, seed, index, |schedule, index| &mut schedule.0[index].lasts)?;
            if budget.templates[best.schedule.0[index].template].size.is_some() {
                halve(study, budget, &mut best, seed, index, |schedule, index| &mut schedule.0[index].strength)?;
            }
        }
        if best.schedule == before {
            break;
        }
    }
    Ok(best)
}

/// Takes it if it still breaks.
fn attempt(study: &Study, budget: &Budget, best: &mut Shrunk, seed: u64, smaller: Schedule) -> Result<bool, String> {
    best.runs += 1;
    let tried = play(study, budget, &smaller, seed)?;
    let breaks = tried.is_broken();
    if breaks {
        (best.schedule, best.outcome) = (smaller, tried.outcome);
    }
    Ok(breaks)
}

fn leave_out(study: &Study, budget: &Budget, best: &mut Shrunk, seed: u64) -> Result<(), String> {
    let mut index = 0;
    while best.schedule.0.len() > 1 && index < best.schedule.0.len() {
        let mut smaller = best.schedule.clone();
        smaller.0.remove(index);
        if !attempt(study, budget, best, seed, smaller)? {
            index += 1;
        }
    }
    Ok(())
}

/// The least value at which it still breaks, as far as halving finds it.
fn halve(
    study: &Study,
    budget: &Budget,
    best: &mut Shrunk,
    seed: u64,
    index: usize,
    field: impl Fn(&mut Schedule, usize) -> &mut f64,
) -> Result<(), String> {
    let value = *field(&mut best.schedule.clone(), index);
    let (mut least, mut known) = (0.0, value);
    for _ in 0..HALVINGS {
        // What is already known well enough need not be asked again in the next pass.
        if known - least < 0.02 * value.max(1e-9) {
            break;
        }
        let middle = (least + known) / 2.0;
        let mut smaller = best.schedule.clone();
        *field(&mut smaller, index) = middle;
        if attempt(study, budget, best, seed, smaller)? { known = middle } else { least = middle }
    }
    Ok(())
}
