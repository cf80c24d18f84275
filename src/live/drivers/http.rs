//! Calls over HTTP/1.1, one edge each: keep-alive connections, one request at a time on each. It never retries what may have
//! reached the server, and it has no timers: the engine's end a call by dropping it.

use super::filler::Filler;
use super::{Kind, Peer, Speaker, kind_of_io, words};
use crate::base::{ErrorKind, Outcome};
use crate::engine::{Handle, Request};
use crate::live::http1 as http1_lean;
use crate::plan::real::Protocol;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Idle connections kept for one edge.
const IDLE_MAX: usize = 4096;
/// Of an answer that is longer, the rest is not read.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

pub const KIND: Kind = Kind {
    how: "HTTP/1.1, one keep-alive connection for each request under way",
    ..Kind::new(
        Protocol::Http,
        |peer| Ok(Speaker::Http(Http { peer, pool: Pool::default() })),
        |setup| Box::pin(connect(setup.address)),
    )
};

pub struct Http {
    peer: Peer,
    pool: Pool,
}

/// The idle connections of an edge.
#[derive(Default)]
struct Pool {
    idle: Mutex<Vec<Connection>>,
    /// Set while a fault resets new connections: then each request takes a new one, so that each is hit with its chance.
    fresh_only: AtomicBool,
}

struct Connection {
    sender: SendRequest<Filler>,
    driver: JoinHandle<()>,
    reused: bool,
}

impl Http {
    pub fn line(&self) -> http1_lean::Line {
        let Peer { edge, setup, host, method, path, request_bytes, cache, .. } = &self.peer;
        let template = http1_lean::Template::new(*edge, method.as_str(), path, host, *request_bytes);
        http1_lean::Line {
            address: setup.address,
            template: template.nameless(self.peer.is_of_another_process),
            manner: http1_lean::Manner { cache: cache.is_some(), bodiless: method == Method::HEAD },
        }
    }

    pub fn use_fresh_connections(&self, only: bool) {
        self.pool.fresh_only.store(only, Relaxed);
    }

    pub async fn call(&self, request: &Request) -> Outcome {
        loop {
            let mut connection = match self.connection().await {
                Ok(connection) => connection,
                Err(kind) => return Outcome::Failed(kind),
            };
            match self.exchange(&mut connection, request).await {
                Ok((outcome, keep)) => {
                    if keep {
                        self.pool.put_back(connection);
                    }
                    return outcome;
                }
                // The server had closed the idle connection and the request never left: another one is tried.
                Err(error) if error.is_canceled() && connection.reused => {}
                Err(error) => return Outcome::Failed(kind_of(&error)),
            }
        }
    }

    async fn connection(&self) -> Result<Connection, ErrorKind> {
        if !self.pool.fresh_only.load(Relaxed) {
            while let Some(mut connection) = self.pool.take() {
                if connection.sender.ready().await.is_ok() {
                    connection.reused = true;
                    return Ok(connection);
                }
            }
        }
        let stream = TcpStream::connect(self.peer.setup.address).await.map_err(|error| kind_of_io(&error))?;
        // Small requests must not wait for one another's acknowledgements.
        let _ = stream.set_nodelay(true);
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| kind_of(&error))?;
        let driver = tokio::spawn(async move {
            // Its errors reach us through the request.
            let _ = connection.await;
        });
        Ok(Connection { sender, driver, reused: false })
    }

    /// The outcome, and whether the connection may be used again.
    async fn exchange(&self, connection: &mut Connection, request: &Request) -> hyper::Result<(Outcome, bool)> {
        let answer = connection.sender.send_request(request_of(&self.peer, request, false)).await?;
        let outcome = outcome_of(&answer, &self.peer);
        let keep = read_to_end(answer).await?;
        Ok((outcome, keep))
    }
}

pub(super) fn outcome_of(answer: &Response<Incoming>, peer: &Peer) -> Outcome {
    let said = answer.headers().get(words::OUTCOME).and_then(|value| value.to_str().ok());
    words::read_outcome(answer.status().as_u16(), said, peer.cache.is_some())
}

/// HTTP/2 wants the whole address instead of a `Host` header.
pub(super) fn request_of(peer: &Peer, request: &Request, whole: bool) -> hyper::Request<Filler> {
    let key = request.traits.key.to_string();
    let call = if peer.is_of_another_process { Handle::NONE } else { request.call };
    let path = peer.path.replace("{key}", &key);
    let mut built = match whole {
        true => hyper::Request::builder().uri(format!("http://{}{path}", peer.host)),
        false => hyper::Request::builder().uri(path).header(hyper::header::HOST, &peer.host),
    };
    built = built
        .method(peer.method.clone())
        .header(words::CALL, words::value(words::CallText(peer.edge, call, request.attempt)))
        .header(words::KEY, key);
    if let Some(traits) = words::TraitsText::of(request.traits).map(words::value) {
        built = built.header(words::TRAITS, traits);
    }
    built.body(Filler(peer.request_bytes)).expect("method, path and host were checked before the run")
}

impl Pool {
    fn take(&self) -> Option<Connection> {
        self.idle().pop()
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < IDLE_MAX && !connection.sender.is_closed() {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    /// The socket closes at once, so that the server sees that its caller has gone.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

pub(super) async fn read_to_end(answer: Response<Incoming>) -> hyper::Result<bool> {
    let mut body = answer.into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame?.data_ref().map_or(0, |data| data.len() as u64);
        if read > ANSWER_BYTES_MAX {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn kind_of(error: &hyper::Error) -> ErrorKind {
    match error.is_parse() {
        true => ErrorKind::Error,
        false => ErrorKind::Reset,
    }
}

/// A server that accepts is taken for ready; what its health looks like only the scenario knows (`ready: {http: /path}`).
async fn connect(address: SocketAddr) -> Result<(), String> {
    TcpStream::connect(address).await.map(drop).map_err(|error| format!("connecting failed: {error}"))
}
