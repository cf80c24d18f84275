//! Ten thousand connections at once, and what they cost.

use super::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MANY: usize = 10_000;
/// What the proxy may take for all of them, in KiB.
const RESIDENT_MAX_KIB: u64 = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_fit_into_100_mb_and_each_still_works() {
    let many = room();
    let server = Server::start(&[]);
    let listen = server.proxy("crowd", echo_many().await);
    let mut crowd = Vec::with_capacity(many);
    for _ in 0..many {
        crowd.push(tokio::net::TcpStream::connect(listen).await.expect("accepted"));
    }
    ask_each(&mut crowd).await;
    let idle = survival::resident_kib(server.child.id());
    println!("{many} idle connections: {idle} KiB resident, {:.1} KiB each", idle as f64 / many as f64);
    assert!(idle < RESIDENT_MAX_KIB, "{idle} KiB");
    server.toxic("crowd", r#"{"type":"latency","attributes":{"latency":1}}"#);
    ask_each(&mut crowd).await;
    let slowed = survival::resident_kib(server.child.id());
    println!("with a toxic on each: {slowed} KiB");
    assert!(slowed < RESIDENT_MAX_KIB, "{slowed} KiB");
    server.toxic("crowd", r#"{"type":"reset_peer"}"#);
    for stream in &mut crowd {
        let end = tokio::time::timeout(LONG, stream.read(&mut [0; 8])).await.expect("it ends");
        assert_eq!(end.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset));
    }
}

/// How many connections this machine's limit on open files allows, each with two ends in either process. Root may lift the limit.
fn room() -> usize {
    const SPARE: u64 = 200;
    let wanted = 2 * MANY as u64 + SPARE;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("limits can be read");
    if setrlimit(Resource::RLIMIT_NOFILE, wanted.max(hard), wanted.max(hard)).is_ok() {
        return MANY;
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("the soft limit may rise to the hard one");
    MANY.min((hard - SPARE) as usize / 2)
}

/// Each says a byte and hears it again.
async fn ask_each(crowd: &mut [tokio::net::TcpStream]) {
    for stream in &mut *crowd {
        stream.write_all(b"x").await.expect("sent");
    }
    for stream in crowd {
        let heard = tokio::time::timeout(LONG, stream.read_u8()).await.expect("in time");
        assert_eq!(heard.expect("echoed"), b'x');
    }
}

async fn echo_many() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}
