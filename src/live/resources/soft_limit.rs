//! The soft limit on open files of each process of a service. The hard limit is never touched: lowered, it could not be raised again.

use crate::live::Trouble;
use crate::live::undo::identity::{self, Kin};
use crate::live::undo::{EntryId, Identity, Ledger, entries};
use std::time::Duration;
use std::{fs, io, thread};

/// What is lowered now, of one service. Dropping it restores what can be restored.
#[derive(Debug)]
pub struct SoftLimits {
    lowered: Vec<EntryId>,
    ours: u64,
    kin: Kin,
    ledger: Ledger,
}

/// Soft and hard limit on open files of a process.
pub fn open_files(pid: i32) -> io::Result<libc::rlimit> {
    allowed(pid, || prlimit(pid, None))
}

/// Sets the soft limit alone.
pub fn set_open_files(pid: i32, soft: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: open_files(pid)?.rlim_max };
    allowed(pid, || prlimit(pid, Some(&limit))).map(drop)
}

fn prlimit(pid: i32, new: Option<&libc::rlimit>) -> io::Result<libc::rlimit> {
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let new = new.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: both are structs of the right type, and a null pointer for the new value changes nothing.
    match unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, new, &mut old) } {
        0 => Ok(old),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Limits of others take CAP_SYS_RESOURCE, which a root in a container may lack; their own user needs nothing, and a thread can become that.
fn allowed<T: Send>(pid: i32, act: impl Fn() -> io::Result<T> + Sync) -> io::Result<T> {
    match act() {
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => {}
        done => return done,
    }
    let (user, group) = owner(pid)?;
    let as_owner = || {
        // SAFETY: the bare system calls change this thread alone, which ends with this closure.
        let changed = unsafe {
            libc::syscall(libc::SYS_setresgid, group, group, group) == 0
                && libc::syscall(libc::SYS_setresuid, user, user, user) == 0
        };
        if changed { act() } else { Err(io::Error::last_os_error()) }
    };
    thread::scope(|scope| scope.spawn(as_owner).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// Real user and group of a process.
fn owner(pid: i32) -> io::Result<(u32, u32)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let real =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    real("Uid:").zip(real("Gid:")).ok_or_else(|| io::Error::other(format!("the owner of pid {pid} cannot be read")))
}

impl SoftLimits {
    /// Lowers it for every one of these processes that has more. Gives how many were lowered with it.
    pub fn lower(name: &str, kin: Kin, count: u64, ledger: &Ledger) -> Result<(SoftLimits, u64), Trouble> {
        let trouble =
            |error: io::Error| Trouble::Signal { service: name.to_owned(), verb: "limited", why: error.to_string() };
        open_files(kin.head()).map_err(trouble)?;
        let mut limits = SoftLimits { lowered: Vec::new(), ours: count, kin, ledger: ledger.clone() };
        let since = identity::ticks_since_boot();
        for (pid, stat) in kin.members() {
            // One that ended meanwhile needs no limit.
            let Ok(limit) = open_files(pid) else { continue };
            if limit.rlim_cur <= count {
                continue;
            }
            let who = Identity { pid, start_time: stat.start_time };
            let entry = entries::SoftLimit { name: name.to_owned(), who, before: limit.rlim_cur, ours: count, since };
            limits.lowered.push(ledger.record(entry)?);
            if let Err(error) = set_open_files(pid, count)
                && error.raw_os_error() != Some(libc::ESRCH)
            {
                return Err(trouble(error));
            }
        }
        let lowered = limits.lowered.len() as u64;
        Ok((limits, lowered))
    }

    /// Processes that can open nothing more at this moment.
    pub fn at_the_limit(&self) -> u64 {
        let full =
            |pid: i32| fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|files| files.count() as u64 >= self.ours);
        self.kin.members().iter().filter(|(pid, _)| full(*pid)).count() as u64
    }
}

impl Drop for SoftLimits {
    fn drop(&mut self) {
        for entry in self.lowered.drain(..) {
            self.ledger.undo(entry, Duration::ZERO);
        }
    }
}
