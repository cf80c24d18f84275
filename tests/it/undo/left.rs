//! What a run left behind, looked for from outside: by its ledger, by its marks on this machine, and by what lies in its folders.

use firedrill::live::undo::{Entry, file, identity, mounts};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the ledger of a run said shortly before the run was ended.
pub struct Snapshot {
    pub run: String,
    /// Every sort of change that was ever written into it, undone since or not.
    pub kinds: BTreeSet<&'static str>,
    pub open: Vec<Entry>,
}

/// The ledgers of a state folder, with what stands in them.
pub fn ledgers(state: &Path) -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(state).expect("the state folder can be read").flatten().map(|entry| entry.path());
    let ledgers = files.filter(|path| path.extension().is_some_and(|end| end == "ledger"));
    ledgers.filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?))).collect()
}

pub fn snapshot(state: &Path) -> Option<Snapshot> {
    let (path, text) = ledgers(state).pop()?;
    let run = path.file_stem()?.to_str()?.strip_prefix("run-")?.to_owned();
    let kinds = Entry::KINDS.iter().copied().filter(|kind| text.contains(&format!("\"entry\":{{\"{kind}\":")));
    let open = file::read(&path).map(|contents| contents.open.into_values().collect()).unwrap_or_default();
    Some(Snapshot { run, kinds: kinds.collect(), open })
}

/// Everything that can still be seen of a run; empty when nothing is left.
pub fn behind(home: &Path, snapshot: Option<&Snapshot>) -> Vec<String> {
    let mut left: Vec<String> =
        ledgers(&home.join("state")).iter().map(|(path, _)| path.display().to_string()).collect();
    for folder in fs::read_dir(home.join("tmp")).expect("the temporary folder is there").flatten() {
        left.push(folder.path().display().to_string());
    }
    let Some(snapshot) = snapshot else { return left };
    for entry in &snapshot.open {
        let look = entry.change().look(&snapshot.run);
        if !look.gone {
            left.push(format!("{entry}: {}: {}", look.at, look.seen));
        }
    }
    left.extend(marked(&snapshot.run));
    left
}

/// Whatever on this machine carries the mark of the run, whether or not a ledger knew of it.
fn marked(run: &str) -> Vec<String> {
    let mut left = Vec::new();
    for pid in fs::read_dir("/proc").expect("/proc can be read").flatten() {
        let Some(pid) = pid.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if identity::has_in_environment(pid, "FIREDRILL_RUN", run) || command.contains(&format!("run-{run}.ledger")) {
            left.push(format!("process {pid}: {}", command.replace('\0', " ")));
        }
    }
    let table = mounts::mounted().expect("the mount table can be read");
    left.extend(table.iter().filter(|mount| mount.source.contains(run)).map(|mount| format!("{mount:?}")));
    for root in ["/sys/fs/cgroup", "/run/netns", "/sys/class/net"] {
        named(Path::new(root), run, 2, &mut left);
    }
    left
}

/// Entries whose name holds the mark, a few folders deep.
fn named(folder: &Path, run: &str, depth: u32, left: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().contains(run) {
            left.push(entry.path().display().to_string());
        }
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            named(&entry.path(), run, depth - 1, left);
        }
    }
}

/// The guardians of the runs of a state folder.
pub fn guardians(state: &Path) -> Vec<i32> {
    let pids = fs::read_dir("/proc").expect("/proc can be read").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let prefix = state.display().to_string();
    let is_guardian = |pid: &i32| {
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&str> = command.split('\0').collect();
        words.get(1) == Some(&"guardian") && words.iter().any(|word| word.starts_with(&prefix))
    };
    pids.filter(is_guardian).collect()
}
