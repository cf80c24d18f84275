//! Undoing what stands in a ledger, in reverse order, each with a look afterwards whether it is really gone. How each
//! sort of change is undone stands with it under `entries/`. What other servers are asked for is asked all at once, on threads
//! beside our own changes, so that a server that hangs costs its patience once and keeps nothing else waiting.

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

/// Undoes everything in reverse order, except that what stands elsewhere is undone meanwhile; one that fails never stops the others.
/// `strike` is told of each that is done.
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
    let mut keep = |id: EntryId, report: UndoReport| {
        if report.done {
            strike(id);
        }
        reports.push((id, report));
    };
    thread::scope(|scope| {
        let mut elsewhere = Vec::new();
        for (id, entry) in open.iter().rev().filter(|(_, entry)| asks(entry, setting)) {
            let asking = thread::Builder::new().name("undo".into()).spawn_scoped(scope, move || undo(entry, turn));
            elsewhere.push((*id, entry, asking));
        }
        for (id, entry) in open.iter().rev().filter(|(_, entry)| !asks(entry, setting)) {
            keep(*id, if went_with_the_boot(entry, setting) { restarted(entry) } else { undo(entry, turn) });
        }
        for (id, entry, asking) in elsewhere {
            // Where no thread can be had, or one has failed, it is asked here.
            let report = asking.ok().and_then(|asking| asking.join().ok());
            keep(id, report.unwrap_or_else(|| undo(entry, turn)));
        }
    });
    reports.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    reports
}

/// Whether somebody else must be asked to undo it.
fn asks(entry: &Entry, setting: &Setting) -> bool {
    entry.change().is_elsewhere() && !went_with_the_boot(entry, setting)
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
    let look = match &outcome {
        // Whoever has just not answered is not waited for a second time.
        Err(why) if entry.change().is_elsewhere() => {
            Look::new("the same server", Err(format!("not asked again: {why}")))
        }
        _ => entry.change().look(turn.run),
    };
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

#[cfg(test)]
#[path = "revert_tests.rs"]
mod tests;
