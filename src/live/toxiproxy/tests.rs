//! Limits on time, which a test of the program would have to wait for.

use super::{Options, Server};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_too_slowly_is_cut_off_and_others_are_not() {
    let read_within = Duration::from_millis(300);
    let options = Options { read_within, ..Options::new("127.0.0.1:0".parse().expect("an address"), 7) };
    let server = Server::start(&options).await.expect("starts");
    for slow in ["GET /version HTTP/1.1\r\nHost:", "POST /reset HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12"] {
        let mut stream = TcpStream::connect(server.address).await.expect("accepted");
        stream.write_all(slow.as_bytes()).await.expect("sent");
        let mut quick = TcpStream::connect(server.address).await.expect("accepted");
        quick.write_all(b"GET /version HTTP/1.0\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        tokio::time::timeout(LONG, quick.read_to_string(&mut answer)).await.expect("in time").expect("answered");
        assert!(answer.contains("2.12.0"), "{answer}");
        let mut told = Vec::new();
        tokio::time::timeout(LONG, stream.read_to_end(&mut told))
            .await
            .expect("the slow one is cut off")
            .expect("closed");
    }
}
