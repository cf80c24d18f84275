//! The ledger of a run and the guardian over it. Only kept where something outside our own process is changed.

use super::drive::{Ending, Inbox, Input};
use super::{LiveOptions, target};
use crate::live::Trouble;
use crate::live::undo::ledger::GRACE;
use crate::live::undo::{Guardian, Ledger, News, Watcher, fresh_run_id, state_dir};
use crate::plan::Plan;
use std::path::Path;

pub struct Undo {
    pub ledger: Ledger,
    /// Watches until everything is undone.
    _watcher: Watcher,
}

impl Undo {
    pub fn open(plan: &Plan, options: &LiveOptions, inbox: &Inbox) -> Result<Option<Undo>, Trouble> {
        if !target::is_guarded(plan) && options.terminal.is_none() {
            return Ok(None);
        }
        let run = fresh_run_id()
            .map_err(|source| Trouble::Machine { what: "read random bytes from /dev/urandom", source })?;
        let folder = options.state_dir.clone().map_or_else(state_dir::state_dir, Ok)?;
        let (path, exe) = (Ledger::path_in(&folder, &run), options.guardian.clone());
        let guardian = start(exe.as_deref(), &path)?;
        let ledger = Ledger::open_in(&folder, &run)?;
        ledger.limit_faults(plan.limits.longest_fault().to_std());
        if let Some(terminal) = &options.terminal {
            ledger.record(terminal.clone())?;
            let listens = terminal.hand_over_keys();
            listens.map_err(|source| Trouble::Machine { what: "read keys from the terminal", source })?;
        }
        let again = move || start(exe.as_deref(), &path);
        let inbox = inbox.clone();
        let watcher = Watcher::start(guardian, again, move |news| tell(&inbox, news));
        let _watcher = watcher.map_err(|source| Trouble::Machine { what: "start a thread", source })?;
        Ok(Some(Undo { ledger, _watcher }))
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        // Whatever other handles of the ledger there still are, and before the guardian is let go.
        self.ledger.undo_all(GRACE);
    }
}

fn start(exe: Option<&Path>, ledger: &Path) -> Result<Guardian, Trouble> {
    match exe {
        Some(exe) => Guardian::start_as(exe, ledger),
        None => Guardian::start(ledger),
    }
}

/// Nothing may be broken unguarded: a run without its guardian ends.
fn tell(inbox: &Inbox, news: News) {
    match news {
        News::Replaced { pid } => {
            inbox
                .tell(Input::Note(format!("the guardian was killed by another hand; another (pid {pid}) watches now")));
        }
        News::Unguarded(trouble) => {
            let text = format!("the guardian was killed by another hand, and there is no other: {trouble}");
            inbox.tell(Input::Warn(text.clone()));
            inbox.tell(Input::End(Ending::Trouble(text)));
        }
    }
}
