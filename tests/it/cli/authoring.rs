//! The commands for people who write scenarios: check, plan, list, explain, new, schema, completions, man.

use super::{HOLDING, firedrill, folder, scenario, write};
use serde_json::Value;
use std::path::Path;

#[test]
fn a_typo_is_shown_with_its_place_and_what_was_meant() {
    let home = folder();
    write(home.path(), "typo.yaml", &scenario("typo", HOLDING).replace("db, timeout: 500ms", "db, timout: 500"));
    let wanted = "\
error[unknown-key]: unknown key `timout` in the call
 --> typo.yaml:7:49
  |
7 |   web: {workers: 8, work: 5ms, calls: [{to: db, timout: 500}]}
  |                                                 ^^^^^^
  |
  = help: did you mean `timeout`?
";
    let run = firedrill(home.path(), &["run", "typo.yaml"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert_eq!(run.err, format!("{wanted}exit 2: 1 mistake in typo.yaml\n"));
    let check = firedrill(home.path(), &["check", "typo.yaml"]);
    assert_eq!((check.code, check.out), (Some(2), format!("{wanted}\n")));
    assert!(!home.path().join("reports").exists(), "nothing is played");
}

#[test]
fn check_finds_mistakes_in_variants_too_and_speaks_json() {
    let home = folder();
    write(home.path(), "good.yaml", &scenario("good", HOLDING));
    write(
        home.path(),
        "bad.yaml",
        &scenario("bad", HOLDING).replace("services.web.workers: 64", "services.web.workers: 0"),
    );
    let good = firedrill(home.path(), &["check", "good.yaml"]);
    assert_eq!(good.code, Some(0));
    assert_eq!(good.out, "good.yaml: ok, 2 services, 1 client, 1 fault, 2 expectations, 2 variants\n");
    let both = firedrill(home.path(), &["check", "--json", "."]);
    assert_eq!(both.code, Some(2));
    let lines: Vec<Value> = both.out.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), 1, "{}", both.out);
    assert_eq!(
        (&lines[0]["file"], &lines[0]["line"], &lines[0]["severity"]),
        (&"./bad.yaml".into(), &16.into(), &"error".into())
    );
    assert_eq!(both.last_error_line(), "exit 2: 1 mistake in 1 of 2 files");
}

#[test]
fn check_says_whether_a_live_run_would_be_possible_here() {
    let home = folder();
    let live = |program: &str| format!("live:\n  db: {{start: [{program}, \"{{port}}\"], protocol: tcp}}\n");
    write(home.path(), "here.yaml", &(scenario("here", HOLDING) + &live("sleep")));
    write(home.path(), "gone.yaml", &(scenario("gone", HOLDING) + &live("firedrill-no-such-server")));
    let check = |file| firedrill(home.path(), &["check", file]);
    let (here, gone) = (check("here.yaml"), check("gone.yaml"));
    assert_eq!((here.code, gone.code), (Some(0), Some(0)), "another machine may have it: {}", gone.out);
    assert!(gone.out.contains("`firedrill-no-such-server` was not found"), "{}", gone.out);
    // The stand-in `web` calls it over plain TCP or not at all: both are told.
    assert_ne!(here.out, gone.out);
}

#[test]
fn a_wrong_base_does_not_hide_the_mistakes_of_its_variants() {
    let home = folder();
    let text = scenario("bad", HOLDING).replace("services.web.workers: 64", "services.web.wokers: 64");
    write(home.path(), "bad.yaml", &text.replace("db, timeout", "db, timout"));
    let check = firedrill(home.path(), &["check", "bad.yaml"]);
    assert!(
        check.out.contains("did you mean `timeout`?") && check.out.contains("did you mean `workers`?"),
        "{}",
        check.out
    );
    assert_eq!(check.last_error_line(), "exit 2: 2 mistakes in bad.yaml");
}

#[test]
fn plan_is_readable_or_json() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let page = firedrill(home.path(), &["plan", "s.yaml", "--set", "services.web.workers=3"]);
    assert!(
        page.code == Some(0) && page.out.contains("3 workers") && page.out.contains("; work 5ms"),
        "{}{}",
        page.out,
        page.err
    );
    let json = firedrill(home.path(), &["plan", "s.yaml", "--json", "--variant", "wide"]);
    let plan: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((&plan["variant"], &plan["services"][0]["workers"]), (&"wide".into(), &64.into()));
}

#[test]
fn everything_that_is_listed_is_explained() {
    let home = folder();
    let json = firedrill(home.path(), &["list", "--json"]);
    let list: Value = serde_json::from_str(&json.out).expect("JSON");
    let names = |key: &str| -> Vec<String> {
        let all = list[key].as_array().expect("a list").iter();
        all.flat_map(|one| one["name"].as_str().expect("a name").split(' ').map(str::to_owned)).collect()
    };
    let (scenarios, kinds) = (names("scenarios"), names("kinds"));
    assert!(scenarios.contains(&"slow-cache".to_owned()) && kinds.contains(&"latency".to_owned()));
    for word in [&scenarios[..1], &kinds[..], &names("metrics")[..3]].concat() {
        let page = firedrill(home.path(), &["explain", &word]);
        assert!(page.code == Some(0) && page.out.contains(&word), "{word}: {}", page.err);
    }
    assert!(firedrill(home.path(), &["explain", "12"]).out.starts_with("exit 12: inconclusive"));
    let slip = firedrill(home.path(), &["explain", "latecny"]);
    assert_eq!(slip.code, Some(2));
    assert!(slip.err.contains("did you mean `latency`?"), "{}", slip.err);
}

#[test]
fn one_part_of_the_list_is_enough() {
    let home = folder();
    let faults = firedrill(home.path(), &["list", "faults"]).out;
    assert!(
        faults.starts_with("Faults\n") && faults.contains("\n  latency ") && !faults.contains("Metrics"),
        "{faults}"
    );
    let scenarios = firedrill(home.path(), &["list", "scenarios"]).out;
    assert!(scenarios.contains("retry-storm") && !scenarios.contains("\n  latency "), "{scenarios}");
    let folder = firedrill(home.path(), &["list", "nowhere"]);
    assert!(folder.code == Some(2) && folder.err.contains("nowhere"), "{:?} {}", folder.code, folder.err);
}

#[test]
fn a_key_is_explained_wherever_it_may_stand() {
    let home = folder();
    let page = firedrill(home.path(), &["explain", "ready_within"]);
    assert!(page.code == Some(0) && page.out.contains("In `live` (firedrill explain live):"), "{}", page.out);
    let page = firedrill(home.path(), &["explain", "restore"]);
    assert!(page.out.contains("\n    replay ") && page.out.contains("writes played back per second"), "{}", page.out);
    let page = firedrill(home.path(), &["explain", "database"]);
    assert!(page.out.contains("Fields of `failover`") && page.out.contains("  stray "), "{}", page.out);
    let page = firedrill(home.path(), &["explain", "timeout"]);
    assert!(page.out.contains("In `call`") && page.out.contains("In `miss`"), "{}", page.out);
}

#[test]
fn a_new_scenario_passes_check_and_run_and_nothing_is_overwritten() {
    let home = folder();
    assert_eq!(firedrill(home.path(), &["new", "first"]).code, Some(0));
    let text = std::fs::read_to_string(home.path().join("first.yaml")).expect("it was written");
    assert!(text.contains("\nname: first\n"), "{text}");
    let check = firedrill(home.path(), &["check", "first.yaml"]);
    assert_eq!(check.code, Some(0), "{}{}", check.out, check.err);
    let run = firedrill(home.path(), &["run", "first.yaml", "--all-variants", "--seeds", "5", "-q"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "exit 0: all 2 runs held, each over 5 seeds\n"), "{}", run.err);
    let again = firedrill(home.path(), &["new", "first.yaml"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("nothing is overwritten"), "{}", again.err);
    assert_eq!(firedrill(home.path(), &["new", "copy", "--from", "slow-cache"]).code, Some(0));
    assert_eq!(firedrill(home.path(), &["check", "copy.yaml"]).code, Some(0));
    assert_eq!(firedrill(home.path(), &["new", "no good"]).code, Some(2));
}

#[test]
fn published_schemas_are_those_of_the_program() {
    let home = folder();
    for of in ["scenario", "result", "check", "sweep", "edge", "hunt"] {
        let file = format!("{of}.schema.json");
        let printed = firedrill(home.path(), &["schema", of]).out;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(&file);
        if std::env::var_os("FIREDRILL_BLESS").is_some() {
            std::fs::write(&path, &printed).expect("docs/reference can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            printed == committed,
            "docs/reference/{file} is out of date: run the tests once with FIREDRILL_BLESS=1"
        );
    }
}

#[test]
fn the_schema_accepts_what_travels_with_the_program() {
    let home = folder();
    let schema: Value = serde_json::from_str(&firedrill(home.path(), &["schema"]).out).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let as_json = |name: &str, text: &str| {
        let diags = firedrill::scenario::Diagnostics::new();
        let loaded = firedrill::scenario::load_text(name, text, Path::new(""), &diags);
        firedrill::scenario::schema::to_json(&loaded.root)
    };
    for entry in firedrill::library::SCENARIOS {
        let errors: Vec<String> =
            schema.iter_errors(&as_json(entry.name, entry.text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", entry.name);
    }
    let starter = firedrill(home.path(), &["new"]).out;
    assert!(schema.is_valid(&as_json("starter", &starter)));
    assert!(!schema.is_valid(&as_json("wrong", &starter.replace("timeout:", "timout:"))));
}

#[test]
fn completions_manual_pages_and_help_are_printed() {
    let home = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = firedrill(home.path(), &["completions", shell]);
        assert!(script.code == Some(0) && script.out.contains("all-variants"), "{shell}");
        assert!(!script.out.contains("guardian"), "{shell} shows a command that is not for people");
    }
    let page = firedrill(home.path(), &["man"]);
    assert!(page.code == Some(0) && page.out.starts_with(".ie") && page.out.contains("Exit codes"), "{}", page.out);
    assert!(firedrill(home.path(), &["man", "run"]).out.contains("all\\-variants"));
    assert_eq!(firedrill(home.path(), &["man", "rum"]).code, Some(2));
    let help = firedrill(home.path(), &["--help"]);
    assert!(help.code == Some(0) && help.out.contains("12  inconclusive"), "{}", help.out);
    assert!(!help.out.contains("guardian"));
}

#[test]
fn doctor_says_what_this_machine_can_do_and_leaves_nothing() {
    let home = folder();
    let table = firedrill(home.path(), &["doctor"]);
    assert_eq!(table.code, Some(0), "{}", table.err);
    for word in ["fault proxy on loopback", "FUSE pass-through", "NFQUEUE", "engine: redis", "cgroup"] {
        assert!(table.out.contains(word), "{word}: {}", table.out);
    }
    let json = firedrill(home.path(), &["doctor", "--json"]);
    let all: Value = serde_json::from_str(&json.out).expect("a JSON document");
    let rows = all["mechanisms"].as_array().expect("a list").iter().chain(all["servers"].as_array().expect("a list"));
    for row in rows {
        let (works, detail) = (row["works"].as_bool().expect("yes or no"), row["detail"].as_str().expect("words"));
        assert!(works || !detail.is_empty(), "what does not work says why: {row}");
    }
    // The tests start it, so it is there; and what was tried is gone again.
    assert!(
        all["servers"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|row| row["serves"] == "engine: redis" && row["works"] == true)
    );
    let redis = table.out.lines().find(|line| line.contains("engine: redis")).unwrap_or_default();
    assert!(redis.contains("redis-server)") && redis.contains('.'), "its version and its place: {redis}");
    let groups = std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten();
    let left = groups.filter(|entry| entry.file_name().to_string_lossy().starts_with("firedrill-probe-")).count();
    assert_eq!(left, 0);
}
