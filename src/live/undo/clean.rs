//! `firedrill clean`: undoes what runs that were killed left behind. A run that is still alive is left alone.

use super::file::{self, Contents, Head, Line};
use super::revert::{self, Setting};
use super::{Entry, Identity, UndoReport, identity, ledger, state_dir};
use crate::live::Trouble;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What became of one ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    pub ledger: PathBuf,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Undone(Vec<UndoReport>),
    /// Only asked for, not done.
    WouldUndo(Vec<Entry>),
    /// The run that wrote it is still alive.
    RunnerAlive {
        pid: i32,
    },
    /// Written in another container, where pids and mounts mean something else.
    Elsewhere,
    /// A guardian or another `clean` is at work on it.
    BeingUndone,
    /// Cannot be read, or is not ours.
    Refused(String),
}

/// Undoes every ledger in the state folder whose runner is dead; with `dry_run` only says what it would undo.
/// Where there is no state folder yet, there is nothing to clean, and none is made.
pub fn clean(dry_run: bool) -> Result<Vec<Cleaned>, Trouble> {
    match state_dir::existing()? {
        Some(folder) => clean_in(&folder, dry_run),
        None => Ok(Vec::new()),
    }
}

pub fn clean_in(folder: &Path, dry_run: bool) -> Result<Vec<Cleaned>, Trouble> {
    let trouble = |error: io::Error| Trouble::StateFolder { path: folder.to_owned(), why: error.to_string() };
    let mut ledgers = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if runner_in_name(&path).is_some() {
            ledgers.push(path);
        }
    }
    ledgers.sort();
    Ok(ledgers.into_iter().map(|ledger| Cleaned { outcome: clean_one(&ledger, dry_run), ledger }).collect())
}

fn clean_one(path: &Path, dry_run: bool) -> Outcome {
    let setting = match judge(path) {
        Ok(setting) => setting,
        Err(outcome) => return outcome,
    };
    if !dry_run {
        return replay(path, &setting);
    }
    match file::read(path) {
        Ok(contents) => Outcome::WouldUndo(contents.open.into_values().rev().collect()),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// Whether this ledger may be replayed at all, and under which circumstances.
fn judge(path: &Path) -> Result<Setting, Outcome> {
    let refused = |error: io::Error| Outcome::Refused(error.to_string());
    let Contents { head, .. } = file::read(path).map_err(refused)?;
    let boot_id = identity::boot_id().map_err(refused)?;
    let Some(head) = head else {
        // It died before its first line was whole, so it changed nothing; unless it is just now beginning.
        let pid = runner_in_name(path).unwrap_or_default();
        return match Identity::of(pid) {
            Some(_) => Err(Outcome::RunnerAlive { pid }),
            None => Ok(Setting { run: String::new(), rebooted: false, grace: Duration::ZERO }),
        };
    };
    let rebooted = head.boot_id != boot_id;
    if !rebooted && head.pid_namespace != identity::pid_namespace().map_err(refused)? {
        return Err(Outcome::Elsewhere);
    }
    if !rebooted && head.runner.is_alive() {
        return Err(Outcome::RunnerAlive { pid: head.runner.pid });
    }
    Ok(setting(&head, rebooted, ledger::GRACE))
}

fn setting(head: &Head, rebooted: bool, grace: Duration) -> Setting {
    Setting { run: head.run.clone(), rebooted, grace }
}

/// The guardian's way: its runner has just died, in this boot.
pub(super) fn replay_after_death(path: &Path, grace: Duration) -> Outcome {
    match file::read(path) {
        Ok(Contents { head: Some(head), .. }) => replay(path, &setting(&head, false, grace)),
        Ok(_) => {
            // It died before its first line was whole, so it changed nothing.
            let _ = fs::remove_file(path);
            Outcome::Undone(Vec::new())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::Undone(Vec::new()),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

/// Undoes under the ledger's lock, strikes out what is done, and removes the file when nothing is left in it.
fn replay(path: &Path, setting: &Setting) -> Outcome {
    let file = match open_own(path) {
        Ok(file) => file,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Outcome::BeingUndone,
        Err(TryLockError::Error(error)) => return Outcome::Refused(error.to_string()),
    }
    // Read again: whoever held the lock before may have struck out lines.
    let contents = match file::read(path) {
        Ok(contents) => contents,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Outcome::Undone(Vec::new()),
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let reports = revert::undo_all(&contents.open, setting, |id| {
        // If this line cannot be written, the next replay finds the change gone and counts it as done.
        let _ = file::append(&file, &Line::Undone { id });
    });
    let reports: Vec<UndoReport> = reports.into_iter().map(|(_, report)| report).collect();
    if reports.iter().all(|report| report.done) {
        let _ = fs::remove_file(path);
    }
    Outcome::Undone(reports)
}

/// The other duty of a guardian: its runner lives, and may be stuck, but these changes must not last any longer.
/// Gives what could not be undone or struck out.
pub(super) fn undo_overdue(path: &Path) -> io::Result<Vec<UndoReport>> {
    let Contents { head: Some(head), mut open, latest } = file::read(path)? else { return Ok(Vec::new()) };
    open.retain(|id, _| latest.get(id).is_some_and(|latest| latest.has_come()));
    let file = open_own(path)?;
    let reports = revert::undo_all(&open, &setting(&head, false, Duration::ZERO), |id| {
        // If this line cannot be written, the change is looked at again, and found gone.
        let _ = file::append(&file, &Line::Undone { id });
    });
    Ok(reports.into_iter().map(|(_, report)| report).filter(|report| !report.done).collect())
}

/// A ledger is an order to end and remove things, so only our own is followed.
fn open_own(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).custom_flags(libc::O_NOFOLLOW).open(path)?;
    let owner = file.metadata()?.uid();
    if owner != nix::unistd::Uid::effective().as_raw() {
        return Err(io::Error::other(format!("it belongs to another user (uid {owner}); run as that user")));
    }
    Ok(file)
}

fn runner_in_name(path: &Path) -> Option<i32> {
    let name = path.file_name()?.to_str()?.strip_prefix("run-")?.strip_suffix(".ledger")?;
    name.split('-').next()?.parse().ok()
}

#[cfg(test)]
#[path = "clean_tests.rs"]
mod tests;
