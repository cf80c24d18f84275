//! The thread that owns the engine: it sleeps until the next event is due or something comes in, and tells the engine what it hears.
//! A thread of its own with the kernel's timers, because tokio rounds every sleep up to a whole millisecond.

use super::wire::LiveWire;
use crate::base::{FaultId, Outcome, ServiceId, Span, Time};
use crate::engine::{Arrived, Engine, Handle};
use crate::judge::{self, Tripped};
use crate::live::Stop;
use crate::live::http1::{Answered, Bell, Poller, Requested, Watch};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Inputs that may wait for the engine. More than all attempts that can be under way at once, so that only a flood from outside,
/// or an engine that is seconds behind, ever fills it.
const INBOX_MAX: usize = 40_000;
/// Inputs handled before the clock is looked at again.
const BATCH: usize = 64;
/// How often `look_around` is called, and a quiet run looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// What the world tells the engine.
#[derive(Debug)]
pub enum Input {
    Answered { call: Handle, attempt: u16, outcome: Outcome, took: Span },
    Touched { fault: FaultId, what: &'static str, count: u64 },
    Used { service: ServiceId, bytes: u64 },
    Note(String),
    Warn(String),
    End(Ending),
}

/// Why a run ended before its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Signal(Stop),
    /// A stop line or a limit of the scenario, in its words.
    Guardrail(String),
    /// In plain words.
    Trouble(String),
}

impl Ending {
    /// Somebody or something wants it to be over at once.
    pub fn is_a_stop(&self) -> bool {
        matches!(self, Ending::Signal(_) | Ending::Guardrail(_))
    }
}

/// The way to the engine, for any thread; never waits.
#[derive(Clone)]
pub struct Inbox {
    sender: SyncSender<Input>,
    bell: Arc<Bell>,
    lost: Arc<AtomicU64>,
    ending: Arc<Mutex<Option<Ending>>>,
}

pub struct Inputs {
    receiver: Receiver<Input>,
    poller: Poller,
    lost: Arc<AtomicU64>,
    /// The first that came; it needs no room among the others.
    ending: Arc<Mutex<Option<Ending>>>,
}

/// The inbox was full, or the run is over; the input comes to nothing.
#[derive(Debug)]
pub struct Lost;

pub fn inbox() -> io::Result<(Inbox, Inputs)> {
    let (sender, receiver) = sync_channel(INBOX_MAX);
    let (poller, lost, ending) = (Poller::new()?, Arc::new(AtomicU64::new(0)), Arc::default());
    let inbox = Inbox { sender, bell: poller.bell(), lost: lost.clone(), ending: Arc::clone(&ending) };
    Ok((inbox, Inputs { receiver, poller, lost, ending }))
}

impl Inbox {
    pub fn put(&self, input: Input) -> Result<(), Lost> {
        if let Input::End(ending) = input {
            self.ending.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(ending);
            self.bell.ring();
            return Ok(());
        }
        let put = self.sender.try_send(input).map_err(|error| {
            if matches!(error, std::sync::mpsc::TrySendError::Full(_)) {
                self.lost.fetch_add(1, Relaxed);
            }
            Lost
        });
        self.bell.ring();
        put
    }

    /// For news whose loss only costs a line in the report, and for the end, which is never lost.
    pub fn tell(&self, input: Input) {
        let _ = self.put(input);
    }
}

impl Inputs {
    /// Where the sockets of the engine's thread are watched.
    pub fn watch(&self) -> Watch {
        self.poller.watch()
    }

    fn ending(&self) -> MutexGuard<'_, Option<Ending>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Plays from `epoch` to the end of the plan; `None`: the whole length was played. About ten times a second `look_around` is told how far
/// the run is, and may end it in its words.
pub fn drive(
    engine: &mut Engine<LiveWire>,
    inputs: &mut Inputs,
    epoch: Instant,
    look_around: &mut dyn FnMut(&Engine<LiveWire>, Time) -> Option<String>,
) -> Option<Ending> {
    let length = engine.given().length;
    let mut watch = judge::Watch::new(&engine.given().clone(), &mut engine.recorder);
    let now = || Time::ZERO + Span::from(epoch.elapsed());
    let mut told = Instant::now();
    loop {
        let at = now().min(length);
        engine.catch_up(at);
        settle_bounced(engine);
        if at >= length {
            return None;
        }
        if let Some(tripped) = look(&mut watch, engine, at) {
            return Some(Ending::Guardrail(tripped.words));
        }
        if told.elapsed() >= TICK {
            told = Instant::now();
            if let Some(words) = look_around(engine, at) {
                return Some(Ending::Guardrail(words));
            }
        }
        take_in(engine, inputs);
        if let Some(ending) = inputs.ending().take() {
            return Some(ending);
        }
        if engine.wire.has_news() {
            hear(engine, now().min(length));
            continue;
        }
        let due = engine.next_at().unwrap_or(length).min(length);
        let wait = due.since(now()).to_std().min(TICK);
        inputs.poller.lie_down();
        if inputs.ending().is_some() {
            inputs.poller.get_up();
            continue;
        }
        match inputs.receiver.try_recv() {
            Ok(input) => {
                inputs.poller.get_up();
                hand_over(engine, input);
            }
            Err(_) => listen(engine, &mut inputs.poller, Instant::now() + wait),
        }
        hear(engine, now().min(length));
    }
}

/// Looks at every window that is over.
fn look(watch: &mut Option<judge::Watch>, engine: &mut Engine<LiveWire>, at: Time) -> Option<Tripped> {
    let watch = watch.as_mut()?;
    while watch.due().is_some_and(|due| due <= at) {
        if let Some(tripped) = watch.look(&mut engine.recorder) {
            return Some(tripped);
        }
    }
    None
}

/// Sleeps until then, until a socket is ready or until the bell rings, and lets the sockets do what they can.
fn listen(engine: &mut Engine<LiveWire>, poller: &mut Poller, until: Instant) {
    if poller.wait(until).is_err() {
        // It cannot fail for anything that the run did; without it only time passes.
        poller.get_up();
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        return;
    }
    let mut position = 0;
    while let Some(ready) = poller.ready(position) {
        engine.wire.hear(ready);
        position += 1;
    }
    engine.wire.look_after(Instant::now());
}

/// Tells the engine what the sockets brought.
fn hear(engine: &mut Engine<LiveWire>, at: Time) {
    engine.catch_up(at);
    let (answered, requested) = engine.wire.take_news();
    for Answered { call, attempt, outcome, took } in answered {
        land(engine, call, attempt, outcome, Span::from(took));
    }
    for Requested { service, from, traits, token } in requested {
        engine.requested(Arrived { service, from, traits, token });
    }
}

fn take_in(engine: &mut Engine<LiveWire>, inputs: &Inputs) {
    for _ in 0..BATCH {
        let Ok(input) = inputs.receiver.try_recv() else { return };
        hand_over(engine, input);
    }
}

fn hand_over(engine: &mut Engine<LiveWire>, input: Input) {
    match input {
        Input::Answered { call, attempt, outcome, took } => land(engine, call, attempt, outcome, took),
        news => note(engine, news),
    }
}

fn land(engine: &mut Engine<LiveWire>, call: Handle, attempt: u16, outcome: Outcome, took: Span) {
    let (outcome, refused_by) = engine.wire.landed(call, attempt, outcome);
    if let Some(fault) = refused_by {
        engine.touched(fault, "requests refused", 1);
    }
    engine.answered(call, attempt, outcome, took);
}

fn note(engine: &mut Engine<LiveWire>, news: Input) {
    let now = engine.now();
    match news {
        Input::Touched { fault, what, count } => engine.touched(fault, what, count),
        Input::Used { service, bytes } => engine.read_used(service, bytes),
        Input::Note(text) => engine.recorder.event(now, text),
        Input::Warn(text) => engine.recorder.warn(text),
        Input::Answered { .. } | Input::End(_) => {}
    }
}

/// After the end: what was still on its way from the faults is written down, everything else comes to nothing.
pub fn drain(engine: &mut Engine<LiveWire>, inputs: &Inputs) {
    for _ in 0..2 * INBOX_MAX {
        let Ok(input) = inputs.receiver.try_recv() else { return };
        note(engine, input);
    }
}

fn settle_bounced(engine: &mut Engine<LiveWire>) {
    for (call, attempt) in engine.wire.take_bounced() {
        engine.not_sent(call, attempt);
    }
}
