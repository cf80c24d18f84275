//! What the proxy must do whatever the faults: carry every byte, pass on ends and resets, hold little, close when told.

use super::*;
use crate::base::Which;
use crate::plan::Toxic;
use crate::plan::toxic::ToxicKind;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_identical_while_faults_come_and_go_a_thousand_times_a_second() {
    let proxy = Arc::new(echo_proxy("hash").await);
    let toggled = proxy.clone();
    let toggling = tokio::spawn(async move {
        let jitter = |upstream| Effect::Delay { by: Dist::Uniform { low: 0.0, high: 0.003 }, upstream };
        let effects = [
            jitter(false),
            jitter(true),
            Effect::Cut { lose: false, ways: crate::plan::Ways::Both },
            Effect::Throttle { bytes_per_sec: 2e7 },
        ];
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

fn upstream(kind: ToxicKind, values: &[f64]) -> Effect {
    Effect::Toxic(Toxic { kind, values: values.to_vec(), upstream: true, which: Which::ALL })
}

/// Every toxic that leaves the bytes as they are, alone and all together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_identical_under_every_toxic_that_does_not_change_them() {
    let harmless = [
        (ToxicKind::Latency, vec![3.0, 3.0]),
        (ToxicKind::Bandwidth, vec![60_000.0]),
        (ToxicKind::SlowClose, vec![20.0]),
        (ToxicKind::Slicer, vec![20_000.0, 9_000.0, 50.0]),
        (ToxicKind::Connect, vec![10.0, 5.0, 0.0]),
        (ToxicKind::LimitData, vec![9e9]),
        (ToxicKind::CutAfter, vec![3.6e6, 0.0]),
        (ToxicKind::Noop, vec![]),
    ];
    let together = echo_proxy("together").await;
    for (number, (kind, values)) in harmless.into_iter().enumerate() {
        let proxy = echo_proxy(kind.word()).await;
        for (way, upstream) in [false, true].into_iter().enumerate() {
            let toxic = Effect::Toxic(Toxic { kind, values: values.clone(), upstream, which: Which::ALL });
            proxy.apply(FaultId(way as u32), &toxic);
            together.apply(FaultId((2 * number + way) as u32), &toxic);
        }
        let (sent, got) = transfer(proxy.address(), number as u64).await;
        assert_eq!(sent, got, "{kind:?}");
    }
    let (sent, got) = transfer(together.address(), 99).await;
    assert_eq!(sent, got, "all together");
    until("all is closed", || together.traffic().connections_open == 0).await;
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
async fn a_client_that_has_finished_sending_still_gets_its_answer() {
    let proxy = echo_proxy("half").await;
    let slow_close = Toxic { kind: ToxicKind::SlowClose, values: vec![50.0], upstream: true, which: Which::ALL };
    for fault in [None, Some(delay(0.05)), Some(Effect::Toxic(slow_close))] {
        fault.iter().for_each(|effect| proxy.apply(A, effect));
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
    for fault in [
        None,
        Some(Effect::Delay { by: Dist::Constant(0.01), upstream: true }),
        Some(Effect::Cut { lose: false, ways: crate::plan::Ways::Both }),
        Some(Effect::Throttle { bytes_per_sec: 1e9 }),
        Some(upstream(ToxicKind::Slicer, &[30_000.0, 0.0, 0.0])),
        Some(upstream(ToxicKind::Bandwidth, &[0.0])),
    ] {
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
