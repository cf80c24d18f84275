//! The view in a terminal: keys are orders, and the terminal is as it was afterwards.

#![expect(clippy::disallowed_methods, reason = "somebody sits at the terminal in real time")]

use super::{FIXED, SELLS, folder, plan, read, write};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A run that never comes to its end is given up after this.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn keys_are_orders_and_the_terminal_is_as_it_was() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(FIXED, &[("slow-cache", SELLS)]));
    let program = env!("CARGO_BIN_EXE_firedrill");
    let line = format!(
        "stty cols 110 rows 40; stty -g >before; {program} gameday run day.yaml --speed 4x; echo $? >code; stty -g >after"
    );
    let mut terminal = Command::new("script");
    terminal.args(["-qfec", &line, "seen"]).current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::null());
    terminal
        .env("FIREDRILL_STATE_DIR", home.path().join("state"))
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm-256color");
    let mut terminal = Hung(terminal.spawn().expect("script is installed"));
    let mut keyboard = terminal.0.stdin.take().expect("a pipe");
    let begun = Instant::now();
    let mut press = |keys: &str, once_seen: &str| {
        while !seen(home.path()).contains(once_seen) {
            assert!(begun.elapsed() < PATIENCE, "{once_seen} was not shown:\n{}", seen(home.path()));
            std::thread::sleep(Duration::from_millis(50));
        }
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("the terminal listens");
    };
    // Words are drawn whole where nothing was before them.
    press("mthe pager\rg", "success(users)");
    // The run with the fault lasts nine seconds; what it shows comes in pieces, as the terminal needs them.
    std::thread::sleep(Duration::from_secs(1));
    press("a", "success(users)");
    let over = terminal.0.wait().expect("it ends");
    assert!(over.success());
    let file = |name: &str| read(home.path(), name);
    assert_eq!(file("code").trim(), "13", "{}", seen(home.path()));
    assert!(!file("before").is_empty() && file("before") == file("after"), "{} {}", file("before"), file("after"));
    let log: serde_json::Value = serde_json::from_str(&file("reports/day.gameday/sim/day.json")).expect("it is JSON");
    let moments = log["moments"].as_array().expect("a list");
    let what: Vec<&str> = moments.iter().filter_map(|one| one["what"].as_str()).collect();
    assert_eq!(what, ["steady", "note", "go", "begin", "abort"]);
    assert_eq!(moments[1]["text"], "the pager");
}

/// A terminal that hangs up when the test is over.
struct Hung(Child);

impl Drop for Hung {
    fn drop(&mut self) {
        // One that has ended has nothing to be killed.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// What the terminal was sent so far.
fn seen(folder: &std::path::Path) -> String {
    String::from_utf8_lossy(&std::fs::read(folder.join("seen")).unwrap_or_default()).into_owned()
}
