//! The live world from the command line: signals and a kill in the middle of a fault leave nothing behind.

#![expect(clippy::disallowed_methods, reason = "these tests watch real processes in real time")]

use super::{firedrill, folder, program, ran, signal, write};
use nix::sys::signal::Signal;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn scenario(length: &str) -> String {
    format!(
        "name: real
world: live
length: {length}
warmup: 500ms
clients:
  users: {{calls: {{to: cache, timeout: 1s}}, rate: 50/s, keys: {{count: 100}}}}
services:
  cache: {{kind: cache, entries: 100}}
faults:
  late: {{kind: latency, on: users->cache, by: 20ms, at: 1s, for: 1s}}
expect:
  - success(users) >= 99% whole
  - p50(users) >= 15ms during late
live:
  cache:
    start: [redis-server, --port, \"{{port}}\", --bind, 127.0.0.1, --save, \"\", --appendonly, \"no\", --dir, \"{{dir}}\"]
    protocol: redis
"
    )
}

fn start(home: &Path) -> Child {
    write(home, "real.yaml", &scenario("60s"));
    let mut command = program(home);
    command.args(["run", "real.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// The pid of the redis-server that the run has started, once it runs.
fn server_of(child: &Child) -> i32 {
    let begun = Instant::now();
    loop {
        let processes = std::fs::read_dir("/proc").expect("/proc can be listed");
        let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let mut servers = pids.filter(|pid| is_server_of(*pid, child.id()));
        if let Some(pid) = servers.next() {
            return pid;
        }
        assert!(begun.elapsed() < PATIENCE, "no redis-server was started");
        thread::sleep(Duration::from_millis(20));
    }
}

/// `PID (NAME) STATE PARENT …`
fn is_server_of(pid: i32, parent: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((head, rest)) = stat.rsplit_once(')') else { return false };
    head.contains("(redis-server") && rest.split_whitespace().nth(1) == Some(&parent.to_string())
}

fn gone(pid: i32) -> bool {
    let begun = Instant::now();
    while Path::new(&format!("/proc/{pid}")).exists() {
        if begun.elapsed() > PATIENCE {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
    true
}

#[test]
fn a_live_run_is_played_judged_and_reported() {
    let home = folder();
    write(home.path(), "real.yaml", &scenario("4s"));
    let dry = firedrill(home.path(), &["run", "real.yaml", "--dry-run"]);
    assert!(dry.code == Some(0) && dry.out.contains("redis-server --port"), "{}{}", dry.out, dry.err);
    assert!(!home.path().join("reports").exists() && !home.path().join("state").exists());
    let done = firedrill(home.path(), &["run", "real.yaml"]);
    assert_eq!(
        (done.code, done.last_line()),
        (Some(0), "exit 0: 2 of 2 expectations held"),
        "{}{}",
        done.out,
        done.err
    );
    assert!(home.path().join("reports/real.live/report.html").is_file());
    let clean = firedrill(home.path(), &["clean"]);
    assert_eq!((clean.code, clean.out.as_str()), (Some(0), "exit 0: nothing was left behind\n"));
}

#[test]
fn ctrl_c_undoes_everything_and_reports_the_part_that_was_played() {
    let home = folder();
    let child = start(home.path());
    let server = server_of(&child);
    thread::sleep(Duration::from_millis(1500));
    signal(&child, Signal::SIGINT);
    let done = ran(child.wait_with_output().expect("it ends"));
    assert_eq!(done.code, Some(130), "{}{}", done.out, done.err);
    assert_eq!(done.last_error_line(), "exit 130: stopped by Ctrl-C; everything was undone");
    assert!(gone(server));
    assert!(home.path().join("reports/real.live/report.html").is_file());
    assert_eq!(firedrill(home.path(), &["clean"]).out, "exit 0: nothing was left behind\n");
}

#[test]
fn a_kill_in_the_middle_is_undone_by_the_guardian() {
    let home = folder();
    let mut child = start(home.path());
    let server = server_of(&child);
    thread::sleep(Duration::from_millis(1500));
    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    assert!(gone(server), "redis-server outlived the run");
    let begun = Instant::now();
    loop {
        let clean = firedrill(home.path(), &["clean"]);
        assert_eq!(clean.code, Some(0), "{}{}", clean.out, clean.err);
        if clean.out == "exit 0: nothing was left behind\n" {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", clean.out);
    }
    assert!(!home.path().join("reports/real.live").exists(), "no half report");
}

#[test]
fn what_cannot_be_played_live_is_refused_before_anything_is_started() {
    let home = folder();
    let text = scenario("4s");
    let remote = text.split("    start:").next().expect("the head").to_owned()
        + "    address: 192.0.2.1:6379\n    protocol: redis\n";
    write(home.path(), "remote.yaml", &remote);
    write(home.path(), "missing.yaml", &text.replace("redis-server", "no-such-server"));
    let refused = firedrill(home.path(), &["run", "remote.yaml"]);
    assert!(refused.code == Some(2) && refused.err.contains("allow"), "{:?} {}", refused.code, refused.err);
    for args in [&["run", "missing.yaml"][..], &["run", "missing.yaml", "--dry-run"]] {
        let missing = firedrill(home.path(), args);
        assert!(
            missing.code == Some(2) && missing.err.contains("no-such-server"),
            "{:?} {}",
            missing.code,
            missing.err
        );
    }
    assert_eq!(firedrill(home.path(), &["clean"]).out, "exit 0: nothing was left behind\n");
}

#[test]
fn nobody_at_an_address_is_found_out_before_the_run() {
    let home = folder();
    // Bound for a moment only, so that surely nobody listens there.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let text = scenario("30s");
    let (model, _) = text.split_once("    start:").expect("it starts a server");
    write(home.path(), "real.yaml", &format!("{model}    address: 127.0.0.1:{port}\n    protocol: redis\n"));
    let begun = Instant::now();
    let run = firedrill(home.path(), &["run", "real.yaml"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(begun.elapsed() < Duration::from_secs(10), "it waited for nobody");
    assert!(run.err.contains(&format!("service `cache` cannot be reached at 127.0.0.1:{port}")), "{}", run.err);
    assert!(run.err.contains("help: check that it runs there"), "{}", run.err);
}

#[test]
fn a_server_that_is_killed_by_another_hand_is_the_reason_of_the_verdict() {
    let home = folder();
    let child = start(home.path());
    thread::sleep(Duration::from_millis(1500));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(server_of(&child)), Signal::SIGKILL).expect("it is ours");
    let output = child.wait_with_output().expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(12), "{out}{err}");
    assert!(out.lines().last().is_some_and(|line| line.contains("`cache`") && line.contains("SIGKILL")), "{out}");
    assert!(out.contains("find out why, and run again") && out.contains("Ready to accept connections\n"), "{out}");
    assert_eq!(err, "playing real live, 60s of real time\n");
}
