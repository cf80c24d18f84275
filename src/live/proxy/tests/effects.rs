//! What each effect does to live, idle and new connections, how effects stack, and what is left as evidence.

use super::*;
use crate::base::Which;

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
    proxy.apply(A, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both });
    proxy.apply(B, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both });
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
    proxy.apply(A, &Effect::Cut { lose: true, ways: crate::plan::Ways::Both });
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
    // The reset may come before the client has even noticed that it is connected.
    let end = match TcpStream::connect(proxy.address()).await {
        Ok(mut new) => end_of(&mut new).await,
        Err(error) => Err(error.kind()),
    };
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
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
    assert!(evidence.touched > 0 && evidence.details["bytes throttled"] > EACH as u64, "{evidence:?}");
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

/// Of so many connections, those that were opened before the fault and after it: which of them answer.
async fn answering(effect: Effect, which: Which) -> (FaultProxy, Vec<bool>, Vec<bool>) {
    let proxy = echo_proxy("some").await;
    let mut before = vec![connected(&proxy).await, connected(&proxy).await];
    proxy.apply(A, &effect.on(which));
    let mut after = Vec::new();
    for number in 3..=10 {
        after.push(TcpStream::connect(proxy.address()).await);
        until("it has come", || proxy.traffic().connections_accepted == number).await;
    }
    let mut old = Vec::new();
    for stream in &mut before {
        old.push(answers(stream).await);
    }
    let mut new = Vec::new();
    for stream in after {
        new.push(match stream {
            Ok(mut stream) => answers(&mut stream).await,
            Err(_) => false,
        });
    }
    (proxy, old, new)
}

async fn answers(stream: &mut TcpStream) -> bool {
    stream.write_all(b"?").await.is_ok() && matches!(timeout(SHORT, stream.read_u8()).await, Ok(Ok(b'?')))
}

/// Enough for an answer over loopback, even on a busy machine.
const SHORT: std::time::Duration = std::time::Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_takes_the_connections_that_it_counts_and_leaves_the_others_alone() {
    let cut = Effect::Cut { lose: true, ways: crate::plan::Ways::Both };
    let (proxy, old, new) = answering(cut.clone(), Which { every: 3, ..Which::ALL }).await;
    assert_eq!((old, new), (vec![true; 2], [true, true, false, true, true, false, true, true].to_vec()));
    assert_eq!(proxy.evidence(A).details["connections held"], 2);
    proxy.heal(A);
    assert_eq!(proxy.evidence(A).details["connections reset"], 2, "those that it had held");
    let (proxy, old, new) = answering(Effect::Reset { chance: 1.0 }, Which { first: Some(2), ..Which::ALL }).await;
    assert_eq!((old, new), (vec![true; 2], [false, false, true, true, true, true, true, true].to_vec()));
    assert_eq!(proxy.evidence(A).details["connections reset"], 2);
    let (first, again) = (answering(cut.clone(), Which::share(0.5)).await, answering(cut, Which::share(0.5)).await);
    assert_eq!((&first.1, &first.2), (&again.1, &again.2), "the same seed takes the same connections");
    let spared = first.1.iter().chain(&first.2).filter(|answers| **answers).count();
    assert!((1..=9).contains(&spared), "{spared} of 10");
}
