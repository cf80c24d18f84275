//! A folder that was made. Undone by removing the tree, only while our marker is in it and nothing is mounted below.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::{MARKER_FILE, mounts};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub path: PathBuf,
    pub mark: String,
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "folder {}", self.path.display())
    }
}

impl Change for Folder {
    fn ends_with_the_boot(&self) -> bool {
        false
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, _turn: Turn) -> Undone {
        let meta = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok("was gone already".into()),
            Err(error) => return Err(error.to_string()),
            Ok(meta) => meta,
        };
        if !meta.is_dir() {
            return Err("is no longer a folder, so it is not ours and was left alone".into());
        }
        if let Some(mount) = mounts::any_below(&self.path).map_err(|error| error.to_string())? {
            return Err(format!("{} is still mounted below it, so nothing was removed", mount.path.display()));
        }
        let marker = fs::read_to_string(self.path.join(MARKER_FILE)).ok();
        if marker.as_deref() != Some(&self.mark) {
            return self.remove_unfinished(marker.as_deref());
        }
        let removed = remove_tree(&self.path);
        match self.path.try_exists() {
            Ok(false) => Ok("removed".into()),
            _ => Err(removed.err().map_or("is still there".to_owned(), |error| error.to_string())),
        }
    }

    fn look(&self, _run: &str) -> Look {
        Look::new(
            self.path.display().to_string(),
            match fs::symlink_metadata(&self.path) {
                Ok(_) => Err("still there".into()),
                Err(_) => Ok("no such folder".into()),
            },
        )
    }
}

impl Folder {
    /// The run may have died between making the folder and writing all of its marker: then there is nothing else in it.
    fn remove_unfinished(&self, marker: Option<&str>) -> Undone {
        let begun = marker.is_some_and(|text| self.mark.starts_with(text));
        let alone = fs::read_dir(&self.path).is_ok_and(|entries| entries.take(2).count() == 1);
        if begun && alone {
            // If this fails, so does the next step.
            let _ = fs::remove_file(self.path.join(MARKER_FILE));
        }
        match fs::remove_dir(&self.path) {
            Ok(()) => Ok("removed (it was empty)".into()),
            Err(_) => Err(format!("does not hold our marker {MARKER_FILE}, so it was left alone")),
        }
    }
}

/// The marker goes last: whoever is killed half-way leaves a folder that is still known as ours.
fn remove_tree(path: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for entry in fs::read_dir(path)?.flatten().filter(|entry| entry.file_name() != MARKER_FILE) {
        let removed = match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path()),
            false => fs::remove_file(entry.path()),
        };
        // What can be removed is, whatever else cannot; the first refusal is the one to tell.
        outcome = outcome.and(removed);
    }
    outcome?;
    fs::remove_file(path.join(MARKER_FILE))?;
    fs::remove_dir(path)
}
