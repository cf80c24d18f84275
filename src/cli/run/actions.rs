//! GitHub Actions as the place where we run: what its variables say, and the page of a step. Nothing here decides what is annotated.

use crate::cli::console::Console;
use crate::report::formats::{Account, github};
use crate::report::markdown::Sheet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Annotations are printed without being asked for.
pub fn is_here() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The way from the root of the repository to the folder we are in, with a slash at its end; empty where there is none.
pub fn below_root() -> String {
    let root = env::var_os("GITHUB_WORKSPACE").filter(|root| !root.is_empty());
    let here = || env::current_dir().ok()?.canonicalize().ok();
    let below = root.and_then(|root| {
        let below = here()?.strip_prefix(Path::new(&root).canonicalize().ok()?).ok()?.to_owned();
        below.to_str().map(str::to_owned)
    });
    below.filter(|below| !below.is_empty()).map(|below| below + "/").unwrap_or_default()
}

/// The page of this step.
pub struct Summary {
    path: PathBuf,
    sheet: Sheet,
}

impl Summary {
    /// `None` where no file is named for it.
    pub fn new() -> Option<Summary> {
        let path = PathBuf::from(env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())?);
        // Another command of the same step may have written to it.
        let used = std::fs::metadata(&path).map_or(0, |file| file.len() as usize);
        Some(Summary { path, sheet: Sheet::new(github::SUMMARY_BYTES_MAX.saturating_sub(used)) })
    }

    pub fn add(&mut self, account: &Account) {
        self.sheet.add(account);
    }

    /// Appends it. That it could not be written changes no verdict.
    pub fn finish(&self, console: &Console) {
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        if let Err(error) = file.and_then(|mut file| file.write_all(self.sheet.text().as_bytes())) {
            console.err(&format!("the step summary cannot be written to {}: {error}", self.path.display()));
        }
    }
}
