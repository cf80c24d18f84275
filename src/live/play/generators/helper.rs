//! The runner's side of one other generator: starts it, listens to it on a thread of its own, and takes its recording in. What it says or fails to say
//! never keeps the runner waiting for longer than it was given.

use super::super::drive::{Ending, Inbox, Input};
use super::super::radius::Counts;
use super::order::{Order, Said, Word, Written};
use crate::live::undo::{EntryId, SpawnError, program};
use crate::live::{Ledger, Trouble};
use crate::record::Recording;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The first argument that asks for a generator.
pub const WORD: &str = "generator";
const READY_WITHIN: Duration = Duration::from_secs(10);
/// Once it has handed in its recording.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// Longest line that is read of a generator.
const LINE_BYTES_MAX: u64 = 1 << 30;

pub struct Helper {
    pub turn: u32,
    child: Child,
    /// Dropped: it leaves.
    lifeline: Option<ChildStdin>,
    said: Receiver<Said>,
    entry: Option<(Ledger, EntryId)>,
    seen: Arc<Mutex<Counts>>,
}

impl Helper {
    pub fn start(order: &Order, exe: Option<&Path>, ledger: Option<&Ledger>, inbox: &Inbox) -> Result<Helper, Trouble> {
        let turn = order.share.turn;
        let trouble = |why: String| Trouble::Generator { turn, why };
        let exe = exe.map_or_else(program, |exe| Ok(exe.to_owned())).map_err(|error| trouble(error.to_string()))?;
        let mut command = Command::new(exe);
        command.arg(WORD).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let (mut child, entry) = match ledger {
            None => (command.spawn().map_err(|error| trouble(error.to_string()))?, None),
            Some(ledger) => match ledger.spawn(&mut command, &format!("load generator {turn}")) {
                Ok((child, id)) => (child, Some((ledger.clone(), id))),
                Err(SpawnError::Ledger(trouble)) => return Err(trouble),
                Err(SpawnError::Os(error)) => return Err(trouble(error.to_string())),
            },
        };
        let (lifeline, said) = (child.stdin.take(), child.stdout.take());
        let (tell, told) = channel();
        let seen = Arc::default();
        let mut helper = Helper { turn, child, lifeline, said: told, entry, seen };
        let (name, inbox, seen) = (helper.name(), inbox.clone(), helper.seen.clone());
        let listener = thread::Builder::new().name("generator".into());
        let listening = listener.spawn(move || listen(said, (&tell, &seen), &name, &inbox));
        listening.map_err(|source| Trouble::Machine { what: "start a thread", source })?;
        helper.tell(order).then_some(helper).ok_or_else(|| trouble("it did not take its order".into()))
    }

    pub fn name(&self) -> String {
        format!("load generator {} (pid {})", self.turn, self.child.id())
    }

    pub fn wait_until_ready(&mut self) -> Result<(), Trouble> {
        let why = match self.said.recv_timeout(READY_WITHIN) {
            Ok(Said::Ready) => return Ok(()),
            Ok(Said::Unable(why)) => why,
            Ok(_) | Err(_) => "it did not say that it is ready".to_owned(),
        };
        Err(Trouble::Generator { turn: self.turn, why })
    }

    pub fn begin(&mut self, at: Duration) {
        // If it has died, its listener has said so.
        self.tell(&Word::Begin(at));
    }

    pub fn stop(&mut self) {
        self.tell(&Word::Stop);
    }

    pub fn seen(&self) -> Counts {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its recording and what it wrote, or why there is none.
    pub fn hand_in(self, until: Instant) -> Result<(Recording, Written), &'static str> {
        match self.said.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Said::Played(recording, books)) => Ok((*recording, books)),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Err("said nothing at the end"),
            Ok(_) | Err(_) => Err("died"),
        }
    }

    fn tell(&mut self, what: &impl serde::Serialize) -> bool {
        let Some(lifeline) = &mut self.lifeline else { return false };
        let told = serde_json::to_vec(what).map(|mut line| {
            line.push(b'\n');
            lifeline.write_all(&line).and_then(|()| lifeline.flush())
        });
        matches!(told, Ok(Ok(())))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let until = Instant::now() + LEAVE_WITHIN;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            thread::sleep(Duration::from_millis(2));
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        if let Some((ledger, id)) = self.entry.take() {
            ledger.strike(id);
        }
    }
}

/// Passes on what it says; when it ends without a recording, so does the run.
fn listen(stdout: Option<ChildStdout>, (tell, seen): (&Sender<Said>, &Mutex<Counts>), name: &str, inbox: &Inbox) {
    let Some(stdout) = stdout else { return };
    let mut lines = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let Some(said) = read.ok().and_then(|_| serde_json::from_slice::<Said>(&line).ok()) else { break };
        if let Said::Seen(counts) = said {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = counts;
            continue;
        }
        let is_last = matches!(said, Said::Played(..) | Said::Unable(_));
        if tell.send(said).is_err() || is_last {
            return;
        }
    }
    inbox.tell(Input::End(Ending::Trouble(format!("{name} died"))));
}
