//! The runner's own ledger: records before, strikes out after, undoes in the end and on a panic. Once the undo has
//! begun it takes nothing new, so that no task can slip in a change that nobody would undo.

use super::file::{self, Head, Line};
use super::revert::{self, Setting};
use super::{Entry, EntryId, UndoReport, state_dir};
use crate::live::Trouble;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Servers get this long to end by themselves before they are killed.
pub const GRACE: Duration = Duration::from_secs(2);

/// A handle that may be cloned; when the last one is dropped, what is still open is undone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    run: String,
    path: PathBuf,
    pub(super) file: File,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    next: u64,
    pub(super) open: BTreeMap<EntryId, Entry>,
    closed: bool,
}

/// `<pid>-<random>`: unique on this machine, and fit for file and mount names.
pub fn fresh_run_id() -> io::Result<String> {
    let mut bytes = [0u8; 4];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{}-{:08x}", std::process::id(), u32::from_ne_bytes(bytes)))
}

impl Ledger {
    /// Opens a new ledger for this run in the state folder.
    pub fn open(run: &str) -> Result<Ledger, Trouble> {
        Ledger::open_in(&state_dir::state_dir()?, run)
    }

    pub fn open_in(folder: &Path, run: &str) -> Result<Ledger, Trouble> {
        assert!(run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "a run id is made by fresh_run_id: {run}");
        let path = folder.join(format!("run-{run}.ledger"));
        let file = create(&path, run).map_err(|source| Trouble::Ledger { path: path.clone(), source })?;
        Ok(Ledger { inner: Arc::new(Inner { run: run.to_owned(), path, file, state: Mutex::default() }) })
    }

    pub fn run_id(&self) -> &str {
        &self.inner.run
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Writes down a change that is about to be made. Only make it when this has returned `Ok`.
    pub fn record(&self, entry: impl Into<Entry>) -> Result<EntryId, Trouble> {
        let mut state = self.state();
        let (id, entry) = (state.next_id()?, entry.into());
        self.append(&Line::Change { id, entry: entry.clone() })?;
        state.open.insert(id, entry);
        Ok(id)
    }

    /// Strikes out a change that was undone, or that never came to be.
    pub fn strike(&self, id: EntryId) {
        self.inner.strike(&mut self.state(), id);
    }

    /// Undoes one change now; `None` when it was undone before. Waits for a process at most `grace`, then kills it.
    pub fn undo(&self, id: EntryId, grace: Duration) -> Option<UndoReport> {
        let entry = self.state().open.get(&id).cloned()?;
        let setting = self.inner.setting(grace);
        revert::undo_all(&BTreeMap::from([(id, entry)]), &setting, |id| self.strike(id)).pop()
    }

    /// Undoes everything in reverse order and closes the ledger; its file goes when nothing is left in it.
    /// Blocks for some seconds at the most; may be called again to retry what failed.
    pub fn undo_all(&self) -> Vec<UndoReport> {
        self.inner.undo_all()
    }

    pub fn open_entries(&self) -> Vec<Entry> {
        self.state().open.values().cloned().collect()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state()
    }

    fn append(&self, line: &Line) -> Result<(), Trouble> {
        file::append(&self.inner.file, line).map_err(|source| Trouble::Ledger { path: self.inner.path.clone(), source })
    }
}

impl State {
    pub(super) fn next_id(&mut self) -> Result<EntryId, Trouble> {
        if self.closed {
            return Err(Trouble::LedgerClosed);
        }
        self.next += 1;
        Ok(EntryId(self.next))
    }
}

impl Inner {
    /// A panic elsewhere must not keep us from undoing, so a poisoned lock is taken all the same.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// If the line cannot be written the entry stays in the file, and a later undo of it finds nothing to do.
    pub(super) fn strike(&self, state: &mut State, id: EntryId) {
        if state.open.remove(&id).is_some() {
            let _ = file::append(&self.file, &Line::Undone { id });
        }
    }

    fn setting(&self, grace: Duration) -> Setting {
        Setting { run: self.run.clone(), rebooted: false, grace }
    }

    fn undo_all(&self) -> Vec<UndoReport> {
        let mut state = self.state();
        state.closed = true;
        let open = state.open.clone();
        let reports = revert::undo_all(&open, &self.setting(GRACE), |id| self.strike(&mut state, id));
        if state.open.is_empty() {
            let _ = fs::remove_file(&self.path);
        }
        reports
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.undo_all();
    }
}

fn create(path: &Path, run: &str) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
    file::append(&file, &Line::Head(Head::of_this_run(run)?))?;
    // The folder's own entry must be on disk too, or a power cut loses the whole ledger.
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
