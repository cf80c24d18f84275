//! HTTP through the proxy in front of nginx: every action, seen by hyper over one kept connection and by a client that pipelines.

use super::*;
use firedrill::plan::spoil::{Answer, Glob, Header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BIG: usize = 3_000_000;

fn nginx() -> Server {
    let folder = folder();
    let big: Vec<u8> = (0..BIG as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(folder.path().join("big"), big).expect("the folder can be written");
    Server::start(folder, |folder, port| {
        let at = folder.display();
        let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
        let config = format!(
            "daemon off; {user} worker_processes 1; pid {at}/pid; error_log stderr;
             events {{}}
             http {{
               access_log {at}/access; client_body_temp_path {at}/body; proxy_temp_path {at}/p;
               fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
               server {{
                 listen 127.0.0.1:{port}; root {at}; client_max_body_size 10m;
                 location /hello {{ add_header X-Served yes; return 200 \"hello from nginx\"; }}
                 location /tenant {{ return 200 \"$http_x_tenant\"; }}
                 location /echo {{ return 200 \"$request_method $uri\"; }}
               }}
             }}"
        );
        std::fs::write(folder.join("nginx.conf"), config).expect("the folder can be written");
        let mut command = Command::new("nginx");
        command.args(["-e", "stderr", "-p", &at.to_string(), "-c", &format!("{at}/nginx.conf")]);
        command
    })
}

struct Client(SendRequest<Full<Bytes>>);

impl Client {
    async fn connect(proxy: &FaultProxy) -> Client {
        let stream = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("no bytes yet");
        tokio::spawn(connection);
        Client(sender)
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> hyper::Result<Response<Bytes>> {
        let request = Request::builder().method(method).uri(path).header("host", "x").header("x-tenant", "blue");
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).expect("a request");
        self.0.ready().await?;
        let answer = tokio::time::timeout(LONG, self.0.send_request(request)).await.expect("answered")?;
        let (head, body) = answer.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    async fn text(&mut self, path: &str) -> String {
        let answer = self.ask("GET", path, "").await.expect("answered");
        String::from_utf8_lossy(answer.body()).into_owned()
    }
}

fn at(path: &str) -> Wanted {
    Wanted::Http { method: None, path: Some(Glob(path.into())), header: None }
}

fn busy() -> Does {
    Does::Answer(Answer::Http { status: 503, body: "busy".into() })
}

#[tokio::test]
async fn answers_and_delays_are_seen_over_one_kept_connection() {
    let server = nginx();
    let proxy = proxy(Speech::Http, server.address);
    let mut client = Client::connect(&proxy).await;
    assert_eq!(client.text("/hello").await, "hello from nginx");
    apply(&proxy, spoil(at("/hello"), busy()));
    for body in ["", "a body that nobody reads"] {
        let answer = client.ask("POST", "/hello?x=1", body).await.expect("answered");
        assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::SERVICE_UNAVAILABLE, &b"busy"[..]));
    }
    assert_eq!(client.text("/echo").await, "GET /echo", "others pass on the same connection");
    assert_eq!(client.ask("HEAD", "/hello", "").await.expect("answered").status(), 503);
    assert_eq!((proxy.traffic().connections_accepted, counted(&proxy, "requests answered by the fault")), (1, 3));
    let log = std::fs::read_to_string(server.folder.path().join("access")).expect("nginx logs");
    assert_eq!(log.lines().count(), 2, "nginx saw none of those: {log}");
    for does in [Does::Hold, Does::HoldAnswer, busy()] {
        apply(&proxy, late(at("/hello"), does.clone()));
        let begun = Instant::now();
        let status = client.ask("GET", "/hello", "").await.expect("answered").status();
        assert!(begun.elapsed() >= LATE, "{does:?} after {:?}", begun.elapsed());
        assert_eq!(status.as_u16(), if does == busy() { 503 } else { 200 });
    }
    proxy.heal(IT);
    assert_eq!(client.text("/hello").await, "hello from nginx");
    assert_eq!(proxy.traffic().connections_accepted, 1);
}

#[tokio::test]
async fn bodies_and_headers_are_changed_on_both_sides() {
    let server = nginx();
    let proxy = proxy(Speech::Http, server.address);
    let mut client = Client::connect(&proxy).await;
    let header = |name: &str, value: Option<&str>| Header { name: name.into(), value: value.map(Into::into) };
    apply(&proxy, spoil(at("/hello"), Does::Replace { body: "something else".into() }));
    assert_eq!(client.text("/hello").await, "something else");
    apply(&proxy, spoil(at("/*"), Does::AnswerWith(vec![header("x-served", None), header("X-New", Some("1"))])));
    let answer = client.ask("GET", "/hello", "").await.expect("answered");
    assert_eq!((answer.headers().get("x-served"), answer.headers()["x-new"].to_str().ok()), (None, Some("1")));
    assert_eq!(&answer.body()[..], b"hello from nginx");
    apply(&proxy, spoil(at("/tenant"), Does::AskWith(vec![header("x-tenant", Some("red"))])));
    assert_eq!(client.text("/tenant").await, "red");
    let blue = ("X-Tenant".to_owned(), Glob("bl?e".into()));
    apply(&proxy, spoil(Wanted::Http { method: Some("PUT".into()), path: None, header: Some(blue) }, busy()));
    assert_eq!(client.text("/tenant").await, "blue", "GET is not meant");
    assert_eq!(client.ask("PUT", "/hello", "x").await.expect("answered").status(), 503);
    assert_eq!(proxy.traffic().connections_accepted, 1);
}

#[tokio::test]
async fn a_truncated_answer_and_a_reset_break_the_connection() {
    let server = nginx();
    let proxy = proxy(Speech::Http, server.address);
    let mut client = Client::connect(&proxy).await;
    apply(&proxy, spoil(at("/big"), Does::CutShort { bytes: 100_000 }));
    assert_eq!(client.text("/hello").await, "hello from nginx");
    let error = client.ask("GET", "/big", "").await.expect_err("the body is cut short");
    assert!(error.is_incomplete_message() || error.is_body_write_aborted() || !error.is_parse(), "{error:?}");
    assert_eq!(counted(&proxy, "answers cut short"), 1);
    let mut raw = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
    raw.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    let mut all = Vec::new();
    raw.read_to_end(&mut all).await.expect("a clean end");
    let head = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    assert_eq!(all.len() - head, 100_000, "to the byte");
    apply(&proxy, spoil(at("/hello"), Does::Reset));
    let mut client = Client::connect(&proxy).await;
    assert_eq!(client.text("/echo").await, "GET /echo");
    client.ask("GET", "/hello", "").await.expect_err("reset");
    assert_eq!(counted(&proxy, "requests reset"), 1);
    let mut raw = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
    raw.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    let end = raw.read(&mut [0; 64]).await.map_err(|error| error.kind());
    assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = nginx();
    let proxy = proxy(Speech::Http, server.address);
    apply(&proxy, Spoil { which: Which { every: 2, ..Which::ALL }, ..spoil(at("/echo/*"), busy()) });
    let mut stream = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
    let requests: String = (0..50)
        .map(|n| {
            format!("GET /echo/{n} HTTP/1.1\r\nHost: x\r\n{}\r\n", if n == 49 { "Connection: close\r\n" } else { "" })
        })
        .collect();
    stream.write_all(requests.as_bytes()).await.expect("sent");
    let mut text = String::new();
    tokio::time::timeout(LONG, stream.read_to_string(&mut text)).await.expect("in time").expect("answered");
    let mut at = 0;
    for n in 0..50 {
        let expected = if n % 2 == 1 { "\r\n\r\nbusy".to_owned() } else { format!("\r\n\r\nGET /echo/{n}") };
        let found = text[at..].find(&expected).unwrap_or_else(|| panic!("{n} is not in its turn"));
        assert!(!text[at + 1..at + found].contains("\r\n\r\n"), "{n} comes next");
        at += found;
    }
    assert_eq!(counted(&proxy, "requests answered by the fault"), 25);
}

#[tokio::test]
async fn bytes_that_are_not_meant_are_identical() {
    let server = nginx();
    let proxy = proxy(Speech::Http, server.address);
    apply(&proxy, spoil(at("/other"), busy()));
    let sent = std::fs::read(server.folder.path().join("big")).expect("it was written");
    let mut client = Client::connect(&proxy).await;
    for _ in 0..3 {
        let got = client.ask("GET", "/big", "").await.expect("answered");
        assert_eq!(Sha256::digest(got.body()), Sha256::digest(&sent));
    }
    assert_eq!((proxy.evidence(IT).touched, proxy.traffic().connections_accepted), (0, 1));
}
