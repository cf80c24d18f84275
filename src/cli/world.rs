//! Plays one Plan in its world. The only place of the command line that knows how a run is played.

use super::ending::Failure;
use crate::judge::ExitCode;
use crate::live::{Shutdown, Stop};
use crate::plan::{Plan, World};
use crate::record::Recording;
use crate::sim::Simulation;
use std::sync::Arc;

/// A simulated run is looked after (progress, signals) this many times.
const STEPS: u32 = 400;

/// What a run may do, and how it is stopped.
#[derive(Clone)]
pub struct Setting {
    pub allow_remote: bool,
    pub shutdown: Option<Shutdown>,
}

/// Why there is no recording.
pub enum Unplayed {
    Stopped(Stop),
    Failed(Failure),
}

/// Plays the whole run; `progress` is told the share that is done.
pub fn play(plan: &Plan, setting: &Setting, progress: impl FnMut(f64)) -> Result<Recording, Unplayed> {
    match plan.world {
        World::Sim => simulate(plan, setting, progress),
        World::Live => live(plan, setting),
    }
}

/// The exit code after a signal, and the last line's words.
pub fn stopped(stop: Stop) -> (ExitCode, String) {
    let code = match stop {
        Stop::Interrupt => ExitCode::Interrupted,
        Stop::Terminate | Stop::Hangup => ExitCode::Terminated,
    };
    (code, format!("stopped by {}", stop.word()))
}

fn simulate(plan: &Plan, setting: &Setting, mut progress: impl FnMut(f64)) -> Result<Recording, Unplayed> {
    let mut simulation = Simulation::new(Arc::new(plan.clone()));
    for step in 1..STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        simulation.run_to_share(share);
        progress(share);
        if let Some(stop) = setting.shutdown.as_ref().and_then(Shutdown::reason) {
            return Err(Unplayed::Stopped(stop));
        }
    }
    simulation.run_to_end();
    Ok(simulation.finish())
}

fn live(plan: &Plan, setting: &Setting) -> Result<Recording, Unplayed> {
    Err(Unplayed::Failed(not_yet(plan, setting.allow_remote)))
}

/// What a live run would start, reach and touch.
pub fn describe(plan: &Plan, allow_remote: bool) -> Result<String, Failure> {
    Err(not_yet(plan, allow_remote))
}

fn not_yet(plan: &Plan, _allow_remote: bool) -> Failure {
    Failure::usage(
        format!("`{}` cannot be played live by this version", plan.scenario),
        "play it simulated: --world sim",
    )
}
