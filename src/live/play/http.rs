//! Calls over HTTP/1.1, one edge each: keep-alive connections, one request at a time on each. It never retries what may have
//! reached the server, and it has no timers: the engine's end a call by dropping it.

use super::filler::Filler;
use super::words;
use crate::base::{EdgeId, ErrorKind, Outcome};
use crate::engine::Request;
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

pub struct HttpCaller {
    pub edge: EdgeId,
    pub address: SocketAddr,
    /// What the target is called in the `Host` header.
    pub host: String,
    pub method: Method,
    /// `{key}` in it stands for the key's number.
    pub path: String,
    pub request_bytes: u64,
    /// The target is a cache, whose 404 is a miss.
    pub cache: bool,
    pub pool: Pool,
}

/// The idle connections of an edge.
#[derive(Default)]
pub struct Pool {
    idle: Mutex<Vec<Connection>>,
    /// Set while a fault resets new connections: then each request takes a new one, so that each is hit with its chance.
    fresh_only: AtomicBool,
}

struct Connection {
    sender: SendRequest<Filler>,
    driver: JoinHandle<()>,
    reused: bool,
}

impl HttpCaller {
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
        let stream = TcpStream::connect(self.address).await.map_err(|error| kind_of_io(&error))?;
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
        let answer = connection.sender.send_request(self.request(request)).await?;
        let outcome = words::read_outcome(answer.status(), answer.headers(), self.cache);
        let keep = read_to_end(answer).await?;
        Ok((outcome, keep))
    }

    fn request(&self, request: &Request) -> hyper::Request<Filler> {
        let key = request.traits.key.to_string();
        let bodiless = matches!(self.method, Method::GET | Method::HEAD | Method::DELETE);
        let bytes = if bodiless { 0 } else { self.request_bytes };
        let mut built = hyper::Request::builder()
            .method(self.method.clone())
            .uri(self.path.replace("{key}", &key))
            .header(hyper::header::HOST, &self.host)
            .header(words::CALL, words::write_call(self.edge, request.call, request.attempt))
            .header(words::KEY, key);
        if let Some(traits) = words::write_traits(request.traits) {
            built = built.header(words::TRAITS, traits);
        }
        built.body(Filler(bytes)).expect("method, path and host were checked before the run")
    }
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

async fn read_to_end(answer: Response<Incoming>) -> hyper::Result<bool> {
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

fn kind_of(error: &hyper::Error) -> ErrorKind {
    match error.is_parse() {
        true => ErrorKind::Error,
        false => ErrorKind::Reset,
    }
}

fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => ErrorKind::Refused,
        std::io::ErrorKind::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Reset,
    }
}
