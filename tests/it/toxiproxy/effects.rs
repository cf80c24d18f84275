//! What each toxic does to traffic, added and removed over the API while connections are open.

use super::*;
use std::io::ErrorKind;

#[test]
fn a_toxic_acts_on_a_live_connection_and_its_removal_ends_it() {
    let server = Server::start(&[]);
    let mut stream = connect(server.proxy("live", echo()));
    round_trip(&mut stream).expect("echoed");
    server.toxic("live", r#"{"type":"latency","attributes":{"latency":200}}"#);
    assert!(round_trip(&mut stream).expect("echoed") >= Duration::from_millis(200));
    server.toxic("live", r#"{"type":"latency","stream":"upstream","attributes":{"latency":150}}"#);
    assert!(round_trip(&mut stream).expect("echoed") >= Duration::from_millis(350), "both ways");
    assert_eq!(server.ask("POST", "/reset", "").status, 204);
    let quick = (0..20).any(|_| round_trip(&mut stream).expect("the connection stays") < Duration::from_millis(100));
    assert!(quick, "reset takes the delays off");
}

#[test]
fn reset_peer_resets_live_idle_and_new_connections() {
    let server = Server::start(&[]);
    let listen = server.proxy("reset", echo());
    let mut idle = connect(listen);
    round_trip(&mut idle).expect("echoed");
    server.toxic("reset", r#"{"type":"reset_peer"}"#);
    let end = idle.read(&mut [0; 8]).map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset), "no byte was needed");
    let end = TcpStream::connect(listen).and_then(|mut new| new.read(&mut [0; 8])).map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
}

#[test]
fn limit_data_lets_so_many_bytes_through_and_then_ends() {
    let server = Server::start(&[]);
    let mut stream = connect(server.proxy("limit", echo()));
    server.toxic("limit", r#"{"type":"limit_data","attributes":{"bytes":3}}"#);
    stream.write_all(b"abcdef").expect("sent");
    let mut got = Vec::new();
    stream.read_to_end(&mut got).expect("a clean end");
    assert_eq!(got, b"abc");
}

#[test]
fn timeout_swallows_and_closes_and_one_without_end_closes_when_removed() {
    let server = Server::start(&[]);
    let listen = server.proxy("timeout", echo());
    let (mut first, mut second) = (connect(listen), connect(listen));
    round_trip(&mut second).expect("echoed");
    server.toxic("timeout", r#"{"type":"timeout","attributes":{"timeout":300}}"#);
    let start = Instant::now();
    first.write_all(b"gone").expect("sent");
    assert_eq!(first.read(&mut [0; 8]).expect("a clean end"), 0);
    assert!(start.elapsed() >= Duration::from_millis(280));
    assert_eq!(server.ask("DELETE", "/proxies/timeout/toxics/timeout_downstream", "").status, 204);
    server.toxic("timeout", r#"{"type":"timeout","attributes":{"timeout":0}}"#);
    let mut third = connect(listen);
    third.write_all(b"gone").expect("sent");
    third.set_read_timeout(Some(Duration::from_millis(200))).expect("set");
    assert!(third.read(&mut [0; 8]).is_err(), "nothing comes");
    third.set_read_timeout(Some(LONG)).expect("set");
    assert_eq!(server.ask("DELETE", "/proxies/timeout/toxics/timeout_downstream", "").status, 204);
    assert_eq!(third.read(&mut [0; 8]).expect("a clean end"), 0);
}

#[test]
fn bandwidth_of_0_cuts_and_a_disabled_proxy_refuses() {
    let server = Server::start(&[]);
    let listen = server.proxy("cut", echo());
    let mut stream = connect(listen);
    server.toxic("cut", r#"{"type":"bandwidth","attributes":{"rate":0}}"#);
    stream.write_all(b"hello").expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("set");
    assert!(stream.read(&mut [0; 8]).is_err(), "nothing passes");
    stream.set_read_timeout(Some(LONG)).expect("set");
    assert_eq!(server.ask("DELETE", "/proxies/cut/toxics/bandwidth_downstream", "").status, 204);
    stream.read_exact(&mut [0; 5]).expect("what was held is delivered");
    assert_eq!(server.ask("PATCH", "/proxies/cut", r#"{"enabled":false}"#).status, 200);
    assert_eq!(stream.read(&mut [0; 8]).expect("a clean end"), 0);
    assert_eq!(TcpStream::connect(listen).expect_err("refused").kind(), ErrorKind::ConnectionRefused);
    assert_eq!(server.ask("PATCH", "/proxies/cut", r#"{"enabled":true}"#).status, 200);
    round_trip(&mut connect(listen)).expect("echoed again");
}

#[test]
fn a_server_that_never_answers_the_dial_blocks_nobody() {
    let server = Server::start(&[]);
    let listen = server.proxy("never", echo());
    server.toxic("never", r#"{"type":"connect","toxicity":1,"attributes":{"never":1}}"#);
    let stuck: Vec<TcpStream> = (0..20).map(|_| connect(listen)).collect();
    let dead = server.proxy("dead", "127.0.0.1:1".parse().expect("an address"));
    assert_eq!(connect(dead).read(&mut [0; 8]).expect("accepted, then a clean end"), 0);
    assert_eq!(server.ask("DELETE", "/proxies/never/toxics/connect_downstream", "").status, 204);
    for mut stream in stuck {
        round_trip(&mut stream).expect("dialled when the toxic is gone");
    }
}

#[test]
fn the_same_seed_takes_the_same_connections() {
    let taken = || -> Vec<bool> {
        let server = Server::start(&[]);
        let listen = server.proxy("seeded", echo());
        server.toxic("seeded", r#"{"type":"timeout","toxicity":0.5,"attributes":{"timeout":1}}"#);
        (0..24).map(|_| round_trip(&mut connect(listen)).is_err()).collect()
    };
    let first = taken();
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
    assert_eq!(first, taken());
}
