//! A file that only takes up space. Removes nothing that has another name than our ballast.

use super::{Change, Look, Turn, Undone};
use crate::live::undo::BALLAST_FILE;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::{fmt, fs};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballast {
    pub path: PathBuf,
}

impl fmt::Display for Ballast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ballast file {}", self.path.display())
    }
}

impl Change for Ballast {
    fn ends_with_the_boot(&self) -> bool {
        false
    }

    fn undo(&self, _turn: Turn) -> Undone {
        if self.path.file_name().is_none_or(|name| name != BALLAST_FILE) {
            return Err("does not have the name of our ballast, so it was left alone".into());
        }
        match fs::remove_file(&self.path) {
            Ok(()) => Ok("removed".into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok("was gone already".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let at = self.path.parent().map_or_else(String::new, |folder| folder.display().to_string());
        Look::new(
            at,
            match fs::symlink_metadata(&self.path) {
                Ok(_) => Err(format!("{BALLAST_FILE} is still there")),
                Err(_) => Ok("no ballast file".into()),
            },
        )
    }
}
