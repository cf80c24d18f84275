//! A data directory that can run full: a size-limited tmpfs, and a ballast file that takes up its space. It never
//! fills a disk that it did not mount itself.

use super::Trouble;
use super::undo::{BALLAST_FILE, EntryId, Ledger, entries, mount_mark};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::statvfs;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{io, thread};

/// Below this a tmpfs has room for hardly more than its own folder entries; and size 0 would mean no limit at all.
pub const BYTES_MIN: u64 = 64 << 10;
const CAP_SYS_ADMIN: u32 = 21;
/// Enough to halve any size down to one page several times over.
const FILL_STEPS_MAX: usize = 4096;

/// How a size-limited volume is made on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    Tmpfs,
}

/// A mounted volume; dropping it unmounts it.
#[derive(Debug)]
pub struct Volume {
    path: PathBuf,
    entry: EntryId,
    ballast: Option<EntryId>,
    ledger: Ledger,
}

impl Volume {
    /// Says before anything is started whether a volume can be made here, by making one where nobody can see it.
    pub fn probe() -> Result<Mechanism, Trouble> {
        if !has_capability(&fs::read_to_string("/proc/self/status").unwrap_or_default(), CAP_SYS_ADMIN) {
            return Err(missing("mounting needs root (the capability CAP_SYS_ADMIN)"));
        }
        // A thread with a mount table of its own: what it mounts is gone with it and never seen by others.
        match thread::spawn(mount_unseen).join() {
            Ok(Ok(())) => Ok(Mechanism::Tmpfs),
            Ok(Err(error)) => Err(missing(&format!("mounting a tmpfs was refused by the system: {error}"))),
            Err(_) => Err(missing("the trial mount failed")),
        }
    }

    /// Mounts a volume of this size over the existing folder `path`.
    pub fn create(path: &Path, bytes: u64, ledger: &Ledger) -> Result<Volume, Trouble> {
        let trouble = |why: String| Trouble::Volume { path: path.to_owned(), verb: "mounted", why };
        let path = path.canonicalize().map_err(|error| trouble(error.to_string()))?;
        check_size(bytes, memory_available()).map_err(trouble)?;
        let mark = mount_mark(ledger.run_id());
        let entry = ledger.record(entries::Mount { path: path.clone(), mark: mark.clone() })?;
        let mounted = mount_tmpfs(&mark, &path, bytes);
        let volume = Volume { path, entry, ballast: None, ledger: ledger.clone() };
        mounted.map_err(|error| match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => missing("mounting needs root (the capability CAP_SYS_ADMIN)"),
            _ => Trouble::Volume { path: volume.path.clone(), verb: "mounted", why: error.to_string() },
        })?;
        Ok(volume)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in use, and bytes altogether.
    pub fn used(&self) -> Result<(u64, u64), Trouble> {
        let stat = statvfs(&self.path).map_err(|errno| self.trouble("measured", errno.into()))?;
        let total = stat.blocks() * stat.fragment_size();
        Ok((total - stat.blocks_free() * stat.fragment_size(), total))
    }

    /// Adds ballast until at least this share is in use; 1 and above until the volume takes no more.
    /// Gives the bytes of ballast added.
    pub fn fill_to(&mut self, share: f64) -> Result<u64, Trouble> {
        if self.ballast.is_none() {
            self.ballast = Some(self.ledger.record(entries::Ballast { path: self.ballast_path() })?);
        }
        let before = self.used()?.0;
        let target = (share.clamp(0.0, 1.0) * self.used()?.1 as f64).ceil() as u64;
        let file = self.open_ballast().map_err(|error| self.trouble("filled", error))?;
        let mut piece = target.saturating_sub(before);
        for _ in 0..FILL_STEPS_MAX {
            let (used, total) = self.used()?;
            piece = piece.min(target.saturating_sub(used));
            if piece == 0 {
                break;
            }
            match grow(&file, piece) {
                Ok(()) => {}
                // Somebody else took the space meanwhile: what is left is taken in smaller pieces.
                Err(Errno::ENOSPC) if piece > 1 && used < total => piece /= 2,
                Err(Errno::ENOSPC) => break,
                Err(errno) => return Err(self.trouble("filled", errno.into())),
            }
        }
        Ok(self.used()?.0.saturating_sub(before))
    }

    /// Takes the ballast away.
    pub fn empty(&mut self) -> Result<(), Trouble> {
        let Some(entry) = self.ballast.take() else { return Ok(()) };
        match self.ledger.undo(entry, Duration::ZERO) {
            Some(report) if !report.done => {
                self.ballast = Some(entry);
                Err(self.trouble("emptied", io::Error::other(report.detail)))
            }
            _ => Ok(()),
        }
    }

    fn ballast_path(&self) -> PathBuf {
        self.path.join(BALLAST_FILE)
    }

    fn open_ballast(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(self.ballast_path())
    }

    fn trouble(&self, verb: &'static str, error: io::Error) -> Trouble {
        Trouble::Volume { path: self.path.clone(), verb, why: error.to_string() }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // What cannot be undone now stays in the ledger and is tried again at the end of the run.
        let _ = self.empty();
        self.ledger.undo(self.entry, Duration::ZERO);
    }
}

/// On tmpfs this takes the pages for good, all of them or none.
fn grow(file: &File, bytes: u64) -> Result<(), Errno> {
    let len = file.metadata().map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))?.len();
    let (len, bytes) = (to_offset(len)?, to_offset(bytes)?);
    fallocate(file, FallocateFlags::empty(), len, bytes)
}

fn to_offset(bytes: u64) -> Result<libc::off_t, Errno> {
    libc::off_t::try_from(bytes).map_err(|_| Errno::EFBIG)
}

fn mount_tmpfs(mark: &str, path: &Path, bytes: u64) -> io::Result<()> {
    let options = format!("size={bytes},mode=0700");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    Ok(mount(Some(mark), path, Some("tmpfs"), flags, Some(options.as_str()))?)
}

fn mount_unseen() -> io::Result<()> {
    // SAFETY: changes only which mount table this thread sees.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // Without this, a shared root would show the trial mount to everybody.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    mount_tmpfs("firedrill-probe", &std::env::temp_dir(), BYTES_MIN)
}

fn missing(what: &str) -> Trouble {
    Trouble::VolumeMissing {
        missing: what.to_owned(),
        next: "run firedrill as root, or play this scenario with --world sim; without that right there is no volume whose limit another process would feel".to_owned(),
    }
}

fn has_capability(status: &str, capability: u32) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).is_some_and(|set| set >> capability & 1 == 1)
}

/// A full tmpfs is held in memory, so it must fit there with room to spare.
fn check_size(bytes: u64, memory: Option<u64>) -> Result<(), String> {
    if bytes < BYTES_MIN {
        return Err(format!("{bytes} bytes is too small; give it at least 64KiB"));
    }
    match memory {
        Some(memory) if bytes > memory / 5 * 4 => Err(format!(
            "it is held in memory, and {bytes} bytes do not fit into the {memory} that are free; make it smaller"
        )),
        _ => Ok(()),
    }
}

fn memory_available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
#[path = "volume_tests.rs"]
mod tests;
