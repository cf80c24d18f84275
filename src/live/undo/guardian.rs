//! The guardian: a small child in a session of its own that undoes everything when its runner dies, kill -9 included.
//! It waits on a pipe whose other end only the runner holds, so it needs no clock and no polling. It never acts while
//! the runner lives, and finds nothing to do when the runner has undone everything itself.

use super::clean::{self, Outcome};
use super::{Ledger, revert};
use crate::live::Trouble;
use nix::sys::signal::{SigHandler, Signal, signal};
use std::io::{self, BufRead, BufReader, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

/// Short, since everything is to be undone within one second of the runner's death.
const GRACE: Duration = Duration::from_millis(300);
const READY_WITHIN: Duration = Duration::from_secs(5);
const LEAVE_WITHIN: Duration = Duration::from_secs(3);
const READY: &str = "firedrill guardian ready";

/// The runner's side. Dropping it lets the guardian go; do that after the ledger was undone.
#[derive(Debug)]
pub struct Guardian {
    child: Child,
    lifeline: Option<PipeWriter>,
}

impl Guardian {
    /// Starts this program again as the guardian; `FIREDRILL_EXE` names another program file for it.
    pub fn start(ledger: &Ledger) -> Result<Guardian, Trouble> {
        let exe = match env::var_os("FIREDRILL_EXE").filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path),
            None => env::current_exe()
                .map_err(|error| Trouble::Guardian { exe: "firedrill".into(), why: error.to_string() })?,
        };
        Guardian::start_as(&exe, ledger)
    }

    /// Returns once the guardian has said that it is watching.
    pub fn start_as(exe: &Path, ledger: &Ledger) -> Result<Guardian, Trouble> {
        let trouble = |why: String| Trouble::Guardian { exe: exe.to_owned(), why };
        let (pipe, lifeline) = io::pipe().map_err(|error| trouble(error.to_string()))?;
        let mut child = command(exe, ledger.path(), pipe).spawn().map_err(|error| trouble(error.to_string()))?;
        let said = child.stdout.take();
        let guardian = Guardian { child, lifeline: Some(lifeline) };
        match said.is_some_and(says_ready) {
            true => Ok(guardian),
            false => Err(trouble("it did not say that it is ready".into())),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Somebody may have killed the guardian alone: the runner should then start another.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        revert::wait_until(Instant::now() + LEAVE_WITHIN, || !self.is_running());
    }
}

fn command(exe: &Path, ledger: &Path, pipe: io::PipeReader) -> Command {
    let mut command = Command::new(exe);
    command.args(["guardian", "--ledger"]).arg(ledger).current_dir("/");
    command.stdin(pipe).stdout(Stdio::piped()).stderr(Stdio::null());
    // SAFETY: setsid and sigaction are async-signal-safe, and nothing is allocated.
    unsafe { command.pre_exec(|| Ok(nix::unistd::setsid().map(drop).and_then(|()| ignore_signals())?)) };
    command
}

/// Signals meant for the runner must not end the guardian; being ignored survives exec.
fn ignore_signals() -> nix::Result<()> {
    for one in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGPIPE] {
        // SAFETY: ignoring a signal installs no handler.
        unsafe { signal(one, SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// Reads on a thread of its own, so that a program that says nothing and stays costs a bounded wait.
fn says_ready(stdout: ChildStdout) -> bool {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout.take(64 << 10)).lines();
        let ready = lines.map_while(Result::ok).any(|line| line.contains(READY));
        // The starter may have given up waiting.
        let _ = tell.send(ready);
    });
    told.recv_timeout(READY_WITHIN).unwrap_or(false)
}

/// The guardian's whole life: say ready, wait for the end of `lifeline` (its standard input), undo, end.
/// The exit code is 0 when nothing is left behind.
pub fn guardian_main(ledger: &Path, mut lifeline: impl Read) -> i32 {
    // They are ignored already when a runner started us; a failure here changes nothing.
    let _ = ignore_signals();
    let mut stdout = io::stdout();
    if writeln!(stdout, "{READY}").and_then(|()| stdout.flush()).is_err() {
        return 1;
    }
    wait_for_end(&mut lifeline);
    match clean::replay_after_death(ledger, GRACE) {
        Outcome::Undone(reports) if reports.iter().all(|report| report.done) => 0,
        _ => 1,
    }
}

fn wait_for_end(lifeline: &mut impl Read) {
    let mut buffer = [0u8; 64];
    loop {
        match lifeline.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
#[path = "guardian_tests.rs"]
mod tests;
