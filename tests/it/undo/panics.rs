//! A bug of our own at a random moment of a live run: the panic goes on to whoever called, and nothing is left behind.

use super::everything::Everything;
use super::foreign::Server;
use super::left;
use super::{Home, PATIENCE, soon};
use firedrill::base::{Dice, Span, Time};
use firedrill::compile::{self, Request};
use firedrill::live::{LiveOptions, play};
use firedrill::plan::World;
use firedrill::scenario::{Diagnostics, load, render};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;

const SEED: u64 = 5;
const ROUNDS: u64 = 12;
const MOMENTS_S: f64 = 2.0;
/// Tells the child process which folder is its own, and when it shall fail.
const FOLDER: &str = "PANIC_TEST_FOLDER";
const MOMENT: &str = "PANIC_TEST_MOMENT_S";
const IT_PANICKED: i32 = 66;

#[test]
fn a_panic_at_random_moments_leaves_nothing_behind() {
    let everything = Everything::start();
    let mut with_changes = 0;
    for round in 0..ROUNDS {
        let home = Home::new();
        let other = Server::start();
        home.write("everything.yaml", &everything.text(&other));
        let moment = Dice::named(SEED, &format!("panic/{round}")).unit() * MOMENTS_S;
        let mut child = std::process::Command::new(std::env::current_exe().expect("this program has a path"));
        child.args(["--ignored", "--exact", "undo::panics::a_run_that_panics"]);
        child.env(FOLDER, home.path()).env(MOMENT, moment.to_string()).env("TMPDIR", home.path().join("tmp"));
        let child = child.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = child.spawn().expect("this program starts");
        let changed =
            soon(PATIENCE, || left::ledgers(&home.state()).iter().any(|(_, text)| text.contains("\"folder\":")));
        let snapshot = left::snapshot(&home.state());
        let done = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(IT_PANICKED), "round {round}, after {moment:.3}s: {said}");
        assert!(changed, "round {round}: the run changed nothing");
        with_changes += u64::from(snapshot.as_ref().is_some_and(|snapshot| !snapshot.open.is_empty()));
        let gone = soon(PATIENCE, || left::behind(home.path(), snapshot.as_ref()).is_empty());
        let behind = left::behind(home.path(), snapshot.as_ref());
        assert!(gone, "seed {SEED}, round {round}, after {moment:.3}s, left behind: {behind:#?}");
    }
    assert!(with_changes > ROUNDS / 2, "only {with_changes} of {ROUNDS} runs had changed anything");
}

/// What the test above starts as a process of its own, so that every thread of it is gone afterwards.
#[test]
#[ignore = "a role that another test starts"]
fn a_run_that_panics() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the test that starts this says where"));
    let moment: f64 = std::env::var(MOMENT).expect("and when").parse().expect("in seconds");
    let plan = plan(&folder.join("everything.yaml"));
    let moment = Time::ZERO + Span::from_secs_f64(moment);
    let options = LiveOptions {
        progress: Some(Box::new(move |at| assert!(at < moment, "the bug that this test wants"))),
        state_dir: Some(folder.join("state")),
        guardian: Some(env!("CARGO_BIN_EXE_firedrill").into()),
        ..LiveOptions::default()
    };
    let ended = catch_unwind(AssertUnwindSafe(|| play(&plan, &options)));
    let panicked = ended.is_err();
    // What is left behind at this moment was not undone by the unwinding.
    std::process::exit(if panicked { IT_PANICKED } else { 1 });
}

fn plan(file: &Path) -> firedrill::plan::Plan {
    let diags = Diagnostics::new();
    let mut loaded = load(file, &diags);
    let request = Request { world: Some(World::Live), ..Request::default() };
    let plan = compile::compile(&mut loaded, &request, &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}
