//! Load: bulk, closed loops by the tools that people use, an open loop that counts from the moment a request was due, and connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub const PROXY_CORE: &str = "0";
pub const LOAD_CORE: &str = "1";
/// Messages a second of the open loop.
pub const PACE: f64 = 5000.0;
pub const SECONDS: f64 = 3.0;
const CONNECTIONS: usize = 50;
const BULK_BYTES: u64 = 3 << 30;

/// Threads that are started later stay there too.
pub fn stay_on(core: &str) {
    let moved = Command::new("taskset").args(["-acp", core, &std::process::id().to_string()]).output();
    assert!(moved.is_ok_and(|out| out.status.success()), "this process may choose its core");
    let _ = nix::sys::prctl::set_timerslack(1);
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("accepted");
    stream.set_nodelay(true).expect("set");
    stream
}

/// GB/s over so many connections, and the bytes that they carried.
pub fn bulk(to: SocketAddr, connections: u64) -> (f64, u64) {
    let start = Instant::now();
    let each = BULK_BYTES / connections;
    let readers: Vec<_> = (0..connections).map(|_| thread::spawn(move || take(connect(to), each))).collect();
    let got: u64 = readers.into_iter().map(|reader| reader.join().expect("it reads")).sum();
    assert_eq!(got, each * connections, "all bytes came");
    (got as f64 / 1e9 / start.elapsed().as_secs_f64(), got)
}

/// Asks for so many bytes and reads them.
pub fn take(mut stream: TcpStream, bytes: u64) -> u64 {
    stream.write_all(&bytes.to_be_bytes()).expect("sent");
    let (mut buffer, mut got) = (vec![0; 256 << 10], 0);
    while got < bytes {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => got += count as u64,
        }
    }
    got
}

/// The first number after a word in what a tool prints.
fn figure(command: &mut Command, word: &str) -> f64 {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&out.stdout).replace('\r', "\n");
    let after = text.rsplit_once(word).unwrap_or_else(|| panic!("{command:?}: no {word} in {text}")).1;
    let number: String =
        after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    number.parse().unwrap_or_else(|_| panic!("{command:?}: {text}"))
}

pub fn redis(to: SocketAddr) -> f64 {
    let (host, port, count) = (to.ip().to_string(), to.port().to_string(), CONNECTIONS.to_string());
    let mut command = Command::new("redis-benchmark");
    command.args(["-t", "get", "-n", "120000", "-c", &count, "-q", "-h", &host, "-p", &port]);
    figure(&mut command, "GET: ")
}

pub fn http(to: SocketAddr) -> f64 {
    let (count, url) = (format!("-c{CONNECTIONS}"), format!("http://{to}/"));
    figure(Command::new("wrk").args(["-t1", &count, "-d3s", &url]), "Requests/sec:")
}

/// Times from when each message was due to when its echo came, in seconds.
pub struct Late(Vec<f64>);

impl Late {
    pub fn at(&self, quantile: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * quantile) as usize]
    }
}

/// Sends at this pace over 50 connections in turn, whatever comes back, and reads on threads of its own.
pub fn paced(to: SocketAddr, pace: f64, seconds: f64) -> Late {
    let epoch = Instant::now();
    let mut streams: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(to)).collect();
    let total = (pace * seconds) as usize;
    let readers: Vec<_> = streams
        .iter()
        .enumerate()
        .map(|(number, stream)| {
            let stream = stream.try_clone().expect("a second handle");
            let mine = (total + CONNECTIONS - 1 - number) / CONNECTIONS;
            thread::spawn(move || read_back(stream, mine, epoch))
        })
        .collect();
    let start = epoch.elapsed() + Duration::from_millis(50);
    for number in 0..total {
        let due = start + Duration::from_secs_f64(number as f64 / pace);
        thread::sleep(due.saturating_sub(epoch.elapsed()));
        streams[number % CONNECTIONS].write_all(&(due.as_nanos() as u64).to_be_bytes()).expect("sent");
    }
    let mut late: Vec<f64> = readers.into_iter().flat_map(|reader| reader.join().expect("it reads")).collect();
    late.sort_by(f64::total_cmp);
    Late(late)
}

fn read_back(mut stream: TcpStream, count: usize, epoch: Instant) -> Vec<f64> {
    let mut late = Vec::with_capacity(count);
    let mut due = [0; 8];
    for _ in 0..count {
        stream.read_exact(&mut due).expect("echoed");
        late.push(epoch.elapsed().as_secs_f64() - u64::from_be_bytes(due) as f64 / 1e9);
    }
    late
}

/// Connections that were opened, asked once and closed, by 8 threads in a closed loop.
pub fn opened_per_second(to: SocketAddr) -> f64 {
    const LASTS: Duration = Duration::from_millis(1500);
    let count = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while start.elapsed() < LASTS {
                    let mut stream = connect(to);
                    stream.write_all(b"x").expect("sent");
                    stream.read_exact(&mut [0]).expect("echoed");
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Connections that have each said a byte and heard it, and then keep still.
pub fn crowd(to: SocketAddr, count: usize) -> Vec<TcpStream> {
    let ask = |_| {
        let mut stream = connect(to);
        stream.write_all(b"x").expect("sent");
        stream.read_exact(&mut [0]).expect("echoed");
        stream
    };
    (0..count).map(ask).collect()
}
