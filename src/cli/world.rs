//! Plays one Plan in its world. The only place of the command line that knows how a run is played.

use super::ending::Failure;
use crate::base::Time;
use crate::judge::ExitCode;
use crate::live::{self, LiveOptions, Shutdown, Stop, Trouble};
use crate::plan::{Plan, World};
use crate::record::Recording;
use crate::sim::Simulation;
use std::sync::{Arc, Mutex};

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
pub fn play(plan: &Plan, setting: &Setting, progress: impl FnMut(f64) + Send) -> Result<Recording, Unplayed> {
    match plan.world {
        World::Sim => simulate(plan, setting, progress),
        World::Live => live(plan, setting, progress),
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

/// A run that a signal cut short still has a recording: what was seen until then is worth a report.
fn live(plan: &Plan, setting: &Setting, progress: impl FnMut(f64) + Send) -> Result<Recording, Unplayed> {
    if let Some(stop) = setting.shutdown.as_ref().and_then(Shutdown::reason) {
        return Err(Unplayed::Stopped(stop));
    }
    let progress = Mutex::new(progress);
    let length = plan.length.as_secs_f64();
    let tell = move |at: Time| {
        if let Ok(mut progress) = progress.lock() {
            progress(at.as_secs_f64() / length);
        }
    };
    let options = LiveOptions {
        allow_remote: setting.allow_remote,
        shutdown: setting.shutdown.clone(),
        progress: Some(Box::new(tell)),
        ..LiveOptions::default()
    };
    match live::play(plan, &options) {
        Ok(played) => Ok(played.recording),
        Err(Trouble::StoppedBeforeStart(stop)) => Err(Unplayed::Stopped(stop)),
        Err(trouble) => Err(Unplayed::Failed(in_words(&trouble))),
    }
}

/// A scenario that cannot be played here is the author's to mend; anything else is the machine's trouble.
fn in_words(trouble: &Trouble) -> Failure {
    let text = trouble.to_string();
    let (message, next) = text.split_once('\n').unwrap_or((&text, ""));
    match trouble {
        Trouble::Unplayable { .. }
        | Trouble::ProgramNotFound { .. }
        | Trouble::NoPortPlaceholder { .. }
        | Trouble::VolumeMissing { .. } => Failure::usage(message, next),
        _ => Failure::internal(message, next),
    }
}

/// What a live run would start, reach and touch.
pub fn describe(plan: &Plan, allow_remote: bool) -> String {
    let mut text = String::from("\nA live run would\n");
    for line in live::describe(plan) {
        text.push_str(&format!("  - {line}\n"));
    }
    if !plan.real.allow.is_empty() && !allow_remote {
        text.push_str("  (hosts under `allow:` stay out of reach without --allow-remote)\n");
    }
    text
}
