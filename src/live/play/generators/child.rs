//! The life of a generator: read the order, say ready, play its share of the users from the given moment on, hand in what was recorded, leave. It holds
//! no stand-in, no proxy and no process, and when its runner is gone it leaves at once.

use super::super::drive::{self, Ending, Inbox, Input};
use super::super::ending::{self, Played};
use super::super::radius::Counts;
use super::super::stage;
use super::super::wire::{Line, LiveWire, Place};
use super::super::{CARRIERS, LAST_WORDS, keep_time};
use super::monotonic;
use super::order::{Order, Said, Word, Written};
use crate::base::{ServiceId, Time};
use crate::engine::Engine;
use crate::live::drivers::{self, Acked, Peer};
use crate::live::http1::Servers;
use crate::plan::Plan;
use crate::record::Recording;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// The exit code of a generator whose runner is gone.
const ORPHANED: i32 = 1;

/// The whole program. It speaks with its runner by standard input and output.
pub fn generator_main() -> i32 {
    // Signals from the terminal are for the runner; a failure here changes nothing.
    let _ = crate::live::undo::ignore_signals();
    let mut lines = io::stdin().lock().lines();
    let order = lines.next().and_then(Result::ok).and_then(|line| serde_json::from_str::<Order>(&line).ok());
    let Some(order) = order else { return ORPHANED };
    drop(lines);
    let said = match play(order) {
        Ok((recording, books)) => Said::Played(Box::new(recording), books),
        Err(why) => Said::Unable(why),
    };
    i32::from(!say(&said))
}

fn play(order: Order) -> Result<(Recording, Written), String> {
    let words = |error: io::Error| error.to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(CARRIERS).enable_all().build();
    let runtime = runtime.map_err(words)?;
    let (inbox, mut inputs) = drive::inbox().map_err(words)?;
    let plan = Arc::new(order.plan);
    let acked = |(service, run): (&ServiceId, &u32)| (*service, Arc::new(Acked::of_run(*run, order.share)));
    let books: BTreeMap<ServiceId, Arc<Acked>> = order.runs.iter().map(acked).collect();
    let open = |called: Option<super::Called>| match called {
        Some(super::Called { protocol, peer }) => {
            let acked = books.get(&plan.edge(peer.edge).to).cloned().unwrap_or_default();
            Ok(Line::new(drivers::Edge::open(protocol, Peer { acked, ..peer })?, None))
        }
        None => Ok(Line::new(drivers::Edge::nobody(), None)),
    };
    let wire = {
        let _inside = runtime.enter();
        let lines = order.calls.into_iter().map(open).collect::<Result<Vec<_>, String>>()?;
        let servers = Servers::new(inputs.watch(), plan.clone());
        let room = stage::flights_max(stage::Callers::Only);
        LiveWire::new(plan.clone(), (lines, servers, inputs.watch()), Place::Elsewhere, inbox.clone(), room)
    };
    let mut engine = Engine::of_share(plan.clone(), wire, order.share);
    let begin = listen(inbox)?;
    keep_time();
    if !say(&Said::Ready) {
        std::process::exit(ORPHANED);
    }
    let epoch = begin.recv().map(instant).map_err(|_| "it was not told when to begin".to_owned())?;
    thread::sleep(epoch.saturating_duration_since(Instant::now()));
    engine.wire.begin(epoch);
    let ending = drive::drive(&mut engine, &mut inputs, epoch, &mut tell_what_is_seen(&plan));
    let wall_s = epoch.elapsed().as_secs_f64();
    engine.wire.hang_up();
    drive::drain(&mut engine, &inputs);
    runtime.shutdown_timeout(LAST_WORDS);
    let played = Played { wall_s, lost: inputs.lost(), ending, ..Played::default() };
    let books = books.into_iter().map(|(service, acked)| (service, acked.hand_in())).collect();
    Ok((ending::record(engine, played), books))
}

/// A limit on requests counts those of all processes, so the runner is told of ours.
fn tell_what_is_seen(plan: &Plan) -> impl FnMut(&Engine<LiveWire>, Time) -> Option<String> {
    let (is_limited, mut told) = (plan.limits.requests.is_some(), Time::ZERO);
    move |engine, at| {
        if let Some(counts) = Counts::of(&engine.recorder, at, told).filter(|_| is_limited) {
            told = counts.until();
            say(&Said::Seen(counts));
        }
        None
    }
}

/// Hears on a thread of its own when to begin and when to stop, and ends the program when there is nobody to hear.
fn listen(inbox: Inbox) -> Result<Receiver<Duration>, String> {
    let (tell, told) = sync_channel(1);
    let listener = thread::Builder::new().name("runner".into());
    listener.spawn(move || obey(&tell, &inbox)).map_err(|error| error.to_string())?;
    Ok(told)
}

fn obey(tell: &SyncSender<Duration>, inbox: &Inbox) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Word::Begin(at)) => {
                let _ = tell.try_send(at);
            }
            Ok(Word::Stop) => inbox.tell(Input::End(Ending::Trouble("its runner stopped".into()))),
            Err(_) => break,
        }
    }
    std::process::exit(ORPHANED);
}

/// A moment of the kernel's monotonic clock as this program has it.
fn instant(at: Duration) -> Instant {
    let (now, here) = (monotonic(), Instant::now());
    match at.checked_sub(now) {
        Some(ahead) => here + ahead,
        None => here - (now - at),
    }
}

fn say(said: &Said) -> bool {
    let Ok(mut line) = serde_json::to_vec(said) else { return false };
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).is_ok()
}
