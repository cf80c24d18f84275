//! The other way round: a live run whose faults are played by a Toxiproxy server that runs already. Here it is our own in a process of
//! its own; what is asked of it is what the original documents.

use super::*;
use std::path::Path;

/// `PROXY` stands for the server's address.
const SCENARIO: &str = "name: driven
world: live
length: 6s
window: 500ms
clients:
  users: {calls: {to: web, timeout: 2s}, rate: 40/s}
services:
  web: {workers: 32, work: 1ms, calls: [{to: db, timeout: 1s}]}
  db: {workers: 32, work: 1ms}
proxy: http://PROXY
faults:
  late: {kind: latency, on: web->db, by: 150ms, at: 1s, for: 2s}
  away: {kind: refuse, on: web->db, at: 4s, for: 1s}
expect:
  - p50(users) >= 150ms during late
  - errors(users) >= 50% during away
";

struct Run {
    child: Child,
    folder: tempfile::TempDir,
}

impl Run {
    fn start(text: &str) -> Run {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("s.yaml"), text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["run", "s.yaml"]).current_dir(&folder).env("FIREDRILL_STATE_DIR", state(folder.path()));
        let out = std::fs::File::create(folder.path().join("out")).expect("a file");
        let err = std::fs::File::create(folder.path().join("err")).expect("a file");
        let child = command.stdout(out).stderr(err).spawn().expect("firedrill starts");
        Run { child, folder }
    }

    fn said(&self) -> String {
        let read = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("out") + &read("err")
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn state(folder: &Path) -> std::path::PathBuf {
    let state = folder.join("state");
    let _ = std::fs::create_dir(&state);
    state
}

fn proxies(server: &Server) -> serde_json::Value {
    server.ask("GET", "/proxies", "").json()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "never happened: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn faults_are_played_by_a_toxiproxy_and_its_proxies_go_with_the_run() {
    let server = Server::start(&[]);
    server.proxy("somebody-elses", echo());
    let mut run = Run::start(&SCENARIO.replace("PROXY", &server.address.to_string()));
    let ours = |all: &serde_json::Value| -> Option<serde_json::Value> {
        let all = all.as_object()?;
        Some(all.iter().find(|(name, _)| name.starts_with("firedrill-") && name.ends_with("web-to-db"))?.1.clone())
    };
    until("the toxic is there", || {
        ours(&proxies(&server)).is_some_and(|proxy| {
            proxy["toxics"][0]["type"] == "latency" && proxy["toxics"][0]["attributes"]["latency"] == 150
        })
    });
    until("the proxy is disabled", || ours(&proxies(&server)).is_some_and(|proxy| proxy["enabled"] == false));
    let status = run.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", run.said());
    let left: Vec<String> = proxies(&server).as_object().expect("a map").keys().cloned().collect();
    assert_eq!(left, ["somebody-elses"], "ours are deleted, and nobody else's");
}

#[test]
fn kill_9_of_the_runner_deletes_its_proxies_too() {
    let server = Server::start(&[]);
    let mut run = Run::start(&SCENARIO.replace("PROXY", &server.address.to_string()));
    until("the proxy is there", || !proxies(&server).as_object().expect("a map").is_empty());
    run.child.kill().expect("killed");
    run.child.wait().expect("it ends");
    until("nothing is left", || proxies(&server).as_object().expect("a map").is_empty());
}

#[test]
fn what_a_toxiproxy_cannot_do_and_one_that_is_not_there_are_told_before_the_run() {
    let server = Server::start(&[]);
    let text = SCENARIO.replace("PROXY", &server.address.to_string());
    let mut run = Run::start(&text.replace("by: 150ms", "by: lognormal(p50=20ms, p99=80ms)"));
    assert_ne!(run.child.wait().expect("it ends").code(), Some(0));
    assert!(run.said().contains("by no other distribution"), "{}", run.said());
    assert_eq!(proxies(&server), serde_json::json!({}));
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let mut run = Run::start(&SCENARIO.replace("PROXY", &free.to_string()));
    assert_ne!(run.child.wait().expect("it ends").code(), Some(0));
    assert!(run.said().contains("cannot be asked"), "{}", run.said());
    let mut run = Run::start(&format!("{text}limits: {{connections: 100%}}\n"));
    assert_ne!(run.child.wait().expect("it ends").code(), Some(0));
    assert!(run.said().contains("a Toxiproxy does not count connections"), "{}", run.said());
    let mut run = Run::start(&SCENARIO.replace("http://PROXY", "localhost"));
    assert_eq!(run.child.wait().expect("it ends").code(), Some(2));
    assert!(run.said().contains("this is not where a Toxiproxy can be"), "{}", run.said());
}
