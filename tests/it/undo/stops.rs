//! Guardrails from the command line: stop lines, the stop file, the stop key, limits, and what a dry run says of them.

use super::{Home, PATIENCE, left, soon};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Servers that do not listen to SIGTERM, so that only a short grace brings them down in time.
fn scenario(more: &str) -> String {
    format!(
        "name: stops
world: live
length: 60s
clients:
  users: {{calls: {{to: web, timeout: 200ms}}, rate: 50/s}}
services:
  web: {{workers: 4, work: 1ms}}
  deaf: {{work: 1ms}}
faults:
  cut: {{kind: refuse, on: users->web, at: 1s, for: 50s}}
live:
  deaf:
    start: [sh, -c, \"trap '' TERM; python3 -m http.server --bind 127.0.0.1 {{port}} & wait\"]
    protocol: http
{more}"
    )
}

fn undone_within(home: &Home, asked: Instant) -> Duration {
    assert!(soon(PATIENCE, || left::behind(home.path(), None).is_empty()), "{:?}", left::behind(home.path(), None));
    asked.elapsed()
}

#[test]
fn a_stop_line_ends_the_run_with_13_in_both_worlds() {
    let home = Home::new();
    home.write("stops.yaml", &scenario("stop_if: errors(users) > 50% for 1s\n"));
    for (world, folder) in [("sim", "stops"), ("live", "stops.live")] {
        let begun = Instant::now();
        let (code, said) = home.output(&["run", "stops.yaml", "--world", world]);
        assert_eq!(code, Some(13), "{said}");
        assert!(
            said.contains("exit 13: stopped by a guardrail at ") && said.contains("errors(users) > 50% for 1s: 100.0%"),
            "{said}"
        );
        assert!(begun.elapsed() < Duration::from_secs(40), "it did not stop");
        let json =
            std::fs::read_to_string(home.path().join(format!("reports/{folder}/result.json"))).expect("a report");
        assert!(json.contains("\"exit_code\": 13"), "{json}");
        let page = std::fs::read_to_string(home.path().join(format!("reports/{folder}/report.html"))).expect("a page");
        assert!(page.contains("errors(users) &gt; 50% for 1s"), "the page says which line it was");
    }
    assert_eq!(left::behind(home.path(), None), Vec::<String>::new());
}

#[test]
fn a_fault_that_touches_more_than_it_may_ends_the_run() {
    let home = Home::new();
    let text = scenario("limits: {requests: 30%}\n");
    // The first so many are no share that could be held against the limit beforehand.
    let failing = "failing: {kind: http, on: users->web, status: 503, first: 100000, at: 1s, for: 50s}";
    home.write("stops.yaml", &text.replace("cut: {kind: refuse, on: users->web, at: 1s, for: 50s}", failing));
    let (code, said) = home.output(&["run", "stops.yaml"]);
    assert_eq!(code, Some(13), "{said}");
    assert!(
        said.contains("fault failing touched ") && said.contains("requests of users->web, more than 30%"),
        "{said}"
    );
    home.write("stops.yaml", &text);
    let (code, said) = home.output(&["run", "stops.yaml"]);
    assert!(code == Some(2) && said.contains("fault `cut` touches 100% of the requests"), "{code:?} {said}");
}

#[test]
fn a_stop_file_ends_the_run_at_once_and_keeps_the_next_from_beginning() {
    let home = Home::new();
    home.write("stops.yaml", &scenario(""));
    let mut run = home.start(&["run", "stops.yaml", "--stop-file", "stop"]);
    run.has_changed("process");
    std::thread::sleep(Duration::from_millis(1500));
    home.write("stop", "");
    let took = undone_within(&home, Instant::now());
    assert_eq!(run.child.wait().expect("it ends").code(), Some(13));
    println!("undone {took:?} after the stop file came");
    assert!(took < Duration::from_secs(3), "took {took:?}");
    let (code, said) = home.output(&["run", "stops.yaml", "--stop-file", "stop"]);
    assert!(code == Some(13) && said.contains("the stop file stop is there"), "{code:?} {said}");
    home.write("limited.yaml", &scenario("limits: {stop_file: stop}\n"));
    assert_eq!(home.output(&["run", "limited.yaml"]).0, Some(13));
}

#[test]
fn the_stop_key_ends_the_run_and_the_terminal_is_as_it_was() {
    let home = Home::new();
    home.write("stops.yaml", &scenario(""));
    let program = env!("CARGO_BIN_EXE_firedrill");
    let line = format!("stty -g >before; {program} run stops.yaml >out 2>&1; echo $? >code; stty -g >after");
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]).current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::null());
    terminal.env("FIREDRILL_STATE_DIR", home.state()).env("TMPDIR", home.path().join("tmp")).env("SHELL", "/bin/sh");
    let mut terminal = terminal.spawn().expect("script is installed");
    let changed = || left::ledgers(&home.state()).iter().any(|(_, text)| text.contains("\"process\":"));
    assert!(soon(PATIENCE, changed), "the run did not begin");
    std::thread::sleep(Duration::from_millis(1500));
    let mut keyboard = terminal.stdin.take().expect("a pipe");
    keyboard.write_all(b"q").and_then(|()| keyboard.flush()).expect("the terminal listens");
    let took = undone_within(&home, Instant::now());
    let is_over = || terminal.try_wait().expect("it can be waited for").is_some();
    let over = soon(PATIENCE, is_over);
    let read = |file: &str| std::fs::read_to_string(home.path().join(file)).unwrap_or_default();
    assert!(over && read("code").trim() == "13", "{} {}", read("code"), read("out"));
    assert!(!read("before").is_empty() && read("before") == read("after"), "{} {}", read("before"), read("after"));
    println!("undone {took:?} after the key");
    drop(keyboard);
}

#[test]
fn the_guardian_puts_the_terminal_back_after_kill_9() {
    let home = Home::new();
    home.write("stops.yaml", &scenario(""));
    let program = env!("CARGO_BIN_EXE_firedrill");
    home.write("drill.sh", &format!("echo $$ >runner; exec {program} run stops.yaml >out 2>&1"));
    let line = "stty -g >before; sh drill.sh; stty -g >during; sleep 3; stty -g >after";
    let mut terminal = Command::new("script");
    terminal.args(["-qec", line, "/dev/null"]).current_dir(home.path());
    terminal.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    terminal.env("FIREDRILL_STATE_DIR", home.state()).env("TMPDIR", home.path().join("tmp")).env("SHELL", "/bin/sh");
    let mut terminal = terminal.spawn().expect("script is installed");
    let keyboard = terminal.stdin.take();
    let changed = || left::ledgers(&home.state()).iter().any(|(_, text)| text.contains("\"terminal\":"));
    let began = soon(PATIENCE, changed);
    std::thread::sleep(Duration::from_millis(1500));
    let read = |file: &str| std::fs::read_to_string(home.path().join(file)).unwrap_or_default();
    let runner = read("runner").trim().parse().expect("a process was started");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(runner), nix::sys::signal::Signal::SIGKILL).expect("it runs");
    let over = soon(PATIENCE, || terminal.try_wait().expect("it can be waited for").is_some());
    drop(keyboard);
    assert!(began && over, "{}", read("out"));
    assert!(!read("before").is_empty() && read("before") == read("after"), "{} {}", read("before"), read("after"));
    undone_within(&home, Instant::now());
}

#[test]
fn a_dry_run_lists_every_change_with_its_undo_and_its_limit() {
    let home = Home::new();
    home.write(
        "stops.yaml",
        &scenario("stop_if: errors(users) > 50% for 1s\nlimits: {longest_fault: 2m, stop_file: stop}\n"),
    );
    let (code, said) = home.output(&["run", "stops.yaml", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    for line in [
        "write each change outside firedrill into an undo ledger",
        "start the guardian, a process that undoes everything if firedrill dies, and any fault after 120s at the latest",
        "start `deaf` on a free port of 127.0.0.1: sh -c",
        "on the proxy of `users->web`; for 50s, and never longer than 120s",
        "at 51s: heal cut",
        "stop, and undo everything within a second, if errors(users) > 50% for 1s",
        "stop likewise when the file stop is there",
        "look whether each change is really gone",
    ] {
        assert!(said.contains(line), "{line} is missing in {said}");
    }
    assert!(left::behind(home.path(), None).is_empty() && !home.path().join("reports").exists());
}

/// Who waits in a stalled sync cannot be killed, so it must be let go before it is ended: by a stop, and by a fault that kills it meanwhile.
#[test]
fn a_server_that_hangs_in_its_disk_can_be_stopped_and_killed() {
    let text = "name: hangs
world: live
length: 20s
clients:
  users: {calls: {to: kv, write: true, timeout: 200ms}, rate: 50/s, keys: {count: 100}}
services:
  kv: {work: 1ms, volume: {commit: 1ms}}
faults:
  hangs: {kind: slow-disk, on: kv, stall: true, at: 500ms, for: 19s}
  killed: {kind: down, on: kv, at: 2s, for: 1s}
live:
  kv: {engine: redis, settings: {appendfsync: everysec, appendonly: yes}}
";
    for (kills, wait) in [(false, 1500), (true, 4000)] {
        let home = Home::new();
        let kill = "  killed: {kind: down, on: kv, at: 2s, for: 1s}\n";
        home.write("hangs.yaml", &if kills { text.to_owned() } else { text.replace(kill, "") });
        let mut run = home.start(&["run", "hangs.yaml"]);
        run.has_changed("mount");
        std::thread::sleep(Duration::from_millis(wait));
        let asked = Instant::now();
        run.signal(nix::sys::signal::Signal::SIGTERM);
        let over = || run.child.try_wait().expect("it can be waited for").is_some();
        assert!(soon(PATIENCE, over), "it hangs with its server, kills: {kills}");
        let took = undone_within(&home, asked);
        let folder = home.path().join("reports/hangs");
        let json = std::fs::read_to_string(folder.with_extension("live").join("result.json"))
            .or_else(|_| std::fs::read_to_string(folder.join("result.json")))
            .expect("a report");
        assert!(!json.contains("not undone"), "took {took:?}: {json}");
    }
}
