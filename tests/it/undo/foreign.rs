//! A server that the test started and not firedrill, as one that somebody else looks after: hit where the scenario allows it, and given back
//! whatever becomes of the runner.

use super::{Home, PATIENCE, left, soon};
use firedrill::live::resources::{Controller, hierarchy};
use firedrill::live::undo::Identity;
use firedrill::live::undo::identity::Stat;
use nix::sys::signal::Signal;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// A Redis in the process group of this test. Dropping it ends it.
pub struct Server {
    child: Child,
    _folder: tempfile::TempDir,
    pub address: SocketAddr,
}

impl Server {
    pub fn start() -> Server {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = free.local_addr().expect("it has one");
        drop(free);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("redis-server");
        command.args(["--port", &address.port().to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server { child: command.spawn().expect("redis-server is installed"), _folder: folder, address };
        assert!(soon(PATIENCE, || TcpStream::connect(address).is_ok()), "it does not answer");
        server
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("pids are small")
    }

    fn is_stopped(&self) -> bool {
        Stat::of(self.pid()).is_some_and(|stat| stat.is_stopped())
    }

    /// Meanwhile it is asked again and again to save, for which it forks.
    fn saving<T>(&self, act: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    // What it answers while it is hit is not asked here.
                    let asked = TcpStream::connect(self.address).and_then(|mut to| to.write_all(b"BGSAVE\r\n"));
                    thread::sleep(Duration::from_millis(if asked.is_ok() { 50 } else { 100 }));
                }
            });
            let done = act();
            over.store(true, Relaxed);
            done
        })
    }

    /// Where it is, how many files it may open, and whether it runs: what a run must give back.
    fn state(&self) -> (String, String, bool) {
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.pid())).expect("it is there");
        // Of the controllers that these tests use: somebody else may move it elsewhere meanwhile.
        let group =
            |controller| hierarchy::group_of(self.pid(), controller).expect("it is in one").display().to_string();
        let groups = [Controller::Cpu, Controller::Processes].map(group).join(" ");
        let files = read("limits").lines().find(|line| line.starts_with("Max open files")).map(str::to_owned);
        (groups, files.expect("it has such a limit"), self.is_stopped())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been ended by its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scenario(server: &Server, allow: &str, faults: &str, more: &str) -> String {
    let (address, pid) = (server.address, server.pid());
    format!(
        "name: foreign
world: live
length: 4s
clients:
  users: {{calls: {{to: cache, timeout: 300ms, response: 50KB}}, rate: 300/s, keys: {{count: 100}}}}
services:
  cache: {{kind: cache, entries: 100}}
faults:
{faults}
expect:
  - success(users) >= 1% whole
{allow}
live:
  cache: {{address: \"{address}\", protocol: redis, pid: {pid}{more}}}
"
    )
}

fn allowed(server: &Server) -> String {
    format!("allow: [pid:{}]", server.pid())
}

const EACH: &str = "  still: {kind: pause, on: cache, at: 500ms, for: 500ms}
  slower: {kind: cpu, on: cache, share: 1%, at: 1300ms, for: 700ms}
  few-files: {kind: open-files, on: cache, to: 5, at: 2200ms, for: 600ms}
  alone: {kind: processes, on: cache, to: 1, at: 2900ms, for: 300ms}";

#[test]
fn it_is_paused_and_limited_and_given_back_as_it_was() {
    let (home, server) = (Home::new(), Server::start());
    let before = server.state();
    home.write("foreign.yaml", &scenario(&server, &allowed(&server), EACH, ""));
    let (code, said) = server.saving(|| home.output(&["run", "foreign.yaml"]));
    assert_eq!(code, Some(0), "{said}");
    for seen in ["processes paused", "periods held back", "looks without a free descriptor", "forks refused"] {
        assert!(said.contains(seen), "{seen}: {said}");
    }
    for undone in ["stopped process cache", "processes of cache in the cgroup", "limit of 5 open files"] {
        assert!(said.contains(undone), "{undone}: {said}");
    }
    assert!(!said.contains("NOT undone") && !said.contains("not undone"), "{said}");
    assert_eq!(server.state(), before);
    assert_eq!(left::behind(home.path(), None), Vec::<String>::new());
}

#[test]
fn it_is_given_back_by_the_guardian_when_the_runner_is_killed() {
    let (home, server) = (Home::new(), Server::start());
    let before = server.state();
    let all = "  slower: {kind: cpu, on: cache, share: 50%, at: 100ms, for: 3s}
  few-files: {kind: open-files, on: cache, to: 50, at: 150ms, for: 3s}
  still: {kind: pause, on: cache, at: 200ms, for: 3s}";
    home.write("foreign.yaml", &scenario(&server, &allowed(&server), all, ""));
    let mut run = home.start(&["run", "foreign.yaml"]);
    run.has_changed("stopped");
    assert!(soon(PATIENCE, || server.is_stopped()), "it was not stopped");
    let snapshot = left::snapshot(&home.state());
    let hit = server.state();
    assert!(hit.0.contains("firedrill-") && hit.1 != before.1 && hit.2, "{hit:?}");
    run.signal(Signal::SIGKILL);
    run.child.wait().expect("it ends");
    assert!(soon(PATIENCE, || server.state() == before), "{:?} was {before:?}", server.state());
    assert!(soon(PATIENCE, || left::behind(home.path(), snapshot.as_ref()).is_empty()));
    assert!(Identity::of(server.pid()).is_some_and(Identity::is_alive), "it is not ours to end");
}

#[test]
fn a_limit_of_a_runner_that_is_stuck_is_lifted_at_its_latest_moment() {
    let (home, server) = (Home::new(), Server::start());
    let before = server.state();
    let fault = "  slower: {kind: cpu, on: cache, share: 50%, at: 100ms, for: 1s}";
    home.write("foreign.yaml", &scenario(&server, &allowed(&server), fault, ""));
    let mut run = home.start(&["run", "foreign.yaml"]);
    run.has_changed("cgroup-limit");
    assert!(soon(PATIENCE, || server.state().0 != before.0), "it was not moved");
    run.signal(Signal::SIGSTOP);
    let is_over = || {
        left::snapshot(&home.state()).is_some_and(|now| !now.open.iter().any(|entry| entry.kind() == "cgroup-limit"))
    };
    assert!(soon(PATIENCE, is_over), "the guardian let the limit lie for ever");
    assert!(soon(PATIENCE, || server.state() == before), "{:?} was {before:?}", server.state());
    run.signal(Signal::SIGKILL);
    run.child.wait().expect("it ends");
    assert!(soon(PATIENCE, || left::behind(home.path(), None).is_empty()), "{:?}", left::behind(home.path(), None));
}

#[test]
fn it_is_refused_what_was_not_allowed() {
    let (home, server) = (Home::new(), Server::start());
    let down = "  gone: {kind: down, on: cache, at: 500ms, for: 500ms}";
    home.write("foreign.yaml", &scenario(&server, "", down, ""));
    let (code, said) = home.output(&["run", "foreign.yaml"]);
    assert_ne!(code, Some(0), "{said}");
    assert!(said.contains(&format!("allow: [pid:{}]", server.pid())) && said.contains("may_end: true"), "{said}");
    assert!(soon(Duration::ZERO, || TcpStream::connect(server.address).is_ok()), "it was hit all the same");
    home.write("foreign.yaml", &scenario(&server, &allowed(&server), down, ", may_end: true"));
    let (_, said) = home.output(&["run", "foreign.yaml"]);
    assert!(said.contains("processes killed 1") && !said.contains("NOT undone"), "{said}");
    assert!(TcpStream::connect(server.address).is_err(), "nobody started it again");
}
