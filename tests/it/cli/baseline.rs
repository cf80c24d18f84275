//! Baselines from save to accept, and what cannot be compared.

use super::{Ran, files, firedrill, folder, program, ran, write};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

const SHOP: &str = "name: shop
length: 60s
warmup: 5s
seed: 3
clients:
  users: {calls: {to: web, timeout: 2s}, rate: 100/s}
services:
  web: {workers: 100, work: exp(20ms)}
faults:
  slower: {kind: slow, on: web, factor: 2, at: 30s, for: 10s}
expect:
  - success(users) >= 90% whole
";
const WORSE: [&str; 2] = ["--set", "services.web.work=exp(30ms)"];

fn shop() -> tempfile::TempDir {
    let home = folder();
    write(home.path(), "shop.yaml", SHOP);
    home
}

fn run(home: &Path, more: &[&str]) -> Ran {
    firedrill(home, &[&["run", "shop.yaml", "--baseline", "baselines"], more].concat())
}

fn accept(home: &Path, answer: &str) -> Ran {
    let mut command = program(home);
    command.args(["baseline", "accept"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("piped").write_all(answer.as_bytes()).expect("it listens");
    ran(child.wait_with_output().expect("it ends"))
}

#[test]
fn from_save_over_a_regression_to_accept() {
    let home = shop();
    let home = home.path();
    let missing = run(home, &[]);
    assert_eq!(missing.code, Some(2), "{}", missing.err);
    assert!(
        missing.err.contains("there is no baseline baselines/shop.json") && files(&home.join("reports")).is_empty()
    );
    assert_eq!(run(home, &["--baseline-lenient"]).code, Some(0));

    let saved = firedrill(home, &["baseline", "save", "shop.yaml"]);
    assert_eq!((saved.code, saved.last_line()), (Some(0), "exit 0: 1 baseline saved"), "{}", saved.err);
    let file = home.join("baselines/shop.json");
    let first = std::fs::read(&file).expect("it was written");
    firedrill(home, &["baseline", "save", "shop.yaml"]);
    assert_eq!(std::fs::read(&file).expect("it was written"), first, "the same bytes");
    let listed = firedrill(home, &["baseline", "list"]);
    assert!(listed.out.starts_with("shop  sim, 60s, seed 3, "), "{}", listed.out);
    assert!(firedrill(home, &["baseline", "show", "shop"]).out.contains("  users, whole: p50 "));

    let same = run(home, &[]);
    assert_eq!(same.code, Some(0), "{}", same.out);
    assert!(same.out.contains("recorded byte for byte as before"), "{}", same.out);

    let worse = run(home, &WORSE);
    assert_eq!(worse.code, Some(11), "{}", worse.out);
    assert!(
        worse.last_line().starts_with("exit 11: regression against the baseline baselines/shop.json: p"),
        "{}",
        worse.out
    );
    let read = |name: &str| std::fs::read_to_string(home.join("reports/shop").join(name)).expect("a report");
    let result: Value = serde_json::from_str(&read("result.json")).expect("JSON");
    assert_eq!((&result["exit_code"], &result["baseline"]["outcome"]), (&11.into(), &"regressed".into()));
    assert!(
        read("junit.xml").contains("type=\"regression\"") && read("report.html").contains("<section id=\"baseline\">")
    );
    assert_eq!(run(home, &[&WORSE[..], &["--fail-on", "broken"]].concat()).code, Some(0));

    let skipped = accept(home, "s\n");
    assert!(
        skipped.out.contains("regressed") && skipped.out.contains("0 of 1 changed baseline accepted"),
        "{}",
        skipped.out
    );
    assert_eq!(std::fs::read(&file).expect("it is there"), first);
    let accepted = accept(home, "what\ny\n");
    assert_eq!(accepted.last_line(), "exit 0: 1 of 1 changed baseline accepted");
    assert_eq!(run(home, &WORSE).code, Some(0));
    let better = run(home, &[]);
    assert_eq!(better.code, Some(0));
    assert!(better.out.contains("improved"), "{}", better.out);

    assert_eq!(firedrill(home, &["baseline", "rm", "shop"]).code, Some(0));
    assert_eq!(firedrill(home, &["baseline", "rm", "shop"]).code, Some(2));
}

#[test]
fn in_ci_nothing_is_accepted() {
    let home = shop();
    firedrill(home.path(), &["baseline", "save", "shop.yaml"]);
    let first = std::fs::read(home.path().join("baselines/shop.json")).expect("it was written");
    run(home.path(), &WORSE);
    let mut command = program(home.path());
    let refused = ran(command.args(["baseline", "accept", "--all"]).env("CI", "true").output().expect("it starts"));
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.out.contains("regressed") && refused.err.contains("never accepted in CI"), "{}", refused.err);
    assert_eq!(std::fs::read(home.path().join("baselines/shop.json")).expect("it is there"), first);
    assert_eq!(firedrill(home.path(), &["baseline", "accept", "--all"]).code, Some(0));
    assert_ne!(std::fs::read(home.path().join("baselines/shop.json")).expect("it is there"), first);
    assert_eq!(firedrill(home.path(), &["baseline", "accept"]).code, Some(4), "nothing is left to accept");
}

#[test]
fn runs_of_another_load_or_length_are_refused_before_they_are_played() {
    let home = shop();
    firedrill(home.path(), &["baseline", "save", "shop.yaml"]);
    let other = run(home.path(), &["--set", "length=61s"]);
    assert_eq!(other.code, Some(2));
    assert!(other.err.contains("`length` differs: 60s in the baseline, 61s now"), "{}", other.err);
    let other = run(home.path(), &["--set", "clients.users.rate=150/s"]);
    assert!(other.err.contains("`clients.users.arrivals` differs") && other.code == Some(2), "{}", other.err);
    assert!(files(&home.path().join("reports")).is_empty());
    let forced = run(home.path(), &["--set", "length=61s", "--force-compare"]);
    assert!(forced.out.contains("compared by force, although `length` differs"), "{}", forced.out);
    assert_ne!(forced.code, Some(2));
}

#[test]
fn seeds_are_compared_in_pairs() {
    let home = shop();
    let saved = firedrill(home.path(), &["baseline", "save", "shop.yaml", "--seeds", "6"]);
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    let worse = run(home.path(), &[&WORSE[..], &["--seeds", "6"]].concat());
    assert_eq!(worse.code, Some(11), "{}", worse.out);
    assert!(worse.out.contains("6 seeds up, 0 down, p 0.031"), "{}", worse.out);
    let same = run(home.path(), &["--seeds", "6"]);
    assert!(same.code == Some(0) && same.out.contains("6 seeds recorded byte for byte as before"), "{}", same.out);
}

#[test]
fn recordings_are_compared_with_each_other_and_with_baselines() {
    let home = shop();
    let home = home.path();
    firedrill(home, &["run", "shop.yaml", "--out", "a"]);
    firedrill(home, &[&["run", "shop.yaml", "--out", "b"], &WORSE[..]].concat());
    let worse = firedrill(home, &["compare", "a/shop", "b/shop/recording.json"]);
    assert_eq!(worse.code, Some(11), "{}", worse.err);
    assert!(worse.out.contains("regressed  p50(users) whole"), "{}", worse.out);
    let json = firedrill(home, &["compare", "a/shop", "b/shop", "--json"]);
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, value["outcome"].as_str()), (Some(11), Some("regressed")));
    let saved = firedrill(home, &["baseline", "save", "a/shop"]);
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    let same = firedrill(home, &["compare", "shop", "a/shop"]);
    assert_eq!(same.last_line(), "exit 0: nothing regressed: same");
    let unknown = firedrill(home, &["compare", "shp", "a/shop"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("did you mean `shop`?"), "{}", unknown.err);
}
