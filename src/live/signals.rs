//! Ctrl-C, SIGTERM and SIGHUP, the stop key and the stop file as a request for an orderly stop. A second signal never cuts the undo short: it only
//! brings a word about what is going on. Ends no process and prints nothing itself.

use super::Trouble;
use std::io;
use std::thread;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Shown at the second Ctrl-C.
pub const PATIENCE: &str =
    "still undoing what the run changed; this takes a few seconds at the most and must not be cut short";

/// What asked for the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupt,
    Terminate,
    Hangup,
    /// A guardrail: somebody at the terminal.
    Key,
    /// A guardrail: a file that came to be.
    File,
}

impl Stop {
    pub fn is_guardrail(self) -> bool {
        matches!(self, Stop::Key | Stop::File)
    }

    /// As shells have it: 128 plus the number of the signal; for a guardrail 13.
    pub fn exit_code(self) -> i32 {
        match self {
            Stop::Key | Stop::File => 13,
            Stop::Interrupt => 130,
            Stop::Terminate => 143,
            Stop::Hangup => 129,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Stop::Interrupt => "Ctrl-C",
            Stop::Terminate => "SIGTERM",
            Stop::Hangup => "SIGHUP",
            Stop::Key => "the stop key",
            Stop::File => "the stop file",
        }
    }
}

/// A handle to wait on; clones see the same request.
#[derive(Clone, Debug)]
pub struct Shutdown {
    asked: watch::Receiver<Option<Stop>>,
    tell: watch::Sender<Option<Stop>>,
}

impl Shutdown {
    /// Takes over the three signals for the rest of the process's life. `notice` is called with [`PATIENCE`] at every
    /// signal after the first.
    pub fn install(notice: impl Fn(&str) + Send + 'static) -> Result<Shutdown, Trouble> {
        let (tell, asked) = watch::channel(None);
        let shutdown = Shutdown { asked, tell: tell.clone() };
        // A thread and runtime of their own, so that a signal is heard while every other worker is busy undoing.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(Trouble::Signals)?;
        let heard = {
            let _inside = runtime.enter();
            Heard::listen().map_err(Trouble::Signals)?
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || runtime.block_on(heard.pass_on(tell, notice)))
            .map_err(Trouble::Signals)?;
        Ok(shutdown)
    }

    /// Asks for the stop from within, unless one was asked for already.
    pub fn request(&self, stop: Stop) {
        ask(&self.tell, stop);
    }

    /// Without any signal: the stop is asked for through the sender, by a button or a guardrail.
    pub fn on_request() -> (watch::Sender<Option<Stop>>, Shutdown) {
        let (tell, asked) = watch::channel(None);
        (tell.clone(), Shutdown { asked, tell })
    }

    /// Returns when a stop is asked for, at once if it was already.
    pub async fn requested(&mut self) -> Stop {
        match self.asked.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(stop)) => stop,
            // The listening thread never ends before the process does, so there is nothing to hear any more.
            _ => std::future::pending().await,
        }
    }

    /// The first signal that came, if any.
    pub fn reason(&self) -> Option<Stop> {
        *self.asked.borrow()
    }
}

/// Whether it was the first.
fn ask(tell: &watch::Sender<Option<Stop>>, stop: Stop) -> bool {
    tell.send_if_modified(|asked| asked.is_none().then(|| *asked = Some(stop)).is_some())
}

struct Heard {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Heard {
    fn listen() -> io::Result<Heard> {
        Ok(Heard {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn pass_on(mut self, tell: watch::Sender<Option<Stop>>, notice: impl Fn(&str)) {
        loop {
            let stop = self.next().await;
            if !ask(&tell, stop) {
                notice(PATIENCE);
            }
        }
    }

    async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Terminate,
            _ = self.hangup.recv() => Stop::Hangup,
        }
    }
}

#[cfg(test)]
#[path = "signals_tests.rs"]
mod tests;
