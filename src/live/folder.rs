//! A private folder for one service: made under the temporary folder, marked as ours, in the ledger before it exists.

use super::Trouble;
use super::undo::ledger::fresh_run_id;
use super::undo::{EntryId, Ledger, MARKER_FILE, entries};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    entry: EntryId,
    ledger: Ledger,
}

impl Folder {
    /// `name` is only there for people who look at the temporary folder.
    pub fn create(name: &str, ledger: &Ledger) -> Result<Folder, Trouble> {
        let trouble = |path: &Path, source: io::Error| Trouble::Folder { path: path.to_owned(), source };
        // The mount table shows real paths, so a temporary folder behind a symbolic link is resolved first.
        let temp = env::temp_dir();
        let temp = temp.canonicalize().map_err(|error| trouble(&temp, error))?;
        let random = fresh_run_id().map_err(|error| trouble(&temp, error))?;
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(30).collect();
        let path = temp.join(format!("firedrill-{name}-{random}"));
        let mark = ledger.run_id().to_owned();
        let entry = ledger.record(entries::Folder { path: path.clone(), mark: mark.clone() })?;
        let made = fs::DirBuilder::new().mode(0o700).create(&path).and_then(|()| write_marker(&path, &mark));
        let folder = Folder { path, entry, ledger: ledger.clone() };
        made.map_err(|error| trouble(&folder.path, error))?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// On disk before anything else is in the folder: after a power cut, a folder without its marker would be left alone.
fn write_marker(folder: &Path, mark: &str) -> io::Result<()> {
    let mut file = fs::File::create_new(folder.join(MARKER_FILE))?;
    file.write_all(mark.as_bytes())?;
    file.sync_all()
}

impl Drop for Folder {
    /// What cannot be removed now stays in the ledger and is tried again at the end of the run.
    fn drop(&mut self) {
        self.ledger.undo(self.entry, Duration::ZERO);
    }
}
