//! Starting a process without a gap in the ledger: between fork and exec the child itself writes down its pid and
//! start time, so that there is no moment at which a server runs and the ledger does not know it.
//!
//! Should the runner die meanwhile, the child sees another parent and ends; and since the child holds the guardian's
//! pipe until it becomes the server, the guardian cannot read the ledger before the child's line is in it.

use super::file::{self, Line};
use super::{Entry, EntryId, Identity, Ledger, RUN_VARIABLE, entries};
use crate::live::Trouble;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// Names are for people; a bound on them keeps the child's line within its buffer.
const NAME_CHARS_MAX: usize = 60;
const LINE_BYTES_MAX: usize = 1024;
/// Stand-ins for the two numbers that only the child knows, found again in the line's text.
const UNKNOWN: Identity = Identity { pid: i32::MAX, start_time: u64::MAX };

/// A start that did not come about: the ledger's trouble or the operating system's answer.
#[derive(Debug)]
pub enum SpawnError {
    Ledger(Trouble),
    Os(io::Error),
}

impl Ledger {
    /// Starts `command` in a process group of its own, with its entry in the ledger before it runs.
    pub fn spawn(&self, command: &mut Command, name: &str) -> Result<(Child, EntryId), SpawnError> {
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        // Held throughout, so that an undo that begins meanwhile waits for this entry.
        let mut state = self.state();
        let id = state.next_id().map_err(SpawnError::Ledger)?;
        let parts = line_parts(id, &name).map_err(SpawnError::Os)?;
        let (fd, runner) = (self.inner.file.as_raw_fd(), std::process::id());
        command.env(RUN_VARIABLE, self.run_id()).process_group(0);
        // SAFETY: the closure runs between fork and exec; it allocates nothing, takes no lock and calls only
        // async-signal-safe functions. The ledger's file outlives it, since `self` is borrowed until spawn returns.
        unsafe { command.pre_exec(move || write_own_line(fd, runner as libc::pid_t, &parts)) };
        match command.spawn().and_then(identified) {
            Ok((child, who)) => {
                state.open.insert(id, entries::Process { name, who }.into());
                Ok((child, id))
            }
            Err(error) => {
                // The child wrote its line and then failed to become the program.
                let _ = file::append(&self.inner.file, &Line::Undone { id });
                Err(SpawnError::Os(error))
            }
        }
    }
}

fn identified(mut child: Child) -> io::Result<(Child, Identity)> {
    if let Some(who) = Identity::of(child.id() as i32) {
        return Ok((child, who));
    }
    // Without /proc it could not be undone later, so it does not stay.
    child.kill().and_then(|()| child.wait())?;
    Err(io::Error::other("/proc cannot be read"))
}

/// The ledger line in three parts, around the pid and the start time.
fn line_parts(id: EntryId, name: &str) -> io::Result<[Vec<u8>; 3]> {
    let entry = Entry::from(entries::Process { name: name.to_owned(), who: UNKNOWN });
    let text = format!("\n{}", serde_json::to_string(&Line::Change { id, entry, latest: None })?);
    let split = || {
        let (before, rest) = text.rsplit_once(&UNKNOWN.pid.to_string())?;
        let (between, after) = rest.split_once(&UNKNOWN.start_time.to_string())?;
        Some([before, between, after].map(|part| part.as_bytes().to_vec()))
    };
    split().ok_or_else(|| io::Error::other("the ledger line has no place for the pid"))
}

fn write_own_line(ledger: RawFd, runner: libc::pid_t, [before, between, after]: &[Vec<u8>; 3]) -> io::Result<()> {
    let mut stat = Text::new();
    stat.read_from(c"/proc/self/stat")?;
    let start_time = start_time_field(stat.bytes()).ok_or(io::ErrorKind::InvalidData)?;
    let mut line = Text::new();
    line.push(before)?;
    // SAFETY: takes no arguments and cannot fail.
    line.push_number(unsafe { libc::getpid() } as u64)?;
    line.push(between)?;
    line.push(start_time)?;
    line.push(after)?;
    line.append_to(ledger)?;
    // SAFETY: getppid cannot fail; _exit ends the child at once, which is meant: its runner is dead.
    unsafe {
        if libc::getppid() != runner {
            libc::_exit(127);
        }
    }
    Ok(())
}

/// Field 22, counted from the last closing bracket of the command name.
fn start_time_field(stat: &[u8]) -> Option<&[u8]> {
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(close + 2..)?.split(|byte| *byte == b' ').nth(19)
}

/// Text on the stack: nothing may be allocated between fork and exec.
struct Text {
    buffer: [u8; LINE_BYTES_MAX],
    len: usize,
}

impl Text {
    fn new() -> Text {
        Text { buffer: [0; LINE_BYTES_MAX], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = self.buffer.get_mut(self.len..self.len + bytes.len()).ok_or(io::ErrorKind::InvalidData)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    fn push_number(&mut self, mut number: u64) -> io::Result<()> {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.push(&digits[at..]);
            }
        }
    }

    fn read_from(&mut self, path: &std::ffi::CStr) -> io::Result<()> {
        // SAFETY: plain system calls on a path that is zero-terminated and a buffer of the stated length.
        unsafe {
            let fd = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            let count = libc::read(fd, self.buffer.as_mut_ptr().cast(), self.buffer.len());
            libc::close(fd);
            self.len = usize::try_from(count).map_err(|_| io::ErrorKind::InvalidData)?;
        }
        Ok(())
    }

    /// One write and one sync: the file is open for appending, so the line lands whole behind the others.
    fn append_to(&self, fd: RawFd) -> io::Result<()> {
        // SAFETY: plain system calls on an open file and a buffer of the stated length.
        let written = unsafe { libc::write(fd, self.buffer.as_ptr().cast(), self.len) };
        if usize::try_from(written) != Ok(self.len) {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        match unsafe { libc::fdatasync(fd) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::undo::ledger::GRACE;
    use crate::live::undo::testkit::Bench;
    use std::time::Duration;

    #[test]
    fn the_line_that_the_child_writes_is_the_entry_that_the_runner_holds() {
        let bench = Bench::new();
        let ledger = bench.ledger();
        let (mut child, id) = ledger.spawn(Command::new("sleep").arg("100"), "a \"quoted\" 2147483647 name").unwrap();
        let on_disk = file::read(ledger.path()).unwrap();
        assert_eq!(on_disk.open.get(&id), Some(&ledger.open_entries()[0]));
        let report = ledger.undo(id, Duration::from_secs(2)).unwrap();
        assert!(report.done, "{report}");
        assert!(child.wait().unwrap().code().is_none(), "ended by a signal");
        assert!(file::read(ledger.path()).unwrap().open.is_empty());
    }

    #[test]
    fn a_program_that_is_not_there_leaves_nothing_open() {
        let bench = Bench::new();
        let ledger = bench.ledger();
        let error = ledger.spawn(&mut Command::new("/no/such/program"), "ghost").unwrap_err();
        assert!(matches!(error, SpawnError::Os(e) if e.kind() == io::ErrorKind::NotFound));
        assert!(file::read(ledger.path()).unwrap().open.is_empty() && ledger.open_entries().is_empty());
    }

    #[test]
    fn nothing_is_started_once_the_undo_has_begun() {
        let bench = Bench::new();
        let ledger = bench.ledger();
        ledger.undo_all(GRACE);
        let error = ledger.spawn(Command::new("sleep").arg("100"), "late").unwrap_err();
        assert!(matches!(error, SpawnError::Ledger(Trouble::LedgerClosed)));
    }
}
