//! Calls over HTTP/2, begun with prior knowledge (RFC 9113, 3.3) or over TLS by ALPN (3.2): many requests under way on each of a few
//! connections.

use super::http::{kind_of, outcome_of, read_to_end, request_of};
use super::slots::Slots;
use super::tls::{self, Secure};
use super::{Kind, Peer, Setup, Speaker, filler::Filler};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Request;
use crate::plan::real::Protocol;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Connections of one edge. A browser or a proxy keeps one; two keep a run going while one is being made anew.
const CONNECTIONS: usize = 2;

pub const KIND: Kind = Kind {
    how: "HTTP/2 by hyper, all requests of an edge on 2 connections",
    ..Kind::new(Protocol::Http2, open, |setup| Box::pin(ready(setup)))
};

pub struct Http2 {
    peer: Peer,
    secure: Option<Secure>,
    slots: Slots<SendRequest<Filler>>,
    /// Each request makes a session of its own.
    alone: AtomicBool,
}

fn open(peer: Peer) -> Result<Speaker, String> {
    let (secure, slots) = (peer.setup.secure(tls::HTTP2)?, Slots::new(CONNECTIONS));
    Ok(Speaker::Http2(Http2 { peer, secure, slots, alone: AtomicBool::new(false) }))
}

impl Http2 {
    pub async fn call(&self, request: &Request) -> Outcome {
        let connect = || connect(self.peer.setup.address, self.secure.as_ref());
        let connected = match self.alone.load(Relaxed) {
            true => connect().await.map(|sender| (sender, None)),
            false => self.slots.get(connect).await.map(|(sender, place)| (sender, Some(place))),
        };
        let (mut sender, place) = match connected {
            Ok(connection) => connection,
            Err(kind) => return Outcome::Failed(kind),
        };
        match self.exchange(&mut sender, request).await {
            Ok(outcome) => outcome,
            Err(error) => {
                if let (true, Some(place)) = (sender.is_closed(), place) {
                    self.slots.broke(place).await;
                }
                Outcome::Failed(kind_of(&error))
            }
        }
    }

    async fn exchange(&self, sender: &mut SendRequest<Filler>, request: &Request) -> hyper::Result<Outcome> {
        sender.ready().await?;
        let answer = sender.send_request(request_of(&self.peer, request, true)).await?;
        let outcome = outcome_of(&answer, &self.peer);
        read_to_end(answer).await?;
        Ok(outcome)
    }

    /// A fault shows a wrong certificate. Where the model keeps no sessions, each request makes one and so meets it.
    pub fn meet_certificates(&self, only: bool) {
        self.alone.store(only && self.peer.sessions.is_none(), Relaxed);
    }
}

async fn connect(address: SocketAddr, secure: Option<&Secure>) -> Result<SendRequest<Filler>, ErrorKind> {
    let stream = tls::connect(address, secure).await.map_err(|error| tls::kind_of(&error))?;
    let shake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = shake.map_err(|error| kind_of(&error))?;
    // It ends with its last sender; its errors reach us through the requests.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

/// The handshake is two frames each way: a server that speaks HTTP/1.1 only breaks it.
async fn ready(setup: Setup) -> Result<(), String> {
    let secure = setup.secure(tls::HTTP2)?;
    let connected = connect(setup.address, secure.as_ref()).await;
    let mut sender = connected.map_err(|kind| format!("connecting failed: {}", kind.word()))?;
    sender.ready().await.map_err(|error| format!("it does not speak HTTP/2: {error}"))
}
