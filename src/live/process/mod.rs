//! A real service as a child process: started on a free loopback port with a private folder, checked ready, broken on
//! request and ended without a trace. It never touches a process that it did not start.

mod first;
mod launch;
mod listener;
mod log;
pub mod papers;
pub(in crate::live) mod ready;
pub mod surroundings;

pub use launch::program_file;
pub use listener::listens;

use super::drivers::{Setup, Trust};
use super::folder::Folder;
use super::net::Room;
use super::undo::ledger::GRACE;
use super::undo::{EntryId, Identity, Ledger, entries, identity, revert};
use super::{Disk, Trouble, Volume};
use crate::plan::RealService;
use crate::plan::real::Protocol;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use papers::Papers;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};
use surroundings::Surroundings;

/// A stop signal takes effect in microseconds, unless the process is inside the kernel.
const PAUSE_WITHIN: Duration = Duration::from_secs(1);

/// One started service. Dropping it ends the process and removes its volume and folder.
#[derive(Debug)]
pub struct RealProcess {
    name: String,
    service: RealService,
    ledger: Ledger,
    port: u16,
    /// What `{port:NAME}` stands for.
    ports: BTreeMap<String, u16>,
    running: Option<Running>,
    /// Why it ended, when that was not our doing.
    ended: Option<String>,
    // Dropped in this order, after the process: the disk may lie on the volume, and that lies inside the folder.
    surroundings: Surroundings,
    volume: Option<Volume>,
    /// Files in the folder, where somebody speaks TLS.
    papers: Option<Papers>,
    folder: Folder,
}

#[derive(Debug)]
struct Running {
    child: Child,
    who: Identity,
    entry: EntryId,
    pause: Option<EntryId>,
}

impl RealProcess {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn protocol(&self) -> Protocol {
        self.service.protocol
    }

    pub fn comes_back_cold(&self) -> bool {
        self.service.cold
    }

    /// How its driver gets in.
    pub fn setup(&self) -> Setup {
        let folder = Some(self.data_dir());
        let account = self.service.account.clone();
        Setup {
            address: self.address(),
            name: self.name.clone(),
            account,
            keys: None,
            folder,
            tls: self.trust(),
            guest: None,
        }
    }

    /// What makes its certificate one to take, if it speaks TLS.
    fn trust(&self) -> Option<Trust> {
        let made = || self.papers.as_ref().map(Papers::trust);
        self.service.tls.then(|| self.service.ca.clone().map(papers::trust).or_else(made)).flatten()
    }

    pub fn address(&self) -> SocketAddr {
        let own = self.surroundings.room.as_ref().map(Room::address);
        (own.unwrap_or(Ipv4Addr::LOCALHOST), self.port).into()
    }

    /// Where every change to it is written down.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The process that leads the group, for measuring it from outside.
    pub fn pid(&self) -> Option<i32> {
        self.running.as_ref().map(|running| running.who.pid)
    }

    /// The size-limited volume under its data, if the scenario asked for one.
    pub fn volume(&mut self) -> Option<&mut Volume> {
        self.volume.as_mut()
    }

    /// What it was given because a fault needs it.
    pub fn surroundings(&mut self) -> &mut Surroundings {
        &mut self.surroundings
    }

    fn disk(&self) -> Option<&Disk> {
        self.surroundings.disk.as_ref()
    }

    /// What `{dir}` stands for.
    pub fn data_dir(&self) -> PathBuf {
        let disk = self.disk().map(Disk::path);
        let root = disk.or(self.volume.as_ref().map(Volume::path)).unwrap_or(self.folder.path());
        root.join("data")
    }

    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("log.txt")
    }

    /// True while the process exists, also while it is paused.
    pub fn is_running(&mut self) -> bool {
        self.notice_end();
        self.running.is_some()
    }

    /// Says how and with which last words it ended, if it ended on its own. What we ended ourselves is no news.
    pub fn exited(&mut self) -> Option<String> {
        self.notice_end();
        self.ended.clone()
    }

    /// SIGKILL to the whole group, at once.
    pub fn kill(&mut self) -> Result<(), Trouble> {
        self.end("killed", Some(Signal::SIGKILL))
    }

    /// SIGTERM, two seconds of grace, SIGKILL. Blocks for that long at the most.
    pub fn stop(&mut self) -> Result<(), Trouble> {
        self.end("stopped", None)
    }

    /// Stops the whole group in its tracks: it keeps its connections and answers nothing.
    pub fn pause(&mut self) -> Result<(), Trouble> {
        let name = self.name.clone();
        let running = self.live("paused")?;
        if running.pause.is_some() {
            return Ok(());
        }
        let who = running.who;
        let entry = self.ledger.record(entries::Paused { name: name.clone(), who })?;
        self.live("paused")?.pause = Some(entry);
        let sent = identity::signal_members(who.pid, Signal::SIGSTOP);
        let stopped = || identity::group_members(who.pid).iter().all(|(_, stat)| stat.is_stopped());
        if sent.is_ok() && revert::wait_until(Instant::now() + PAUSE_WITHIN, stopped) {
            return Ok(());
        }
        let why = sent.err().map_or("it hangs in the kernel", |errno| errno.desc()).to_owned();
        self.resume()?;
        Err(Trouble::Signal { service: name, verb: "paused", why })
    }

    pub fn resume(&mut self) -> Result<(), Trouble> {
        let Some(entry) = self.live("resumed")?.pause.take() else { return Ok(()) };
        match self.ledger.undo(entry, Duration::ZERO) {
            Some(report) if !report.done => {
                self.live("resumed")?.pause = Some(entry);
                Err(Trouble::Signal { service: self.name.clone(), verb: "resumed", why: report.detail })
            }
            _ => Ok(()),
        }
    }

    fn live(&mut self, verb: &'static str) -> Result<&mut Running, Trouble> {
        self.notice_end();
        let service = self.name.clone();
        self.running.as_mut().ok_or(Trouble::NotRunning { service, verb })
    }

    /// It is about to be ended, and must not wait for its disk.
    pub fn let_go(&mut self) {
        if let Some(disk) = &self.surroundings.disk {
            disk.let_go(true);
        }
    }

    /// Ends the group by way of the ledger, which looks afterwards that it is gone and strikes it out.
    fn end(&mut self, verb: &'static str, first: Option<Signal>) -> Result<(), Trouble> {
        let running = self.live(verb)?;
        let (entry, pause, leader) = (running.entry, running.pause.take(), running.who.pid);
        self.let_go();
        if let Some(signal) = first {
            // A failure shows in the undo's own look afterwards.
            let _ = identity::signal_members(leader, signal);
        }
        let report = self.ledger.undo(entry, GRACE);
        if let Some(pause) = pause {
            self.ledger.undo(pause, Duration::ZERO);
        }
        if let Some(disk) = &self.surroundings.disk {
            disk.let_go(false);
        }
        if let Some(report) = report.filter(|report| !report.done) {
            return Err(Trouble::Signal { service: self.name.clone(), verb, why: report.detail });
        }
        // The group is gone, so the leader is a zombie and this returns at once.
        if let Some(mut running) = self.running.take() {
            let _ = running.child.wait();
        }
        Ok(())
    }

    fn notice_end(&mut self) {
        let Some(running) = &self.running else { return };
        let pid = running.who.pid;
        if let Some(status) = self.collect_if_ended() {
            let (name, words) = (&self.name, log::last_lines(&self.log_path()));
            self.ended = Some(format!(
                "service `{name}` (pid {pid}) ended on its own: {status}\nfind out why, and run again; the last lines of its log:\n{words}"
            ));
        }
    }

    /// Looks, without collecting it yet, whether the leader ended: until then its pid and group stay reserved, and what
    /// it left in the group can be ended safely. Gives how it ended.
    fn collect_if_ended(&mut self) -> Option<String> {
        let running = self.running.as_ref()?;
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        if matches!(waitid(Id::Pid(Pid::from_raw(running.who.pid)), flags), Ok(WaitStatus::StillAlive)) {
            return None;
        }
        let mut running = self.running.take()?;
        for entry in [running.pause, Some(running.entry)].into_iter().flatten() {
            self.ledger.undo(entry, Duration::ZERO);
        }
        Some(running.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string()))
    }
}

impl Drop for RealProcess {
    fn drop(&mut self) {
        if self.running.is_some() {
            // What cannot be ended now stays in the ledger and is tried again at the end of the run.
            let _ = self.end("stopped", None);
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
