//! Faults on single messages, seen by the clients of real servers through the proxy. Upper bounds on time only tell "at once" from "never".

#![expect(clippy::disallowed_methods, reason = "these tests watch real servers in real time")]

mod certificates;
mod dns;
mod http;
mod postgres;
mod redis;
mod tls;
mod worlds;

use firedrill::base::{Dist, FaultId, Which};
use firedrill::live::proxy::{FaultProxy, Setup, protocol};
use firedrill::plan::spoil::{Does, Speech, Wanted};
use firedrill::plan::{Effect, Spoil};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const IT: FaultId = FaultId(0);
/// Longer than anything that happens takes, on the slowest machine.
const LONG: Duration = Duration::from_secs(60);
const LATE: Duration = Duration::from_millis(120);

/// A server of the ecosystem with a private folder; both go with it.
struct Server {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts what `command` makes of the folder and the port, and waits until the port is open.
    fn start(folder: TempDir, command: impl FnOnce(&Path, u16) -> Command) -> Server {
        let address = free_address();
        let mut command = command(folder.path(), address.port());
        let log = std::fs::File::create(folder.path().join("log")).expect("the folder can be written");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a handle")).stderr(log).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} is installed by tests/run: {error}"));
        let mut server = Server { child, address, folder };
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            let left = server.child.try_wait().expect("it is ours");
            let log = || std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
            assert!(left.is_none() && begun.elapsed() < LONG, "the server is not there ({left:?}): {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound")
}

fn proxy(speech: Speech, server: SocketAddr) -> FaultProxy {
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let mut setup = Setup::new(listen, server.into(), 7, "edge");
    setup.protocol = protocol(speech);
    FaultProxy::open(setup).expect("a free port")
}

fn spoil(of: Wanted, does: Does) -> Spoil {
    Spoil { of, which: Which::ALL, late: None, does }
}

fn late(of: Wanted, does: Does) -> Spoil {
    Spoil { late: Some(Dist::Constant(LATE.as_secs_f64())), ..spoil(of, does) }
}

fn apply(proxy: &FaultProxy, spoil: Spoil) {
    proxy.heal(IT);
    proxy.apply(IT, &Effect::Spoil(Box::new(spoil)));
}

fn counted(proxy: &FaultProxy, what: &str) -> u64 {
    proxy.evidence(IT).details.get(what).copied().unwrap_or(0)
}
