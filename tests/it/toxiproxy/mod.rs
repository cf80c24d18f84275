//! `firedrill proxy` as clients of Toxiproxy see it: the bytes of every answer, and clients in three languages that were written for
//! Toxiproxy and know nothing of us. Each sees the effect of its toxics on real traffic.

#![expect(clippy::disallowed_methods, reason = "these tests drive programs of their own in real time")]

mod clients;
mod crowd;
mod driven;
mod effects;
mod raw;
mod survival;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a loaded machine.
const LONG: Duration = Duration::from_secs(60);

/// The program under test; ends with the test, whatever happens.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    first_line: String,
}

impl Server {
    pub fn start(args: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["proxy", "--listen", "127.0.0.1:0", "--seed", "7"]).args(args);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("firedrill starts");
        let mut first_line = String::new();
        let out = child.stdout.as_mut().expect("piped");
        BufReader::new(out).read_line(&mut first_line).expect("a first line");
        let at = first_line.find("http://").expect("it says where it listens") + "http://".len();
        let end = first_line[at..].find(' ').expect("words follow") + at;
        let address = first_line[at..end].parse().expect("an address");
        Server { child, address, first_line }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Reply {
        self.ask_with(method, path, &[], body)
    }

    fn ask_with(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Reply {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        headers.iter().for_each(|header| text += &format!("{header}\r\n"));
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        Reply::read(&self.send(text.as_bytes()))
    }

    /// Sends these bytes and gives all that comes back until the server closes.
    fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(LONG)).expect("set");
        // A server that refuses early may close before it has read everything.
        let _ = stream.write_all(bytes);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        reply
    }

    /// A proxy on a free port in front of `upstream`; where it listens.
    fn proxy(&self, name: &str, upstream: SocketAddr) -> SocketAddr {
        let body = format!(r#"{{"name":"{name}","listen":"127.0.0.1:0","upstream":"{upstream}"}}"#);
        let reply = self.ask("POST", "/proxies", &body);
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.json()["listen"].as_str().expect("listens").parse().expect("an address")
    }

    fn toxic(&self, proxy: &str, body: &str) {
        let reply = self.ask("POST", &format!("/proxies/{proxy}/toxics"), body);
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    /// Names in lower case.
    headers: BTreeMap<String, String>,
    body: String,
}

impl Reply {
    fn read(bytes: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Reply { status: status.unwrap_or(0), headers, body: body.to_owned() }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A server that sends back what it gets; runs until the test process ends.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let (mut from, mut to) = (&stream, &stream);
                let _ = std::io::copy(&mut from, &mut to);
                let _ = stream.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    address
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("the proxy accepts");
    stream.set_read_timeout(Some(LONG)).expect("set");
    stream.set_nodelay(true).expect("set");
    stream
}

/// Sends a word and reads it back; how long that took.
fn round_trip(stream: &mut TcpStream) -> std::io::Result<Duration> {
    let start = Instant::now();
    stream.write_all(b"hello")?;
    stream.read_exact(&mut [0; 5])?;
    Ok(start.elapsed())
}
