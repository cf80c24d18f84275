//! Calls over HTTP/1.1 and TLS, one edge each: keep-alive sessions, one request at a time on each. It never retries what may have
//! reached the server, and it has no timers: the engine's end a call by dropping it.

use super::filler::Filler;
use super::http::{kind_of, outcome_of, read_to_end, request_of};
use super::pool::Pool;
use super::sessions::{Seat, Sessions};
use super::tls::{self, Secure, Trust};
use super::{Peer, Speaker};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub struct Https {
    peer: Peer,
    secure: Secure,
    kept: Kept,
    resets: AtomicBool,
    distrusted: AtomicBool,
}

enum Kept {
    /// As many as there are requests under way.
    AsNeeded(Pool<Connection>),
    /// As the model says.
    AsModelled(Sessions<Connection>),
}

struct Connection {
    sender: SendRequest<Filler>,
    driver: JoinHandle<()>,
}

pub fn open(peer: Peer, trust: &Trust) -> Result<Speaker, String> {
    let kept = match &peer.sessions {
        Some(wanted) => Kept::AsModelled(Sessions::new(wanted)),
        None => Kept::AsNeeded(Pool::new(Semaphore::MAX_PERMITS)),
    };
    let (resets, distrusted) = Default::default();
    Ok(Speaker::Https(Https { secure: trust.secure(tls::HTTP)?, peer, kept, resets, distrusted }))
}

impl Https {
    pub async fn call(&self, request: &Request) -> Outcome {
        let mut seat = match &self.kept {
            Kept::AsModelled(sessions) => Some(sessions.seat()),
            Kept::AsNeeded(_) => None,
        };
        loop {
            let (mut connection, reused) = match self.idle(seat.as_mut()) {
                Some(mut idle) => match idle.sender.ready().await {
                    Ok(()) => (idle, true),
                    Err(_) => continue,
                },
                None => match self.connect().await {
                    Ok(connection) => (connection, false),
                    Err(kind) => return Outcome::Failed(kind),
                },
            };
            match self.exchange(&mut connection, request).await {
                Ok((outcome, keep)) => {
                    if keep && !connection.sender.is_closed() {
                        self.keep(seat, connection);
                    }
                    return outcome;
                }
                // The server had closed the idle session and the request never left: another one is tried.
                Err(error) if error.is_canceled() && reused => {}
                Err(error) => return Outcome::Failed(kind_of(&error)),
            }
        }
    }

    /// Each request takes a new session, so that each is hit with its chance.
    pub fn use_fresh_connections(&self, only: bool) {
        self.resets.store(only, Relaxed);
        self.tell();
    }

    /// A fault shows a wrong certificate. Where the model keeps no sessions, each request makes one and so meets it.
    pub fn meet_certificates(&self, only: bool) {
        self.distrusted.store(only, Relaxed);
        self.tell();
    }

    fn tell(&self) {
        let resets = self.resets.load(Relaxed);
        match &self.kept {
            Kept::AsNeeded(pool) => pool.use_fresh_connections(resets || self.distrusted.load(Relaxed)),
            Kept::AsModelled(sessions) => sessions.use_fresh_connections(resets),
        }
    }

    fn idle(&self, seat: Option<&mut Seat<Connection>>) -> Option<Connection> {
        match (&self.kept, seat) {
            (Kept::AsNeeded(pool), _) => pool.take(),
            (Kept::AsModelled(_), seat) => seat?.take(),
        }
    }

    fn keep(&self, seat: Option<Seat<Connection>>, connection: Connection) {
        match (&self.kept, seat) {
            (Kept::AsModelled(_), Some(seat)) => seat.keep(connection),
            (Kept::AsNeeded(pool), _) => pool.put_back(connection),
            (Kept::AsModelled(_), None) => {}
        }
    }

    async fn connect(&self) -> Result<Connection, ErrorKind> {
        let stream = self.secure.connect(self.peer.setup.address).await.map_err(|error| tls::kind_of(&error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| kind_of(&error))?;
        let driver = tokio::spawn(async move {
            // Its errors reach us through the request.
            let _ = connection.await;
        });
        Ok(Connection { sender, driver })
    }

    /// The outcome, and whether the session may be used again.
    async fn exchange(&self, connection: &mut Connection, request: &Request) -> hyper::Result<(Outcome, bool)> {
        let answer = connection.sender.send_request(request_of(&self.peer, request, false)).await?;
        let outcome = outcome_of(&answer, &self.peer);
        let keep = read_to_end(answer).await?;
        Ok((outcome, keep))
    }
}

impl Drop for Connection {
    /// The socket closes at once, so that the server sees that its caller has gone.
    fn drop(&mut self) {
        self.driver.abort();
    }
}
