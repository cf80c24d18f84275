//! The live world: plays a Plan with real processes, stand-ins and fault proxies on loopback, in real time.
//!
//! ```text
//!              ┌────────────── engine thread: users, policies, stand-ins' queues and work (the same model as in the simulator)
//!              │ Wire                                ▲ inbox: answers, requests, news
//!              ▼                                     │
//!   tasks that carry one attempt each ──► fault proxy ──► stand-in, or a real process (started by us, or at an address)
//! ```
//!
//! Everything is checked before anything is touched, everything touched is in the undo ledger before it is changed, and everything is
//! undone at the end, on a signal, on trouble and on a panic. Nothing here decides what a service or a policy does.

mod between;
mod control;
mod describe;
mod drive;
mod ending;
mod generators;
mod held;
mod needs;
mod preflight;
mod radius;
mod readback;
mod stage;
mod stop;
mod target;
#[cfg(test)]
mod tests;
mod together;
mod undoing;
mod wire;

pub use describe::describe;
pub use generators::generator_main;
pub use together::Together;

use super::undo::entries;
use super::{RealProcess, Shutdown, Stop, Trouble};
use crate::base::Time;
use crate::engine::{Engine, Share};
use crate::plan::Plan;
use crate::record::{Recorder, Recording};
use control::{Leave, Leaver};
use drive::{Ending, Inbox, Input, Inputs};
use ending::Played as Figures;
use generators::Generators;
use radius::Radius;
use stage::Stage;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use undoing::Undo;
use wire::LiveWire;

/// Threads that carry messages. The engine has its own.
const CARRIERS: usize = 2;
/// Tasks that are still busy after the run get this long.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is shown to those who watch: the recording so far, and how far the run is.
pub type Seen<'a> = dyn Fn(&Recorder, Time) + Send + Sync + 'a;

#[derive(Default)]
pub struct LiveOptions<'a> {
    /// Targets outside loopback may be reached, if the scenario lists them as well.
    pub allow_remote: bool,
    /// Ends the run in good order when a signal comes.
    pub shutdown: Option<Shutdown>,
    /// Told about ten times a second how far the run is.
    pub progress: Option<Box<dyn Fn(Time) + Send + Sync + 'a>>,
    /// Shown as often what was recorded so far, by this process. It must not take long: the run waits for it.
    pub seen: Option<Box<Seen<'a>>>,
    /// Where the undo ledger is kept; `None`: the user's state folder.
    pub state_dir: Option<PathBuf>,
    /// The program that serves as the guardian and as further generators; `None`: this one.
    pub guardian: Option<PathBuf>,
    /// So many processes make the load; `None`: as many as the scenario says.
    pub generators: Option<u32>,
    /// Other machines play the rest of the load.
    pub together: Option<Together>,
    /// Hands over single keys while the run lasts.
    pub terminal: Option<entries::Terminal>,
    /// The run stops when this file is there, beside the one that the scenario names.
    pub stop_file: Option<PathBuf>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Played {
    pub recording: Recording,
    /// The signal that cut it short, after everything was undone.
    pub stopped: Option<Stop>,
}

/// Plays the whole run and undoes everything. Blocks for as long as the run lasts; may be called from any thread.
pub fn play(plan: &Plan, options: &LiveOptions) -> Result<Played, Trouble> {
    let plan = options.together.map_or_else(|| plan.clone(), |together| together.plan(plan));
    let problems = options.together.map_or_else(Vec::new, |together| together.problems(&plan));
    if !problems.is_empty() {
        return Err(Trouble::Unplayable { problems });
    }
    let checked = preflight::check(&plan, options.allow_remote, share(&plan, options).of)?;
    let plan = Arc::new(plan);
    thread::scope(|scope| {
        let run = || Run::prepare(&plan, options, checked)?.play(options);
        let engine = thread::Builder::new().name("engine".into()).spawn_scoped(scope, run);
        let engine = engine.map_err(|source| Trouble::Machine { what: "start a thread", source })?;
        engine.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Which part of the users this process plays.
fn share(plan: &Plan, options: &LiveOptions) -> Share {
    let here = || Share { turn: 0, of: generators::count(plan, options.generators) };
    options.together.map_or_else(here, |together| together.share)
}

/// Checks everything that can be known beforehand, as `play` does before it touches anything, and gives its warnings.
pub fn check(plan: &Plan, allow_remote: bool) -> Result<Vec<String>, Trouble> {
    check_shared(plan, allow_remote, None)
}

/// The same for a run whose load so many processes make, whatever the scenario says.
pub fn check_shared(plan: &Plan, allow_remote: bool, generators: Option<u32>) -> Result<Vec<String>, Trouble> {
    preflight::check(plan, allow_remote, generators::count(plan, generators)).map(|checked| checked.warnings)
}

/// Everything that a run holds. Dropped in this order: what was changed goes before the ledger that would undo it otherwise.
struct Run {
    generators: Generators,
    stage: Stage,
    runtime: Runtime,
    undo: Option<Undo>,
    plan: Arc<Plan>,
    inbox: Inbox,
    inputs: Inputs,
    warnings: Vec<String>,
}

impl Run {
    fn prepare(plan: &Arc<Plan>, options: &LiveOptions, checked: preflight::Checked) -> Result<Run, Trouble> {
        let runtime = Builder::new_multi_thread().worker_threads(CARRIERS).thread_name("carrier").enable_all().build();
        let runtime = runtime.map_err(|source| Trouble::Machine { what: "start threads", source })?;
        let (inbox, inputs) = drive::inbox().map_err(|source| Trouble::Machine { what: "wait for sockets", source })?;
        stop::refuse_to_begin(plan, options)?;
        let undo = Undo::open(plan, options, &inbox)?;
        let ledger = undo.as_ref().map(|undo| &undo.ledger);
        let share = share(plan, options);
        let stage = runtime.block_on(async {
            tokio::select! {
                built = stage::build(plan, share, &checked.addresses, ledger, &inbox, inputs.watch()) => built,
                stop = stop::requested(plan, options) => Err(Trouble::StoppedBeforeStart(stop)),
            }
        })?;
        // The other shares are on other machines, which somebody else looks after.
        let here = if options.together.is_some() { 1 } else { share.of };
        let generators = Generators::start(plan, &stage, here, options, ledger, &inbox)?;
        Ok(Run { generators, stage, runtime, undo, plan: plan.clone(), inbox, inputs, warnings: checked.warnings })
    }

    fn play(self, options: &LiveOptions) -> Result<Played, Trouble> {
        let Run { mut generators, stage, runtime, undo, plan, inbox, mut inputs, warnings } = self;
        let Stage { wire, controller, listeners, books, .. } = stage;
        let mut engine = Engine::of_share(plan.clone(), wire, share(&plan, options));
        engine.recorder.warnings = warnings;
        let listening = runtime.spawn(listen_for_stop(stop::requested(&plan, options), inbox));
        keep_time();
        let epoch = match options.together {
            Some(together) => together.wait(options.shutdown.as_ref())?,
            None => generators.begin(),
        };
        engine.wire.begin(epoch);
        let mut radius = Radius::new(&plan);
        let mut look_around = |engine: &Engine<LiveWire>, at| {
            options.progress.iter().for_each(|tell| tell(at));
            options.seen.iter().for_each(|show| show(&engine.recorder, at));
            radius.as_mut()?.look(engine, &generators.seen(), at)
        };
        let mut ending = drive::drive(&mut engine, &mut inputs, epoch, &mut look_around);
        let wall_s = epoch.elapsed().as_secs_f64();
        listening.abort();
        engine.wire.hang_up();
        let mut ended = Instant::now();
        let impatient = runtime.spawn(hurry_on_stop(stop::requested(&plan, options), controller.leaver()));
        let leave = if ending.is_none() { Leave::Mended } else { Leave::AtOnce };
        // What was recorded elsewhere is taken in while the faults are being healed.
        let (parts, processes) = thread::scope(|scope| {
            let parts = scope.spawn(|| generators.collect(&mut ending));
            let mut processes = controller.stop(leave);
            processes.iter_mut().filter_map(held::Body::started).for_each(RealProcess::let_go);
            (parts.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), processes)
        });
        impatient.abort();
        readback::take_in(&books, &parts);
        drive::drain(&mut engine, &inputs);
        let mut stopped_late = None;
        // What other machines wrote over in the meantime would look lost.
        if ending.is_none() && options.together.is_none() {
            let stop = stop::requested(&plan, options);
            stopped_late = runtime.block_on(readback::read_back(&mut engine, &books, stop));
            ended = Instant::now();
        }
        ending::collect_evidence(&mut engine);
        let is_stopped = ending.as_ref().is_some_and(Ending::is_a_stop) || stopped_late.is_some();
        let mut notes = undo.as_ref().map(|undo| ending::undo(&undo.ledger, is_stopped, epoch)).unwrap_or_default();
        engine.wire.close_doors();
        runtime.block_on(ending::stop_proxies(&mut engine));
        runtime.shutdown_timeout(LAST_WORDS);
        drop(processes);
        notes.extend(ending::look_for_listeners(&listeners));
        let undone_after = ended.elapsed();
        drop(undo);
        let stopped = match ending {
            Some(Ending::Signal(stop)) => Some(stop),
            _ => stopped_late,
        };
        let figures = Figures { wall_s, lost: inputs.lost(), ending, notes, undone_after, parts };
        let mut recording = ending::record(engine, figures);
        recording.head.part = options.together.map(|together| together.part());
        recording.warnings.extend(recording.head.part.map(|part| part.warning()));
        Ok(Played { recording, stopped })
    }
}

/// Whoever stops the run now does not wait for restarts.
async fn hurry_on_stop(requested: impl Future<Output = Stop>, leaver: Leaver) {
    requested.await;
    let _ = leaver.send(Leave::AtOnce);
}

async fn listen_for_stop(requested: impl Future<Output = Stop>, inbox: Inbox) {
    inbox.tell(Input::End(Ending::Signal(requested.await)));
}

/// The kernel may otherwise add 50 microseconds to each sleep of this thread, to save power, and let it wait behind what it drives: the
/// servers under load. Where the right is missing (CAP_SYS_NICE), the lag that the report shows is that of an ordinary process.
fn keep_time() {
    const AHEAD_OF_OTHERS: libc::c_int = -10;
    let _ = nix::sys::prctl::set_timerslack(1);
    // SAFETY: 0 means this thread, and nothing but its priority is changed, which ends with it.
    let _ = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, AHEAD_OF_OTHERS) };
}
