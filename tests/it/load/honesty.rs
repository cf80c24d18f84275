//! The generator says what callers would have felt, and when it cannot know.

use super::server::{Manner, Server};
use super::{Running, run};
use firedrill::base::Time;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::thread;
use std::time::Duration;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn scenario(address: impl std::fmt::Display, length: &str, clients: &str, expect: &str) -> String {
    format!(
        "name: load\nworld: live\nlength: {length}\nwarmup: 100ms\nclients:\n{clients}services:\n  web: {{work: 1ms}}\nexpect:\n{expect}live:\n  web: {{address: \"{address}\"}}\n"
    )
}

/// Of 10 s at 1,000/s a tenth came into the stall and waited for up to a second. Five users who wait for their answers before they ask again
/// ask five times in that second: their p99 knows nothing of it.
#[test]
fn a_stall_of_a_second_is_seen_in_full() {
    let stall = Some((Duration::from_secs(4), Duration::from_secs(1)));
    let server = Server::start(Manner { takes: Duration::ZERO, stall });
    let clients = "  open: {calls: {to: web, timeout: 5s}, rate: 1000/s}\n  closed: {calls: {to: web, timeout: 5s}, users: 5, think: 10ms}\n";
    let text = scenario(server.address, "10s", clients, "  - success(open) >= 99%\n");
    let folder = folder();
    let told = run(folder.path(), &text, &[]);
    let over = |client| told.recording.client_over(client, Time::ZERO, told.recording.plan.length);
    let (open, closed) = (over(0), over(1));
    let at = |cell: &firedrill::record::ClientCell, q| cell.latency.quantile(q).expect("it was answered");
    assert!(open.ok + 100 > open.offered && open.offered > 9_000, "{}", told.text);
    assert!(at(&open, 0.99) >= 0.8, "p99 {} s\n{}", at(&open, 0.99), told.text);
    assert!(at(&open, 0.5) < 0.3, "most were not in it: p50 {} s", at(&open, 0.5));
    assert!(closed.latency.max().is_some_and(|max| max > 0.8) && at(&closed, 0.99) < at(&open, 0.99) / 2.0);
}

fn quick() -> Server {
    Server::start(Manner { takes: Duration::ZERO, stall: None })
}

fn held_up(victim: impl Fn(&Running) -> i32, args: &[&str]) {
    let server = quick();
    let clients = "  users: {calls: {to: web, timeout: 5s}, rate: 500/s}\n";
    let expect = "  - p99(users) < 500ms\n  - success(users) >= 99%\n";
    let folder = folder();
    let running = Running::start(folder.path(), &scenario(server.address, "5s", clients, expect), args);
    thread::sleep(Duration::from_millis(2500));
    let pid = Pid::from_raw(victim(&running));
    kill(pid, Signal::SIGSTOP).expect("it is running");
    thread::sleep(Duration::from_millis(400));
    kill(pid, Signal::SIGCONT).expect("it is there");
    let told = running.wait(folder.path());
    assert_eq!(told.code, Some(12), "{}", told.text);
    let why = told.recording.latency_unsound.expect("latency must not be judged");
    assert!(why.contains("late"), "{why}");
    assert!(told.text.contains("sent its requests late"), "{}", told.text);
}

#[test]
fn a_generator_that_was_held_up_does_not_judge_latency() {
    held_up(Running::pid, &[]);
}

#[test]
fn nor_does_a_run_of_which_one_process_was_held_up() {
    held_up(|running| super::processes::generators_of(running.pid())[0], &["--generators", "3"]);
}

#[test]
fn an_impossible_rate_is_not_judged_either() {
    let server = quick();
    let clients = "  users: {calls: {to: web, timeout: 5s}, rate: 2000000/s}\n";
    let folder = folder();
    let told = run(folder.path(), &scenario(server.address, "2s", clients, "  - p99(users) < 5s\n"), &[]);
    assert_eq!(told.code, Some(12), "{}", told.text);
    assert!(told.recording.latency_unsound.is_some(), "{}", told.text);
}

#[test]
fn thousands_of_requests_are_under_way_at_once() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    // The server, which holds as many connections, is in this process.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("it can be raised as far as that");
    let server = Server::start(Manner { takes: Duration::from_secs(3), stall: None });
    let clients = "  users: {calls: {to: web, timeout: 30s}, rate: 2000/s}\n";
    let folder = folder();
    let told = run(folder.path(), &scenario(server.address, "8s", clients, "  - success(users) >= 99%\n"), &[]);
    let load = told.recording.head.load.expect("a live run");
    assert!(load.under_way_max >= 4000 && load.connections_max >= 4000, "{load:?}\n{}", told.text);
    let early = told.recording.client_over(0, Time::ZERO, Time::from_secs_f64(2.0));
    assert!(early.offered > 3500 && early.sent == early.offered && early.ok == early.offered, "{early:?}");
    assert!(early.latency.quantile(0.01).is_some_and(|least| least >= 3.0));
    assert!(told.text.contains("requests under way on"), "{}", told.text);
}
