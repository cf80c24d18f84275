//! Real signals, sent to another process: this one must not take them over for all other tests.

use super::*;
use crate::live::undo::testkit::{role, wait_for_line};
use nix::sys::signal::{Signal as Sent, kill};
use nix::unistd::Pid;
use std::env;
use std::sync::mpsc;
use std::time::Duration;

#[test]
#[ignore = "a role that other tests play in a process of their own"]
fn stopped_role() {
    if env::var_os("ROLE").is_none() {
        return;
    }
    let (tell, told) = mpsc::channel();
    let mut shutdown = Shutdown::install(move |text| tell.send(text.to_owned()).unwrap()).unwrap();
    assert_eq!(shutdown.reason(), None);
    println!("role ready");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let stop = runtime.block_on(shutdown.requested());
    println!("asked by {}", stop.word());
    // A busy undo: nothing of this thread's runtime is polled while the second signal comes.
    assert_eq!(told.recv_timeout(Duration::from_secs(20)).unwrap(), PATIENCE);
    std::process::exit(shutdown.reason().unwrap().exit_code());
}

#[test]
fn the_first_signal_asks_and_the_second_only_brings_a_word() {
    let cases = [(Sent::SIGINT, "Ctrl-C", 130), (Sent::SIGTERM, "SIGTERM", 143), (Sent::SIGHUP, "SIGHUP", 129)];
    for (sent, word, code) in cases {
        let mut child = role("live::signals::tests::stopped_role").spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        wait_for_line(&mut child, "role ready");
        kill(pid, sent).unwrap();
        wait_for_line(&mut child, &format!("asked by {word}"));
        kill(pid, Sent::SIGINT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "the first signal decides the exit code");
    }
}
