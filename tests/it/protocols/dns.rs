//! DNS through the proxy in front of dnsmasq, asked by hickory-proto over UDP.

use super::*;
use firedrill::plan::spoil::{Answer, Glob, Rcode};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use std::str::FromStr;
use tokio::net::UdpSocket;

fn server() -> Server {
    let folder = folder();
    Server::start(folder, |_, port| {
        let mut command = Command::new("dnsmasq");
        command.args([
            "--keep-in-foreground",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--conf-file=/dev/null",
        ]);
        command.args(["--no-resolv", "--no-hosts", "--pid-file=", "--log-facility=-", "--address=/test/192.0.2.7"]);
        command.arg(format!("--port={port}"));
        command
    })
}

fn dns_proxy(server: SocketAddr) -> FaultProxy {
    let mut setup = Setup::new((Ipv4Addr::LOCALHOST, 0).into(), server.into(), 7, "edge");
    setup.datagrams = true;
    FaultProxy::open(setup).expect("a free port")
}

/// `None`: nothing came back in this time.
async fn ask(proxy: &FaultProxy, name: &str, patience: Duration) -> Option<Message> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    socket.connect(proxy.address()).await.expect("an address");
    let mut question = Message::query();
    question.add_query(Query::query(Name::from_str(name).expect("a name"), RecordType::A));
    socket.send(&question.to_vec().expect("written")).await.expect("sent");
    let mut buffer = [0; 4096];
    let length = tokio::time::timeout(patience, socket.recv(&mut buffer)).await.ok()?.expect("received");
    let answer = Message::from_vec(&buffer[..length]).expect("an answer");
    assert_eq!((answer.metadata.id, answer.queries.len()), (question.metadata.id, 1));
    Some(answer)
}

async fn code(proxy: &FaultProxy, name: &str) -> ResponseCode {
    let answer = ask(proxy, name, LONG).await.expect("answered");
    assert_eq!(answer.answers.is_empty(), answer.metadata.response_code != ResponseCode::NoError);
    answer.metadata.response_code
}

fn of(name: &str) -> Wanted {
    Wanted::Dns { name: Some(Glob(name.into())) }
}

#[tokio::test]
async fn questions_are_answered_dropped_and_late() {
    let server = server();
    let proxy = dns_proxy(server.address);
    assert_eq!(code(&proxy, "a.test").await, ResponseCode::NoError);
    for (rcode, expected) in [(Rcode::NxDomain, ResponseCode::NXDomain), (Rcode::ServFail, ResponseCode::ServFail)] {
        apply(&proxy, spoil(of("a.*"), Does::Answer(Answer::Dns(rcode))));
        assert_eq!(code(&proxy, "A.Test").await, expected);
        assert_eq!(code(&proxy, "b.test").await, ResponseCode::NoError, "another name");
    }
    assert_eq!(counted(&proxy, "requests answered by the fault"), 2);
    apply(&proxy, Spoil { which: Which { every: 2, ..Which::ALL }, ..spoil(of("*"), Does::Drop) });
    assert_eq!(code(&proxy, "a.test").await, ResponseCode::NoError);
    assert!(ask(&proxy, "a.test", Duration::from_millis(300)).await.is_none());
    assert_eq!(counted(&proxy, "requests dropped"), 1);
    apply(&proxy, late(of("*"), Does::Hold));
    let begun = Instant::now();
    assert_eq!(code(&proxy, "a.test").await, ResponseCode::NoError);
    assert!(begun.elapsed() >= LATE);
    proxy.heal(IT);
    assert_eq!(code(&proxy, "a.test").await, ResponseCode::NoError);
}

#[tokio::test]
async fn delays_and_cuts_act_on_datagrams_and_noise_passes() {
    let server = server();
    let proxy = dns_proxy(server.address);
    let by = Dist::Constant(LATE.as_secs_f64());
    proxy.apply(IT, &Effect::Delay { by, upstream: false });
    let begun = Instant::now();
    assert_eq!(code(&proxy, "a.test").await, ResponseCode::NoError);
    assert!(begun.elapsed() >= LATE);
    proxy.heal(IT);
    proxy.apply(IT, &Effect::Cut { lose: false, ways: firedrill::plan::Ways::Both });
    assert!(ask(&proxy, "a.test", Duration::from_millis(300)).await.is_none());
    assert!(proxy.evidence(IT).touched > 1);
    apply(&proxy, spoil(of("*"), Does::Drop));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    for length in [0usize, 1, 11, 12, 40, 1500] {
        let noise: Vec<u8> = (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        socket.send_to(&noise, proxy.address()).await.expect("sent");
    }
    let begun = Instant::now();
    while counted(&proxy, "connections not understood") < 5 {
        assert!(begun.elapsed() < LONG, "{:?}", proxy.evidence(IT));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
