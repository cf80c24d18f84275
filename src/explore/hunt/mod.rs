//! The search for a fault schedule that breaks an expectation, within a budget: which faults, how many, how long. It goes where the expectations
//! are nearest to breaking, and what it finds is shrunk until nothing can be taken away any more.
//!
//! Guided search in the manner of search-based testing (McMinn, Search-based software test data generation, STVR 2004): the fitness of a
//! schedule is how far inside its bound the worst expectation is. Shrinking in the manner of delta debugging (Zeller and Hildebrandt, 2002).

mod budget;
mod schedule;
mod search;
mod several;
mod shrink;
mod story;

pub use budget::{Budget, Wish};
pub use search::Guide;
pub use several::{Broken, Hunt, Hunts, Search, schema};

use schedule::{Blow, Schedule};
use shrink::shrink;

use super::outcome::{self, Class, Outcome};
use super::study::Study;
use crate::judge::judge;
use crate::record::Recording;
use crate::sim;

/// A schedule, and how the run went.
#[derive(Clone, Debug)]
pub struct Tried {
    pub schedule: Schedule,
    pub outcome: Outcome,
    pub strain: f64,
}

impl Tried {
    /// How far it is from breaking, in steps that can be told from chance; below 0 it is broken. What cannot be told is no find.
    pub fn score(&self) -> f64 {
        const STEP: f64 = 0.001;
        (self.outcome.margin.unwrap_or(1.0) / STEP).floor() * STEP
    }

    pub fn is_broken(&self) -> bool {
        is_broken(&self.outcome)
    }
}

fn is_broken(outcome: &Outcome) -> bool {
    matches!(outcome.class, Class::Degrades | Class::Stuck)
}

/// Plays the scenario under a schedule.
fn play(study: &Study, budget: &Budget, schedule: &Schedule, seed: u64) -> Result<Tried, String> {
    let recording = sim::play(&study.plan(&schedule.settings(budget), Some(seed))?);
    let outcome = outcome::outcome(&recording, &judge(&recording));
    Ok(Tried { schedule: schedule.clone(), outcome, strain: strain(&recording) })
}

/// What went wrong inside without any user having seen it yet: a system that answers everything by fallbacks and retries is nearer to breaking
/// than one that does nothing, though no expectation shows it. For each call the share of attempts that failed, for each
/// service the share that it did not serve and how full its workers were at the worst, for users how much longer the slowest waited.
fn strain(recording: &Recording) -> f64 {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let plan = &recording.plan;
    let edges: f64 = (0..plan.edges.len())
        .map(|edge| {
            let sum = recording.edge_over(edge, plan.warmup, plan.length);
            share(sum.errors.iter().sum::<u64>(), sum.attempts)
        })
        .sum();
    let services: f64 = (0..plan.services.len())
        .map(|service| {
            let sum = recording.service_over(service, plan.warmup, plan.length);
            let busiest = recording.services[service].cells.iter().filter(|cell| cell.workers_s > 0.0);
            let busiest = busiest.map(|cell| cell.busy_s / cell.workers_s).fold(0.0, f64::max);
            share(sum.failed + sum.rejected + sum.dropped + sum.lost + sum.wasted, sum.arrived) + 0.2 * busiest
        })
        .sum();
    let users: f64 = (0..plan.clients.len())
        .map(|client| {
            let sum = recording.client_over(client, plan.warmup, plan.length).latency;
            let (usual, worst) = (sum.quantile(0.5).unwrap_or(0.0), sum.quantile(0.999).unwrap_or(0.0));
            if usual > 0.0 { 0.1 * libm::log(1.0 + worst / usual) } else { 0.0 }
        })
        .sum();
    edges + services + users
}
