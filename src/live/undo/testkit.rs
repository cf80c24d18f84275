//! What the tests of this room share: a state folder of their own, one change of each kind, and other processes that
//! play the runner or the guardian (this test program, started again with one ignored test as its role).

use super::entries::Change;
use super::file::{self, Contents};
use super::identity::group_members;
use super::{Entry, EntryId, Ledger, entries, fresh_run_id, mounts};
use crate::live::Disk;
use crate::live::folder::Folder;
use crate::live::net::Room;
use crate::live::resources::{Cgroup, Controller, soft_limit};
use crate::live::volume::{BYTES_MIN, Volume};
use crate::plan::Limit;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, mem};
use tempfile::TempDir;

/// Folder, volume, ballast, pass-through, cgroup and its limit, namespace, two processes, a soft limit, a pause.
pub const CHANGES: usize = 11;

pub struct Bench {
    state: TempDir,
}

impl Bench {
    #[expect(clippy::new_without_default, reason = "a default that makes a folder would surprise")]
    pub fn new() -> Bench {
        Bench { state: tempfile::tempdir().unwrap() }
    }

    pub fn state(&self) -> &Path {
        self.state.path()
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::open_in(self.state(), &fresh_run_id().unwrap()).unwrap()
    }

    /// A program file that behaves like `firedrill guardian --ledger PATH`. A shell writes it, since a file that this
    /// many-threaded process had open for writing could not always be executed.
    pub fn guardian_exe(&self) -> PathBuf {
        let path = self.state().join("guardian.sh");
        let role = "live::undo::guardian::tests::guardian_role";
        let this = env::current_exe().unwrap();
        let text = format!(
            "#!/bin/sh\nROLE_LEDGER=\"$3\" exec {} --exact {role} --ignored --nocapture --test-threads=1\n",
            this.display()
        );
        let mut write = Command::new("sh");
        write.args(["-c", "printf %s \"$1\" >\"$2\" && chmod 700 \"$2\"", "sh", &text]).arg(&path);
        assert!(write.status().unwrap().success());
        path
    }

    /// A runner in a process of its own, with one change of each kind made.
    pub fn runner(&self, with_guardian: bool) -> Runner {
        let mut command = role("live::undo::guardian::tests::runner_role");
        command.env("ROLE_STATE", self.state());
        if with_guardian {
            command.env("ROLE_GUARDIAN", self.guardian_exe());
        }
        let mut child = command.spawn().unwrap();
        wait_for_line(&mut child, "role ready");
        let ledgers = fs::read_dir(self.state()).unwrap().flatten().map(|entry| entry.path());
        let ledger = ledgers.filter(|path| path.extension().is_some_and(|x| x == "ledger")).last().unwrap();
        let contents = file::read(&ledger).unwrap();
        assert_eq!(contents.open.len(), CHANGES, "{contents:?}");
        contents.open.values().for_each(|entry| assert!(is_there(entry), "{entry} was not made"));
        Runner { child, ledger, contents }
    }
}

pub struct Runner {
    pub child: Child,
    pub ledger: PathBuf,
    pub contents: Contents,
}

impl Runner {
    pub fn kill(&mut self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL).unwrap();
        self.child.wait().unwrap();
    }

    pub fn left_behind(&self) -> Vec<String> {
        self.contents.open.values().filter(|entry| is_there(entry)).map(Entry::to_string).collect()
    }
}

/// This test program again, with one ignored test as its only task.
pub fn role(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env("ROLE", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// Reads on until the line comes; the rest of the output stays unread, with the pipe open as long as the child is held.
pub fn wait_for_line(child: &mut Child, wanted: &str) {
    let mut lines = BufReader::with_capacity(1, child.stdout.take().unwrap());
    let mut seen = String::new();
    while lines.read_line(&mut seen).unwrap() > 0 {
        if seen.trim_end().ends_with(wanted) {
            child.stdout = Some(lines.into_inner());
            return;
        }
    }
    panic!("the child ended without saying {wanted:?}; it said:\n{seen}");
}

pub fn quiet(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// One change of each kind; kept by `mem::forget`, so that only a replay of the ledger can undo them.
pub fn change_everything(ledger: &Ledger) {
    let folder = Folder::create("test", ledger).unwrap();
    let mount = folder.path().join("volume");
    fs::create_dir(&mount).unwrap();
    let mut volume = Volume::create(&mount, BYTES_MIN, ledger).unwrap();
    volume.fill_to(0.5).unwrap();
    let (behind, front) = (folder.path().join("behind"), folder.path().join("front"));
    [&behind, &front].iter().for_each(|path| fs::create_dir(path).unwrap());
    let disk = Disk::create(&front, &behind, false, ledger).unwrap();
    let mut cgroup = Cgroup::create("server", &[Controller::Processes], ledger).expect("root can make a cgroup");
    let room = Room::create("server", ledger).expect("root can make a namespace");
    // A server with a child of its own, standing in the volume so that it keeps it busy.
    let mut server = quiet("sh", &["-c", "sleep 1000 & wait"]);
    cgroup.enter(&mut server).unwrap();
    let (server, _) = room.within(|| ledger.spawn(server.current_dir(&mount), "server")).unwrap().unwrap();
    cgroup.limit(&Limit::Processes { count: 20 }, 1).unwrap();
    let limits = lower(ledger, server.id() as i32);
    let (_, entry) = pause(ledger);
    assert!(entry.0 > 0);
    mem::forget((folder, volume, disk, cgroup, room, server, limits));
}

/// Of the leader alone, so that the number of entries is known.
fn lower(ledger: &Ledger, pid: i32) -> u64 {
    let (who, before) = (super::Identity::of(pid).unwrap(), soft_limit::open_files(pid).unwrap().rlim_cur);
    let ours = before / 2;
    ledger.record(entries::SoftLimit { name: "server".into(), who, before, ours, since: 0 }).unwrap();
    soft_limit::set_open_files(pid, ours).unwrap();
    ours
}

fn pause(ledger: &Ledger) -> (Child, EntryId) {
    let (child, _) = ledger.spawn(&mut quiet("sleep", &["1000"]), "paused").unwrap();
    let who = super::Identity::of(child.id() as i32).unwrap();
    let entry = ledger.record(entries::Paused { name: "paused".into(), who }).unwrap();
    nix::sys::signal::killpg(Pid::from_raw(who.pid), Signal::SIGSTOP).unwrap();
    let stopped = || group_members(who.pid).iter().all(|(_, stat)| stat.is_stopped());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    assert!(super::revert::wait_until(until, stopped));
    (child, entry)
}

/// Whether the change can still be seen from outside.
pub fn is_there(entry: &Entry) -> bool {
    match entry {
        Entry::Process(change) => !group_members(change.who.pid).is_empty(),
        Entry::Paused(change) => group_members(change.who.pid).iter().any(|(_, stat)| stat.is_stopped()),
        Entry::Mount(change) => mounts::top_at(&change.path).unwrap().is_some(),
        Entry::Folder(change) => fs::symlink_metadata(&change.path).is_ok(),
        Entry::Network(change) => change.is_there(),
        Entry::Cgroup(change) => change.path.is_dir(),
        Entry::SoftLimit(change) => {
            change.who.is_alive()
                && soft_limit::open_files(change.who.pid).is_ok_and(|limit| limit.rlim_cur == change.ours)
        }
        Entry::CgroupLimit(change) => change.file.exists() && !change.look("").gone,
        Entry::Moved(_) => !entry.change().look("").gone,
        Entry::Stopped(change) => change.who.is_stopped(),
        Entry::Terminal(change) => !change.look("").gone,
        Entry::Ballast(change) => fs::symlink_metadata(&change.path).is_ok(),
        Entry::ToxiproxyProxy(_) | Entry::Guest(_) => !entry.change().look("").gone,
    }
}

/// A mount made by somebody else, taken away at the end of the test.
pub struct ForeignMount(pub PathBuf);

impl ForeignMount {
    pub fn at(path: &Path) -> ForeignMount {
        let options = Some("size=64k");
        nix::mount::mount(Some("somebody-else"), path, Some("tmpfs"), nix::mount::MsFlags::empty(), options)
            .expect("these tests mount a tmpfs and so must run as root");
        ForeignMount(path.to_owned())
    }

    pub fn is_there(&self) -> bool {
        mounts::mounted().unwrap().iter().any(|mount| mount.path == self.0 && mount.source == "somebody-else")
    }
}

impl Drop for ForeignMount {
    fn drop(&mut self) {
        let _ = nix::mount::umount2(&self.0, nix::mount::MntFlags::MNT_DETACH);
    }
}
