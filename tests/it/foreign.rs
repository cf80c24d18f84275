//! Servers that run already: they are loaded and asked, never broken, and what was made there is gone afterwards.

#![expect(clippy::disallowed_methods, reason = "these tests wait for real servers")]

use crate::engines::played;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// Ended with the test, however that ends.
struct Server {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn start(program: &str, args: &[&str], port: u16) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command.args(args).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server { child: command.spawn().expect("it is installed"), _folder: folder };
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "{program} does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}

fn ask(port: u16, text: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout can be set");
    stream.write_all(text.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    // A server that keeps the connection open is heard until it falls silent.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn scenario(kind: &str, live: &str) -> String {
    format!(
        "name: foreign
world: live
length: 3s
warmup: 100ms
clients:
  users: {{calls: {{to: it, timeout: 1s}}, rate: 40/s, writes: 60%, keys: {{count: 50}}}}
services:
  it: {{{kind}}}
expect:
  - success(users) >= 90%
  - lost(it) == 0 whole
live:
  it: {live}
"
    )
}

#[test]
fn a_stream_that_was_made_at_a_foreign_server_is_taken_away() {
    let (port, monitor) = (free_port(), free_port());
    let ports = [port.to_string(), monitor.to_string()];
    let _server =
        start("nats-server", &["-a", "127.0.0.1", "-p", &ports[0], "-m", &ports[1], "-js", "-sd", "js"], port);
    let streams = || ask(monitor, "GET /jsz HTTP/1.0\r\n\r\n");
    let begun = Instant::now();
    while !streams().contains("\"streams\": 0") {
        assert!(begun.elapsed() < PATIENCE, "{}", streams());
    }
    let recording = played(&scenario("workers: 8", &format!("{{address: \"127.0.0.1:{port}\", protocol: nats}}")));
    let event = recording.events.iter().find(|event| event.text.contains("acknowledged")).expect("it was read back");
    assert!(event.text.ends_with("; 0 of them are lost"), "{}", event.text);
    assert!(streams().contains("\"streams\": 0"), "{}", streams());
}

#[test]
fn a_password_comes_from_the_environment_and_stands_nowhere() {
    const SECRET: &str = "correct-horse-battery";
    let port = free_port();
    let text = port.to_string();
    let _server =
        start("redis-server", &["--port", &text, "--bind", "127.0.0.1", "--save", "", "--requirepass", SECRET], port);
    let home = tempfile::tempdir().expect("a folder");
    let live = format!("{{address: \"127.0.0.1:{port}\", protocol: redis, password_from: DRILL_SECRET}}");
    std::fs::write(home.path().join("foreign.yaml"), scenario("kind: cache, entries: 50", &live)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(["run", "foreign.yaml", "--out", "report"]).current_dir(home.path()).env("DRILL_SECRET", SECRET);
    let output = command.env("FIREDRILL_STATE_DIR", home.path().join("state")).output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains(SECRET));
    let grep = Command::new("grep").args(["-rlF", SECRET, "."]).current_dir(home.path()).output().expect("grep runs");
    assert_eq!(String::from_utf8_lossy(&grep.stdout), "", "it stands in a file of the run");
    assert!(home.path().join("report").is_dir());
    let left = ask(port, &format!("AUTH {SECRET}\r\nTTL firedrill:key:0\r\n"));
    let seconds: i64 = left.lines().nth(1).and_then(|line| line.strip_prefix(':')?.parse().ok()).expect("a number");
    assert!((1..=63).contains(&seconds), "what was written goes by itself: {left}");
}
