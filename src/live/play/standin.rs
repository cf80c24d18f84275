//! A stand-in: the HTTP server on loopback in the place of a modelled service. It only passes requests to the engine and answers back;
//! how long that takes, and with what outcome, the engine says.

use super::drive::{Inbox, Input, Reply};
use crate::base::ServiceId;
use crate::live::drivers::filler::Filler;
use crate::live::drivers::words;
use crate::plan::Plan;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// Connections that one stand-in holds open; more wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 16_384;
const BACKLOG: u32 = 4096;
const REQUEST_BYTES_MAX: u64 = 64 << 20;
/// After a failed accept, usually for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// For a caller that is not one of ours, and so has no edge that says it.
const STRANGER_BYTES: u64 = 1024;

/// A listening stand-in. Dropping it closes the listener and all connections.
pub struct StandIn {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl StandIn {
    pub async fn listen(service: ServiceId, plan: &Arc<Plan>, inbox: &Inbox) -> io::Result<StandIn> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let counter = Arc::new(Counter { service, plan: plan.clone(), inbox: inbox.clone() });
        Ok(StandIn { address, accepting: tokio::spawn(accept_all(listener, counter)) })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Where requests are handed in.
struct Counter {
    service: ServiceId,
    plan: Arc<Plan>,
    inbox: Inbox,
}

async fn accept_all(listener: TcpListener, counter: Arc<Counter>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, counter.clone()))),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, counter: Arc<Counter>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, counter.clone()));
    // A caller who leaves is no error of ours; the engine sees it when it answers.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error breaks the connection without an answer.
async fn answer(request: Request<Incoming>, counter: Arc<Counter>) -> Result<Response<Filler>, Broken> {
    let from = words::read_call(request.headers()).filter(|(edge, ..)| edge.index() < counter.plan.edges.len());
    let traits = words::read_traits(request.headers());
    read_to_end(request.into_body()).await?;
    let bytes = from.map_or(STRANGER_BYTES, |(edge, ..)| counter.plan.edge(edge).response_bytes);
    let (reply, outcome) = oneshot::channel::<Reply>();
    counter.inbox.put(Input::Requested { service: counter.service, from, traits, reply }).map_err(|_| Broken)?;
    let outcome = outcome.await.map_err(|_| Broken)?;
    let status = words::status_of(outcome).ok_or(Broken)?;
    let bytes = if outcome.is_failure() { 0 } else { bytes };
    let response = Response::builder().status(status).header(words::OUTCOME, words::write_outcome(outcome));
    response.body(Filler(bytes)).map_err(|_| Broken)
}

async fn read_to_end(mut body: Incoming) -> Result<(), Broken> {
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame.map_err(|_| Broken)?.data_ref().map_or(0, |data| data.len() as u64);
        if read > REQUEST_BYTES_MAX {
            return Err(Broken);
        }
    }
    Ok(())
}

/// The connection is to break: the service crashed, or nobody is there to answer.
#[derive(Debug, thiserror::Error)]
#[error("the stand-in breaks this connection")]
struct Broken;
