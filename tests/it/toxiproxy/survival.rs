//! What the server lives through: requests that are no requests, bodies without end, and signals.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Pieces of which requests are made, right and wrong.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"GET /proxies HTTP/1.1\r\n".to_vec()),
        Just(b"POST /proxies HTTP/1.1\r\nContent-Length: 40\r\n\r\n{\"name\":\"x\",\"upstream\":".to_vec()),
        Just(b"PATCH /proxies/%zz/toxics/%ff HTTP/1.1\r\n\r\n".to_vec()),
        Just(b"POST /populate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_vec()),
        Just(b"Content-Length: -1\r\n\r\n".to_vec()),
        Just(b"[[[[[[[[{\"toxics\":".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..200),
        "[ -~]{0,80}\r\n".prop_map(String::into_bytes),
    ]
}

/// Many draws against one server, which ends with the test.
fn many<S: Strategy>(strategy: &S, holds: impl Fn(&Server, S::Value) -> Result<(), TestCaseError>) {
    let server = Server::start(&[]);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(strategy, |value| holds(&server, value)).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn no_bytes_end_the_server() {
    many(&proptest::collection::vec(piece(), 1..8), |server, pieces| {
        let mut stream = TcpStream::connect(server.address).expect("the server accepts");
        let _ = stream.write_all(&pieces.concat());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
        prop_assert_eq!(server.ask("GET", "/version", "").status, 200);
        Ok(())
    });
}

#[test]
fn no_json_ends_the_server() {
    let body = "[\\[\\]{}\",:a-z0-9.\\-]{0,60}";
    let path = "/(proxies|populate|proxies/p|proxies/p/toxics)";
    many(&(path, body), |server, (path, body)| {
        let status = server.ask("POST", &path, &body).status;
        prop_assert!((200..=500).contains(&status), "{}", status);
        Ok(())
    });
}

#[test]
fn a_body_of_100_mb_is_refused_and_costs_no_memory() {
    let server = Server::start(&[]);
    let before = resident_kib(server.child.id());
    let mut stream = connect(server.address);
    let head = format!("POST /populate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 100 << 20);
    stream.write_all(head.as_bytes()).expect("sent");
    let (block, mut sent) = (vec![b' '; 1 << 20], 0);
    while sent < 100 && stream.write_all(&block).is_ok() {
        sent += 1;
    }
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert!(sent < 100 || Reply::read(&reply).status == 413, "it was not taken");
    let grown = resident_kib(server.child.id()).saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} KiB");
    let told = server.ask("POST", "/populate", &" ".repeat(9 << 20));
    assert!(matches!(told.status, 413 | 0), "refused, or closed before it was all sent: {}", told.status);
    assert_eq!(server.ask("GET", "/version", "").status, 200);
}

pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server lives");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its size");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

#[test]
fn both_signals_end_it_in_order_and_close_every_listener() {
    for signal in ["-INT", "-TERM"] {
        let mut server = Server::start(&[]);
        let listen = server.proxy("open", echo());
        let mut stream = connect(listen);
        round_trip(&mut stream).expect("echoed");
        let pid = server.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        let status = server.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(TcpStream::connect(listen).is_err() && TcpStream::connect(server.address).is_err());
    }
}
