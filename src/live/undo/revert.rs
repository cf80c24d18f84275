//! The undo of each kind of entry, and the look afterwards whether it is really gone. Every undo may be repeated:
//! what is gone already counts as done. Nothing without our mark is ever touched.

use super::identity::{self, Identity};
use super::{BALLAST_FILE, Entry, EntryId, MARKER_FILE, RUN_VARIABLE, UndoReport, mounts};
use nix::mount::{MntFlags, umount2};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

/// After SIGKILL a process is gone in milliseconds, unless it hangs in the kernel.
const KILL_WAIT: Duration = Duration::from_secs(1);
/// A volume stays busy for a moment after the last process on it was killed.
const BUSY_WAIT: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_millis(3);

/// The circumstances of an undo.
#[derive(Clone, Debug)]
pub struct Setting {
    pub run: String,
    /// The machine was restarted since: processes and mounts are gone, and their numbers and places mean others.
    pub rebooted: bool,
    /// How long processes have, all together, to end by themselves before they are killed.
    pub grace: Duration,
}

/// `Ok` says what was done, `Err` why the change is still there.
type Undone = Result<String, String>;

/// Undoes everything in reverse order; one that fails never stops the others. `strike` is told of each that is done.
pub fn undo_all(
    open: &BTreeMap<EntryId, Entry>,
    setting: &Setting,
    mut strike: impl FnMut(EntryId),
) -> Vec<UndoReport> {
    let kill_at = Instant::now() + setting.grace;
    for entry in open.values().rev() {
        ask_to_end(entry, setting);
    }
    let mut reports = Vec::with_capacity(open.len());
    for (id, entry) in open.iter().rev() {
        let report = undo(entry, setting, kill_at);
        if report.done {
            strike(*id);
        }
        reports.push(report);
    }
    reports
}

/// Processes are all asked before any is waited for, so that many of them share one grace period.
fn ask_to_end(entry: &Entry, setting: &Setting) {
    if let Entry::Process { who, .. } = entry
        && !setting.rebooted
        && group_is_ours(*who, &setting.run)
    {
        // A failure shows in the check that follows. A stopped process handles no SIGTERM until it continues.
        let _ = killpg(Pid::from_raw(who.pid), Signal::SIGTERM);
        let _ = killpg(Pid::from_raw(who.pid), Signal::SIGCONT);
    }
}

fn undo(entry: &Entry, setting: &Setting, kill_at: Instant) -> UndoReport {
    let outcome = match entry {
        Entry::Process { .. } | Entry::Paused { .. } | Entry::Mount { .. } if setting.rebooted => {
            Ok("gone with the restart of the machine".to_owned())
        }
        Entry::Process { who, .. } => end_group(*who, &setting.run, kill_at),
        Entry::Paused { who, .. } => let_continue(*who, &setting.run),
        Entry::Mount { path, mark } => unmount(path, mark),
        Entry::Folder { path, mark } => remove_folder(path, mark),
        Entry::Ballast { path } => remove_ballast(path),
    };
    let (done, detail) = match outcome {
        Ok(detail) => (true, detail),
        Err(detail) => (false, detail),
    };
    UndoReport { entry: entry.clone(), done, detail }
}

/// While the leader holds its pid, or a process with our mark is in the group, no foreign group can have this number.
pub fn group_is_ours(leader: Identity, run: &str) -> bool {
    leader.holds_its_pid()
        || identity::group_members(leader.pid)
            .iter()
            .any(|(pid, _)| identity::has_in_environment(*pid, RUN_VARIABLE, run))
}

fn end_group(who: Identity, run: &str, kill_at: Instant) -> Undone {
    if !group_is_ours(who, run) {
        return Ok("had ended already".into());
    }
    let gone = || identity::group_members(who.pid).is_empty();
    if wait_until(kill_at, gone) {
        return Ok("ended".into());
    }
    let killed = killpg(Pid::from_raw(who.pid), Signal::SIGKILL);
    if wait_until(Instant::now() + KILL_WAIT, gone) {
        return Ok("did not end when asked, was killed".into());
    }
    let why = killed.err().map_or("it hangs in the kernel".to_owned(), |errno| errno.desc().to_owned());
    Err(format!("still runs after SIGKILL ({why}); look at it with: ps -o pid,stat,wchan,cmd -g {}", who.pid))
}

fn let_continue(who: Identity, run: &str) -> Undone {
    if !group_is_ours(who, run) {
        return Ok("had ended already".into());
    }
    let sent = killpg(Pid::from_raw(who.pid), Signal::SIGCONT);
    let runs = || !identity::group_members(who.pid).iter().any(|(_, stat)| stat.is_stopped());
    if wait_until(Instant::now() + KILL_WAIT, runs) {
        return Ok("runs again".into());
    }
    let why = sent.err().map_or("no reason given".to_owned(), |errno| errno.desc().to_owned());
    Err(format!("is still stopped ({why}); try: kill -CONT -{}", who.pid))
}

fn unmount(path: &Path, mark: &str) -> Undone {
    match is_our_mount(path, mark)? {
        Place::Gone => return Ok("was not mounted".into()),
        Place::Foreign(source) => return Err(format!("another mount ({source}) lies over it and was left alone")),
        Place::Ours => {}
    }
    let mut last = None;
    let plainly = wait_until(Instant::now() + BUSY_WAIT, || {
        last = umount2(path, MntFlags::UMOUNT_NOFOLLOW).err();
        last.is_none()
    });
    if !plainly {
        last = umount2(path, MntFlags::UMOUNT_NOFOLLOW | MntFlags::MNT_DETACH).err();
    }
    match is_our_mount(path, mark)? {
        Place::Ours => {
            let why = last.map_or("no reason given", |errno| errno.desc());
            Err(format!("is still mounted ({why}); try as root: umount -l {}", path.display()))
        }
        _ if plainly => Ok("unmounted".into()),
        _ => Ok("was busy, detached".into()),
    }
}

enum Place {
    Ours,
    Foreign(String),
    Gone,
}

/// A foreign mount at the same place only matters while ours is still underneath.
fn is_our_mount(path: &Path, mark: &str) -> Result<Place, String> {
    let table = mounts::mounted().map_err(|error| format!("the mount table cannot be read: {error}"))?;
    let is_ours = |mount: &&mounts::Mounted| mount.kind == "tmpfs" && mount.source == mark;
    let here: Vec<_> = table.iter().filter(|mount| mount.path == path).collect();
    match here.last() {
        Some(top) if is_ours(top) => Ok(Place::Ours),
        Some(top) if here.iter().any(is_ours) => Ok(Place::Foreign(top.source.clone())),
        _ => Ok(Place::Gone),
    }
}

fn remove_folder(path: &Path, mark: &str) -> Undone {
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok("was gone already".into()),
        Err(error) => return Err(error.to_string()),
        Ok(meta) => meta,
    };
    if !meta.is_dir() {
        return Err("is no longer a folder, so it is not ours and was left alone".into());
    }
    if let Some(mount) = mounts::any_below(path).map_err(|error| error.to_string())? {
        return Err(format!("{} is still mounted below it, so nothing was removed", mount.path.display()));
    }
    let marker = fs::read_to_string(path.join(MARKER_FILE)).ok();
    if marker.as_deref() != Some(mark) {
        return remove_unfinished(path, marker.as_deref(), mark);
    }
    let removed = remove_tree(path);
    match path.try_exists() {
        Ok(false) => Ok("removed".into()),
        _ => Err(removed.err().map_or("is still there".to_owned(), |error| error.to_string())),
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

/// The run may have died between making the folder and writing all of its marker: then there is nothing else in it.
fn remove_unfinished(path: &Path, marker: Option<&str>, mark: &str) -> Undone {
    let begun = marker.is_some_and(|text| mark.starts_with(text));
    let alone = fs::read_dir(path).is_ok_and(|entries| entries.take(2).count() == 1);
    if begun && alone {
        // If this fails, so does the next step.
        let _ = fs::remove_file(path.join(MARKER_FILE));
    }
    match fs::remove_dir(path) {
        Ok(()) => Ok("removed (it was empty)".into()),
        Err(_) => Err(format!("does not hold our marker {MARKER_FILE}, so it was left alone")),
    }
}

fn remove_ballast(path: &Path) -> Undone {
    if path.file_name().is_none_or(|name| name != BALLAST_FILE) {
        return Err("does not have the name of our ballast, so it was left alone".into());
    }
    match fs::remove_file(path) {
        Ok(()) => Ok("removed".into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok("was gone already".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Asks at least once, also when the moment has passed.
pub fn wait_until(moment: Instant, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= moment {
            return false;
        }
        thread::sleep(POLL);
    }
}
