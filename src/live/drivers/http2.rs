//! Calls over HTTP/2 without TLS, begun with prior knowledge (RFC 9113, 3.3): many requests under way on each of a few connections.

use super::http::{kind_of, outcome_of, read_to_end, request_of};
use super::slots::Slots;
use super::{Kind, Peer, Setup, Speaker, filler::Filler, kind_of_io};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Request;
use crate::plan::real::Protocol;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Connections of one edge. A browser or a proxy keeps one; two keep a run going while one is being made anew.
const CONNECTIONS: usize = 2;

pub const KIND: Kind = Kind {
    how: "HTTP/2 by hyper, all requests of an edge on 2 connections",
    ..Kind::new(
        Protocol::Http2,
        |peer| Ok(Speaker::Http2(Http2 { peer, slots: Slots::new(CONNECTIONS) })),
        |setup| Box::pin(ready(setup)),
    )
};

pub struct Http2 {
    peer: Peer,
    slots: Slots<SendRequest<Filler>>,
}

impl Http2 {
    pub async fn call(&self, request: &Request) -> Outcome {
        let (mut sender, place) = match self.slots.get(|| connect(self.peer.setup.address)).await {
            Ok(connection) => connection,
            Err(kind) => return Outcome::Failed(kind),
        };
        let done = async {
            sender.ready().await?;
            let answer = sender.send_request(request_of(&self.peer, request, true)).await?;
            let outcome = outcome_of(&answer, &self.peer);
            read_to_end(answer).await?;
            Ok(outcome)
        };
        match done.await {
            Ok(outcome) => outcome,
            Err(error) => {
                if sender.is_closed() {
                    self.slots.broke(place).await;
                }
                Outcome::Failed(kind_of(&error))
            }
        }
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Filler>, ErrorKind> {
    let stream = TcpStream::connect(address).await.map_err(|error| kind_of_io(&error))?;
    let _ = stream.set_nodelay(true);
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
    let mut sender = connect(setup.address).await.map_err(|kind| format!("connecting failed: {}", kind.word()))?;
    sender.ready().await.map_err(|error| format!("it does not speak HTTP/2: {error}"))
}
