//! Sweeps, edges and shards as their users see them: the same bytes however the work is cut, and laws that are found without being told.

#![expect(clippy::disallowed_methods, reason = "a sweep that is killed is a real process")]

mod chaos;
mod edge;
mod engines;
mod hunt;
mod kubernetes;
mod shards;
mod sweep;

use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn said(&self) -> String {
        format!("{:?}\n{}{}", self.code, self.out, self.err)
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "SHARDS"] {
        command.env_remove(variable);
    }
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn firedrill(folder: &Path, args: &[&str]) -> Ran {
    ended(command(folder, args).output().expect("the program starts"))
}

fn ended(Output { status, stdout, stderr }: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn read(folder: &Path, file: &str) -> String {
    let path = folder.join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A shop that bears so much: 8 workers at 40 ms are 200/s.
const SHOP: &str = "name: shop
length: 20s
warmup: 2s
clients:
  users: {calls: {to: web, timeout: 500ms}, rate: 100/s}
services:
  web: {workers: 8, work: exp(40ms), queue: 100}
faults:
  slow: {kind: slow, on: web, factor: 1.5, at: 6s, for: 4s}
expect:
  - success(users) >= 95%
";

fn shop(folder: &Path) {
    std::fs::write(folder.join("shop.yaml"), SHOP).expect("it can be written");
}
