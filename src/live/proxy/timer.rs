//! Wakes tasks at exact moments. tokio's own timer rounds every sleep up to a whole millisecond, which is more than the error that a
//! delay fault may have, and spinning through the last millisecond would take CPU from what is being measured. So one plain thread
//! for the whole process waits on a condition variable (tens of microseconds late at most on an idle machine) and wakes the tasks.
//! It never runs anything itself. Whoever waits has one alarm, which is moved and not added to, so that however often the rules change
//! the queue is no longer than there are waiting tasks.

use super::lock;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// When a task is to be woken, if it is. Dropping it takes that back.
#[derive(Debug, Default)]
pub struct Alarm {
    key: Option<Key>,
}

/// Ordered by time; the number tells alarms of the same moment apart.
type Key = (Instant, u64);

impl Alarm {
    /// Wakes the task at this moment, or earlier: an alarm that rings before that is left where it is.
    pub fn set(&mut self, at: Instant, waker: &Waker) {
        if self.key.is_some_and(|(rings, _)| rings <= at && rings > Instant::now()) {
            return;
        }
        let key = (at, NUMBERS.fetch_add(1, Ordering::Relaxed));
        let mut queue = lock(&QUEUE);
        if let Some(old) = self.key.replace(key) {
            queue.remove(&old);
        }
        let first = queue.first_key_value().is_none_or(|(first, _)| key < *first);
        queue.insert(key, waker.clone());
        drop(queue);
        if first {
            EARLIER.notify_one();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            lock(&QUEUE).remove(&key);
        }
    }
}

/// How many alarms are set, in the whole process.
#[cfg(test)]
pub fn waiting() -> usize {
    lock(&QUEUE).len()
}

static RUNNING: Mutex<bool> = Mutex::new(false);
static QUEUE: Mutex<BTreeMap<Key, Waker>> = Mutex::new(BTreeMap::new());
static EARLIER: Condvar = Condvar::new();
static NUMBERS: AtomicU64 = AtomicU64::new(0);

fn run() {
    let mut queue = lock(&QUEUE);
    loop {
        let Some(at) = queue.first_key_value().map(|((at, _), _)| *at) else {
            queue = EARLIER.wait(queue).unwrap_or_else(|poison| poison.into_inner());
            continue;
        };
        let wait = at.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            queue = EARLIER.wait_timeout(queue, wait).unwrap_or_else(|poison| poison.into_inner()).0;
            continue;
        }
        // Woken outside the lock, so that a woken task can set its next alarm at once.
        if let Some((_, waker)) = queue.pop_first() {
            drop(queue);
            waker.wake();
            queue = lock(&QUEUE);
        }
    }
}
