//! The disk under a started service as a FUSE pass-through that can be made slow, faulty or lose its power while the service runs. It is
//! mounted over a folder of ours only, and served by this process: when that dies, callers get an error (ENOTCONN) instead of hanging,
//! and the guardian unmounts it.

mod attributes;
mod control;
mod nodes;
mod pass;
mod shared;
#[cfg(test)]
mod tests;
mod unsynced;

use super::Trouble;
use super::undo::{EntryId, Ledger, entries, mount_mark};
use crate::base::{Dice, FaultId};
use crate::plan::Effect;
use control::Control;
use fuser::{BackgroundSession, Config, MountOption, Session, SessionACL};
use nodes::Nodes;
use pass::PassThrough;
use shared::Shared;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Calls that may be under way at once: those that a fault holds must not keep others waiting.
const THREADS: usize = 16;
const DEVICE: &str = "/dev/fuse";

/// A mounted pass-through; dropping it unmounts it.
pub struct Disk {
    path: PathBuf,
    shared: Arc<Shared>,
    entry: EntryId,
    session: Option<BackgroundSession>,
    ledger: Ledger,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Disk {
    /// In plain words what is missing here, if anything is.
    pub fn probe() -> Result<(), String> {
        let opened: io::Result<File> = OpenOptions::new().read(true).write(true).open(DEVICE);
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!(
                "there is no {DEVICE}: the kernel has no FUSE, or its module is not loaded (modprobe fuse)"
            )),
            Err(error) => Err(format!("{DEVICE} cannot be opened ({error}); run firedrill as root")),
            Ok(_) if !nix::unistd::Uid::effective().is_root() => {
                Err("mounting for other users needs root (the capability CAP_SYS_ADMIN)".to_owned())
            }
            Ok(_) => Ok(()),
        }
    }

    /// Shows the folder `behind` at `path`. `keeps`: what is not synced can be lost by a power cut.
    pub fn create(path: &Path, behind: &Path, keeps: bool, ledger: &Ledger) -> Result<Disk, Trouble> {
        let trouble =
            |error: io::Error| Trouble::Volume { path: path.to_owned(), verb: "mounted", why: error.to_string() };
        let nodes = Nodes::new(behind).map_err(trouble)?;
        let path = path.canonicalize().map_err(trouble)?;
        let shared = Arc::new(Shared { nodes, control: Control::default(), keeps, kept: AtomicU64::new(0) });
        let mark = mount_mark(ledger.run_id());
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName(mark.clone()), MountOption::DefaultPermissions];
        config.acl = SessionACL::All;
        config.n_threads = Some(THREADS);
        let entry = ledger.record(entries::Mount { path: path.clone(), mark })?;
        let mut disk =
            Disk { path: path.clone(), shared: shared.clone(), entry, session: None, ledger: ledger.clone() };
        let session = Session::new(PassThrough(shared), &path, &config).and_then(Session::spawn);
        disk.session = Some(session.map_err(trouble)?);
        Ok(disk)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Effects of other sorts do nothing.
    pub fn apply(&self, fault: FaultId, effect: &Effect, dice: Dice) {
        self.shared.control.apply(fault, effect, dice);
    }

    pub fn heal(&self, fault: FaultId) {
        self.shared.control.heal(fault);
    }

    /// What each fault has touched since the last time.
    pub fn take_touched(&self) -> Vec<(FaultId, &'static str, u64)> {
        self.shared.control.take_touched()
    }

    /// Whoever waits in a stalled sync goes on, and nobody waits in one until this is taken back.
    pub fn let_go(&self, on: bool) {
        self.shared.control.let_go(on);
    }

    /// From now on every access fails.
    pub fn cut_power(&self) {
        self.shared.control.power(false);
    }

    /// All that was written so far counts as synced: what comes before a server was installed long ago, as far as a drill is concerned.
    pub fn settle(&self) {
        for node in self.shared.nodes.all() {
            node.unsynced().synced(&self.shared.kept);
        }
    }

    /// After a cut, once nobody uses it any more: every file is what it was when it was last synced. Gives the bytes lost.
    pub fn lose_unsynced(&self) -> Result<u64, Trouble> {
        let mut lost = 0;
        for node in self.shared.nodes.all() {
            let Ok(file) = node.file() else { continue };
            let put_back = node.unsynced().put_back(file, &self.shared.kept);
            lost += put_back.map_err(|error| self.trouble("put back", &error))?;
        }
        self.shared.control.power(true);
        Ok(lost)
    }

    fn trouble(&self, verb: &'static str, error: &io::Error) -> Trouble {
        Trouble::Volume { path: self.path.clone(), verb, why: error.to_string() }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever is held goes on, or it could not be unmounted.
        self.shared.control.power(false);
        self.ledger.undo(self.entry, Duration::ZERO);
        drop(self.session.take());
    }
}
