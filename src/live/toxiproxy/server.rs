//! Connections to the API: limits on time and length, the header of each answer, and which requests reach a route at all. A request that
//! is wrong in any way ends with an answer or with its connection, and never with the server.

use super::answer::{Answer, Refusal};
use super::registry::Registry;
use super::routes::{self, Route};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue, USER_AGENT};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What the server is started with.
#[derive(Clone, Debug)]
pub struct Options {
    pub listen: SocketAddr,
    pub seed: u64,
    /// Serve `/metrics`.
    pub metrics: bool,
    /// For the head of a request, and again for its body.
    pub read_within: Duration,
}

impl Options {
    pub fn new(listen: SocketAddr, seed: u64) -> Options {
        Options { listen, seed, metrics: false, read_within: READ_MAX }
    }
}

/// A running API. Dropping it stops it, and with it every proxy.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    registry: Arc<Registry>,
    accepting: JoinHandle<()>,
}

/// Longest body of a request.
pub const BODY_MAX: usize = 8 << 20;
/// As long as Toxiproxy waits.
const READ_MAX: Duration = Duration::from_secs(15);
/// For what a request asks for.
const HANDLE_MAX: Duration = Duration::from_secs(25);
const REQUEST_ID: &str = "x-toxiproxy-request-id";
/// Pause after a failed attempt to accept, when the process has no descriptors left.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

impl Server {
    pub async fn start(options: &Options) -> io::Result<Server> {
        make_room();
        let listener = TcpListener::bind(options.listen).await?;
        let (address, registry) = (listener.local_addr()?, Arc::new(Registry::new(options.seed)));
        let accepting = tokio::spawn(accept_all(listener, registry.clone(), options.clone()));
        Ok(Server { address, registry, accepting })
    }

    /// Puts in the proxies of a list in JSON, as `POST /populate` does; how many, or why not.
    pub async fn populate(&self, json: &[u8]) -> Result<usize, String> {
        let list = super::shapes::first_value(json).map_err(|refusal| refusal.message)?;
        let (done, refusal) = self.registry.populate(&list).await;
        refusal.map_or(Ok(done.len()), |refusal| Err(refusal.message))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        self.registry.state().proxies.clear();
    }
}

/// Each connection takes two descriptors, and the usual soft limit of 1024 is for programs that use select(2). If it cannot be raised
/// there is only less room.
fn make_room() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

async fn accept_all(listener: TcpListener, registry: Arc<Registry>, options: Options) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, registry.clone(), options.clone()))),
            Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, registry: Arc<Registry>, options: Options) {
    let handle = service_fn(|request| {
        let (registry, options) = (&registry, &options);
        async move { Ok::<_, Infallible>(handle(registry, request, options).await) }
    });
    let mut http = http1::Builder::new();
    // A head that comes too slowly ends its connection.
    http.timer(TokioTimer::new()).header_read_timeout(options.read_within).title_case_headers(true);
    // What goes wrong on one connection is the client's to see, and nobody else's.
    let _ = http.serve_connection(TokioIo::new(stream), handle).await;
}

async fn handle(registry: &Registry, request: Request<Incoming>, options: &Options) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Some(route) = Route::of(head.uri.path(), options.metrics) else {
        return Answer::text(404, "404 page not found\n").into_response();
    };
    if !route.allows(&head.method) {
        return Answer::empty(405).into_response();
    }
    let agent = head.headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    let response = match agent.starts_with(b"Mozilla/") {
        // A page in a browser must not be able to reach a service on the reader's own machine.
        true => Answer::text(403, "User agent not allowed\n").into_response(),
        false => match read(body, options.read_within).await {
            Ok(body) => {
                let answer = timeout(HANDLE_MAX, routes::answer(registry, &route, &head.method, &body)).await;
                answer.unwrap_or(Answer::empty(503)).into_response()
            }
            Err(refusal) => closing(Answer::from(refusal).into_response()),
        },
    };
    marked(response)
}

async fn read(body: Incoming, within: Duration) -> Result<Bytes, Refusal> {
    match timeout(within, Limited::new(body, BODY_MAX).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Refusal::new(413, format!("request body is longer than {BODY_MAX} bytes")))
        }
        Ok(Err(error)) => Err(Refusal::bad_body(error)),
        Err(_) => Err(Refusal::new(408, "request body came too slowly")),
    }
}

/// The rest of the body is not read, so nothing else can be asked on this connection.
fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn marked(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// 20 letters and digits: seconds, process, count.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let bits = u128::from(seconds & 0xffff_ffff) << 64
        | u128::from(std::process::id()) << 32
        | u128::from(count & 0xffff_ffff);
    (0..20).rev().map(|at| b"0123456789abcdefghijklmnopqrstuv"[(bits >> (5 * at)) as usize & 31] as char).collect()
}
