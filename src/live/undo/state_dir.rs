//! Where ledgers are kept: a folder that only the user can write to, since whoever can write a ledger decides what
//! `firedrill clean` ends and removes. Never uses a folder that belongs to somebody else.

use crate::live::Trouble;
use nix::unistd::Uid;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The state folder, made if it is not there yet, and checked to be ours alone.
pub fn state_dir() -> Result<PathBuf, Trouble> {
    let path = choose(|name| env::var_os(name).map(PathBuf::from));
    prepare(&path)?;
    Ok(path)
}

/// The same folder if it is there; it is never made.
pub fn existing() -> Result<Option<PathBuf>, Trouble> {
    let path = choose(|name| env::var_os(name).map(PathBuf::from));
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => prepare(&path).map(|()| Some(path)),
    }
}

/// As the XDG rules have it: a relative or empty value counts as not set. Ours may be relative to where we stand.
fn choose(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let ours = variable("FIREDRILL_STATE_DIR").filter(|path| !path.as_os_str().is_empty());
    ours.and_then(|path| std::path::absolute(path).ok())
        .or_else(|| Some(absolute("XDG_STATE_HOME")?.join("firedrill")))
        .or_else(|| Some(absolute("HOME")?.join(".local/state/firedrill")))
        .unwrap_or_else(|| env::temp_dir().join(format!("firedrill-{}", Uid::effective())))
}

pub fn prepare(path: &Path) -> Result<(), Trouble> {
    let trouble = |why: String| Trouble::StateFolder { path: path.to_owned(), why };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| trouble(e.to_string()))?;
    let meta = fs::metadata(path).map_err(|e| trouble(e.to_string()))?;
    if !meta.is_dir() {
        return Err(trouble("it is not a folder".into()));
    }
    if meta.uid() != Uid::effective().as_raw() {
        return Err(trouble(format!("it belongs to another user (uid {})", meta.uid())));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(trouble(format!("others may write to it (mode {:o}); chmod go-w it", meta.mode() & 0o777)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn chosen(set: &[(&str, &str)]) -> PathBuf {
        choose(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| PathBuf::from(value)))
    }

    #[test]
    fn the_most_particular_variable_wins_and_relative_ones_are_passed_over() {
        let all = [("FIREDRILL_STATE_DIR", "/a"), ("XDG_STATE_HOME", "/b"), ("HOME", "/c")];
        assert_eq!(chosen(&all), Path::new("/a"));
        assert_eq!(chosen(&all[1..]), Path::new("/b/firedrill"));
        assert_eq!(chosen(&all[2..]), Path::new("/c/.local/state/firedrill"));
        assert_eq!(chosen(&[("XDG_STATE_HOME", "b"), ("HOME", "/c")]), Path::new("/c/.local/state/firedrill"));
        assert_eq!(chosen(&[("HOME", "")]), env::temp_dir().join(format!("firedrill-{}", Uid::effective())));
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path()).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refusal = prepare(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("others may write to it (mode 777)"), "{refusal}");
    }
}
