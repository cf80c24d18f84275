//! A process that is somebody else's, and its descendants: it ran before the run, is stopped and limited while it lasts, and is given back as it
//! was. It is ended only where the scenario says so, because nobody here can start it again. It never touches who else is in its group.

use super::process::surroundings::{Needs, Surroundings};
use super::resources::Cgroup;
use super::undo::identity::{self, Kin, Stat};
use super::undo::{EntryId, Identity, Ledger, entries, revert};
use super::{Trouble, undo};
use crate::plan::real::Which;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::time::{Duration, Instant};

/// A stop signal takes effect in microseconds, unless the process is inside the kernel.
const STOP_WITHIN: Duration = Duration::from_secs(1);
/// Threads of the kernel descend from this one.
const KERNEL: i32 = 2;

/// Dropping it gives it back.
#[derive(Debug)]
pub struct Foreign {
    name: String,
    who: Identity,
    ledger: Ledger,
    stopped: Vec<EntryId>,
    /// We ended it, so its end is no news.
    killed: bool,
    surroundings: Surroundings,
}

impl Foreign {
    pub fn take(name: &str, which: &Which, needs: &Needs, ledger: &Ledger) -> Result<Foreign, Trouble> {
        let trouble = |why| Trouble::Signal { service: name.to_owned(), verb: "taken over", why };
        let who = identify(which).map_err(trouble)?;
        let mut surroundings = Surroundings::default();
        if !needs.controllers.is_empty() {
            surroundings.cgroup = Some(Cgroup::beside(name, &needs.controllers, who, ledger)?);
        }
        let (stopped, killed) = (Vec::new(), false);
        Ok(Foreign { name: name.to_owned(), who, ledger: ledger.clone(), stopped, killed, surroundings })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn kin(&self) -> Kin {
        Kin::Descendants(self.who)
    }

    pub fn surroundings(&mut self) -> &mut Surroundings {
        &mut self.surroundings
    }

    pub fn is_running(&self) -> bool {
        self.who.is_alive()
    }

    /// Says so if it ended on its own.
    pub fn exited(&self) -> Option<String> {
        let (name, pid) = (&self.name, self.who.pid);
        let ended = format!("service `{name}` (pid {pid}) ended, and firedrill cannot start it again; find out why");
        (!self.killed && !self.is_running()).then_some(ended)
    }

    /// Stops it and all its descendants in their tracks. Who was stopped before stays out of it.
    pub fn pause(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + STOP_WITHIN;
        // One that is not stopped yet may start another, so it is looked at until nobody is left.
        loop {
            let running: Vec<Identity> = self.members(|stat| !stat.is_stopped());
            if running.is_empty() {
                return Ok(());
            }
            for who in running {
                let entry = self.ledger.record(entries::Stopped { name: self.name.clone(), who })?;
                self.stopped.push(entry);
                let sent = who.signal(Signal::SIGSTOP);
                let stopped = sent.is_ok() && revert::wait_until(until, || who.is_stopped() || !who.is_alive());
                if !stopped && who.is_alive() {
                    let why = sent.err().map_or("it hangs in the kernel", |errno| errno.desc()).to_owned();
                    self.resume()?;
                    return Err(self.trouble("paused", why));
                }
            }
        }
    }

    pub fn resume(&mut self) -> Result<(), Trouble> {
        let mut failed = None;
        for entry in self.stopped.drain(..).rev() {
            failed = self.ledger.undo(entry, Duration::ZERO).filter(|report| !report.done).or(failed);
        }
        failed.map_or(Ok(()), |report| Err(self.trouble("resumed", report.detail)))
    }

    /// SIGKILL to it and all its descendants.
    pub fn kill(&mut self) -> Result<u64, Trouble> {
        self.killed = true;
        let all = self.members(|_| true);
        for who in &all {
            // One that ended meanwhile needs no signal; whoever is left is seen below.
            let _ = who.signal(Signal::SIGKILL);
        }
        match revert::wait_until(Instant::now() + revert::KILL_WAIT, || !all.iter().any(|who| who.is_alive())) {
            true => Ok(all.len() as u64),
            false => Err(self.trouble("killed", "it is still there after SIGKILL".to_owned())),
        }
    }

    fn members(&self, wanted: impl Fn(&Stat) -> bool) -> Vec<Identity> {
        let all = self.kin().members().into_iter().filter(|(_, stat)| wanted(stat));
        all.map(|(pid, stat)| Identity { pid, start_time: stat.start_time }).collect()
    }

    fn trouble(&self, verb: &'static str, why: String) -> Trouble {
        Trouble::Signal { service: self.name.clone(), verb, why }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // What cannot be undone now stays in the ledger and is tried again at the end of the run.
        let _ = self.resume();
    }
}

/// Who it is now, or in plain words why it must not be touched.
pub fn identify(which: &Which) -> Result<Identity, String> {
    let pid = match which {
        Which::Pid(pid) => *pid,
        Which::File(path) => {
            let text = fs::read_to_string(path).map_err(|error| format!("the file {path} cannot be read: {error}"))?;
            // PostgreSQL's holds more than the number, which stands in the first line.
            let number = text.lines().next().and_then(|line| line.trim().parse().ok());
            number.ok_or_else(|| format!("there is no number in the first line of {path}"))?
        }
    };
    let Some(stat) = Stat::of(pid).filter(Stat::is_alive) else {
        return Err(format!("there is no process {pid}; look for it with: pgrep -l NAME"));
    };
    let refused = |why: &str| Err(format!("pid {pid} {why}"));
    if pid <= 1 {
        return refused("is the first process of this machine, on which everything depends");
    }
    if pid == KERNEL || stat.parent == KERNEL {
        return refused("is a thread of the kernel");
    }
    if ancestors(std::process::id() as i32).contains(&pid) {
        return refused("is firedrill itself, or what firedrill was started from");
    }
    if is_firedrill(pid) {
        return refused("is a firedrill (a guardian or another run)");
    }
    if let Err(error) = kill(Pid::from_raw(pid), None) {
        let why = error.desc();
        return Err(format!("pid {pid} cannot be signalled ({why}); run firedrill as its user or as root"));
    }
    Ok(Identity { pid, start_time: stat.start_time })
}

/// Itself first.
fn ancestors(pid: i32) -> Vec<i32> {
    std::iter::successors(Some(pid), |pid| Stat::of(*pid).map(|stat| stat.parent).filter(|parent| *parent > 0))
        .collect()
}

/// By the file of its program, also when that was replaced since.
fn is_firedrill(pid: i32) -> bool {
    let file = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let guardian = undo::program().ok();
    let theirs = file(&pid.to_string());
    theirs.is_some() && (theirs == file("self") || theirs == guardian)
        || identity::has_arguments(pid, &["guardian", "--ledger"])
}

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;
