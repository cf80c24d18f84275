//! `run`, `report` and what they write.

use super::{HOLDING, files, firedrill, folder, program, ran, scenario, write};
use serde_json::Value;
use std::fs;

const REPORTS: [&str; 4] = ["junit.xml", "recording.json", "report.html", "result.json"];

#[test]
fn the_first_command_needs_nothing() {
    let home = folder();
    let first = firedrill(home.path(), &["run"]);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    assert!(first.out.starts_with("HOLDS  slow-cache"), "{}", first.out);
    assert!(first.out.contains("Report: reports/slow-cache/report.html\n"), "{}", first.out);
    assert!(first.out.contains(" requests/s, "), "{}", first.out);
    assert!(first.last_line().starts_with("exit 0: "), "{}", first.out);
    assert_eq!(first.err, "", "no progress where nobody watches");
    assert_eq!(files(&home.path().join("reports")), REPORTS.map(|name| format!("slow-cache/{name}")));
}

#[test]
fn the_verdict_is_the_exit_code_and_the_last_line_says_why() {
    let home = folder();
    write(home.path(), "good.yaml", &scenario("good", HOLDING));
    write(home.path(), "bad.yaml", &scenario("bad", &["p50(users) < 1ms whole", "success(users) >= 99% whole"]));
    write(home.path(), "unsure.yaml", &scenario("unsure", &["p99.99(users) < 1s whole"]));
    fs::create_dir(home.path().join("empty")).expect("a folder");
    for (args, code, last) in [
        (&["run", "good.yaml"][..], 0, "exit 0: 2 of 2 expectations held"),
        (&["run", "bad.yaml"], 10, "exit 10: 1 of 2 expectations broken"),
        (&["run", "unsure.yaml"], 12, "exit 12: 1 of 1 expectation cannot be told"),
        (&["run", "good.yaml", "unsure.yaml"], 12, "exit 12: 1 of 1 expectation cannot be told (in 1 of 2 runs)"),
        (&["run", "bad.yaml", "unsure.yaml", "-q"], 10, "exit 10: 1 of 3 expectations broken, in 1 of 2 runs"),
        (&["run", "bad.yaml", "--no-fail"], 0, "exit 0: 1 of 2 expectations broken (would be 10, but --no-fail)"),
        (
            &["run", "unsure.yaml", "--fail-on", "broken"],
            0,
            "exit 0: 1 of 1 expectation cannot be told (would be 12, but --fail-on)",
        ),
        (&["run", "bad.yaml", "--fail-on", "broken"], 10, "exit 10: 1 of 2 expectations broken"),
    ] {
        let done = firedrill(home.path(), args);
        assert_eq!((done.code, done.last_line()), (Some(code), last), "{args:?}\n{}{}", done.out, done.err);
    }
    let nothing = firedrill(home.path(), &["run", "empty"]);
    assert_eq!((nothing.code, nothing.last_error_line()), (Some(4), "exit 4: no scenario (*.yaml) in empty"));
}

#[test]
fn a_fault_that_touches_nothing_proves_nothing() {
    let home = folder();
    let text = scenario("idle", HOLDING).replace("{to: db, timeout: 500ms}", "{to: db, timeout: 500ms, chance: 0%}");
    write(home.path(), "idle.yaml", &text);
    let done = firedrill(home.path(), &["run", "idle.yaml"]);
    assert_eq!((done.code, done.last_line()), (Some(12), "exit 12: fault `late` touched nothing"), "{}", done.err);
}

#[test]
fn values_are_overridden_and_wrong_ones_are_explained() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let slower = firedrill(home.path(), &["run", "s.yaml", "--set", "services.web.work=200ms", "--output", "json"]);
    let json: Value = serde_json::from_str(&slower.out).expect("standard output holds nothing but the result");
    assert_eq!((slower.code, &json["verdict"]), (Some(10), &"broken".into()));
    assert!(slower.last_error_line().starts_with("exit 10: "), "{}", slower.err);
    let wrong = firedrill(home.path(), &["run", "s.yaml", "--set", "services.web.wrk=200ms"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("--> --set:1:14") && wrong.err.contains("did you mean `work`?"), "{}", wrong.err);
}

#[test]
fn every_variant_is_played_into_a_folder_of_its_own() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let done = firedrill(home.path(), &["run", "s.yaml", "--all-variants", "--out", "here", "--seed", "0x1F"]);
    assert_eq!((done.code, done.last_line()), (Some(0), "exit 0: all 3 runs held"), "{}{}", done.out, done.err);
    let mut wanted: Vec<String> = ["s.narrow.seed-31", "s.seed-31", "s.wide.seed-31"]
        .iter()
        .flat_map(|run| REPORTS.map(|name| format!("{run}/{name}")))
        .collect();
    wanted.sort();
    assert_eq!(files(&home.path().join("here")), wanted);
    let missing = firedrill(home.path(), &["run", "s.yaml", "--variant", "wid"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("did you mean `wide`?"), "{}", missing.err);
}

#[test]
fn a_folder_is_played_in_order_and_one_junit_file_holds_all_runs() {
    let home = folder();
    write(home.path(), "drills/b.yaml", &scenario("b", HOLDING));
    write(home.path(), "drills/deep/a.yml", &scenario("a", HOLDING));
    write(home.path(), "drills/notes.txt", "not a scenario");
    let done = firedrill(home.path(), &["run", "drills", "--output", "text", "--output", "junit=out/all.xml"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let heads: Vec<&str> = done.out.lines().filter(|line| line.starts_with("HOLDS")).collect();
    assert!(heads[0].contains("  b  ") && heads[1].contains("  a  "), "{heads:?}");
    let junit = fs::read_to_string(home.path().join("out/all.xml")).expect("the file is there");
    assert_eq!(junit.matches("<testsuite ").count(), 2, "{junit}");
    assert!(!home.path().join("reports").exists(), "nothing but what was asked for is written");
    let clash = firedrill(home.path(), &["run", "drills", "--output", "json=one.json"]);
    assert_eq!(clash.code, Some(2));
    assert!(clash.err.contains("{run}"), "{}", clash.err);
    let split = firedrill(home.path(), &["run", "drills", "--output", "json=out/{run}.json"]);
    assert_eq!((split.code, home.path().join("out/a.json").is_file()), (Some(0), true), "{}", split.err);
}

#[test]
fn a_dry_run_says_what_would_be_played_and_writes_nothing() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let done = firedrill(home.path(), &["run", "s.yaml", "--variant", "wide", "--dry-run"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for part in ["s / wide", "64 workers", "latency 20ms", "To play it: firedrill run s.yaml --variant wide --seed 1"] {
        assert!(done.out.contains(part), "{part} is missing in:\n{}", done.out);
    }
    assert_eq!(files(home.path()), ["s.yaml"]);
}

#[test]
fn reports_are_written_again_from_a_recording() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    firedrill(home.path(), &["run", "s.yaml", "--variant", "wide"]);
    let again = firedrill(home.path(), &["report", "reports/s.wide/recording.json", "--out", "again"]);
    assert_eq!((again.code, again.last_line()), (Some(0), "exit 0: 2 of 2 expectations held"), "{}", again.err);
    let read = |path: &str| fs::read_to_string(home.path().join(path)).expect("the report is there");
    assert_eq!(read("reports/s.wide/result.json"), read("again/result.json"));
    assert_eq!(read("reports/s.wide/report.html"), read("again/report.html"));
    let wrong = firedrill(home.path(), &["report", "s.yaml"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("not a firedrill recording"), "{}", wrong.err);
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let has_colour = |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = program(home.path());
        command.args(args).envs(variable);
        ran(command.output().expect("the program starts")).out.contains("\x1b[")
    };
    assert!(!has_colour(&["run", "s.yaml"], None));
    assert!(has_colour(&["run", "s.yaml"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(has_colour(&["run", "s.yaml", "--color", "always"], Some(("NO_COLOR", "1"))));
    assert!(!has_colour(&["run", "s.yaml", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
}
