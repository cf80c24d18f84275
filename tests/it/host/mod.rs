//! What is done to the machine under a real server, one scenario for each kind of fault: what came of it stands in result.json, with how it
//! was done and that it was undone.

mod clock;
mod disks;
mod limits;
mod network;

use serde_json::Value;
use std::process::Command;

/// A drill on one server: `hurt` is the fault, on `it`.
struct Drill<'a> {
    /// What the model knows of it.
    kind: &'a str,
    /// What is started.
    live: &'a str,
    /// What users do beside calling it.
    users: &'a str,
    fault: &'a str,
    /// Further faults, each a line.
    more: &'a str,
    length_s: u32,
    expect: &'a [&'a str],
}

impl Default for Drill<'_> {
    fn default() -> Self {
        Drill {
            kind: "kind: cache, entries: 100",
            live: "{engine: redis}",
            users: "rate: 60/s, writes: 50%, keys: {count: 100}",
            fault: "",
            more: "",
            length_s: 4,
            expect: &["success(users) >= 90% before hurt"],
        }
    }
}

impl Drill<'_> {
    fn text(&self) -> String {
        let Drill { kind, live, users, fault, more, length_s, expect } = self;
        let lines: String = expect.iter().map(|line| format!("  - {line}\n")).collect();
        format!(
            "name: host
world: live
length: {length_s}s
warmup: 200ms
clients:
  users: {{calls: {{to: it, timeout: 400ms, request: 200B}}, {users}}}
services:
  it: {{{kind}}}
faults:
  hurt: {{on: it, {fault}}}
{more}
expect:
{lines}live:
  it: {live}
"
        )
    }

    /// Plays it; every line holds, the fault left this evidence, was done by this method, and these changes were undone.
    fn holds(&self, evidence: &str, method: &str, undone: &[&str]) -> Value {
        let result = played(&self.text());
        let say = || serde_json::to_string_pretty(&result).expect("it is JSON");
        assert_eq!(result["verdict"], "holds", "{}", say());
        assert!(result["faults"][0]["evidence"]["details"][evidence].as_u64().is_some_and(|n| n > 0), "{}", say());
        assert!(texts(&result["methods"]).iter().any(|line| line.contains(method)), "{method}: {}", say());
        assert!(list(&result["undo"]).iter().all(|note| note["done"] == true && note["seen"] != ""), "{}", say());
        for what in undone {
            let is_there = |note: &Value| note["what"].as_str().is_some_and(|text| text.contains(what));
            assert!(list(&result["undo"]).iter().any(is_there), "{what}: {}", say());
        }
        result
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// The result.json of a run, as a user gets it; the ledger is gone afterwards.
fn played(text: &str) -> Value {
    let home = tempfile::tempdir().expect("a temporary folder");
    let state = home.path().join("state");
    std::fs::write(home.path().join("host.yaml"), text).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(["run", "host.yaml"]).current_dir(home.path()).env("FIREDRILL_STATE_DIR", &state);
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let left = std::fs::read_dir(&state).map_or(0, Iterator::count);
    assert_eq!(left, 0, "the ledger is gone: {said}");
    let file = home.path().join("reports/host.live/result.json");
    let result = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{error}: {said}\n{text}"));
    serde_json::from_str(&result).expect("it is JSON")
}
