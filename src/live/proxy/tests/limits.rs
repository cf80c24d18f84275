//! What must stay small or true when peers misbehave: memory under a client that never reads, alarms and names under endless changes,
//! resets that are noticed late, and evidence where a fault has changed nothing.

use super::super::{Key, Setup, protocol, timer};
use super::*;
use crate::base::Which;
use crate::plan::Spoil;
use crate::plan::spoil::{Answer, Does, Speech, Wanted};
use crate::plan::toxic::ToxicKind;
use crate::plan::{Toxic, Untrusted};

fn toxic(kind: ToxicKind, values: &[f64]) -> Effect {
    Effect::Toxic(Toxic { kind, values: values.to_vec(), upstream: true, which: Which::ALL })
}

/// Answers that a fault gives in the server's place never pass through the lane to the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_what_a_fault_answers_is_stopped_and_then_gets_it_all() {
    let (server, _) = echo().await;
    let setup = Setup { protocol: protocol(Speech::Http), ..Setup::new(any(), server.into(), 7, "answers") };
    let proxy = FaultProxy::open(setup).expect("a proxy starts");
    const REQUESTS: usize = 12_000;
    const ANSWER: usize = 9000;
    let (of, body) = (Wanted::Http { method: None, path: None, header: None }, "x".repeat(ANSWER));
    let does = Does::Answer(Answer::Http { status: 503, body });
    proxy.apply(A, &Effect::Spoil(Box::new(Spoil { of, which: Which::ALL, late: None, does })));
    let client = TcpStream::connect(proxy.address()).await.expect("connected");
    let (mut from, mut to) = client.into_split();
    let sending = tokio::spawn(async move {
        to.write_all(&b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n".repeat(REQUESTS)).await.expect("sent");
        to
    });
    let (mut answered, mut before) = (0, 1);
    while answered != before {
        sleep(Duration::from_millis(700)).await;
        (before, answered) = (answered, proxy.evidence(A).touched as usize);
    }
    assert!(answered > 0 && answered * ANSWER < 64 << 20, "{answered} answers are held");
    // Once the client reads, everything moves on.
    let (mut got, mut buffer) = (0, vec![0; 1 << 16]);
    while got < REQUESTS * ANSWER {
        got += timeout(LONG, from.read(&mut buffer)).await.expect("it goes on").expect("received");
    }
    assert_eq!(proxy.evidence(A).touched as usize, REQUESTS);
    drop(sending.await);
}

/// The proxy learns of the reset from its own write, because it did not read from that side just then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_that_a_write_meets_first_is_passed_on_as_a_reset() {
    let listener = TcpListener::bind(ANY).await.expect("a free port");
    let proxy = FaultProxy::start(any(), listener.local_addr().expect("bound"), 7, "late").await.expect("starts");
    let mut client = TcpStream::connect(proxy.address()).await.expect("accepted");
    let (mut server, _) = listener.accept().await.expect("dialled");
    // The way to the client is full, so that nothing is read from the server.
    let block = vec![0; 1 << 16];
    while let Ok(count) = timeout(Duration::from_millis(300), server.write(&block)).await {
        count.expect("still connected");
    }
    server.set_zero_linger().expect("set");
    drop(server);
    sleep(Duration::from_millis(50)).await;
    client.write_all(b"are you there?").await.expect("sent");
    sleep(Duration::from_millis(100)).await;
    let mut buffer = vec![0; 1 << 16];
    let end = loop {
        match timeout(LONG, client.read(&mut buffer)).await.expect("the connection ends") {
            Ok(0) => break Ok(0),
            Ok(_) => {}
            Err(error) => break Err(error.kind()),
        }
    };
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_the_port_is_no_failed_handshake() {
    let proxy = echo_proxy("probe").await;
    proxy.apply(A, &Effect::Certificate(Untrusted::Expired));
    drop(TcpStream::connect(proxy.address()).await.expect("accepted"));
    until("it has come and gone", || {
        let traffic = proxy.traffic();
        (traffic.connections_accepted, traffic.connections_open) == (1, 0)
    })
    .await;
    assert_eq!(proxy.evidence(A).touched, 0);
    let mut other = TcpStream::connect(proxy.address()).await.expect("accepted");
    other.write_all(b"GET / HTTP/1.0\r\n\r\n").await.expect("sent");
    until("who wanted something is counted", || proxy.evidence(A).touched == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_dialled_late_has_one_alarm_whatever_changes() {
    let proxy = echo_proxy("alarms").await;
    proxy.apply(A, &toxic(ToxicKind::Connect, &[600_000.0, 0.0, 0.0]));
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(TcpStream::connect(proxy.address()).await.expect("accepted"));
    }
    until("all wait", || proxy.evidence(A).touched == 20).await;
    let before = timer::waiting();
    for round in 0..200 {
        proxy.apply(B, &Effect::Delay { by: Dist::Constant(f64::from(round)), upstream: true });
        sleep(Duration::from_millis(2)).await;
    }
    let after = timer::waiting();
    assert!(after < before + 100, "{before} alarms became {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_connection_has_one_alarm_however_often_it_is_busy_and_idle() {
    let proxy = echo_proxy("busy").await;
    proxy.apply(A, &toxic(ToxicKind::CutAfter, &[3.6e6, 0.0]));
    proxy.apply(B, &toxic(ToxicKind::Latency, &[1.0, 0.0]));
    let mut stream = connected(&proxy).await;
    let before = timer::waiting();
    for _ in 0..200 {
        assert_eq!(ask(&mut stream, b"again").await, b"again");
    }
    let after = timer::waiting();
    assert!(after < before + 50, "{before} alarms became {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_come_and_go_do_not_pile_up_and_no_sum_falls() {
    let proxy = echo_proxy("names").await;
    let sum = || proxy.tallies().iter().map(|(_, tally)| tally.evidence().touched).sum::<u64>();
    let reset = Effect::Reset { chance: 1.0 };
    let held = connected(&proxy).await;
    proxy.apply(Key::Named("first".into()), &reset);
    proxy.heal(Key::Named("first".into()));
    drop(held);
    assert_eq!(sum(), 1);
    proxy.apply(Key::Named("stays".into()), &toxic(ToxicKind::Noop, &[]));
    for number in 0..3000 {
        let key = Key::Named(format!("toxic {number}").into());
        proxy.apply(key.clone(), &toxic(ToxicKind::Noop, &[]));
        proxy.heal(key);
    }
    let names: Vec<Key> = proxy.tallies().into_iter().map(|(key, _)| key).collect();
    assert!(names.len() < 1100, "{} names are kept", names.len());
    assert!(names.contains(&Key::Named("stays".into())) && !names.contains(&Key::Named("first".into())));
    assert_eq!(sum(), 1, "what was counted is still counted");
}
