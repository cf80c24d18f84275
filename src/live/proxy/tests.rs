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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_identical_while_faults_come_and_go_a_thousand_times_a_second() {
    let proxy = Arc::new(echo_proxy("hash").await);
    let toggled = proxy.clone();
    let toggling = tokio::spawn(async move {
        let jitter = |upstream| Effect::Delay { by: Dist::Uniform { low: 0.0, high: 0.003 }, upstream };
        let effects =
            [jitter(false), jitter(true), Effect::Cut { lose: false }, Effect::Throttle { bytes_per_sec: 4e8 }];
        for round in 0u32.. {
            let fault = FaultId(round % 4);
            toggled.apply(fault, &effects[round as usize % 4]);
            sleep(Duration::from_micros(300)).await;
            toggled.heal(FaultId((round + 2) % 4));
        }
    });
    let transfers: Vec<_> = (0..3).map(|number| tokio::spawn(transfer(proxy.address(), number))).collect();
    for transfer in transfers {
        let (sent, got) = transfer.await.expect("a transfer");
        assert_eq!(sent, got);
    }
    toggling.abort();
    for fault in 0..4 {
        assert!(proxy.evidence(FaultId(fault)).touched > 0, "fault {fault}");
    }
}

/// Sends 8 MiB in pieces of uneven size, and hashes both what went and what came back.
async fn transfer(to: SocketAddr, number: u64) -> (Vec<u8>, Vec<u8>) {
    let stream = TcpStream::connect(to).await.expect("connected");
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        let (mut dice, mut hash, mut left) = (Dice::named(number, "bytes"), Sha256::new(), 8 << 20);
        while left > 0 {
            let size = (1 + dice.below(100_000) as usize).min(left);
            let piece: Vec<u8> = (0..size).map(|_| dice.bits() as u8).collect();
            hash.update(&piece);
            to.write_all(&piece).await.expect("sent");
            left -= size;
        }
        to.shutdown().await.expect("half-closed");
        hash.finalize().to_vec()
    });
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let count = timeout(LONG, from.read(&mut buffer)).await.expect("in time").expect("received");
        if count == 0 {
            return (sending.await.expect("all sent"), hash.finalize().to_vec());
        }
        hash.update(&buffer[..count]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_each_delayed_once() {
    let proxy = echo_proxy("delay").await;
    let (mut from, mut to) = connected(&proxy).await.into_split();
    proxy.apply(A, &delay(0.1));
    let sending = tokio::spawn(async move {
        for number in 0..40u8 {
            to.write_u8(number).await.expect("sent");
            sleep(Duration::from_millis(5)).await;
        }
        to
    });
    let start = Instant::now();
    for number in 0..40u8 {
        assert_eq!(from.read_u8().await.expect("received"), number);
        assert!(start.elapsed() >= Duration::from_millis(100 + 5 * u64::from(number) - u64::from(number > 0)));
    }
    assert!(start.elapsed() < Duration::from_secs(3), "one after another would take 4 s");
    drop(sending.await);
    let evidence = proxy.evidence(A);
    assert_eq!(evidence.details["bytes delayed"], 40);
    assert!(evidence.touched > 1 && evidence.details["microseconds of delay added"] >= 100_000 * evidence.touched);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_median_delay_is_close_to_what_was_asked() {
    let proxy = echo_proxy("median").await;
    let mut stream = connected(&proxy).await;
    proxy.apply(A, &Effect::Delay { by: Dist::Constant(0.0204), upstream: true });
    let mut took = Vec::new();
    for _ in 0..25 {
        let start = Instant::now();
        ask(&mut stream, b"x").await;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    assert!(took[0] >= Duration::from_micros(20_400), "{took:?}");
    assert!(took[12] < Duration::from_millis(60), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delays_add_and_healing_releases_only_its_own_share() {
    let proxy = echo_proxy("stack").await;
    let mut stream = connected(&proxy).await;
    proxy.apply(A, &delay(0.04));
    proxy.apply(B, &delay(0.03));
    let start = Instant::now();
    ask(&mut stream, b"both").await;
    assert!(start.elapsed() >= Duration::from_millis(70));
    proxy.apply(B, &delay(3600.0));
    let start = Instant::now();
    stream.write_all(b"held").await.expect("sent");
    assert!(is_silent(&mut stream).await);
    proxy.heal(B);
    let mut answer = [0; 4];
    timeout(LONG, stream.read_exact(&mut answer)).await.expect("released").expect("received");
    assert!(start.elapsed() >= Duration::from_millis(40));
    let touched = proxy.evidence(B).touched;
    proxy.heal(A);
    ask(&mut stream, b"free").await;
    assert_eq!(proxy.evidence(B).touched, touched, "a healed fault touches nothing");
    assert_eq!(touched, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_holds_and_then_delivers_and_new_connections_are_not_dialled() {
    let (server, seen) = echo().await;
    let proxy = FaultProxy::start(any(), server, 7, "cut").await.expect("a proxy starts");
    let mut old = connected(&proxy).await;
    proxy.apply(A, &Effect::Cut { lose: false });
    proxy.apply(B, &Effect::Cut { lose: false });
    old.write_all(b"held").await.expect("sent");
    let mut new = TcpStream::connect(proxy.address()).await.expect("accepted");
    new.write_all(b"also").await.expect("sent");
    assert!(is_silent(&mut old).await && is_silent(&mut new).await);
    proxy.heal(A);
    assert!(is_silent(&mut old).await, "the other cut stays");
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    proxy.heal(B);
    for (stream, text) in [(&mut old, b"held"), (&mut new, b"also")] {
        let mut answer = [0; 4];
        timeout(LONG, stream.read_exact(&mut answer)).await.expect("delivered").expect("received");
        assert_eq!(&answer, text);
    }
    let evidence = proxy.evidence(A);
    assert_eq!((evidence.details["connections held"], evidence.details["bytes held"], evidence.touched), (1, 4, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_losing_cut_ends_its_connections_when_it_heals() {
    let proxy = echo_proxy("lose").await;
    let mut old = connected(&proxy).await;
    proxy.apply(A, &Effect::Cut { lose: true });
    old.write_all(b"lost").await.expect("sent");
    let mut new = TcpStream::connect(proxy.address()).await.expect("accepted");
    until("both are registered", || proxy.evidence(A).details.get("connections held") == Some(&1)).await;
    proxy.heal(A);
    assert_eq!(end_of(&mut old).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(end_of(&mut new).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(proxy.evidence(A).details["connections reset"], 2);
    connected(&proxy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_resets_closes_the_port_and_opens_the_same_one_again() {
    let proxy = echo_proxy("refuse").await;
    let mut old = connected(&proxy).await;
    for _ in 0..3 {
        proxy.apply(A, &Effect::Refuse);
        proxy.apply(B, &Effect::Refuse);
        let refused = TcpStream::connect(proxy.address()).await.expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(end_of(&mut old).await, Err(ErrorKind::ConnectionReset));
        proxy.heal(A);
        assert!(TcpStream::connect(proxy.address()).await.is_err(), "the other refusal stays");
        proxy.heal(B);
        old = connected(&proxy).await;
    }
    assert_eq!(proxy.evidence(A).details["connections reset"], 3);
    assert_eq!(proxy.traffic().listen_failures, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_reaches_idle_connections_and_new_ones() {
    let proxy = echo_proxy("reset").await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(connected(&proxy).await);
    }
    proxy.apply(A, &Effect::Reset { chance: 1.0 });
    for stream in &mut idle {
        assert_eq!(end_of(stream).await, Err(ErrorKind::ConnectionReset));
    }
    let mut new = TcpStream::connect(proxy.address()).await.expect("accepted first");
    assert_eq!(end_of(&mut new).await, Err(ErrorKind::ConnectionReset));
    proxy.heal(A);
    connected(&proxy).await;
    assert_eq!(proxy.evidence(A).touched, 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_resets_the_same_connections() {
    let mut outcomes = Vec::new();
    for name in ["dice", "dice", "other dice"] {
        let proxy = echo_proxy(name).await;
        let mut streams = Vec::new();
        for _ in 0..32 {
            streams.push(connected(&proxy).await);
        }
        proxy.apply(A, &Effect::Reset { chance: 0.5 });
        let hit = proxy.evidence(A).touched;
        assert!((4..=28).contains(&hit), "{hit} of 32");
        until("they are gone", || proxy.traffic().connections_open == 32 - hit).await;
        let mut outcome = Vec::new();
        for stream in &mut streams {
            outcome.push(is_alive(stream).await);
        }
        assert_eq!(outcome.iter().filter(|alive| !**alive).count() as u64, hit);
        outcomes.push(outcome);
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert_ne!(outcomes[0], outcomes[2]);
}

async fn is_alive(stream: &mut TcpStream) -> bool {
    stream.write_all(b"?").await.is_ok() && matches!(timeout(LONG, stream.read_u8()).await, Ok(Ok(b'?')))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttle_is_shared_by_all_connections() {
    const EACH: usize = 1_500_000;
    let proxy = echo_proxy("throttle").await;
    let mut streams = vec![connected(&proxy).await, connected(&proxy).await];
    proxy.apply(A, &Effect::Throttle { bytes_per_sec: 1e7 });
    let start = Instant::now();
    let transfers: Vec<_> = streams.drain(..).map(|stream| tokio::spawn(there_and_back(stream, EACH))).collect();
    for transfer in transfers {
        transfer.await.expect("a transfer");
    }
    let rate = 2.0 * EACH as f64 / start.elapsed().as_secs_f64();
    assert!((2e6..1.04e7).contains(&rate), "{rate} bytes per second");
    let evidence = proxy.evidence(A);
    assert!(evidence.touched > 0 && evidence.details["bytes throttled"] > EACH as u64);
    proxy.heal(A);
    let mut stream = connected(&proxy).await;
    assert_eq!(ask(&mut stream, &[7; 10_000]).await, [7; 10_000]);
}

async fn there_and_back(stream: TcpStream, bytes: usize) {
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        to.write_all(&vec![1; bytes]).await.expect("sent");
        to
    });
    let mut answer = vec![0; bytes];
    timeout(LONG, from.read_exact(&mut answer)).await.expect("in time").expect("received");
    drop(sending.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_has_finished_sending_still_gets_its_answer() {
    let proxy = echo_proxy("half").await;
    for slow in [false, true] {
        if slow {
            proxy.apply(A, &delay(0.05));
        }
        let mut stream = TcpStream::connect(proxy.address()).await.expect("connected");
        stream.write_all(b"the last word").await.expect("sent");
        stream.shutdown().await.expect("half-closed");
        let mut answer = String::new();
        timeout(LONG, stream.read_to_string(&mut answer)).await.expect("ended").expect("received");
        assert_eq!(answer, "the last word");
    }
    until("both are closed", || proxy.traffic().connections_open == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_reads_stops_the_sender() {
    let listener = TcpListener::bind(ANY).await.expect("a free port");
    let proxy = FaultProxy::start(any(), listener.local_addr().expect("bound"), 7, "full").await.expect("starts");
    for fault in
        [None, Some(Effect::Delay { by: Dist::Constant(0.01), upstream: true }), Some(Effect::Cut { lose: false })]
    {
        let mut client = TcpStream::connect(proxy.address()).await.expect("connected");
        let _never_reads = listener.accept().await.expect("dialled");
        fault.iter().for_each(|effect| proxy.apply(A, effect));
        let (block, mut sent) = (vec![0; 1 << 16], 0);
        while let Ok(count) = timeout(Duration::from_millis(300), client.write(&block)).await {
            sent += count.expect("still connected");
            assert!(sent < 64 << 20, "the proxy swallows without limit under {fault:?}");
        }
        proxy.heal(A);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_server_and_the_resets_of_peers_are_passed_on() {
    let listener = TcpListener::bind(ANY).await.expect("a free port");
    let proxy = FaultProxy::start(any(), listener.local_addr().expect("bound"), 7, "dead").await.expect("starts");
    let mut client = TcpStream::connect(proxy.address()).await.expect("accepted");
    let (server, _) = listener.accept().await.expect("dialled");
    server.set_zero_linger().expect("set");
    drop(server);
    assert_eq!(end_of(&mut client).await, Err(ErrorKind::ConnectionReset));
    let client = TcpStream::connect(proxy.address()).await.expect("accepted");
    let (mut server, _) = listener.accept().await.expect("dialled");
    client.set_zero_linger().expect("set");
    drop(client);
    assert_eq!(end_of(&mut server).await, Err(ErrorKind::ConnectionReset));
    drop(listener);
    let mut client = TcpStream::connect(proxy.address()).await.expect("accepted");
    assert_eq!(end_of(&mut client).await, Ok(0));
    assert_eq!(proxy.traffic().dial_failures, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_and_dropping_close_everything() {
    for stop in [true, false] {
        let proxy = echo_proxy("stop").await;
        let address = proxy.address();
        let mut stream = connected(&proxy).await;
        // The last write is counted just after it is made.
        until("all is counted", || proxy.traffic().bytes_downstream == 5).await;
        let traffic = proxy.traffic();
        assert_eq!((traffic.connections_accepted, traffic.connections_open, traffic.bytes_upstream), (1, 1, 5));
        let taken = FaultProxy::start(address, any(), 7, "taken").await.expect_err("the port is in use");
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        if stop {
            proxy.stop().await;
        } else {
            drop(proxy);
        }
        assert_eq!(end_of(&mut stream).await, Ok(0));
        assert!(TcpStream::connect(address).await.is_err());
    }
}
