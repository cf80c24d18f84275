//! What the live world needs to know beside the model: what is started, reached, allowed.

use crate::base::{ServiceId, Span};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Real {
    pub services: Vec<RealService>,
    /// Hosts outside loopback that the scenario allows as targets (with `--allow-remote`).
    pub allow: Vec<String>,
}

/// A service that is a real process instead of a stand-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealService {
    pub service: ServiceId,
    pub protocol: Protocol,
    pub origin: Origin,
    /// How long to wait until it is ready.
    pub ready_within: Span,
    pub ready: Ready,
    /// Needs a size-limited volume of this many bytes as its data directory.
    pub volume_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Http,
    Redis,
    Tcp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Started by us. `{port}` and `{dir}` in the arguments are replaced by a free loopback port and a private folder.
    Start { program: String, args: Vec<String>, env: Vec<(String, String)> },
    /// Already running at `host:port`.
    Address(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// The port accepts a connection.
    Connect,
    /// A first question in its own protocol is answered, such as `PING` with `PONG`.
    Answers,
    /// `GET path` answers with a status below 500.
    HttpGet(String),
}
