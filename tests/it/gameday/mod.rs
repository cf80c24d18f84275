//! Game days as their people see them: the plan with its blanks, the rehearsal, the day driven through a pipe, its folder and its report.

mod day;
mod plan;
mod report;
mod view;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A system that a live day plays with stand-ins, and its fault.
const STAND_INS: &str = "name: stand-ins
length: 8s
warmup: 500ms
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 50/s}
services:
  web: {workers: 8, work: 2ms, calls: [{to: db, timeout: 500ms}]}
  db: {work: 1ms}
faults:
  late: {kind: latency, on: web->db, by: 40ms, at: 2s, for: 2s}
expect: [success(users) >= 99%]
";

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

/// Runs `firedrill gameday …` with these lines on its standard input.
fn gameday(folder: &Path, args: &[&str], orders: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CI", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.arg("gameday").args(args).current_dir(folder).env("FIREDRILL_STATE_DIR", folder.join("state"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    // Whoever ends before it has read everything closes the pipe.
    let _ = stdin.write_all(orders.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// The same for a live day, which says that it cannot tell (12) while the machine is too busy.
fn in_peace(folder: &Path, args: &[&str], orders: &str) -> Ran {
    const TRIES: u32 = 4;
    let mut ran = gameday(folder, args, orders);
    for _ in 1..TRIES {
        if ran.code != Some(12) {
            break;
        }
        ran = gameday(folder, args, orders);
    }
    ran
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).expect("the file can be written");
}

fn read(folder: &Path, file: &str) -> String {
    let path = folder.join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A plan without a blank; hypotheses are a fault and its lines each, `more` stands at the top.
fn plan(more: &str, hypotheses: &[(&str, &[&str])]) -> String {
    let hypotheses: String = hypotheses
        .iter()
        .map(|(fault, lines)| {
            let lines: String = lines.iter().map(|line| format!("      - {line}\n")).collect();
            format!("  {fault}:\n    when: it is {fault}\n    stays: the shop sells\n    because: it asks elsewhere\n    expect:\n{lines}")
        })
        .collect();
    format!(
        "gameday: day\n{more}steady_state:\n  - success(users) >= 99%\nhypotheses:\n{hypotheses}blast_radius: {{who: testers}}
stop_if: [errors(users) > 99% for 20s]
rollback: {{how: take it away, within: 5s, verified: Ada on Monday}}
roles: {{owner: Ada, coordinator: Bob, reporter: Cleo, observers: [Dan, Eve]}}
comms: {{channel: \"#gameday\", announced_to: everybody}}
calendar: {{begins: Monday, ends: Tuesday, clear_of: sales}}
"
    )
}

const FIXED: &str = "scenario: slow-cache\nvariant: fail-fast\n";
const BASE: &str = "scenario: slow-cache\n";
const SELLS: &[&str] = &["success(users) >= 99% during slow-cache", "recovery(users) <= 5s after slow-cache"];
