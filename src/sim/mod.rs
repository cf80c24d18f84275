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
mod dealt_troubles;
#[cfg(test)]
mod inside;
#[cfg(test)]
mod library_tests;
#[cfg(test)]
mod tests;

use crate::base::Time;
use crate::engine::{Direct, Engine};
use crate::judge::{Tripped, Watch};
use crate::plan::Plan;
use crate::record::{CutShort, Event, Recorder, Recording};
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
    watch: Option<Watch>,
    /// A stop line ended the run.
    tripped: Option<Tripped>,
    stopwatch: Stopwatch,
}

impl Simulation {
    pub fn new(plan: Arc<Plan>) -> Simulation {
        let stopwatch = Stopwatch::start();
        let mut engine = Engine::new(plan.clone(), Direct);
        let watch = Watch::new(&plan, &mut engine.recorder);
        Simulation { engine, watch, tripped: None, stopwatch }
    }

    /// Plays up to this share of the run (0 to 1).
    pub fn run_to_share(&mut self, share: f64) {
        let length = self.engine.given().length;
        self.run_until(Time((length.0 as f64 * share.clamp(0.0, 1.0)) as u64));
    }

    pub fn run_to_end(&mut self) {
        let length = self.engine.given().length;
        self.run_until(length);
    }

    /// What was recorded so far.
    pub fn recorder(&self) -> &Recorder {
        &self.engine.recorder
    }

    /// A stop line ended the run before its length.
    pub fn has_stopped(&self) -> bool {
        self.tripped.is_some()
    }

    /// Plays up to this moment.
    pub fn run_until(&mut self, until: Time) {
        let Some(watch) = &mut self.watch else { return self.engine.run_until(until) };
        while self.tripped.is_none()
            && let Some(due) = watch.due().filter(|due| *due <= until)
        {
            self.engine.run_until(due);
            self.tripped = watch.look(&mut self.engine.recorder);
        }
        if self.tripped.is_none() {
            self.engine.run_until(until);
        }
    }

    pub fn finish(self) -> Recording {
        let Simulation { mut engine, tripped, stopwatch, .. } = self;
        engine.finish();
        let plan = engine.given().clone();
        let events = engine.events();
        let methods = vec![
            "Simulated: discrete events in virtual time, one engine, named dice from the seed.".to_owned(),
            "Latency counts from the moment at which a request was due, failed attempts and pauses included."
                .to_owned(),
        ];
        let mut recording = engine.recorder.finish(&plan, stopwatch.seconds(), events, methods);
        if let Some(Tripped { at, words, .. }) = tripped {
            recording.events.push(Event { at, text: format!("stopped: {words}") });
            recording.cut_short = Some(CutShort { at, why: words, guardrail: true });
        }
        recording
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
