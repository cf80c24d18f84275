//! The simulated world: plays a Plan in virtual time. Same seed, same bytes, on every machine; nothing here reads a clock
//! but for the wall time that the run took, which no result depends on.

#[cfg(test)]
mod books;
#[cfg(test)]
mod brokers;
#[cfg(test)]
mod conservation;
#[cfg(test)]
mod corners;
#[cfg(test)]
mod dealt_callers;
#[cfg(test)]
mod dealt_controls;
#[cfg(test)]
mod dealt_data;
#[cfg(test)]
mod dealt_guards;
#[cfg(test)]
mod dealt_places;
#[cfg(test)]
mod dealt_services;
#[cfg(test)]
mod dealt_spoil;
#[cfg(test)]
mod dealt_tests;
#[cfg(test)]
mod inside;
#[cfg(test)]
mod library_tests;
#[cfg(test)]
mod tests;

use crate::engine::{Direct, Engine};
use crate::plan::Plan;
use crate::record::Recording;
use std::sync::Arc;

/// Plays the whole run.
pub fn play(plan: &Plan) -> Recording {
    let mut simulation = Simulation::new(Arc::new(plan.clone()));
    simulation.run_to_end();
    simulation.finish()
}

/// A run that can be played in pieces, for progress bars and for people who pull levers.
pub struct Simulation {
    engine: Engine<Direct>,
    stopwatch: Stopwatch,
}

impl Simulation {
    pub fn new(plan: Arc<Plan>) -> Simulation {
        Simulation { stopwatch: Stopwatch::start(), engine: Engine::new(plan, Direct) }
    }

    /// Plays up to this share of the run (0 to 1).
    pub fn run_to_share(&mut self, share: f64) {
        let length = self.engine.given().length;
        self.engine.run_until(crate::base::Time((length.0 as f64 * share.clamp(0.0, 1.0)) as u64));
    }

    pub fn run_to_end(&mut self) {
        let length = self.engine.given().length;
        self.engine.run_until(length);
    }

    pub fn finish(self) -> Recording {
        let Simulation { mut engine, stopwatch } = self;
        engine.finish();
        let plan = engine.given().clone();
        let events = engine.events();
        let methods = vec![
            "Simulated: discrete events in virtual time, one engine, named dice from the seed.".to_owned(),
            "Latency counts from the moment at which a request was due, failed attempts and pauses included."
                .to_owned(),
        ];
        engine.recorder.finish(&plan, stopwatch.seconds(), events, methods)
    }
}

/// Wall time of the run, for the reader only.
struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "tells the reader how long the run took; no result depends on it")]
    fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
