//! How services are called: one file per protocol, and the table of them. A driver carries one attempt to a server and says what came
//! of it; when, how often and for how long is the engine's business, so no driver retries what may have arrived, and none has timers.
//!
//! To the engine's thread a driver is an [`Edge`]: what calls over one edge need. What is done to a server once, apart from calls, stands
//! in its [`Kind`].

pub mod filler;
mod http;
mod redis;
mod slots;
pub mod words;

use crate::base::{EdgeId, ErrorKind, Outcome, Span};
use crate::engine::Request;
use crate::live::http1;
use crate::plan::real::Protocol;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::runtime;
use tokio::sync::Semaphore;

/// Writes of rebuilt values under way on one edge; more are dropped, as a cache may forget anyway.
const FILLS_MAX: usize = 1024;

/// What a driver must know of an edge and of whoever is called over it.
#[derive(Clone, Debug)]
pub struct Peer {
    pub edge: EdgeId,
    /// Where to connect: the server itself, or the fault proxy before it.
    pub address: SocketAddr,
    /// What the server is called where a protocol names it.
    pub host: String,
    /// For HTTP: the method, and the path, in which `{key}` stands for the key's number.
    pub method: hyper::Method,
    pub path: String,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// Set where a cache is called, for which "not there" is an answer.
    pub cache: Option<Cache>,
}

#[derive(Clone, Copy, Debug)]
pub struct Cache {
    /// How long what is written stays.
    pub ttl: Option<Span>,
}

/// What a cache holds before the run.
#[derive(Clone, Copy, Debug)]
pub struct Preload {
    pub entries: u32,
    pub ttl: Option<Span>,
    pub value_bytes: u64,
}

/// Something done once to a server; errors are words for people.
pub type Task<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// One protocol.
pub struct Kind {
    pub protocol: Protocol,
    /// How it is spoken, for the report.
    pub how: &'static str,
    /// Makes what calls over an edge need; connects to nobody yet.
    open: fn(Peer) -> Result<Speaker, String>,
    /// Asks whether the server is ready for calls.
    pub ready: fn(SocketAddr) -> Task<()>,
    /// Writes the first keys of a cache.
    pub preload: Option<fn(SocketAddr, Preload) -> Task<()>>,
    /// Empties the server at once and says how much it held.
    pub forget: Option<fn(SocketAddr) -> Task<u64>>,
}

static KINDS: &[Kind] = &[http::KIND, redis::KIND];

/// `None`: a protocol that can be started and broken, but not called.
pub fn kind(protocol: Protocol) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.protocol == protocol)
}

/// How the calls of one edge are made.
pub struct Edge {
    speaker: Speaker,
    fills: Arc<Semaphore>,
}

/// The large ones are boxed where they are awaited, so that the task of an HTTP call stays small.
enum Speaker {
    Http(http::Http),
    Redis(redis::Redis),
    /// Nobody of ours calls here: the caller is a real process.
    Nobody,
}

impl Edge {
    pub fn open(protocol: Protocol, peer: Peer) -> Result<Edge, String> {
        let kind = kind(protocol).ok_or("this protocol cannot be called")?;
        Ok(Edge::of((kind.open)(peer)?))
    }

    pub fn nobody() -> Edge {
        Edge::of(Speaker::Nobody)
    }

    fn of(speaker: Speaker) -> Edge {
        Edge { speaker, fills: Arc::new(Semaphore::new(FILLS_MAX)) }
    }

    pub async fn call(&self, request: &Request) -> Outcome {
        match &self.speaker {
            Speaker::Http(http) => http.call(request).await,
            Speaker::Redis(redis) => redis.call(request.traits).await,
            Speaker::Nobody => Outcome::Failed(ErrorKind::Refused),
        }
    }

    /// Writes a rebuilt value back into a cache, and nobody waits for it. `false`: this is nothing to write to.
    pub fn fill(self: &Arc<Self>, key: u32, runtime: &runtime::Handle) -> bool {
        if !matches!(self.speaker, Speaker::Redis(_)) {
            return false;
        }
        let Ok(permit) = self.fills.clone().try_acquire_owned() else { return true };
        let edge = self.clone();
        runtime.spawn(async move {
            // A write that fails leaves the key missing, which the next reader finds out.
            if let Speaker::Redis(redis) = &edge.speaker {
                redis.fill(key).await;
            }
            drop(permit);
        });
        true
    }

    /// How plain HTTP/1.1 is called, which is carried on the engine's own thread; `None` of anything else.
    pub fn plain_http(&self) -> Option<Arc<http1::Line>> {
        let Speaker::Http(http) = &self.speaker else { return None };
        Some(Arc::new(http.line()))
    }

    /// While a fault resets new connections each request takes one, so that each is hit with its chance.
    pub fn use_fresh_connections(&self, only: bool) {
        if let Speaker::Http(http) = &self.speaker {
            http.use_fresh_connections(only);
        }
    }
}

/// What the system says about a connection, as its caller sees it.
fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => ErrorKind::Refused,
        std::io::ErrorKind::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Reset,
    }
}
