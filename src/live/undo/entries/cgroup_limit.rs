//! A limit in a cgroup of ours. Undone by lifting it, only while the group has our mark; the group itself lasts for the run.

use super::{Cgroup, Change, Look, Turn, Undone};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// No machine has more of anything; cgroup v1 shows such a number where nothing is limited.
const BEYOND: u64 = 1 << 62;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CgroupLimit {
    /// The file of the kernel's interface that holds the limit.
    pub file: PathBuf,
    pub ours: String,
    /// What is written into it where nothing is limited.
    pub unlimited: String,
}

impl fmt::Display for CgroupLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit of {} in {}", self.ours, self.file.display())
    }
}

impl Change for CgroupLimit {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if !self.file.parent().is_some_and(|group| Cgroup::is_named_by(group, turn.run)) {
            return Err("is in no group of ours, so it was left alone".into());
        }
        match fs::write(&self.file, &self.unlimited) {
            Ok(()) => Ok("lifted".into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok("the group is gone".into()),
            Err(error) => Err(format!("{error}; try: echo {} > {}", self.unlimited, self.file.display())),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let seen = match text(&self.file) {
            None => Ok("the group is gone".to_owned()),
            Some(text) if is_unlimited(&text) => Ok(format!("`{text}`")),
            Some(text) => Err(format!("still `{text}`")),
        };
        Look::new(self.file.display().to_string(), seen)
    }
}

fn text(file: &Path) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.trim().to_owned())
}

fn is_unlimited(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    matches!(first, "max" | "-1") || first.parse::<u64>().is_ok_and(|number| number >= BEYOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_shows_without_a_limit_is_known_in_both_versions() {
        assert!(["max", "max 100000", "-1", "9223372036854771712"].into_iter().all(is_unlimited));
        assert!(["20000", "20000 100000", "67108864", "", "1"].into_iter().all(|text| !is_unlimited(text)));
    }
}
