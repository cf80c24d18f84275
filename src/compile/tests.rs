//! Every documented example compiles and plays; mistakes are found all at once; nothing panics.

use super::*;
use crate::faults::Worlds;
use crate::judge::{ExitCode, judge};
use crate::scenario::{load_text, render_lines};
use proptest::prelude::*;
use std::path::Path;

fn read(text: &str, request: &Request) -> (Option<Plan>, String) {
    let diags = Diagnostics::new();
    let mut loaded = load_text("test.yaml", text, Path::new("."), &diags);
    let plan = compile(&mut loaded, request, &diags);
    (plan, render_lines(&diags, &loaded.sources))
}

fn mistakes(text: &str) -> String {
    let (plan, said) = read(text, &Request::default());
    assert!(plan.is_none(), "no error was found; said:\n{said}");
    said
}

#[test]
fn every_example_compiles_plays_and_holds() {
    let mut wrong = Vec::new();
    for entry in catalogue::entries() {
        assert!(entry.summary.ends_with('.') && entry.text.len() > 200, "the page of `{}` is thin", entry.name);
        let (plan, said) = read(&entry.example, &Request::default());
        let plan = plan.unwrap_or_else(|| panic!("the example of `{}` does not compile:\n{said}", entry.name));
        assert_eq!(said, "", "the example of `{}` is not clean", entry.name);
        if plan.world == World::Live {
            let kind = crate::faults::named(entry.name);
            assert!(
                kind.is_some_and(|kind| kind.worlds == Worlds::LiveOnly),
                "`{}`: its example is not played",
                entry.name
            );
            continue;
        }
        let judgement = judge(&crate::sim::play(&plan));
        if judgement.exit != ExitCode::Held {
            let lines: Vec<_> =
                judgement.expectations.iter().map(|line| (&line.text, line.verdict, line.measured)).collect();
            wrong.push(format!("`{}`: {} {lines:#?}", entry.name, judgement.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn connections_are_picked_in_one_way_and_counted_only_where_there_are_some() {
    let with = |fault: &str, world: &str| {
        format!(
            "name: a\nworld: {world}\nlength: 20s\nclients:\n  users: {{calls: {{to: web, via: [pipe], timeout: 1s}}, rate: 5/s}}\n\
             services:\n  web: {{work: 5ms}}\nlinks:\n  pipe: {{bandwidth: 1MB/s}}\nfaults:\n  it: {{{fault}, at: 5s, for: 5s}}\n"
        )
    };
    let kinds = ["kind: latency, by: 5ms", "kind: cut", "kind: reset", "kind: bandwidth, rate: 1MB/s"];
    for kind in kinds {
        let (plan, said) = read(&with(&format!("{kind}, on: users->web, share: 30%"), "sim"), &Request::default());
        let plan = plan.unwrap_or_else(|| panic!("{said}"));
        assert!(plan.faults[0].label.ends_with("on 30% of the connections"), "{}", plan.faults[0].label);
        assert!(plan.schedule.iter().all(|step| step.effect.split().1 == crate::base::Which::share(0.3)));
        for counted in ["first: 3", "every: 2"] {
            let fault = format!("{kind}, on: users->web, {counted}");
            assert!(
                mistakes(&with(&fault, "sim")).contains("this counts connections, which the simulator does not have")
            );
            let (plan, said) = read(&with(&fault, "live"), &Request::default());
            assert!(plan.is_some(), "{said}");
        }
        assert!(mistakes(&with(&format!("{kind}, on: users->web, share: 0%"), "sim")).contains("picks nothing at all"));
    }
    let link = with("kind: bandwidth, rate: 1MB/s, on: pipe, share: 30%", "sim");
    assert!(mistakes(&link).contains("no connections to pick from"));
}

#[test]
fn every_file_of_a_kind_is_registered() {
    let entries = catalogue::entries();
    for (folder, helpers) in [
        ("faults", &["mod", "site", "change", "zones", "which"][..]),
        ("model/services", &["mod", "placement"]),
        ("model/policies", &["mod"]),
        ("hazards/rules", &["mod"]),
        // Kinds that the page of a client speaks for.
        ("model/load", &["mod", "open", "closed"]),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        for file in std::fs::read_dir(path).expect("the folder is there") {
            let file = file.expect("it can be listed").path();
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            let known =
                helpers.contains(&stem.as_str()) || entries.iter().any(|entry| entry.name.replace('-', "_") == stem);
            assert!(known, "{folder}/{stem}.rs is not registered: add its line to the slice in {folder}/mod.rs");
        }
    }
}

const MANY: &str = "
name: many
length: 30s
warmup: 40s
clients:
  users: {calls: wbe, rate: 100, keys: {count: 0}}
services:
  web: {workers: 0, work: lognormal(p50=50ms, p99=10ms), calls: [{to: db, timout: 1s}]}
  db: {replicas: 0, calls: [{to: web}]}
faults:
  one: {kind: latancy, on: web->db, at: 1s}
  two: {kind: latency, on: web->bd, by: 1s, at: 1s}
  three: {kind: slow, on: db, factor: 2, at: 20s, for: 20s}
expect:
  - p99(users) < 100
  - sucess(users) >= 99%
  - p99(user) < 1s during two
  - p50(users) < 1s during tow
";

#[test]
fn all_mistakes_are_told_at_once() {
    let said = mistakes(MANY);
    let expected = [
        "test.yaml:4:9: error: a warm-up of 40s leaves nothing of a run of 30s",
        "there is no service `wbe` (did you mean `web`?)",
        "test.yaml:6:29: error: `100` needs a unit",
        "0 workers would never serve anybody",
        "p99",
        "unknown key `timout` in the call",
        "must be 1 to 100000",
        "there is no fault kind `latancy`",
        "there is nothing called `web->bd` for `latency` to act on",
        "the fault ends at 40s, but the run ends at 30s",
        "test.yaml:15:18: error: `100` needs a unit",
        "there is no metric `sucess` (did you mean `success`?)",
        "did you mean `users`?",
        "did you mean `two`?",
    ];
    for text in expected {
        assert!(said.contains(text), "missing: {text}\nsaid:\n{said}");
    }
}

#[test]
fn a_circle_of_calls_is_an_error_that_shows_it() {
    let said = mistakes(
        "
name: circle
length: 10s
clients: {users: {calls: a, rate: 1/s}}
services:
  a: {calls: b}
  b: {calls: [{to: c}]}
  c: {calls: [{parallel: [{to: a}]}]}
",
    );
    assert!(said.contains("services call each other in a circle: a -> b -> c -> a"), "{said}");
}

#[test]
fn names_and_kinds_must_fit() {
    let said = mistakes(
        "
name: kinds
length: 10s
clients: {users: {calls: {to: web, miss: db}, rate: 1/s}}
services: {web: {}, db: {}, users: {}}
faults:
  lost: {kind: forget, on: db, at: 1s}
  full: {kind: fill, on: web, to: 90%, at: 1s}
  late: {kind: latency, on: users, by: 1s, at: 1s}
  off: {kind: slow, on: db, factor: 2, at: 11s}
",
    );
    for text in [
        "`web` is no cache: a call to it cannot miss",
        "`users` is a client and a service",
        "`forget` acts on a service of kind `cache`, and `db` is a service",
        "`fill` acts on a service of kind `store`",
        "the fault begins at 11s, but the run ends at 10s",
    ] {
        assert!(said.contains(text), "missing: {text}\nsaid:\n{said}");
    }
}

const SAMPLE: &str = include_str!("../../scenarios/slow-cache.yaml");

#[test]
fn variants_settings_and_seeds_reach_the_plan() {
    let request = Request {
        variant: Some("more-workers".into()),
        set: vec!["services.db.workers=3".into()],
        seed: Some(99),
        world: Some(World::Live),
    };
    let (plan, said) = read(SAMPLE, &request);
    let plan = plan.unwrap_or_else(|| panic!("{said}"));
    let workers = |name: &str| plan.service(plan.service_named(name).expect("it is there")).workers;
    assert_eq!((workers("web"), workers("db")), (Some(128), Some(3)));
    assert_eq!((plan.seed, plan.world, plan.still_broken), (99, World::Live, true));
    let names: Vec<&str> = plan.edges.iter().map(|edge| edge.name.as_str()).collect();
    assert_eq!(names, ["users->web", "web->cache", "web->db"]);
    let phases: Vec<&str> = plan.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(phases, ["before", "during slow-cache", "after slow-cache", "whole"]);
}

#[test]
fn the_schema_takes_every_example_and_refuses_mistakes() {
    let schema = schema::json_schema();
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let as_json = |text: &str| {
        let diags = Diagnostics::new();
        crate::scenario::schema::to_json(&load_text("x", text, Path::new("."), &diags).root)
    };
    for entry in catalogue::entries() {
        let errors: Vec<String> =
            validator.iter_errors(&as_json(&entry.example)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "the schema refuses the example of `{}`: {errors:?}", entry.name);
    }
    for (from, to) in [
        ("rate: 200/s", "rate: 200"),
        ("workers: 32", "wrokers: 32"),
        ("kind: latency", "kind: latancy"),
        ("length: 40s", "length: 40"),
    ] {
        assert!(!validator.is_valid(&as_json(&SAMPLE.replacen(from, to, 1))), "the schema takes `{to}`");
    }
    assert!(validator.is_valid(&as_json(SAMPLE)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A scenario with bytes cut, doubled, swapped or put in never makes the compiler panic.
    #[test]
    fn no_mutation_panics(cuts in prop::collection::vec((0usize..3000, 0usize..40, 0u8..4, "[ -~\n]{0,6}"), 1..6)) {
        let mut text = SAMPLE.to_owned();
        for (at, length, what, extra) in cuts {
            let at = floor(&text, at % (text.len() + 1));
            let end = floor(&text, (at + length).min(text.len()));
            let piece = text[at..end].to_owned();
            match what {
                0 => text.replace_range(at..end, ""),
                1 => text.insert_str(at, &piece),
                2 => text.insert_str(at, &extra),
                _ => text.replace_range(at..end, &extra),
            }
        }
        let diags = Diagnostics::new();
        let mut loaded = load_text("test.yaml", &text, Path::new("."), &diags);
        let _ = check(&mut loaded, &diags);
        let _ = crate::scenario::render(&diags, &loaded.sources, false);
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A mistake in a control is told once, and not again by whoever names the control; a right fix that takes the fault away may be
/// written beside symptoms that ask what was during it.
#[test]
fn what_is_wrong_or_gone_is_not_told_again_by_those_who_name_it() {
    let text = "name: a\nlength: 60s\nclients:\n  users: {calls: web, rate: 5/s}\nservices:\n  web: {replicas: 2, work: 5ms}\n\
                controls:\n  roll: {kind: deploy, on: web, at: 10s, above: 1, sees: cpu}\n\
                faults:\n  stop: {kind: freeze, on: roll, at: 20s}\n  bad: {kind: errors, on: web, share: 50%, at: 30s}\n\
                symptoms: [success(users) <= 60% during bad]\nexpect: [success(users) >= 99%]\n\
                variants:\n  none: {set: {faults.bad: null}}\n";
    let said = mistakes(text);
    assert!(said.contains("no part of them is busy") && said.lines().count() == 1, "{said}");
    let (plan, said) = read(&text.replace("work: 5ms", "cores: 2, work: 5ms"), &Request::default());
    assert!(plan.is_some() && said.is_empty(), "{said}");
    let request = Request { variant: Some("none".into()), ..Request::default() };
    let (plan, said) = read(&text.replace(", sees: cpu", ""), &request);
    assert!(plan.is_some_and(|plan| plan.symptoms.is_empty()) && said.is_empty(), "{said}");
}
