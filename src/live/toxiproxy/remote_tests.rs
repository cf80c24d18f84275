//! What stays at a Toxiproxy that does not answer as it should: it is played by a few lines that answer as each test needs.

use super::*;
use crate::live::undo::fresh_run_id;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Answers a request by its first line; `None` for silence. Gives its address, and the bodies and lines that came.
fn server(at: &str, answer: fn(&str) -> Option<String>) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind(at).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut silent = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = vec![0; 4096];
            let count = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let answer = answer(&request);
            if tell.send(request).is_err() {
                return;
            }
            match answer {
                Some(answer) => drop(write!(stream, "HTTP/1.0 {answer}")),
                None => silent.push(stream),
            }
        }
    });
    (address, told)
}

fn create(api: SocketAddr) -> (Result<RemoteProxy, Trouble>, Ledger, tempfile::TempDir) {
    let state = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open_in(state.path(), &fresh_run_id().expect("random bytes")).expect("a ledger");
    let upstream = "127.0.0.1:1".parse().expect("an address");
    let made = RemoteProxy::create(Api(api), ("web->db", upstream), &ledger, Box::new(|_| {}));
    (made, ledger, state)
}

#[test]
fn a_proxy_whose_making_cannot_be_understood_is_deleted_there() {
    let answers: [fn(&str) -> Option<String>; 2] = [
        |request| {
            Some(
                if request.starts_with("POST") { "201 Created\r\n\r\n{\"listen\":\"?\"}" } else { "404 No\r\n\r\n" }
                    .into(),
            )
        },
        |request| (!request.starts_with("POST")).then(|| "404 No\r\n\r\n".into()),
    ];
    for answer in answers {
        let (api, told) = server("127.0.0.1:0", answer);
        let (made, ledger, _state) = create(api);
        assert!(made.is_err());
        let asked: Vec<String> = told.try_iter().collect();
        assert!(asked.iter().any(|request| request.starts_with("DELETE /proxies/firedrill-")), "{asked:?}");
        assert_eq!(ledger.open_entries(), []);
    }
}

#[test]
fn what_cannot_be_deleted_stays_in_the_ledger() {
    let (api, _told) = server("127.0.0.1:0", |_| Some("500 Oh\r\n\r\nno".into()));
    let (made, ledger, _state) = create(api);
    assert!(made.is_err());
    assert_eq!(ledger.open_entries().len(), 1);
}

#[test]
fn a_toxiproxy_on_ipv6_is_asked_for_an_address_that_it_can_read() {
    let (api, told) = server("[::1]:0", |_| Some("201 Created\r\n\r\n{\"listen\":\"[::1]:7\"}".into()));
    let (made, ..) = create(api);
    assert_eq!(made.expect("made").address, "[::1]:7".parse().expect("an address"));
    let asked = told.recv().expect("asked");
    assert!(asked.contains(r#""listen":"[::1]:0""#), "{asked}");
}
