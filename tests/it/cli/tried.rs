//! Runs that are played again: `--rerun latest`, and of live ones `--retries` and `--repeat`.

use super::{HOLDING, files, firedrill, folder, scenario, write};
use serde_json::Value;
use std::path::Path;

#[test]
fn rerun_plays_what_did_not_hold_and_what_is_new_or_changed() {
    let home = folder();
    for name in ["one", "two"] {
        write(home.path(), &format!("drills/{name}.yaml"), &scenario(name, HOLDING));
    }
    write(home.path(), "drills/bad.yaml", &scenario("bad", &["success(users) < 1% whole"]));
    let run = |more: &[&str]| firedrill(home.path(), &[&["run", "drills"], more].concat());
    let listed = |more: &[&str]| {
        let done = run(&[&["--rerun", "latest", "--list", "--json"], more].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        let value: Value = serde_json::from_str(&done.out).expect("JSON");
        let names =
            value["runs"].as_array().expect("runs").iter().map(|run| run["name"].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), ["bad", "one", "two"], "nothing is known yet");
    assert_eq!(run(&[]).code, Some(10));
    assert_eq!(listed(&[]), ["bad"]);
    write(home.path(), "drills/new.yaml", &scenario("new", HOLDING));
    write(home.path(), "drills/two.yaml", &scenario("two", HOLDING).replace("work: 1ms", "work: 2ms"));
    assert_eq!(listed(&[]), ["bad", "new", "two"]);
    assert_eq!(listed(&["--seed", "5"]).len(), 4, "under another seed nothing was played");
    let again = run(&["--rerun", "latest"]);
    assert_eq!((again.code, again.last_line()), (Some(10), "exit 10: 1 of 5 expectations broken, in 1 of 3 runs"));
    write(home.path(), "drills/bad.yaml", &scenario("bad", HOLDING));
    assert_eq!(run(&["--rerun", "latest"]).code, Some(0));
    let none = run(&["--rerun", "latest"]);
    assert!(
        none.code == Some(4) && none.last_error_line().starts_with("exit 4: nothing is left to run"),
        "{}",
        none.err
    );
    // Shards are judged by their merge, and that is what is known of them.
    write(home.path(), "drills/late.yaml", &scenario("late", HOLDING));
    let shard = run(&["--rerun", "latest", "--shard", "1/1"]);
    assert!(shard.err.contains("shard 1/1: 1 of 1 runs played"), "{}", shard.err);
    assert_eq!(listed(&[]), ["late"]);
    assert_eq!(firedrill(home.path(), &["merge", "reports"]).code, Some(0));
    assert_eq!(run(&["--rerun", "latest"]).code, Some(4));
    write(home.path(), "reports/.last-run.json", "{ torn");
    assert_eq!(listed(&[]).len(), 5, "a file that cannot be read knows nothing");
}

#[test]
fn what_writes_no_reports_leaves_no_folder() {
    let home = folder();
    write(home.path(), "one.yaml", &scenario("one", HOLDING));
    assert_eq!(firedrill(home.path(), &["run", "one.yaml", "--output", "json"]).code, Some(0));
    assert_eq!(files(home.path()), ["one.yaml"]);
}

#[test]
fn simulated_runs_are_not_played_again_with_the_same_seed() {
    let home = folder();
    write(home.path(), "one.yaml", &scenario("one", HOLDING));
    for (option, help) in
        [("--retries", "a seed that does not hold is a finding"), ("--repeat", "`--seeds N` plays N seeds")]
    {
        let refused = firedrill(home.path(), &["run", "one.yaml", option, "2"]);
        let wanted = format!("exit 2: {option} is for live runs, and there is none");
        assert!(refused.code == Some(2) && refused.last_error_line().starts_with(&wanted), "{}", refused.err);
        assert!(refused.err.contains(help), "{}", refused.err);
    }
}

/// A server that answers no GET when it is started for the first time, and all of them from then on.
pub fn flaky(home: &Path) {
    let seen = home.join("seen");
    let text = format!(
        r#"name: flaky
world: live
length: 2s
clients:
  users: {{calls: {{to: cache, timeout: 1s}}, rate: 50/s, keys: {{count: 100}}}}
services:
  cache: {{kind: cache, entries: 100}}
expect:
  - success(users) >= 50% whole
  - offered(users) > 1/s whole
live:
  cache:
    start:
      - sh
      - -c
      - 'test -e "{0}" || more="--rename-command GET none"; touch "{0}"; exec redis-server --port {{port}} --bind 127.0.0.1 --save "" --dir {{dir}} $more'
    protocol: redis
"#,
        seen.display()
    );
    write(home, "flaky.yaml", &text);
}

#[test]
fn a_live_run_that_holds_at_a_later_try_is_flaky() {
    let home = folder();
    flaky(home.path());
    let run = |more: &[&str]| {
        let _ = std::fs::remove_file(home.path().join("seen"));
        firedrill(home.path(), &[&["run", "flaky.yaml"], more].concat())
    };
    let plain = run(&[]);
    assert_eq!(plain.code, Some(10), "{}{}", plain.out, plain.err);
    let held = run(&["--retries", "2"]);
    assert_eq!(held.code, Some(0), "{}{}", held.out, held.err);
    assert!(
        held.out
            .starts_with("FLAKY  flaky  2 of 2 expectations held, flaky: at try 2, after 1 of 2 expectations broken\n"),
        "{}",
        held.out
    );
    assert!(held.err.contains("try 1 of 3: flaky.live: 1 of 2 expectations broken"), "{}", held.err);
    let read =
        |file: &str| std::fs::read_to_string(home.path().join("reports/flaky.live").join(file)).expect("written");
    let junit = read("junit.xml");
    assert_eq!((junit.matches("<flakyFailure").count(), junit.matches("<failure").count()), (1, 0), "{junit}");
    let result: Value = serde_json::from_str(&read("result.json")).expect("JSON");
    assert_eq!((&result["flaky"], &result["tries"][0]["verdict"]), (&true.into(), &"broken".into()));
    // The same from a shard, where it is not to pass.
    let shard = run(&["--retries", "2", "--shard", "1/1", "-q"]);
    assert_eq!(shard.code, Some(0), "{}", shard.err);
    let merged = firedrill(home.path(), &["merge", "reports/run.1-of-1.json", "--flaky-result", "fail"]);
    assert_eq!(merged.code, Some(10), "{}{}", merged.out, merged.err);
    assert!(
        merged.last_line().contains("flaky: at try 2") && read("junit.xml").contains("type=\"flaky\""),
        "{}",
        merged.out
    );
}

#[test]
fn repeats_tell_how_often_it_holds() {
    let home = folder();
    flaky(home.path());
    let twice = firedrill(home.path(), &["run", "flaky.yaml", "--repeat", "2"]);
    assert_eq!(
        (twice.code, twice.last_line()),
        (Some(10), "exit 10: 1 of 2 expectations broken over 2 runs"),
        "{}",
        twice.err
    );
    for part in [
        "Over 2 runs of seed 1: 1 of 2 hold (50%, 95% CI 9.45% to 90.5%)\n",
        "held under 1 of 2 runs",
        "  - not holding: run 1\n",
        "Expectations, run 1, the first that does not hold\n",
    ] {
        assert!(twice.out.contains(part), "{part} is missing in:\n{}", twice.out);
    }
    assert!(home.path().join("reports/flaky.repeats-2.live/report.html").exists());
}
