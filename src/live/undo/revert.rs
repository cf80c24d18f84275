//! Undoing what stands in a ledger, in reverse order, each with a look afterwards whether it is really gone. How each
//! sort of change is undone stands with it under `entries/`.

use super::entries::{Look, Turn};
use super::{Entry, EntryId, UndoReport};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// After SIGKILL a process is gone in milliseconds, unless it hangs in the kernel.
pub const KILL_WAIT: Duration = Duration::from_secs(1);
/// A volume stays busy for a moment after the last process on it was killed.
pub const BUSY_WAIT: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_millis(3);

/// The circumstances of an undo.
#[derive(Clone, Debug)]
pub struct Setting {
    pub run: String,
    /// The machine was restarted since: processes and mounts are gone, and their numbers and places mean others.
    pub rebooted: bool,
    /// How long processes have, all together, to end by themselves before they are killed.
    pub grace: Duration,
}

/// Undoes everything in reverse order; one that fails never stops the others. `strike` is told of each that is done.
pub fn undo_all(
    open: &BTreeMap<EntryId, Entry>,
    setting: &Setting,
    mut strike: impl FnMut(EntryId),
) -> Vec<(EntryId, UndoReport)> {
    let turn = Turn { run: &setting.run, kill_at: Instant::now() + setting.grace };
    for entry in open.values().rev().filter(|entry| !went_with_the_boot(entry, setting)) {
        entry.change().ask(turn);
    }
    let mut reports = Vec::with_capacity(open.len());
    for (id, entry) in open.iter().rev() {
        let report = if went_with_the_boot(entry, setting) { restarted(entry) } else { undo(entry, turn) };
        if report.done {
            strike(*id);
        }
        reports.push((*id, report));
    }
    reports
}

fn went_with_the_boot(entry: &Entry, setting: &Setting) -> bool {
    setting.rebooted && entry.change().ends_with_the_boot()
}

fn restarted(entry: &Entry) -> UndoReport {
    let look = Look::new("the number of this boot", Ok("another than the ledger's".into()));
    UndoReport { entry: entry.clone(), done: true, detail: "gone with the restart of the machine".into(), look }
}

fn undo(entry: &Entry, turn: Turn) -> UndoReport {
    let outcome = entry.change().undo(turn);
    let look = entry.change().look(turn.run);
    let done = outcome.is_ok() && look.gone;
    let (Ok(detail) | Err(detail)) = outcome;
    UndoReport { entry: entry.clone(), done, detail, look }
}

/// Asks at least once, also when the moment has passed.
pub fn wait_until(moment: Instant, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= moment {
            return false;
        }
        thread::sleep(POLL);
    }
}
