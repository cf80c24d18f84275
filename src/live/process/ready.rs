//! Whether a server answers yet: one try each, with a bound on its time. Never retries; the launcher does.

use crate::live::drivers::tls::{self, Duplex};
use crate::live::drivers::{self, Setup};
use crate::plan::RealService;
use crate::plan::real::Ready;
use http_body_util::Empty;
use hyper::{Request, body::Bytes, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use std::time::Duration;

/// `Err` says in a few words what was missing.
pub async fn try_once(service: &RealService, setup: Setup, at_most: Duration) -> Result<(), String> {
    let attempt = async {
        match &service.ready {
            Ready::Connect => connect(&setup).await.map(drop),
            Ready::Answers => (drivers::kind(service.protocol).ready)(setup).await,
            Ready::HttpGet(path) => http_get(&setup, path).await,
        }
    };
    tokio::time::timeout(at_most, attempt)
        .await
        .unwrap_or_else(|_| Err("it accepted but did not answer in time".into()))
}

async fn connect(setup: &Setup) -> Result<Box<dyn Duplex>, String> {
    let secure = setup.secure(tls::HTTP)?;
    tls::connect(setup.address, secure.as_ref()).await.map_err(|error| format!("connecting failed: {error}"))
}

async fn http_get(setup: &Setup, path: &str) -> Result<(), String> {
    let said = |what: &str, error: &dyn std::fmt::Display| format!("GET {path}: {what}: {error}");
    let stream = connect(setup).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| said("no HTTP", &error))?;
    let request = Request::get(path).header(HOST, setup.address.to_string()).body(Empty::<Bytes>::new());
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
