//! What the formats for other programs say, read back by those programs' own readers: libraries from PyPI, installed once into the target folder.
//! One that cannot be installed fails its test.

mod documents;
mod jobs;
mod lines;
mod pages;
mod perfetto;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The readers; `tests/run` installs them beforehand by the same script.
const INSTALL: &str = include_str!("install.sh");

/// The Python of an environment in which the readers are.
pub fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output-readers");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/outputs/install.sh");
    let out = Command::new("bash").arg(&script).arg(&folder).output().expect("bash is there");
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "the readers cannot be installed ({} lines of script): {told}",
        INSTALL.lines().count()
    );
    folder.join("venv/bin/python")
}

/// One line holds, one breaks, one cannot be told; the variant's fault is hardly felt.
const SCENARIO: &str = "name: shop
length: 12s
warmup: 1s
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 100/s}
  crawlers: {calls: {to: web, timeout: 1s}, rate: 5/s}
services:
  web: {workers: 8, work: 5ms, calls: [{to: db, timeout: 500ms}]}
  db: {work: 1ms}
faults:
  late: {kind: latency, on: web->db, by: 20ms, at: 4s, for: 4s}
expect:
  - success(users) >= 99% whole
  - p50(users) < 1ms during late
  - p99.99(users) < 1s whole
variants:
  fast: {title: No delay to speak of, set: {faults.late.by: 1us}}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("shop.yaml"), SCENARIO).expect("written");
    folder
}

/// Runs a script on files in a folder and returns what it printed.
fn drive(script: &str, folder: &Path, args: &[&str]) -> String {
    let readers = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output-readers");
    let out = Command::new(python())
        .args(["-c", script])
        .args(args)
        .current_dir(folder)
        .env("READERS", readers)
        .output()
        .expect("python runs");
    let (text, told) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{args:?}\n{text}\n{told}");
    text.into_owned()
}

/// Plays with the program in a folder; the exit code must be this one.
fn play(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    play_in(folder, &[], args, code)
}

/// The same with these variables set.
fn play_in(folder: &Path, variables: &[(&str, &str)], args: &[&str], code: i32) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    for variable in ["CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"] {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied()).env("FIREDRILL_STATE_DIR", folder.join("state"));
    let out = command.args(args).current_dir(folder).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, told) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "{args:?}\n{said}\n{told}");
    (said, told)
}
