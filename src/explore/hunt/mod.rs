//! The search for a fault schedule that breaks an expectation, within a budget: which faults, how many, how long. It goes where the expectations
//! are nearest to breaking, and what it finds is shrunk until nothing can be taken away any more.
//!
//! Guided search in the manner of search-based testing (McMinn, Search-based software test data generation, STVR 2004): the fitness of a
//! schedule is how far inside its bound the worst expectation is. Shrinking in the manner of delta debugging (Zeller and Hildebrandt, 2002).

mod budget;
mod schedule;
mod search;
mod shrink;
mod story;

pub use budget::{Budget, Template};
pub use schedule::{Blow, Schedule};
pub use search::{Found, Guide, search};
pub use shrink::{Shrunk, shrink};
pub use story::{scenario, told};

use super::outcome::{self, Class, Outcome};
use super::study::Study;

/// A schedule, and how the run went.
#[derive(Clone, Debug)]
pub struct Tried {
    pub schedule: Schedule,
    pub outcome: Outcome,
}

impl Tried {
    /// Below 0 it is broken; what cannot be told is no find.
    pub fn score(&self) -> f64 {
        self.outcome.margin.unwrap_or(1.0)
    }

    pub fn is_broken(&self) -> bool {
        is_broken(&self.outcome)
    }
}

fn is_broken(outcome: &Outcome) -> bool {
    matches!(outcome.class, Class::Degrades | Class::Stuck)
}

/// Plays the scenario under a schedule.
fn play(study: &Study, budget: &Budget, schedule: &Schedule, seed: u64) -> Result<Outcome, String> {
    let plan = study.plan(&schedule.settings(budget), Some(seed))?;
    Ok(outcome::of(&plan).0)
}
