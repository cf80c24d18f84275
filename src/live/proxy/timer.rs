//! Wakes tasks at exact moments. tokio's own timer rounds every sleep up to a whole millisecond, which is more than the error that a
//! delay fault may have, and spinning through the last millisecond would take CPU from what is being measured. So one plain thread
//! for the whole process waits on a condition variable (tens of microseconds late at most on an idle machine) and wakes the tasks.
//! It never runs anything itself, and it never forgets an alarm: a task that no longer cares is woken once for nothing.

use super::lock;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Condvar, Mutex};
use std::task::Waker;
use std::time::Instant;

/// Starts the thread, once; later calls do nothing.
pub fn start() -> io::Result<()> {
    let mut running = lock(&RUNNING);
    if !*running {
        std::thread::Builder::new().name("fault-timer".into()).spawn(run)?;
        *running = true;
    }
    Ok(())
}

/// Wakes the task at this moment. A link sets an alarm only if it has none that is earlier, so the queue is about as long as there
/// are links with held bytes.
pub fn wake_at(at: Instant, waker: Waker) {
    let mut queue = lock(&QUEUE);
    let first = queue.peek().is_none_or(|alarm| at < alarm.at);
    queue.push(Alarm { at, waker });
    drop(queue);
    if first {
        EARLIER.notify_one();
    }
}

static RUNNING: Mutex<bool> = Mutex::new(false);
static QUEUE: Mutex<BinaryHeap<Alarm>> = Mutex::new(BinaryHeap::new());
static EARLIER: Condvar = Condvar::new();

struct Alarm {
    at: Instant,
    waker: Waker,
}

fn run() {
    let mut queue = lock(&QUEUE);
    loop {
        let now = Instant::now();
        let Some(first) = queue.peek() else {
            queue = EARLIER.wait(queue).unwrap_or_else(|poison| poison.into_inner());
            continue;
        };
        if first.at > now {
            let wait = first.at - now;
            queue = EARLIER.wait_timeout(queue, wait).unwrap_or_else(|poison| poison.into_inner()).0;
            continue;
        }
        // Woken outside the lock, so that a woken task can set its next alarm at once.
        if let Some(alarm) = queue.pop() {
            drop(queue);
            alarm.waker.wake();
            queue = lock(&QUEUE);
        }
    }
}

/// The earliest alarm is the greatest, because `BinaryHeap` pops the greatest.
impl Ord for Alarm {
    fn cmp(&self, other: &Alarm) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Alarm) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Alarm) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}
