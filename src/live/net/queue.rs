//! Packets handled by ourselves: the kernel hands each one over and waits for a verdict (NFQUEUE), which comes late, or says drop. The
//! rules that hand packets over let them pass when nobody answers, so that our death heals what we did.

use super::room::INSIDE;
use super::run;
use crate::base::Dice;
use crate::live::undo::revert::wait_until;
use crate::plan::Packets;
use nfq::{Message, Verdict};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many packets the kernel holds for us; the bandwidth of loopback times seconds of delay.
const HELD_MAX: u32 = 1 << 16;
/// The thread looks at what it was told this often while nothing is to be done.
const LOOK: Duration = Duration::from_millis(5);
/// And for packets this often while they are handed over: the crate has no way to wait for one for a bounded time.
const TURN: Duration = Duration::from_micros(200);
const SETTLED_WITHIN: Duration = Duration::from_secs(10);
const CHAINS: [(&str, &str); 2] = [("INPUT", "-i"), ("OUTPUT", "-o")];

#[derive(Debug, Default)]
struct Shared {
    packets: Mutex<Vec<Packets>>,
    handled: AtomicU64,
    /// Packets are handed over.
    settled: AtomicBool,
    leave: AtomicBool,
}

impl Shared {
    fn packets(&self) -> Vec<Packets> {
        self.packets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
pub struct Queue {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    /// Starts the thread that lives in the namespace behind `door`.
    pub fn start(door: File) -> Result<Queue, String> {
        let shared = Arc::new(Shared::default());
        let (tell, told) = std::sync::mpsc::channel();
        let of_thread = shared.clone();
        let thread = thread::Builder::new().name("packets".into()).spawn(move || {
            let opened = open(&door);
            let queue = opened.as_ref().is_ok();
            // The starter waits for this.
            let _ = tell.send(opened.as_ref().map(drop).map_err(String::clone));
            if let (true, Ok(queue)) = (queue, opened) {
                serve(queue, &of_thread);
            }
        });
        let thread = thread.map_err(|error| error.to_string())?;
        told.recv().unwrap_or_else(|_| Err("the thread for packets ended".to_owned()))?;
        Ok(Queue { shared, thread: Some(thread) })
    }

    /// Returns once it is so.
    pub fn set(&self, packets: Vec<Packets>) -> Result<(), String> {
        let wanted = !packets.is_empty();
        *self.shared.packets.lock().unwrap_or_else(PoisonError::into_inner) = packets;
        match wait_until(Instant::now() + SETTLED_WITHIN, || self.shared.settled.load(Relaxed) == wanted) {
            true => Ok(()),
            false => Err("the rules for NFQUEUE could not be changed in time".to_owned()),
        }
    }

    pub fn take_handled(&self) -> u64 {
        self.shared.handled.swap(0, Relaxed)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.leave.store(true, Relaxed);
        // A panic there leaves rules that let everything pass.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Moves this thread into the namespace and makes ready to be asked.
fn open(door: &File) -> Result<nfq::Queue, String> {
    // SAFETY: changes only which network this thread sees, with a file that is open.
    if unsafe { libc::setns(door.as_raw_fd(), libc::CLONE_NEWNET) } != 0 {
        return Err(format!("the namespace cannot be entered: {}", std::io::Error::last_os_error()));
    }
    let words = |error: std::io::Error| format!("no netlink queue: {error}");
    let mut queue = nfq::Queue::open().map_err(words)?;
    queue.bind(0).map_err(words)?;
    queue.set_queue_max_len(0, HELD_MAX).map_err(words)?;
    queue.set_fail_open(0, true).map_err(words)?;
    queue.set_nonblocking(true);
    Ok(queue)
}

/// Has all that comes and goes over the interface handed over (`-A`), or no longer (`-D`).
fn rules(act: &str) -> Result<(), String> {
    CHAINS.iter().try_for_each(|(chain, option)| {
        run("iptables", &["-w", act, chain, option, INSIDE, "-j", "NFQUEUE", "--queue-num", "0", "--queue-bypass"])
    })
}

/// Packets that wait, by when they are due; the number keeps those of one moment apart.
type Held = BTreeMap<(Instant, u64), Message>;

fn serve(mut queue: nfq::Queue, shared: &Shared) {
    let (mut dice, mut held, mut asked) = (Dice::named(0, "packets"), Held::new(), false);
    while !shared.leave.load(Relaxed) {
        let packets = shared.packets();
        if asked == packets.is_empty() {
            // Tried again at the next turn; whoever waits for it is told in the end.
            if rules(if asked { "-D" } else { "-A" }).is_ok() {
                asked = !asked;
                shared.settled.store(asked, Relaxed);
            }
        }
        take_in(&mut queue, &packets, &mut held, &mut dice, &shared.handled);
        let now = Instant::now();
        while let Some(first) = held.first_entry().filter(|first| first.key().0 <= now) {
            answer(&mut queue, first.remove(), Verdict::Accept);
        }
        thread::sleep(if asked || !held.is_empty() { TURN } else { LOOK });
    }
    for message in held.into_values() {
        answer(&mut queue, message, Verdict::Accept);
    }
}

fn take_in(queue: &mut nfq::Queue, packets: &[Packets], held: &mut Held, dice: &mut Dice, handled: &AtomicU64) {
    while let Ok(message) = queue.recv() {
        handled.fetch_add(u64::from(!packets.is_empty()), Relaxed);
        match fate(packets, dice) {
            Fate::Lost => answer(queue, message, Verdict::Drop),
            Fate::Late(by) if by.is_zero() => answer(queue, message, Verdict::Accept),
            Fate::Late(by) => drop(held.insert((Instant::now() + by, u64::from(message.get_packet_id())), message)),
        }
    }
}

enum Fate {
    Lost,
    Late(Duration),
}

fn fate(packets: &[Packets], dice: &mut Dice) -> Fate {
    if packets.iter().any(|one| one.loss > 0.0 && dice.chance(one.loss)) {
        return Fate::Lost;
    }
    let late = packets.iter().filter(|one| !(one.reorder > 0.0 && dice.chance(one.reorder)));
    let late: Vec<_> = late.filter_map(|one| one.delay.as_ref()).collect();
    Fate::Late(late.into_iter().map(|by| by.draw_span(dice).to_std()).sum())
}

/// A packet that is gone meanwhile (its connection was closed) takes no verdict.
fn answer(queue: &mut nfq::Queue, mut message: Message, verdict: Verdict) {
    message.set_verdict(verdict);
    let _ = queue.verdict(message);
}
