//! Whether a server answers yet: one try each, with a bound on its time. Never retries; the launcher does.

use crate::plan::real::Ready;
use http_body_util::Empty;
use hyper::{Request, body::Bytes, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// `Err` says in a few words what was missing.
pub async fn try_once(ready: &Ready, address: SocketAddr, at_most: Duration) -> Result<(), String> {
    let attempt = async {
        match ready {
            Ready::Connect => connect(address).await.map(drop),
            Ready::RedisPing => redis_ping(address).await,
            Ready::HttpGet(path) => http_get(address, path).await,
        }
    };
    tokio::time::timeout(at_most, attempt)
        .await
        .unwrap_or_else(|_| Err("it accepted but did not answer in time".into()))
}

async fn connect(address: SocketAddr) -> Result<TcpStream, String> {
    TcpStream::connect(address).await.map_err(|error| format!("connecting failed: {error}"))
}

async fn redis_ping(address: SocketAddr) -> Result<(), String> {
    let client = redis::Client::open(format!("redis://{address}/")).map_err(|error| error.to_string())?;
    let said = |error: redis::RedisError| format!("PING failed: {error}");
    let mut connection = client.get_multiplexed_async_connection().await.map_err(said)?;
    let answer: String = redis::cmd("PING").query_async(&mut connection).await.map_err(said)?;
    match answer.as_str() {
        "PONG" => Ok(()),
        other => Err(format!("PING was answered with {other:?}")),
    }
}

async fn http_get(address: SocketAddr, path: &str) -> Result<(), String> {
    let said = |what: &str, error: &dyn std::fmt::Display| format!("GET {path}: {what}: {error}");
    let stream = connect(address).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| said("no HTTP", &error))?;
    let request = Request::get(path).header(HOST, address.to_string()).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| said("not a valid path", &error))?;
    let answer = async { sender.send_request(request).await.map_err(|error| said("no answer", &error)) };
    let drive = async {
        // Its error reaches us through the request as well; once the connection is over, only the request decides.
        let _ = connection.await;
        std::future::pending::<()>().await
    };
    let status = tokio::select! { answer = answer => answer?.status(), () = drive => return Err("unreachable".into()) };
    match status.as_u16() {
        0..500 => Ok(()),
        _ => Err(format!("GET {path} was answered with {status}")),
    }
}
