//! Servers behind the proxies: Redis, nginx with a tiny answer, and two of this program's own threads, one that sends without end and
//! one that sends back what it gets.

use crate::{load, peers};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub struct Servers {
    pub redis: SocketAddr,
    pub http: SocketAddr,
    /// Reads a length of 8 bytes and sends as much.
    pub source: SocketAddr,
    pub echo: SocketAddr,
    children: Vec<Child>,
    _folder: TempDir,
}

impl Servers {
    pub fn start() -> Servers {
        let folder = tempfile::tempdir().expect("a folder");
        let (redis, http) = (free(), free());
        let mut command = on_load_core("redis-server");
        command.args(["--port", &redis.port().to_string(), "--save", "", "--bind", "127.0.0.1"]).current_dir(&folder);
        let mut children = vec![command.spawn().expect("redis starts")];
        let conf = folder.path().join("conf");
        let pid = folder.path().join("pid");
        let text = format!(
            "daemon off; master_process off; pid {}; error_log /dev/null;\nevents {{ worker_connections 10000; }}\n\
             http {{ access_log off; keepalive_requests 1000000000; server {{ listen {http}; location / {{ return 200 ok; }} }} }}\n",
            pid.display()
        );
        std::fs::write(&conf, text).expect("written");
        children.push(on_load_core("nginx").arg("-c").arg(&conf).stderr(Stdio::null()).spawn().expect("nginx starts"));
        let (source, echo) = own();
        [redis, http, source, echo].into_iter().for_each(peers::wait_for);
        Servers { redis, http, source, echo, children, _folder: folder }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn on_load_core(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", load::LOAD_CORE, program]).stdout(Stdio::null());
    command
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Servers on a thread of this process.
fn own() -> (SocketAddr, SocketAddr) {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let source = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            tell.send((source.local_addr().expect("bound"), echo.local_addr().expect("bound"))).expect("awaited");
            tokio::join!(send_all(source), echo_all(echo));
        });
    });
    told.recv().expect("the servers start")
}

async fn send_all(listener: tokio::net::TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let block = vec![7; 256 << 10];
            let mut left = stream.read_u64().await.unwrap_or(0) as usize;
            while left > 0 {
                let next = left.min(block.len());
                if stream.write_all(&block[..next]).await.is_err() {
                    return;
                }
                left -= next;
            }
        });
    }
}

async fn echo_all(listener: tokio::net::TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let mut buffer = vec![0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
        });
    }
}
