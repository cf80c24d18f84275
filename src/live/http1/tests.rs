//! Both sides against each other, and each against raw sockets.

use super::*;
use crate::base::{EdgeId, ErrorKind, Outcome, ServiceId};
use crate::engine::{Handle, Request, Traits};
use crate::plan::fixture;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

struct World {
    poller: Poller,
    callers: Callers,
    servers: Servers,
}

const EDGE: EdgeId = EdgeId(0);

/// One stand-in, and one edge that leads to it or elsewhere.
fn world(elsewhere: Option<SocketAddr>, request_bytes: u64, response_bytes: u64) -> (World, SocketAddr) {
    let mut plan = fixture::chain(1.0, &[]);
    plan.edges[0].response_bytes = response_bytes;
    let poller = Poller::new().expect("epoll");
    let mut servers = Servers::new(poller.watch(), Arc::new(plan));
    let address = servers.listen(ServiceId(0)).expect("a free port");
    let template = Template::new(EDGE, "POST", "/{key}", "stand-in", request_bytes);
    let line = Line { address: elsewhere.unwrap_or(address), template, manner: Manner::default() };
    let callers = Callers::new(poller.watch(), vec![Some(Arc::new(line))]);
    (World { poller, callers, servers }, address)
}

fn request(number: u32) -> Request {
    let call = Handle { slot: number, generation: 1 };
    Request { edge: EDGE, call, attempt: 1, traits: Traits::of_key(number), intended: None }
}

impl World {
    /// Lets the sockets do what they can until there is news.
    fn turn(&mut self) -> (Vec<Answered>, Vec<Requested>) {
        let until = Instant::now() + Duration::from_secs(20);
        while !self.callers.has_answered() && !self.servers.has_requested() {
            assert!(Instant::now() < until, "nothing happens");
            self.look(Duration::from_millis(50));
        }
        (self.callers.take_answered(), self.servers.take_requested())
    }

    fn look(&mut self, long: Duration) {
        self.poller.wait(Instant::now() + long).expect("waited");
        for ready in (0..).map_while(|position| self.poller.ready(position)).collect::<Vec<_>>() {
            match Servers::owns(ready.number) {
                true => self.servers.hear(ready),
                false => self.callers.hear(ready),
            }
        }
    }

    fn one_request(&mut self) -> Requested {
        let (answered, requested) = self.turn();
        assert!(answered.is_empty(), "{answered:?}");
        requested[0]
    }

    fn one_answer(&mut self) -> Answered {
        let (answered, requested) = self.turn();
        assert!(requested.is_empty(), "{requested:?}");
        answered[0]
    }
}

#[test]
fn a_request_arrives_with_what_it_carries_and_its_answer_comes_back() {
    for bytes in [0, 100, 40_000, 3_000_000] {
        let (mut world, _) = world(None, bytes, bytes);
        for (number, outcome) in [(1, Outcome::Ok), (2, Outcome::Miss), (3, Outcome::Failed(ErrorKind::Shed))] {
            world.callers.send(&request(number)).expect("under way");
            let asked = world.one_request();
            assert_eq!(asked.from, Some((EDGE, request(number).call, 1)));
            assert_eq!((asked.service, asked.traits), (ServiceId(0), Traits::of_key(number)));
            assert!(world.servers.is_open(asked.token));
            world.servers.respond(asked.token, outcome);
            let answer = world.one_answer();
            assert_eq!((answer.call, answer.outcome), (request(number).call, outcome), "{bytes}");
            assert!(!world.servers.is_open(asked.token), "a token is good once");
        }
    }
}

#[test]
fn a_crash_breaks_the_connection_and_an_idle_one_is_used_again() {
    let (mut world, _) = world(None, 10, 10);
    let first = world.callers.send(&request(1)).expect("under way");
    let asked = world.one_request();
    world.servers.respond(asked.token, Outcome::Ok);
    world.one_answer();
    let second = world.callers.send(&request(2)).expect("under way");
    assert_eq!(first, second, "the same connection");
    let asked = world.one_request();
    world.servers.respond(asked.token, Outcome::Failed(ErrorKind::Crashed));
    assert_eq!(world.one_answer().outcome, Outcome::Failed(ErrorKind::Reset));
    world.callers.use_fresh_connections(EDGE, true);
    let third = world.callers.send(&request(3)).expect("under way");
    assert_ne!(first, third);
}

#[test]
fn a_caller_who_leaves_is_noticed() {
    let (mut world, _) = world(None, 10, 10);
    let place = world.callers.send(&request(1)).expect("under way");
    let asked = world.one_request();
    world.callers.abandon(place);
    let until = Instant::now() + Duration::from_secs(20);
    while world.servers.is_open(asked.token) {
        assert!(Instant::now() < until, "it was not noticed");
        world.look(Duration::from_millis(20));
    }
    world.servers.respond(asked.token, Outcome::Ok);
    assert!(!world.callers.has_answered(), "nobody is told");
}

#[test]
fn nobody_there_is_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("bound");
    drop(listener);
    let (mut world, _) = world(Some(nobody), 0, 0);
    world.callers.send(&request(1));
    assert_eq!(world.one_answer().outcome, Outcome::Failed(ErrorKind::Refused));
}

#[test]
fn an_idle_connection_that_the_server_closed_is_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (mut world, _) = world(Some(listener.local_addr().expect("bound")), 0, 0);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    let mut buffer = [0; 4096];
    for number in [1, 2] {
        world.callers.send(&request(number)).expect("under way");
        let (mut server, _) = listener.accept().expect("a new connection");
        world.look(Duration::from_millis(100));
        assert!(server.read(&mut buffer).expect("a request") > 20);
        server.write_all(answer).expect("answered");
        assert_eq!(world.one_answer().outcome, Outcome::Ok);
        drop(server);
        world.look(Duration::from_millis(100));
    }
}

fn raw(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(text).expect("written");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    stream
}

#[test]
fn strangers_are_served_too() {
    let (mut world, address) = world(None, 0, 0);
    let two = b"GET / HTTP/1.1\r\nhost: x\r\nx-firedrill-call: 999.1.1.1\r\n\r\nHEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut stream = raw(address, two);
    for _ in 0..2 {
        let asked = world.one_request();
        assert_eq!((asked.from, asked.traits), (None, Traits::of_key(0)));
        world.servers.respond(asked.token, Outcome::Ok);
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answers, and the end");
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{text}");
    assert_eq!(text.matches("content-length: 1024\r\n").count(), 2, "{text}");
    assert_eq!(text.matches('.').count(), 1024 + 2 * "1.1.".matches('.').count() - 2, "one body, for GET");
}

#[test]
fn nonsense_is_refused_and_breaks_nobody_else() {
    let (mut world, address) = world(None, 0, 0);
    let long = [b"GET / HTTP/1.1\r\nx: ".as_slice(), &[b'a'; 80_000]].concat();
    let odd: [&[u8]; 4] = [
        b"\x16\x03\x01 hello",
        b"POST / HTTP/1.1\r\ncontent-length: ten\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
        &long,
    ];
    for text in odd {
        let mut stream = raw(address, text);
        for _ in 0..5 {
            world.look(Duration::from_millis(10));
        }
        let mut answer = Vec::new();
        // A reset may overtake the refusal when not everything was read.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    }
    world.callers.send(&request(1)).expect("under way");
    let asked = world.one_request();
    world.servers.respond(asked.token, Outcome::Ok);
    assert_eq!(world.one_answer().outcome, Outcome::Ok);
}
