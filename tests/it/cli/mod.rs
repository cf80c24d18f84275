//! The command line as its users see it: the real program, its output, its exit codes, and what it leaves on disk.

mod authoring;
mod baseline;
mod config;
mod hazards;
mod live;
mod run;
mod seeds;
mod select;
mod sharded;
pub mod tried;
mod trouble;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::path::Path;
use std::process::{Child, Command, Output};

/// What a command did.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }

    fn last_error_line(&self) -> &str {
        self.err.lines().last().unwrap_or_default()
    }
}

/// Runs the program in a folder, away from the user's settings.
fn firedrill(folder: &Path, args: &[&str]) -> Ran {
    ran(program(folder).args(args).output().expect("the program starts"))
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CI", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.current_dir(folder).env("FIREDRILL_STATE_DIR", folder.join("state"));
    command
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).expect("pids are small");
    nix::sys::signal::kill(Pid::from_raw(pid), signal).expect("it is still running");
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A short scenario with these expectations; its fault is seen by every request.
fn scenario(name: &str, expect: &[&str]) -> String {
    let lines: String = expect.iter().map(|line| format!("  - {line}\n")).collect();
    format!(
        "name: {name}
length: 12s
warmup: 1s
clients:
  users: {{calls: {{to: web, timeout: 1s}}, rate: 100/s}}
services:
  web: {{workers: 8, work: 5ms, calls: [{{to: db, timeout: 500ms}}]}}
  db: {{work: 1ms}}
faults:
  late: {{kind: latency, on: web->db, by: 20ms, at: 4s, for: 4s}}
expect:
{lines}variants:
  narrow: {{title: One worker, set: {{services.web.workers: 1}}, still_broken: true}}
  wide: {{title: Many workers, set: {{services.web.workers: 64}}}}
"
    )
}

const HOLDING: &[&str] = &["success(users) >= 99% whole", "p50(users) < 100ms during late"];

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    std::fs::write(path, text).expect("the file can be written");
}

/// Every file below a folder, with paths relative to it; without what `--rerun` keeps.
fn files(folder: &Path) -> Vec<String> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("the folder can be listed").path();
            match path.is_dir() {
                true => collect(root, &path, found),
                false if path.ends_with(".last-run.json") => {}
                false => found.push(path.strip_prefix(root).expect("below the root").display().to_string()),
            }
        }
    }
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}
