//! Same seed, same bytes: 200 random scenarios, played twice in one process and once in a child process, with other work beside them.

mod common;
mod texts;

use crate::scenarios::{files, plan};
use firedrill::compile::{self, Request};
use firedrill::plan::{Plan, digest};
use firedrill::record::Recording;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set in the child process, which then prints what it plays.
const CHILD: &str = "FIREDRILL_TEST_CHILD";
const SCENARIOS: u64 = 200;

fn compiled(number: u64) -> Plan {
    let text = texts::scenario(number);
    let diags = Diagnostics::new();
    let mut loaded = load_text("random.yaml", &text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}\n{text}", render(&diags, &loaded.sources, false)))
}

/// Every byte of a recording but the time that the run took.
fn bytes(mut recording: Recording) -> Vec<u8> {
    recording.head.wall_s = 0.0;
    serde_json::to_vec(&recording).expect("a recording is plain data")
}

fn fingerprint(number: u64) -> String {
    digest::of_bytes(&bytes(sim::play(&compiled(number))))
}

/// Runs something while two threads keep the processor busy with simulations of their own.
fn beside_other_work<T>(run: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let over = &over;
            scope.spawn(move || {
                for number in (thread * 1000..).take_while(|_| !over.load(Ordering::Relaxed)) {
                    sim::play(&compiled(number));
                }
            });
        }
        let result = run();
        over.store(true, Ordering::Relaxed);
        result
    })
}

#[test]
fn two_hundred_random_scenarios_give_the_same_bytes_every_time() {
    let once: Vec<String> = (0..SCENARIOS).map(fingerprint).collect();
    let mut child = child_process();
    let child = child.stdout(std::process::Stdio::piped()).spawn().expect("the child runs");
    let again: Vec<String> = beside_other_work(|| (0..SCENARIOS).map(fingerprint).collect());
    let output = child.wait_with_output().expect("the child ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let there: Vec<&str> = said.split_whitespace().filter(|word| word.starts_with("sha256:")).collect();
    assert_eq!(there.len() as u64, SCENARIOS, "the child played all: {said}");
    for (number, one) in once.iter().enumerate() {
        assert_eq!(
            one,
            &again[number],
            "scenario {number} differs when played again\n{}",
            texts::scenario(number as u64)
        );
        assert_eq!(one, there[number], "scenario {number} differs in a child\n{}", texts::scenario(number as u64));
    }
    let different: std::collections::BTreeSet<&String> = once.iter().collect();
    assert_eq!(different.len() as u64, SCENARIOS, "no two scenarios have the same recording");
}

fn child_process() -> Command {
    let this = std::env::current_exe().expect("the test knows its own program");
    let mut child = Command::new(this);
    child.args(["--exact", "determinism::child_prints_fingerprints", "--nocapture"]).env(CHILD, "1");
    child
}

#[test]
fn child_prints_fingerprints() {
    if std::env::var_os(CHILD).is_some() {
        // Backwards, so that nothing that is kept between two runs could make them agree.
        let prints: Vec<String> = (0..SCENARIOS).rev().map(fingerprint).collect();
        prints.iter().rev().for_each(|print| println!("{print}"));
    }
}

#[test]
fn the_random_scenarios_do_something() {
    let recordings: Vec<Recording> = (0..40).map(|number| sim::play(&compiled(number))).collect();
    let over = |recording: &Recording| recording.client_over(0, firedrill::base::Time::ZERO, recording.plan.length);
    let (ok, failed) =
        recordings.iter().map(over).fold((0, 0), |sum, users| (sum.0 + users.ok, sum.1 + users.failed()));
    let touched = recordings.iter().flat_map(|recording| &recording.evidence).filter(|fault| fault.touched > 0).count();
    assert!(ok > 1000 && failed > 500 && touched > 40, "{ok} ok, {failed} failed, {touched} faults did something");
}

#[test]
fn the_random_scenarios_say_everything() {
    let texts: Vec<String> = (0..SCENARIOS).map(texts::scenario).collect();
    let words = "kind: cache|kind: store|kind: database|kind: broker|consumes:|hedge:|split:|volume:|via:|kind: autoscaler|\
                 kind: controller|kind: isolate|kind: freeze|kind: blind|when:|breaker:|pool:|miss:";
    for word in words.split('|') {
        let count = texts.iter().filter(|text| text.contains(word)).count();
        assert!(count >= 5, "`{word}` is in {count} of {SCENARIOS} texts");
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    let file = files().remove(0);
    assert_ne!(sim::play(&plan(&file, None, 0)).digest(), sim::play(&plan(&file, None, 1)).digest());
}
