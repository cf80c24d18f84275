//! The runner's own ledger: records before, strikes out after, undoes in the end and on a panic. Once the undo has
//! begun it takes nothing new, so that no task can slip in a change that nobody would undo.

use super::file::{self, Head, Line};
use super::revert::{self, Setting};
use super::{Entry, EntryId, Latest, UndoReport};
use crate::live::Trouble;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Servers get this long to end by themselves before they are killed.
pub const GRACE: Duration = Duration::from_secs(2);
/// The same when everything is to be undone within one second: after a stop, and after the runner's death.
pub const SHORT_GRACE: Duration = Duration::from_millis(300);
/// A fault lasts no longer than this, unless the scenario says otherwise.
pub const LONGEST_FAULT: Duration = Duration::from_secs(600);
/// So many undos are kept for the report; of more than that only the failed ones.
const HISTORY_MAX: usize = 1000;

/// A handle that may be cloned; when the last one is dropped, what is still open is undone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) inner: Arc<Inner>,
    /// When the faults must be undone that are being made now through this handle and its clones.
    due: Arc<Mutex<Option<Latest>>>,
}

#[derive(Debug)]
pub(super) struct Inner {
    run: String,
    path: PathBuf,
    pub(super) file: File,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    next: u64,
    pub(super) open: BTreeMap<EntryId, Entry>,
    closed: bool,
    /// The longest time of any fault.
    longest: Duration,
    /// What became of each undo, the last word on each.
    history: BTreeMap<EntryId, (Instant, UndoReport)>,
}

/// `<pid>-<random>`: unique on this machine, and fit for file and mount names.
pub fn fresh_run_id() -> io::Result<String> {
    let mut bytes = [0u8; 4];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{}-{:08x}", std::process::id(), u32::from_ne_bytes(bytes)))
}

impl Ledger {
    /// Opens a new ledger for this run.
    pub fn open_in(folder: &Path, run: &str) -> Result<Ledger, Trouble> {
        assert!(run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "a run id is made by fresh_run_id: {run}");
        let path = Ledger::path_in(folder, run);
        let file = create(&path, run).map_err(|source| Trouble::Ledger { path: path.clone(), source })?;
        let inner = Inner { run: run.to_owned(), path, file, state: Mutex::new(State::new()) };
        Ok(Ledger { inner: Arc::new(inner), due: Arc::default() })
    }

    /// The same ledger, for a service whose faults end at times of their own.
    pub fn with_own_times(&self) -> Ledger {
        Ledger { inner: self.inner.clone(), due: Arc::default() }
    }

    /// Where the ledger of this run is kept.
    pub fn path_in(folder: &Path, run: &str) -> PathBuf {
        folder.join(format!("run-{run}.ledger"))
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
        let latest = state.latest(&entry, *self.due.lock().unwrap_or_else(PoisonError::into_inner));
        self.append(&Line::Change { id, entry: entry.clone(), latest })?;
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
        let report = revert::undo_all(&BTreeMap::from([(id, entry)]), &setting, |id| self.strike(id)).pop()?.1;
        self.state().remember(id, &report);
        Some(report)
    }

    /// No fault may last longer than this, whatever becomes of the runner.
    pub fn limit_faults(&self, longest: Duration) {
        self.state().longest = longest;
    }

    /// What is recorded from now on through this handle belongs to faults that are over within this time.
    pub fn faults_end_within(&self, span: Duration) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Some(Latest::after(span));
    }

    /// Every undo of this run so far, with its moment, in the order in which the changes were made.
    pub fn history(&self) -> Vec<(Instant, UndoReport)> {
        self.state().history.values().cloned().collect()
    }

    /// Undoes everything in reverse order and closes the ledger; its file goes when nothing is left in it.
    /// Processes have `grace` to end by themselves. May be called again to retry what failed.
    pub fn undo_all(&self, grace: Duration) -> Vec<UndoReport> {
        self.inner.undo_all(grace)
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
    fn new() -> State {
        let (open, history) = Default::default();
        State { next: 0, open, closed: false, longest: LONGEST_FAULT, history }
    }

    fn latest(&self, entry: &Entry, due: Option<Latest>) -> Option<Latest> {
        let longest = || Latest::after(self.longest);
        (!entry.change().lasts_for_the_run()).then(|| due.map_or_else(longest, |due| due.min(longest())))
    }

    fn remember(&mut self, id: EntryId, report: &UndoReport) {
        if self.history.len() < HISTORY_MAX || !report.done || self.history.contains_key(&id) {
            self.history.insert(id, (Instant::now(), report.clone()));
        }
    }

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

    fn undo_all(&self, grace: Duration) -> Vec<UndoReport> {
        let mut state = self.state();
        state.closed = true;
        let open = state.open.clone();
        let reports = revert::undo_all(&open, &self.setting(grace), |id| self.strike(&mut state, id));
        reports.iter().for_each(|(id, report)| state.remember(*id, report));
        if state.open.is_empty() {
            let _ = fs::remove_file(&self.path);
        }
        reports.into_iter().map(|(_, report)| report).collect()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.undo_all(GRACE);
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
