//! Plays one Plan in its world. The only place of the command line that knows how a run is played.

use super::ending::Failure;
use crate::base::Time;
use crate::judge::ExitCode;
use crate::live::undo::entries::Terminal;
use crate::live::{self, LiveOptions, Shutdown, Stop, Together, Trouble};
use crate::plan::{Plan, World};
use crate::record::{Recorder, Recording};
use crate::sim::Simulation;
use std::path::PathBuf;
use std::sync::Arc;

/// A simulated run is looked after (progress, signals) this many times.
const STEPS: u32 = 400;

/// What a run may do, and how it is stopped.
#[derive(Clone)]
pub struct Setting {
    pub allow_remote: bool,
    pub shutdown: Shutdown,
    /// So many processes make the load of a live run; `None`: as many as the scenario says.
    pub generators: Option<u32>,
    /// Other machines make the rest of a live run's load.
    pub together: Option<Together>,
    /// Hands over single keys while a live run lasts.
    pub terminal: Option<Terminal>,
    /// A live run stops when this file is there.
    pub stop_file: Option<PathBuf>,
}

/// What came of a run.
pub struct Played {
    pub recording: Recording,
    /// A live run that a signal cut short is recorded up to there.
    pub stopped: Option<Stop>,
}

/// Why a run gave nothing, or why no more are played.
pub enum Halt {
    Stopped(Stop),
    Failed(Failure),
}

impl Halt {
    /// In one line.
    pub fn why(&self) -> String {
        match self {
            Halt::Stopped(stop) => format!("stopped by {}", stop.word()),
            Halt::Failed(failure) => failure.message.clone(),
        }
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Halt {
        Halt::Failed(failure)
    }
}

/// Is shown what was recorded so far.
pub type Seen = dyn Fn(&Recorder, Time) + Send + Sync;

/// Those who watch a run.
pub struct Watchers {
    /// Told the share that is done.
    pub progress: Box<dyn Fn(f64) + Send + Sync>,
    pub seen: Option<Box<Seen>>,
}

/// Plays the whole run.
pub fn play(plan: &Plan, setting: &Setting, watchers: Watchers) -> Result<Played, Halt> {
    match plan.world {
        World::Sim => simulate(plan, setting, &watchers),
        World::Live => in_reality(plan, setting, watchers),
    }
}

/// The exit code after a signal, the stop key or the stop file.
pub fn code_of(stop: Stop) -> ExitCode {
    match stop {
        Stop::Interrupt => ExitCode::Interrupted,
        Stop::Terminate | Stop::Hangup => ExitCode::Terminated,
        Stop::Key | Stop::File => ExitCode::Guardrail,
    }
}

/// What a live run would start, open and break, one line each.
pub fn describe(plan: &Plan, allow_remote: bool) -> String {
    let mut text: String = live::describe(plan).iter().map(|line| format!("  - {line}\n")).collect();
    if !plan.real.allow.is_empty() && !allow_remote {
        text.push_str("  (hosts under `allow:` stay out of reach without --allow-remote)\n");
    }
    text
}

/// Whether a live run could begin here and now.
pub fn check(plan: &Plan, allow_remote: bool, generators: Option<u32>) -> Result<(), Failure> {
    live::check_shared(plan, allow_remote, generators).map(drop).map_err(|trouble| failure(&trouble))
}

fn simulate(plan: &Plan, setting: &Setting, watchers: &Watchers) -> Result<Played, Halt> {
    let mut simulation = Simulation::new(Arc::new(plan.clone()));
    for step in 1..STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        simulation.run_to_share(share);
        (watchers.progress)(share);
        if simulation.has_stopped() {
            break;
        }
        let now = Time((plan.length.0 as f64 * share) as u64);
        watchers.seen.iter().for_each(|show| show(simulation.recorder(), now));
        if let Some(stop) = setting.shutdown.reason() {
            return Err(Halt::Stopped(stop));
        }
    }
    simulation.run_to_end();
    (watchers.progress)(1.0);
    Ok(Played { recording: simulation.finish(), stopped: None })
}

fn in_reality(plan: &Plan, setting: &Setting, watchers: Watchers) -> Result<Played, Halt> {
    if let Some(stop) = setting.shutdown.reason() {
        return Err(Halt::Stopped(stop));
    }
    let length_s = plan.length.as_secs_f64();
    let Watchers { progress, seen } = watchers;
    let options = LiveOptions {
        allow_remote: setting.allow_remote,
        generators: setting.generators,
        together: setting.together,
        shutdown: Some(setting.shutdown.clone()),
        stop_file: setting.stop_file.clone(),
        terminal: setting.terminal.clone(),
        progress: Some(Box::new(move |at: Time| progress(at.as_secs_f64() / length_s))),
        seen,
        ..LiveOptions::default()
    };
    match live::play(plan, &options) {
        Ok(played) => Ok(Played { recording: played.recording, stopped: played.stopped }),
        Err(Trouble::StoppedBeforeStart(stop)) => Err(Halt::Stopped(stop)),
        Err(trouble) => Err(Halt::Failed(failure(&trouble))),
    }
}

/// What the author can mend in the scenario or on the command line is a wrong scenario; the rest is the machine's trouble.
pub fn failure(trouble: &Trouble) -> Failure {
    let text = trouble.to_string();
    // A list of problems has its advice inside; of anything else the first line says what, the rest what to do.
    let (message, next) = match trouble {
        Trouble::Unplayable { .. } => (text.as_str(), ""),
        _ => text.split_once('\n').unwrap_or((&text, "")),
    };
    match trouble {
        Trouble::StopFile { .. } => Failure { code: ExitCode::Guardrail, ..Failure::internal(message, next) },
        Trouble::Unplayable { .. }
        | Trouble::ProgramNotFound { .. }
        | Trouble::NothingToStart { .. }
        | Trouble::NoPortPlaceholder { .. }
        | Trouble::VolumeMissing { .. } => Failure::usage(message, next),
        _ => Failure::internal(message, next),
    }
}
