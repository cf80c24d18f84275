//! The soft limit on open files of each process of a service. The hard limit is never touched: lowered, it could not be raised again.

use crate::live::Trouble;
use crate::live::undo::identity::{self, Kin};
use crate::live::undo::{EntryId, Identity, Ledger, entries};
use std::time::Duration;
use std::{fs, io};

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
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: reads into a struct of the right type; a null pointer for the new value changes nothing.
    match unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, std::ptr::null(), &mut limit) } {
        0 => Ok(limit),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets the soft limit alone.
pub fn set_open_files(pid: i32, soft: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: open_files(pid)?.rlim_max };
    // SAFETY: reads a struct of the right type; a null pointer for the old value asks for nothing.
    match unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, &limit, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
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
