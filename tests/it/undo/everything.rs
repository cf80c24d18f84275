//! A scenario in which every sort of change is being made, and the servers of somebody else that it needs.

use super::foreign::Server;
use super::{PATIENCE, soon};
use crate::toxiproxy;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

const EVERYTHING: &str = include_str!("everything.yaml");

/// What all runs share.
pub struct Everything {
    proxy: toxiproxy::Server,
    queue: Queue,
}

impl Everything {
    pub fn start() -> Everything {
        Everything { proxy: toxiproxy::Server::start(&[]), queue: Queue::start() }
    }

    /// The scenario of one run. `other` is of that run alone: what two of them do to one process is not what this is about.
    pub fn text(&self, other: &Server) -> String {
        let text = EVERYTHING.replace("PROXY", &self.proxy.address.to_string());
        let text = text.replace("QUEUE", &format!("\"{}\"", self.queue.address));
        text.replace("ADDRESS", &format!("\"{}\"", other.address)).replace("PID", &other.pid().to_string())
    }
}

/// A NATS server with JetStream. Dropping it ends it.
struct Queue {
    child: Child,
    _folder: tempfile::TempDir,
    address: SocketAddr,
}

impl Queue {
    fn start() -> Queue {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = free.local_addr().expect("it has one");
        drop(free);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("nats-server");
        command.args(["-a", "127.0.0.1", "-p", &address.port().to_string(), "-js", "-sd"]).arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let queue = Queue { child: command.spawn().expect("nats-server is installed"), _folder: folder, address };
        assert!(soon(PATIENCE, || TcpStream::connect(address).is_ok()), "it does not answer");
        queue
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
