//! Watches over the guardian: when somebody kills it alone, another is started at once; if that cannot be, the run is
//! told, since nothing may stay broken unguarded. Undoes nothing itself.

use super::Guardian;
use crate::live::Trouble;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How soon a guardian that is gone is missed.
const LOOK: Duration = Duration::from_millis(20);

/// What became of the guardian.
#[derive(Debug)]
pub enum News {
    /// It was gone, and another watches in its place.
    Replaced { pid: u32 },
    /// It was gone, and no other could be started.
    Unguarded(Trouble),
}

/// Dropping it lets the guardian go; do that after the ledger was undone.
#[derive(Debug)]
pub struct Watcher {
    leave: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// `again` starts another guardian for the same ledger.
    pub fn start(
        first: Guardian,
        again: impl Fn() -> Result<Guardian, Trouble> + Send + 'static,
        tell: impl Fn(News) + Send + 'static,
    ) -> io::Result<Watcher> {
        let (leave, left) = channel::<()>();
        let mut guardian = first;
        let thread = Builder::new().name("guardian".into()).spawn(move || {
            while left.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if guardian.is_running() {
                    continue;
                }
                match again() {
                    Ok(next) => {
                        tell(News::Replaced { pid: next.pid() });
                        guardian = next;
                    }
                    Err(trouble) => return tell(News::Unguarded(trouble)),
                }
            }
        })?;
        Ok(Watcher { leave: Some(leave), thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.leave.take());
        if let Some(thread) = self.thread.take() {
            // Its guardian is let go with it; a panic in there has nothing more to tell.
            let _ = thread.join();
        }
    }
}
