//! Lines as things happen: what a reader gets while a live run goes on, and that a simulated run and its recording tell the same.

use super::{folder, play};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/ndjson.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema is there")).expect("JSON")
}

fn lines(text: &str) -> Vec<Value> {
    let schema = schema();
    let read = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        jsonschema::validate(&schema, &json).unwrap_or_else(|error| panic!("{line}: {error}"));
        json
    };
    text.lines().map(read).collect()
}

#[test]
fn every_run_of_several_is_told_from_begin_to_end_and_its_recording_tells_the_same() {
    let folder = folder();
    let args = ["run", "shop.yaml", "--all-variants", "--output", "ndjson", "--output", "recording"];
    let (said, told) = play(folder.path(), &args, 10);
    assert!(told.contains("exit 10:"), "{told}");
    let all = lines(&said);
    let (again, _) = play(folder.path(), &["report", "reports/shop/recording.json", "--output", "ndjson"], 10);
    for (run, again) in [("shop", Some(lines(&again))), ("shop.fast", None)] {
        let of_run: Vec<&Value> = all.iter().filter(|line| line["run"] == run).collect();
        assert_eq!((&of_run[0]["type"], &of_run[of_run.len() - 1]["type"]), (&"begin".into(), &"end".into()));
        let finals = |lines: &[&Value]| {
            let mut windows: Vec<String> =
                lines.iter().filter(|line| line["is_final"] == true).map(|line| line.to_string()).collect();
            windows.sort();
            windows
        };
        let windows = finals(&of_run);
        assert!(windows.len() > 200, "{} windows", windows.len());
        if let Some(again) = again {
            assert_eq!(windows, finals(&again.iter().collect::<Vec<_>>()));
        }
    }
    // Told one run after the other, although they are played beside each other.
    let runs: Vec<&str> = all.iter().filter_map(|line| line["run"].as_str()).collect();
    assert_eq!(
        runs.iter().position(|run| *run == "shop.fast"),
        runs.iter().rposition(|run| *run == "shop").map(|at| at + 1)
    );
}

#[test]
fn seeds_are_told_one_by_one() {
    let folder = folder();
    let (said, _) = play(folder.path(), &["run", "shop.yaml", "--seeds", "3", "--output", "ndjson"], 10);
    let ends: Vec<Value> = lines(&said).into_iter().filter(|line| line["type"] == "end").collect();
    let runs: Vec<&str> = ends.iter().filter_map(|line| line["run"].as_str()).collect();
    assert_eq!(runs, ["shop.seeds-1-to-3.seed-1", "shop.seeds-1-to-3.seed-2", "shop.seeds-1-to-3.seed-3"]);
}

#[test]
fn a_run_that_cannot_be_played_says_so() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("shop.yaml")).expect("there");
    let text = format!("{text}live:\n  db: {{start: [no-such-program, \"{{port}}\"]}}\n");
    std::fs::write(folder.path().join("shop.yaml"), text).expect("written");
    let (said, told) = play(folder.path(), &["run", "shop.yaml", "--world", "live", "--output", "ndjson"], 2);
    let all = lines(&said);
    let kinds: Vec<&str> = all.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds, ["begin", "failed"], "{told}");
    assert!(all[1]["why"].as_str().is_some_and(|why| why.contains("no-such-program")), "{said}");
}

/// Stand-ins only, so that no server is needed.
#[test]
#[expect(clippy::disallowed_methods, reason = "it asks when lines arrive")]
fn a_live_run_is_told_while_it_goes_on() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(["run", "shop.yaml", "--world", "live", "--output", "ndjson", "--no-fail"]);
    command.current_dir(folder.path()).env("FIREDRILL_STATE_DIR", folder.path().join("state"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut arrived: Vec<(Instant, Value)> = Vec::new();
    for line in out.lines() {
        let line = line.expect("a line");
        arrived.push((Instant::now(), lines(&line).remove(0)));
    }
    let ended = child.wait().expect("it ends");
    let of = |kind: &str, state: &str| {
        let found = arrived.iter().find(|(_, line)| line["type"] == kind && line["state"] == state);
        found.map(|(at, line)| (*at, line["at_s"].as_f64().expect("a number"))).expect("it was told")
    };
    let ((on, on_s), (off, off_s)) = (of("fault", "on"), of("fault", "off"));
    assert_eq!((on_s, off_s), (4.0, 8.0));
    let apart = off.duration_since(on);
    assert!(apart > Duration::from_secs(2) && apart < Duration::from_secs(7), "4 s of the run came {apart:?} apart");
    let last = &arrived[arrived.len() - 1];
    assert_eq!(last.1["type"], "end");
    let early = arrived.iter().filter(|(at, line)| line["type"] == "window" && *at < on).count();
    assert!(early > 20, "only {early} windows were told before the fault began");
    assert!(last.0.duration_since(off) > Duration::from_secs(2), "the end came with the fault's end");
    assert!(arrived.iter().any(|(_, line)| line["type"] == "undo"), "nothing was told of what was undone");
    assert_eq!(ended.code(), Some(0));
}
