//! Same seed, same bytes: twice in one process, in a child process, and with other work beside it.

use crate::scenarios::{files, plan};
use firedrill::sim;
use std::process::Command;

/// Set in the child process: which scenario's digest it prints.
const CHILD: &str = "FIREDRILL_TEST_DIGEST_OF";

fn digest_of(stem: &str) -> String {
    let file =
        files().into_iter().find(|file| file.file_stem().is_some_and(|s| s == stem)).expect("the scenario is there");
    sim::play(&plan(&file, None, 0)).digest()
}

#[test]
fn a_scenario_gives_the_same_bytes_every_time() {
    let busy = std::thread::spawn(|| digest_of("retry-storm"));
    for stem in ["slow-cache", "timeout-inversion", "storage-exhaustion"] {
        let here = digest_of(stem);
        assert_eq!(here, digest_of(stem), "{stem} differs when played twice");
        assert_eq!(here, digest_in_child(stem), "{stem} differs in a child process");
    }
    assert_eq!(
        busy.join().expect("the other work ends"),
        digest_of("retry-storm"),
        "retry-storm differs beside other work"
    );
}

fn digest_in_child(stem: &str) -> String {
    let this = std::env::current_exe().expect("the test knows its own program");
    let mut child = Command::new(this);
    child.args(["--exact", "determinism::child_prints_a_digest", "--nocapture"]).env(CHILD, stem);
    let output = child.output().expect("the child runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let digest = said.split_whitespace().find(|word| word.starts_with("sha256:"));
    digest.unwrap_or_else(|| panic!("the child printed no digest: {said}")).to_owned()
}

#[test]
fn child_prints_a_digest() {
    if let Ok(stem) = std::env::var(CHILD) {
        println!("{}", digest_of(&stem));
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    let file = files().remove(0);
    assert_ne!(sim::play(&plan(&file, None, 0)).digest(), sim::play(&plan(&file, None, 1)).digest());
}
