//! How services are called: one file per protocol, and the table of them. A driver carries one attempt to a server and says what came
//! of it; when, how often and for how long is the engine's business, so no driver retries what may have arrived, and none has timers.
//!
//! To the engine's thread a driver is an [`Edge`]: what calls over one edge need. What is done to a server once, apart from calls, stands
//! in its [`Kind`].

mod acked;
mod amqp;
mod dns;
pub mod filler;
mod http;
mod http2;
mod https;
mod memcached;
mod nats;
mod pool;
mod postgres;
mod redis;
mod sessions;
mod slots;
mod smtp;
mod tcp;
pub mod tls;
pub mod words;

pub use acked::{Acked, Books, Tally, Write};
pub use sessions::Wanted as Sessions;
pub use tls::Trust;

use crate::base::{EdgeId, ErrorKind, Outcome, Span};
use crate::engine::Request;
use crate::live::http1 as lean;
use crate::plan::real::{Account, Protocol};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio::runtime;
use tokio::sync::Semaphore;

/// Writes of rebuilt values under way on one edge; more are dropped, as a cache may forget anyway.
const FILLS_MAX: usize = 1024;

/// Where a server is and how one gets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The server itself, or the fault proxy before it.
    pub address: SocketAddr,
    /// The service's name in the plan, for what we make there: queues, streams.
    pub name: String,
    pub account: Account,
    /// Keys that are there before the run.
    pub keys: Option<Preload>,
    /// The server's data, if it is ours.
    pub folder: Option<PathBuf>,
    /// Set where it is spoken to over TLS.
    pub tls: Option<Trust>,
    /// Set where the server is not ours.
    pub guest: Option<Guest>,
}

/// What we leave at a server that is somebody else's carries the run in its name, or vanishes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    pub run: String,
    /// How long a key stays that we write.
    pub stays: Span,
}

/// What a driver must know of an edge and of whoever is called over it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peer {
    pub setup: Setup,
    pub edge: EdgeId,
    /// What the server is called where a protocol names it.
    pub host: String,
    /// For HTTP: the method, and the path, in which `{key}` stands for the key's number.
    #[serde(with = "method_as_text")]
    pub method: hyper::Method,
    pub path: String,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// Set where a cache is called, for which "not there" is an answer.
    pub cache: Option<Cache>,
    /// Keys are read, as from a cache, and not only asked whether it is there.
    pub keyed: bool,
    /// Where acknowledged writes are written down, for all edges to this server.
    #[serde(skip)]
    pub acked: Arc<Acked>,
    /// The sessions that the model keeps; otherwise there is one for each request under way.
    pub sessions: Option<Sessions>,
    /// The stand-ins are in another process than the callers, so that the names of calls mean nothing to them.
    pub is_of_another_process: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cache {
    /// How long what is written stays.
    pub ttl: Option<Span>,
}

/// What a server holds before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preload {
    pub entries: u32,
    pub ttl: Option<Span>,
    pub value_bytes: u64,
}

/// Something done once to a server; errors are words for people.
pub type Task<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;
type Todo = fn(Setup) -> Task<()>;
type ReadBack = fn(Setup, Arc<Acked>) -> Task<Tally>;

/// One protocol.
pub struct Kind {
    pub protocol: Protocol,
    /// How it is spoken, for the report.
    pub how: &'static str,
    /// Makes what calls over an edge need; connects to nobody yet.
    open: fn(Peer) -> Result<Speaker, String>,
    /// Asks whether the server is ready for calls.
    pub ready: Todo,
    /// Makes what calls need there: a table, a queue, the first keys. May be repeated.
    pub prepare: Option<Todo>,
    /// Takes away what `prepare` made, at a server that is not ours.
    pub clear: Option<Todo>,
    /// Whether it is still there.
    pub is_left: Option<fn(Setup) -> Task<bool>>,
    /// Empties the server at once and says how much it held.
    pub forget: Option<fn(Setup) -> Task<u64>>,
    /// Asks for every write that was acknowledged.
    pub read_back: Option<ReadBack>,
}

static KINDS: &[Kind] = &[
    http::KIND,
    http2::KIND,
    redis::KIND,
    memcached::KIND,
    postgres::KIND,
    amqp::KIND,
    nats::KIND,
    smtp::KIND,
    dns::KIND,
    tcp::KIND,
];

pub fn kind(protocol: Protocol) -> &'static Kind {
    KINDS.iter().find(|kind| kind.protocol == protocol).expect("every protocol is in the table, as a test checks")
}

impl Kind {
    const fn new(protocol: Protocol, open: fn(Peer) -> Result<Speaker, String>, ready: Todo) -> Kind {
        Kind {
            protocol,
            how: "",
            open,
            ready,
            prepare: None,
            clear: None,
            is_left: None,
            forget: None,
            read_back: None,
        }
    }
}

impl Setup {
    /// From the environment variable that the scenario names.
    fn password(&self) -> Option<String> {
        std::env::var(self.account.password_from.as_ref()?).ok()
    }

    /// The beginning of the names of what we make there: `firedrill`, with the run where others make things, too.
    fn mark(&self, between: &str) -> String {
        match &self.guest {
            Some(guest) => format!("firedrill{between}{}", guest.run.replace('-', between)),
            None => "firedrill".to_owned(),
        }
    }

    /// The time after which a key goes that is written there, if it goes at all.
    fn stays(&self, ttl: Option<Span>) -> Option<Span> {
        ttl.into_iter().chain(self.guest.as_ref().map(|guest| guest.stays)).min()
    }

    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// How sessions are made with it, if it speaks TLS and, inside, this protocol.
    pub fn secure(&self, protocol: &'static str) -> Result<Option<tls::Secure>, String> {
        self.tls.as_ref().map(|trust| trust.secure(protocol)).transpose()
    }
}

/// How the calls of one edge are made.
pub struct Edge {
    speaker: Speaker,
    fills: Arc<Semaphore>,
}

enum Speaker {
    /// Carried on the engine's own thread.
    Http(http::Http),
    Https(https::Https),
    Http2(http2::Http2),
    Redis(redis::Redis),
    Memcached(memcached::Memcached),
    Postgres(postgres::Postgres),
    Smtp(smtp::Smtp),
    Amqp(amqp::Amqp),
    Nats(nats::Nats),
    Dns(dns::Dns),
    Tcp(tcp::Tcp),
    /// Nobody of ours calls here: the caller is a real process.
    Nobody,
}

impl Edge {
    pub fn open(protocol: Protocol, peer: Peer) -> Result<Edge, String> {
        Ok(Edge::of((kind(protocol).open)(peer)?))
    }

    pub fn nobody() -> Edge {
        Edge::of(Speaker::Nobody)
    }

    fn of(speaker: Speaker) -> Edge {
        Edge { speaker, fills: Arc::new(Semaphore::new(FILLS_MAX)) }
    }

    /// Large futures are boxed, so that the task of a Redis call stays small.
    pub async fn call(&self, request: &Request) -> Outcome {
        let traits = request.traits;
        match &self.speaker {
            Speaker::Redis(redis) => redis.call(traits).await,
            Speaker::Https(https) => Box::pin(https.call(request)).await,
            Speaker::Http2(http) => Box::pin(http.call(request)).await,
            Speaker::Memcached(memcached) => Box::pin(memcached.call(traits)).await,
            Speaker::Postgres(postgres) => Box::pin(postgres.call(traits)).await,
            Speaker::Smtp(smtp) => Box::pin(smtp.call(traits)).await,
            Speaker::Amqp(amqp) => Box::pin(amqp.call(traits)).await,
            Speaker::Nats(nats) => Box::pin(nats.call(traits)).await,
            Speaker::Dns(dns) => Box::pin(dns.call(traits.key)).await,
            Speaker::Tcp(tcp) => Box::pin(tcp.call()).await,
            Speaker::Http(_) | Speaker::Nobody => Outcome::Failed(ErrorKind::Refused),
        }
    }

    /// Writes a rebuilt value back into a cache, and nobody waits for it. `false`: this is nothing to write to.
    pub fn fill(self: &Arc<Self>, key: u32, runtime: &runtime::Handle) -> bool {
        if !matches!(self.speaker, Speaker::Redis(_) | Speaker::Memcached(_)) {
            return false;
        }
        let Ok(permit) = self.fills.clone().try_acquire_owned() else { return true };
        let edge = self.clone();
        runtime.spawn(async move {
            match &edge.speaker {
                Speaker::Redis(redis) => redis.fill(key).await,
                Speaker::Memcached(memcached) => memcached.fill(key).await,
                _ => {}
            }
            drop(permit);
        });
        true
    }

    /// How plain HTTP/1.1 is called, which is carried on the engine's own thread; `None` of anything else.
    pub fn plain_http(&self) -> Option<Arc<lean::Line>> {
        let Speaker::Http(http) = &self.speaker else { return None };
        Some(Arc::new(http.line()))
    }

    /// While a fault resets new connections each request takes one, so that each is hit with its chance. Protocols whose requests share
    /// connections are hit through those.
    pub fn use_fresh_connections(&self, only: bool) {
        match &self.speaker {
            Speaker::Https(https) => https.use_fresh_connections(only),
            Speaker::Memcached(memcached) => memcached.pool.use_fresh_connections(only),
            Speaker::Postgres(postgres) => postgres.pool.use_fresh_connections(only),
            Speaker::Smtp(smtp) => smtp.pool.use_fresh_connections(only),
            _ => {}
        }
    }
}

impl Edge {
    /// While a fault shows a wrong certificate, calls that keep no sessions in the model make one for each request.
    pub fn meet_certificates(&self, only: bool) {
        match &self.speaker {
            Speaker::Https(https) => https.meet_certificates(only),
            Speaker::Http2(http) => http.meet_certificates(only),
            _ => {}
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

mod method_as_text {
    use hyper::Method;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_its_driver() {
        for protocol in Protocol::ALL {
            assert!(!kind(protocol).how.is_empty(), "{protocol:?}");
        }
    }
}
