//! The guardian beside a runner that is stuck, or that dies together with it.

use super::{Home, PATIENCE, left, soon};
use firedrill::live::undo::Entry;
use firedrill::live::undo::identity::group_members;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::time::Duration;

fn scenario(faults: &str) -> String {
    format!(
        "name: real
world: live
length: 60s
clients:
  users: {{calls: {{to: cache, timeout: 500ms}}, rate: 20/s, keys: {{count: 100}}}}
services:
  cache: {{kind: cache, entries: 100}}
faults:
  {faults}
limits: {{longest_fault: 30s}}
live:
  cache:
    start: [redis-server, --port, \"{{port}}\", --bind, 127.0.0.1, --save, \"\", --appendonly, \"no\", --dir, \"{{dir}}\"]
    protocol: redis
"
    )
}

fn is_stopped(group: i32) -> bool {
    group_members(group).iter().any(|(_, stat)| stat.is_stopped())
}

#[test]
fn a_fault_of_a_runner_that_is_stuck_ends_at_its_latest_moment() {
    let home = Home::new();
    home.write("real.yaml", &scenario("still: {kind: pause, on: cache, at: 300ms, for: 1500ms}"));
    let mut run = home.start(&["run", "real.yaml"]);
    run.has_changed("paused");
    let open = left::snapshot(&home.state()).expect("there is a ledger").open;
    let paused = open.iter().find_map(|entry| match entry {
        Entry::Paused(paused) => Some(paused.who.pid),
        _ => None,
    });
    let server = paused.expect("the pause is written down");
    assert!(soon(PATIENCE, || is_stopped(server)), "the server was not stopped");
    run.signal(Signal::SIGSTOP);
    assert!(is_stopped(server), "stopped, and nobody is there to heal it");
    assert!(soon(PATIENCE, || !is_stopped(server)), "the guardian let the fault last for ever");
    let stat = fs::read_to_string(format!("/proc/{}/stat", run.pid())).expect("the runner lives");
    assert!(
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')),
        "it is still stuck: {stat}"
    );
    run.signal(Signal::SIGKILL);
    run.child.wait().expect("it ends");
    assert!(soon(PATIENCE, || left::behind(home.path(), None).is_empty()), "{:?}", left::behind(home.path(), None));
}

#[test]
fn what_both_deaths_leave_is_undone_by_clean() {
    let home = Home::new();
    home.write("real.yaml", &scenario("still: {kind: pause, on: cache, at: 100ms, for: 20s}"));
    let mut run = home.start(&["run", "real.yaml"]);
    run.has_changed("paused");
    let snapshot = left::snapshot(&home.state());
    // Stopped first, so that it cannot start another guardian in between.
    run.signal(Signal::SIGSTOP);
    for guardian in left::guardians(&home.state()) {
        kill(Pid::from_raw(guardian), Signal::SIGKILL).expect("it is running");
    }
    run.signal(Signal::SIGKILL);
    run.child.wait().expect("it ends");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!left::behind(home.path(), snapshot.as_ref()).is_empty(), "nobody was there to undo it");
    let (code, said) = home.output(&["clean"]);
    assert!(code == Some(0) && said.contains("undone: process cache"), "{code:?} {said}");
    assert_eq!(left::behind(home.path(), snapshot.as_ref()), Vec::<String>::new());
}
