//! What traffic goes through: nothing, our proxy, two well known ones, and the plainest copy loop that tokio can do. Each is a process of
//! its own on a core of its own.

use crate::load;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Direct,
    Firedrill,
    Nginx,
    HaProxy,
    Copy8,
    Copy64,
}

impl Peer {
    pub const ALL: [Peer; 6] = [Peer::Direct, Peer::Firedrill, Peer::Nginx, Peer::HaProxy, Peer::Copy8, Peer::Copy64];

    pub fn name(self) -> &'static str {
        match self {
            Peer::Direct => "direct (the limit)",
            Peer::Firedrill => "firedrill proxy",
            Peer::Nginx => "nginx stream",
            Peer::HaProxy => "HAProxy (tcp)",
            Peer::Copy8 => "tokio copy, 8 KiB buffers",
            Peer::Copy64 => "tokio copy, 64 KiB buffers",
        }
    }
}

/// A way to a server; the process on it ends with it.
pub struct Through {
    pub address: SocketAddr,
    process: Option<Child>,
    /// Of the API, where there is one.
    pub api: Option<SocketAddr>,
    _folder: TempDir,
}

const WITHIN: Duration = Duration::from_secs(10);
const IDLE_CONNECTIONS: usize = 4000;

impl Through {
    pub fn start(peer: Peer, upstream: SocketAddr) -> Through {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_port();
        let file = folder.path().join("conf");
        let mut api = None;
        let process = match peer {
            Peer::Direct => return Through { address: upstream, process: None, api, _folder: folder },
            Peer::Firedrill => {
                let (child, at) = firedrill(address, upstream);
                api = Some(at);
                child
            }
            Peer::Nginx => {
                std::fs::write(&file, nginx(address, upstream, folder.path().to_str().expect("plain")))
                    .expect("written");
                on_proxy_core("nginx").arg("-c").arg(&file).stderr(Stdio::null()).spawn().expect("nginx starts")
            }
            Peer::HaProxy => {
                std::fs::write(&file, haproxy(address, upstream)).expect("written");
                let mut command = on_proxy_core("haproxy");
                command.arg("-db").arg("-f").arg(&file).stderr(Stdio::null()).spawn().expect("haproxy starts")
            }
            Peer::Copy8 => Role::Copy { listen: address, upstream, bytes: 8 << 10 }.spawn(),
            Peer::Copy64 => Role::Copy { listen: address, upstream, bytes: 64 << 10 }.spawn(),
        };
        wait_for(address);
        Through { address, process: Some(process), api, _folder: folder }
    }

    /// Seconds of processor time so far.
    pub fn cpu_s(&self) -> Option<f64> {
        const TICKS_PER_S: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.as_ref()?.id())).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
        Some(ticks / TICKS_PER_S)
    }

    fn resident_kib(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.as_ref()?.id())).ok()?;
        status.lines().find(|line| line.starts_with("VmRSS:"))?.split_whitespace().nth(1)?.parse().ok()
    }

    pub fn kib_per_idle_connection(&self) -> Option<f64> {
        let before = self.resident_kib()?;
        let crowd = load::crowd(self.address, IDLE_CONNECTIONS);
        let grown = self.resident_kib()? - before;
        drop(crowd);
        Some(grown / IDLE_CONNECTIONS as f64)
    }

    /// Posts to the API of our proxy.
    pub fn post(&self, path: &str, body: &str) {
        post(self.api.expect("only our proxy has an API"), path, body);
    }
}

impl Drop for Through {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A part that this program plays in another process.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    Copy { listen: SocketAddr, upstream: SocketAddr, bytes: usize },
}

const ROLE: &str = "PROXY_BENCH_COPY";

impl Role {
    pub fn of_this_process() -> Option<Role> {
        let text = std::env::var(ROLE).ok()?;
        let mut words = text.split(' ');
        let mut word = || words.next().expect("three words");
        let (listen, upstream) = (word().parse().expect("an address"), word().parse().expect("an address"));
        Some(Role::Copy { listen, upstream, bytes: word().parse().expect("a number") })
    }

    fn spawn(self) -> Child {
        let Role::Copy { listen, upstream, bytes } = self;
        let this = std::env::current_exe().expect("this program");
        let mut command = on_proxy_core(this.to_str().expect("a plain path"));
        command.env(ROLE, format!("{listen} {upstream} {bytes}")).spawn().expect("it starts")
    }

    pub fn play(self) {
        let Role::Copy { listen, upstream, bytes } = self;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(listen).await.expect("a free port");
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let Ok(mut server) = tokio::net::TcpStream::connect(upstream).await else { return };
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    let _ = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut server, bytes, bytes).await;
                });
            }
        });
    }
}

pub fn on_proxy_core(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", load::PROXY_CORE, program]).stdout(Stdio::null());
    command
}

fn firedrill(listen: SocketAddr, upstream: SocketAddr) -> (Child, SocketAddr) {
    let mut command = on_proxy_core(env!("CARGO_BIN_EXE_firedrill"));
    let mut child = command
        .args(["proxy", "--listen", "127.0.0.1:0", "--seed", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a first line");
    let at = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|at| at.parse().ok());
    let api = at.unwrap_or_else(|| panic!("no address in {line}"));
    post(api, "/proxies", &format!(r#"{{"name":"p","listen":"{listen}","upstream":"{upstream}"}}"#));
    (child, api)
}

fn post(api: SocketAddr, path: &str, body: &str) {
    let mut stream = TcpStream::connect(api).expect("the API answers");
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).expect("sent");
    let answer = std::io::read_to_string(stream).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

fn nginx(listen: SocketAddr, upstream: SocketAddr, folder: &str) -> String {
    format!(
        "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off; master_process off; worker_rlimit_nofile 20000;\n\
         pid {folder}/pid; error_log /dev/null;\nevents {{ worker_connections 20000; }}\n\
         stream {{ server {{ listen {listen} backlog=4096; proxy_pass {upstream}; }} }}\n"
    )
}

fn haproxy(listen: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "global\n  nbthread 1\n  maxconn 9000\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\n\
         listen p\n  bind {listen} backlog 4096\n  server s {upstream}\n"
    )
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

pub fn wait_for(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(start.elapsed() < WITHIN, "nobody listens on {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
