//! A proxy on a Toxiproxy server that runs already. Undone by deleting it; only one whose name carries the run is touched. Such a server
//! keeps nothing on disk: where nobody listens any more, its proxies are gone with it.

use super::{Change, Look, Turn, Undone};
use crate::live::toxiproxy::{Api, Reply};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToxiproxyProxy {
    pub api: SocketAddr,
    pub name: String,
}

impl ToxiproxyProxy {
    /// `firedrill-RUN-web-to-cache`: fit for a path, and known as ours.
    pub fn name_for(run: &str, edge: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        let edge: String = edge.replace("->", "-to-").chars().map(plain).collect();
        format!("{}{edge}", ToxiproxyProxy::mark(run))
    }

    fn mark(run: &str) -> String {
        format!("firedrill-{run}-")
    }

    fn ask(&self, method: &str) -> io::Result<Reply> {
        Api(self.api).ask(method, &format!("/proxies/{}", self.name), "")
    }
}

impl fmt::Display for ToxiproxyProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy {} on the Toxiproxy at {}", self.name, self.api)
    }
}

impl Change for ToxiproxyProxy {
    fn ends_with_the_boot(&self) -> bool {
        self.api.ip().is_loopback()
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    /// Its toxics are faults, and end with it.
    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if !self.name.starts_with(&ToxiproxyProxy::mark(turn.run)) {
            return Err("does not carry the name of this run, so it was left alone".into());
        }
        match self.ask("DELETE") {
            Ok(Reply { status: 200..=299, .. }) => Ok("deleted".into()),
            Ok(Reply { status: 404, .. }) => Ok("was gone already".into()),
            Ok(Reply { status, body }) => Err(format!("the server answered {status}: {}", body.trim_end())),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok("gone with its server".into()),
            Err(error) => Err(format!("the server cannot be asked: {error}")),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let at = format!("GET /proxies/{} on {}", self.name, self.api);
        let seen = match self.ask("GET") {
            Ok(Reply { status: 404, .. }) => Ok("no such proxy".to_owned()),
            Ok(Reply { status, .. }) => Err(format!("answered {status}")),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok("nobody listens there".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        Look::new(at, seen)
    }
}
