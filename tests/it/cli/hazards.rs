//! The review of `firedrill check`: what it prints, which exit code it gives, what a scenario may accept.

use super::{firedrill, folder, write};
use serde_json::Value;

const INVERTED: &str = "name: shop
length: 60s
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 50/s}
services:
  web: {workers: 400, calls: [{to: app, timeout: 5s}]}
  app: {workers: 20, work: exp(100ms)}
expect:
  - success(users) >= 99%
variants:
  longer: {set: {services.web.calls.app.timeout: 9s}}
  fixed: {set: {services.web.calls.app.timeout: 800ms}}
";

#[test]
fn a_hazard_is_shown_with_its_place_its_figures_and_what_ends_it() {
    let home = folder();
    write(home.path(), "shop.yaml", INVERTED);
    let check = firedrill(home.path(), &["check", "shop.yaml"]);
    assert_eq!(check.code, Some(0), "{}", check.err);
    let wanted = "\
warning[hazard/timeout-inversion]: users waits 1s for web, and web waits 5s for app, of which 2s can pass in its line
 --> shop.yaml:6:36
  |
6 |   web: {workers: 400, calls: [{to: app, timeout: 5s}]}
  |                                    ^^^
  |
  = help: a `timeout` below 1s, or a bound on the wait such as `wait: 200ms`
";
    assert!(check.out.starts_with(wanted), "{}", check.out);
    assert_eq!(check.last_error_line(), "exit 0: no mistakes in 1 file, 1 hazard");
}

#[test]
fn the_base_is_reviewed_and_variants_where_they_are_asked_for() {
    let home = folder();
    write(home.path(), "shop.yaml", INVERTED);
    let lines = |args: &[&str]| -> Vec<(Value, Value)> {
        let check = firedrill(home.path(), &[&["check", "--json", "shop.yaml"], args].concat());
        let read = |line: &str| serde_json::from_str::<Value>(line).expect("a JSON line");
        check.out.lines().map(read).map(|line| (line["code"].clone(), line["variant"].clone())).collect()
    };
    let code = Value::from("hazard/timeout-inversion");
    assert_eq!(lines(&[]), [(code.clone(), Value::Null)]);
    assert_eq!(lines(&["--variant", "longer"]), [(code.clone(), "longer".into())]);
    assert_eq!(lines(&["--variant", "fixed"]), []);
    assert_eq!(lines(&["--all-variants"]), [(code.clone(), Value::Null), (code, "longer".into())]);
    let unknown = firedrill(home.path(), &["check", "shop.yaml", "--variant", "fixde"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("did you mean `fixed`?"), "{}", unknown.err);
}

#[test]
fn denied_hazards_fail_unless_the_scenario_accepts_them() {
    let home = folder();
    write(home.path(), "shop.yaml", INVERTED);
    let code = |file: &str, rule: &str| firedrill(home.path(), &["check", file, "--deny", rule]).code;
    assert_eq!(code("shop.yaml", "hazards"), Some(10));
    assert_eq!(code("shop.yaml", "timeout-inversion"), Some(10));
    assert_eq!(code("shop.yaml", "hazard/timeout-inversion"), Some(10));
    assert_eq!(code("shop.yaml", "stampede"), Some(0));
    assert_eq!(code("shop.yaml", "stampde"), Some(2));
    for accepted in ["[timeout-inversion]", "{hazard/timeout-inversion: the proxy goes next month}"] {
        write(home.path(), "known.yaml", &format!("{INVERTED}accept_hazards: {accepted}\n"));
        assert_eq!(code("known.yaml", "hazards"), Some(0), "{accepted}");
    }
    let check = firedrill(home.path(), &["check", "known.yaml"]);
    assert!(check.out.starts_with("accepted: hazard/timeout-inversion: users waits 1s for web"), "{}", check.out);
    assert!(check.out.contains("(the proxy goes next month)"), "{}", check.out);
    assert_eq!(check.last_error_line(), "exit 0: no mistakes in 1 file, 1 hazard accepted");
    let json = firedrill(home.path(), &["check", "--json", "known.yaml"]).out;
    let line: Value = serde_json::from_str(json.trim()).expect("one line");
    assert_eq!((&line["severity"], &line["reason"]), (&"accepted".into(), &"the proxy goes next month".into()));
}

#[test]
fn an_accepted_rule_must_be_one() {
    let home = folder();
    write(home.path(), "shop.yaml", &format!("{INVERTED}accept_hazards: [timeout-invasion]\n"));
    let check = firedrill(home.path(), &["check", "shop.yaml"]);
    assert_eq!(check.code, Some(2));
    assert!(check.out.contains("did you mean `timeout-inversion`?"), "{}", check.out);
}

#[test]
fn every_line_is_as_its_schema_says() {
    let home = folder();
    write(home.path(), "shop.yaml", INVERTED);
    write(home.path(), "wrong.yaml", &INVERTED.replace("to: app", "to: apple"));
    let schema: Value = serde_json::from_str(&firedrill(home.path(), &["schema", "check"]).out).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let lines = firedrill(home.path(), &["check", "--json", "."]).out;
    assert!(lines.lines().count() >= 2, "{lines}");
    for line in lines.lines() {
        assert!(schema.is_valid(&serde_json::from_str(line).expect("JSON")), "{line}");
    }
}

#[test]
fn a_rule_is_explained_and_listed() {
    let home = folder();
    let page = firedrill(home.path(), &["explain", "timeout-inversion"]).out;
    assert!(page.starts_with("timeout-inversion (hazard)") && page.contains("N / mu"), "{page}");
    let code = firedrill(home.path(), &["explain", "hazard/cold-cache"]).out;
    assert!(code.starts_with("cold-cache (hazard)"), "{code}");
    let list = firedrill(home.path(), &["list", "--json"]).out;
    let all: Value = serde_json::from_str(&list).expect("JSON");
    let kinds = all["kinds"].as_array().expect("kinds");
    assert!(kinds.iter().any(|kind| kind["name"] == "stampede" && kind["sort"] == "hazard"));
}
