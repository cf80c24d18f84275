//! Plays one run of a game day while people watch: at a chosen speed in the simulated world, as it comes in the live one. Whoever watches is
//! asked about ten times a second and may abort; then everything is undone at once.

use super::beat::Beat;
use super::wall::Stopwatch;
use crate::base::{Span, Time};
use crate::live::undo::entries::Terminal;
use crate::live::{self, LiveOptions, Shutdown, Stop, Trouble};
use crate::plan::{Plan, World};
use crate::record::{CutShort, Event, Recording};
use crate::sim::Simulation;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often those who watch are asked.
const TICK: Duration = Duration::from_millis(100);
/// At the greatest speed a run is looked at so many times.
const LOOKS: u64 = 400;

/// How fast virtual time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as fast as the clock.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

/// What a run may do, and how it is stopped from outside.
#[derive(Clone)]
pub struct Stage {
    pub pace: Pace,
    pub allow_remote: bool,
    pub shutdown: Shutdown,
    pub stop_file: Option<PathBuf>,
    /// Hands over single keys while a live run is under way, which keeps it in its ledger.
    pub terminal: Option<Terminal>,
}

/// What came of a run.
pub struct Played {
    pub recording: Recording,
    /// A signal, the abort or the stop file ended it.
    pub stopped: Option<Stop>,
    /// From the wish to abort until everything was undone.
    pub undone_after: Option<Duration>,
}

/// Plays the plan; `watch` answers whether the run shall be aborted.
pub fn play(plan: &Plan, stage: &Stage, watch: &mut dyn FnMut(&Beat) -> bool) -> Result<Played, Trouble> {
    match plan.world {
        World::Sim => Ok(simulate(plan, stage, watch)),
        World::Live => in_reality(plan, stage, watch),
    }
}

fn simulate(plan: &Plan, stage: &Stage, watch: &mut dyn FnMut(&Beat) -> bool) -> Played {
    let mut simulation = Simulation::new(Arc::new(plan.clone()));
    let clock = Stopwatch::start();
    let step = match stage.pace {
        Pace::Times(times) => Span::from(TICK).mul_f64(times),
        Pace::Max => Span(plan.length.0 / LOOKS),
    };
    let (mut at, mut stopped, mut asked) = (Time::ZERO, None, None);
    while at < plan.length && !simulation.has_stopped() && stopped.is_none() {
        at = (at + Span(step.0.max(1))).min(plan.length);
        simulation.run_until(at);
        if let Pace::Times(times) = stage.pace {
            clock.wait_for(Span(at.0).mul_f64(1.0 / times).to_std());
        }
        if watch(&Beat::of(plan, simulation.recorder(), at)) && at < plan.length {
            asked = Some(Stopwatch::start());
            stage.shutdown.request(Stop::Key);
        }
        stopped = stage.shutdown.reason().filter(|_| at < plan.length);
    }
    let mut recording = simulation.finish();
    if let Some(stop) = stopped {
        let why = stop.word().to_owned();
        recording.events.push(Event { at, text: format!("stopped: {why}") });
        recording.cut_short = Some(CutShort { at, why, guardrail: stop.is_guardrail() });
    }
    Played { recording, stopped, undone_after: asked.map(|asked: Stopwatch| asked.elapsed()) }
}

fn in_reality(plan: &Plan, stage: &Stage, watch: &mut dyn FnMut(&Beat) -> bool) -> Result<Played, Trouble> {
    let latest: Mutex<Option<Beat>> = Mutex::new(None);
    let asked: Mutex<Option<Stopwatch>> = Mutex::new(None);
    let options = LiveOptions {
        allow_remote: stage.allow_remote,
        shutdown: Some(stage.shutdown.clone()),
        stop_file: stage.stop_file.clone(),
        terminal: stage.terminal.clone(),
        seen: Some(Box::new(|recorder, at| {
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Beat::of(plan, recorder, at));
        })),
        ..LiveOptions::default()
    };
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let played = live::play(plan, &options);
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).take();
            (played, asked.map(|asked| asked.elapsed()))
        });
        let (clock, mut beat) = (Stopwatch::start(), Beat::default());
        while !run.is_finished() {
            clock.wait_for(clock.elapsed() + TICK / 2);
            if let Some(newer) = latest.lock().unwrap_or_else(PoisonError::into_inner).take() {
                beat = newer;
            }
            if watch(&beat) && stage.shutdown.reason().is_none() {
                *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
                stage.shutdown.request(Stop::Key);
            }
        }
        let (played, undone_after) = run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        played.map(|played| Played { recording: played.recording, stopped: played.stopped, undone_after })
    })
}
