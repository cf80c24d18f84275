//! The guardian: a small child in a session of its own that undoes everything when its runner dies, kill -9 included.
//! It waits on a pipe whose other end only the runner holds. While the runner lives it undoes only what has lasted for
//! longer than it may, as when the runner is stuck; and it finds nothing to do when the runner has undone everything itself.

use super::clean::{self, Outcome};
use super::ledger::SHORT_GRACE;
use super::{Identity, Latest, file, revert};
use crate::live::Trouble;
use nix::sys::signal::{SigHandler, Signal, signal};
use std::io::{self, BufRead, BufReader, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How often the ledger is looked at for what is overdue.
const LOOK: Duration = Duration::from_millis(100);
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
    /// Starts this program again as the guardian of the ledger at this path, which need not be there yet: then there is no moment at
    /// which there is a ledger and nobody to replay it. `FIREDRILL_EXE` names another program file for it.
    pub fn start(ledger: &Path) -> Result<Guardian, Trouble> {
        let exe = program().map_err(|error| Trouble::Guardian { exe: "firedrill".into(), why: error.to_string() })?;
        Guardian::start_as(&exe, ledger)
    }

    /// Returns once the guardian has said that it is watching.
    pub fn start_as(exe: &Path, ledger: &Path) -> Result<Guardian, Trouble> {
        let trouble = |why: String| Trouble::Guardian { exe: exe.to_owned(), why };
        let (pipe, lifeline) = io::pipe().map_err(|error| trouble(error.to_string()))?;
        let mut child = command(exe, ledger, pipe).spawn().map_err(|error| trouble(error.to_string()))?;
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

/// This program, or the file that `FIREDRILL_EXE` names instead, for children that are firedrill as well.
pub fn program() -> io::Result<PathBuf> {
    match env::var_os("FIREDRILL_EXE").filter(|path| !path.is_empty()) {
        Some(path) => Ok(PathBuf::from(path)),
        None => env::current_exe(),
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
pub fn ignore_signals() -> nix::Result<()> {
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

/// So long the children of a dead runner have to write down what they are, or to end.
const LAST_WORDS: Duration = Duration::from_millis(150);

/// The guardian's whole life: say ready, wait for the end of `lifeline` (its standard input), undo, end.
/// The exit code is 0 when nothing is left behind.
pub fn guardian_main(ledger: &Path, lifeline: impl Read + Send + 'static) -> i32 {
    // They are ignored already when a runner started us; a failure here changes nothing.
    let _ = ignore_signals();
    let Ok(ended) = end_of(lifeline) else { return 1 };
    let mut stdout = io::stdout();
    // Whoever waits for this line may be dead already: all the more there is to do.
    let _ = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
    let mut overdue = Overdue { ledger, length: 0, next: None, runner: None, gone: None };
    while ended.recv_timeout(LOOK) == Err(mpsc::RecvTimeoutError::Timeout) {
        overdue.look();
        if overdue.runner_is_gone() {
            break;
        }
    }
    match clean::replay_after_death(ledger, SHORT_GRACE) {
        Outcome::Undone(reports) if reports.iter().all(|report| report.done) => 0,
        _ => 1,
    }
}

/// Hangs up when the runner is dead or has let us go.
fn end_of(mut lifeline: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<()>> {
    let (alive, ended) = mpsc::channel::<()>();
    thread::Builder::new().name("lifeline".into()).spawn(move || {
        wait_for_end(&mut lifeline);
        drop(alive);
    })?;
    Ok(ended)
}

/// What must be undone next, read again only when the ledger has grown.
struct Overdue<'a> {
    ledger: &'a Path,
    length: u64,
    next: Option<Latest>,
    runner: Option<Identity>,
    /// Since when.
    gone: Option<Instant>,
}

impl Overdue<'_> {
    fn look(&mut self) {
        // The runner takes the file away when everything is undone.
        let Ok(meta) = fs::metadata(self.ledger) else { return };
        if meta.len() != self.length {
            self.length = meta.len();
            let contents = file::read(self.ledger).unwrap_or_default();
            self.next = contents.latest.into_values().min();
            self.runner = contents.head.map(|head| head.runner).or(self.runner);
        }
        if self.next.is_some_and(Latest::has_come) {
            // What fails is tried again at the next look.
            let _ = clean::undo_overdue(self.ledger);
        }
    }
}

impl Overdue<'_> {
    /// It is dead, and its lifeline is held all the same: by one of its threads, or by a child that has not become its program yet, which
    /// waits for a disk that nobody serves any more. Undoing the mount ends that wait.
    fn runner_is_gone(&mut self) -> bool {
        match self.runner {
            Some(runner) if !runner.is_alive() => self.gone.get_or_insert_with(Instant::now).elapsed() >= LAST_WORDS,
            _ => false,
        }
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
