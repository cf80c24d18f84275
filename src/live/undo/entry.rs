//! What can stand in the ledger: the closed list of outside changes, and the report of each undo. Plain data only.

use super::Identity;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// One change outside our own process, with all that is needed to undo it from another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A process started in a group of its own. Undone by ending the whole group.
    Process { name: String, who: Identity },
    /// A process group that was stopped with SIGSTOP. Undone by SIGCONT.
    Paused { name: String, who: Identity },
    /// A volume that was mounted. Undone by unmounting, only while its source name is `mark`.
    Mount { path: PathBuf, mark: String },
    /// A folder that was made. Undone by removing the tree, only while our marker is in it and nothing is mounted below.
    Folder { path: PathBuf, mark: String },
    /// A file that only takes up space.
    Ballast { path: PathBuf },
}

/// Names one entry within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub u64);

/// What became of one undo, after looking again whether the change is really gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoReport {
    pub entry: Entry,
    pub done: bool,
    pub detail: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Process { name, who } => write!(f, "process {name} (pid {})", who.pid),
            Entry::Paused { name, who } => write!(f, "paused process {name} (pid {})", who.pid),
            Entry::Mount { path, .. } => write!(f, "volume mounted at {}", path.display()),
            Entry::Folder { path, .. } => write!(f, "folder {}", path.display()),
            Entry::Ballast { path } => write!(f, "ballast file {}", path.display()),
        }
    }
}

impl fmt::Display for UndoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.done { "undone" } else { "NOT undone" };
        write!(f, "{word}: {}: {}", self.entry, self.detail)
    }
}
