//! The promise of the live world, held against the real program: whatever ends a run, and at whatever moment, nothing is left behind.

#![expect(clippy::disallowed_methods, reason = "these tests watch real processes in real time")]

mod everything;
mod foreign;
mod guardian;
mod left;
mod moments;
mod panics;
mod stops;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// For what must come at all, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// A place of its own for one run: its state folder and its temporary folder, which must both be empty afterwards.
struct Home {
    folder: tempfile::TempDir,
}

/// A run that is going on. Dropping it ends it.
struct Run {
    child: Child,
    state: PathBuf,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["state", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Home { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).expect("the file can be written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        command.env("FIREDRILL_STATE_DIR", self.state()).env("TMPDIR", self.path().join("tmp"));
        command
    }

    fn start(&self, args: &[&str]) -> Run {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Run { child: command.spawn().expect("the program starts"), state: self.state() }
    }

    fn output(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.command(args).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

impl Run {
    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("pids are small")
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("it is still running");
    }

    /// Waits until the run has written down a change of this sort.
    fn has_changed(&self, kind: &str) {
        let wanted = format!("\"{kind}\":");
        let there = || left::ledgers(&self.state).iter().any(|(_, text)| text.contains(&wanted));
        assert!(soon(PATIENCE, there), "no {kind} came to be");
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it comes true within this time.
fn soon(within: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() > within {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
