//! The proxy on loopback, against real sockets. Lower bounds on time are tight; upper bounds only tell "at once" from "never".

use super::FaultProxy;
use crate::base::{Dice, Dist, FaultId};
use crate::plan::Effect;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

mod carrying;
mod effects;
mod limits;

const A: FaultId = FaultId(0);
const B: FaultId = FaultId(1);
const ANY: &str = "127.0.0.1:0";
/// Longer than anything that happens takes, on the slowest machine.
const LONG: Duration = Duration::from_secs(60);

fn any() -> SocketAddr {
    ANY.parse().expect("an address")
}

fn delay(secs: f64) -> Effect {
    Effect::Delay { by: Dist::Constant(secs), upstream: false }
}

/// A server that sends back what it gets and then closes; counts the connections it has seen.
async fn echo() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind(ANY).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let seen = Arc::new(AtomicU64::new(0));
    let count = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    (address, seen)
}

async fn echo_proxy(name: &str) -> FaultProxy {
    FaultProxy::start(any(), echo().await.0, 7, name).await.expect("a proxy starts")
}

/// A connection over which one message has already gone there and back.
async fn connected(proxy: &FaultProxy) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
    assert_eq!(ask(&mut stream, b"hello").await, b"hello");
    stream
}

async fn ask(stream: &mut TcpStream, text: &[u8]) -> Vec<u8> {
    stream.write_all(text).await.expect("sent");
    let mut answer = vec![0; text.len()];
    timeout(LONG, stream.read_exact(&mut answer)).await.expect("in time").expect("answered");
    answer
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "never happened: {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

async fn is_silent(stream: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(80), stream.read_u8()).await.is_err()
}

async fn end_of(stream: &mut TcpStream) -> Result<usize, ErrorKind> {
    let read = timeout(LONG, stream.read(&mut [0; 64])).await.expect("the connection ends");
    read.map_err(|error| error.kind())
}
