//! A raw HTTP/1.1 server for the tests: it answers every request with two bytes, after as long as it is told, and not at all while it stalls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// What a server does with each request.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Each answer takes this long.
    pub takes: Duration,
    /// From the first request on: so long after it begins a stall, which lasts so long.
    pub stall: Option<(Duration, Duration)>,
}

/// Ends with its handle.
pub struct Server {
    pub address: SocketAddr,
    leave: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(manner: Manner) -> Server {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let bind = async { TcpListener::bind("127.0.0.1:0").await };
        let listener = runtime.block_on(bind).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (leave, left) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, manner) => {}
                    _ = left => {}
                }
            });
        });
        Server { address, leave: Some(leave), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.leave.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, manner: Manner) {
    let begun = Arc::new(std::sync::OnceLock::new());
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let begun = begun.clone();
            tokio::spawn(async move {
                // A caller who leaves is none of our trouble.
                let _ = serve(stream, manner, &begun).await;
            });
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, begun: &std::sync::OnceLock<Instant>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut head) = ([0; 4096], Vec::new());
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..count]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        head.clear();
        let begun = *begun.get_or_init(Instant::now);
        if let Some((from, lasts)) = manner.stall
            && (from..from + lasts).contains(&begun.elapsed())
        {
            tokio::time::sleep_until((begun + from + lasts).into()).await;
        }
        if !manner.takes.is_zero() {
            tokio::time::sleep(manner.takes).await;
        }
        stream.write_all(ANSWER).await?;
    }
}
