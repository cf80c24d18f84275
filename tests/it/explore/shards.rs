//! Shards and their merge: the same bytes as in one piece; what does not fit together is refused.

use super::{command, ended, firedrill, folder, read, shop};
use std::path::Path;

const SWEEP: [&str; 6] = ["sweep", "shop.yaml", "--vary", "services.web.workers=4..12:2", "--seeds", "7"];
const EDGE: [&str; 12] = [
    "edge",
    "shop.yaml",
    "--vary",
    "clients.users.rate=60/s..260/s",
    "--vary",
    "services.web.workers=6,8",
    "--seeds",
    "3",
    "--within",
    "10%",
    "--set",
    "length=14s",
];
const HUNT: [&str; 12] = [
    "hunt",
    "shop.yaml",
    "--hold",
    "success(users) >= 95%",
    "--fault",
    "slow:web<=4",
    "--fault",
    "surge",
    "--runs",
    "14",
    "--searches",
    "5",
];

fn part_of(home: &Path, words: &[&str], number: usize, of: usize) -> String {
    let shard = format!("{number}/{of}");
    let out = format!("of-{of}");
    let done = firedrill(home, &[words, &["--shard", &shard, "--out", &out]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let file = format!("{out}/shop.{}.{number}-of-{of}.json", words[0]);
    assert_eq!(read(home, &file), done.out, "the file and the line are the same");
    file
}

fn part(home: &Path, number: usize, of: usize) -> String {
    part_of(home, &SWEEP, number, of)
}

/// However it is cut, what is merged has the same bytes as one process writes.
fn merged_is_the_same(words: &[&str], code: i32, written: &[&str]) {
    let home = folder();
    shop(home.path());
    let whole = firedrill(home.path(), words);
    assert_eq!(whole.code, Some(code), "{}", whole.said());
    for of in [1, 3, 8] {
        let files: Vec<String> = (1..=of).rev().map(|number| part_of(home.path(), words, number, of)).collect();
        // One twice, as an engine that tries again leaves it.
        let mut args = vec!["merge", "--out", "merged", files[0].as_str()];
        args.extend(files.iter().map(String::as_str));
        let merged = firedrill(home.path(), &args);
        assert_eq!(merged.code, Some(code), "{}", merged.said());
        for file in written {
            let file = format!("shop.{}/{file}", words[0]);
            let (one, other) = (format!("reports/{file}"), format!("merged/{file}"));
            assert!(read(home.path(), &one) == read(home.path(), &other), "{file} differs for {of} shards");
            if file.ends_with(".json") {
                fits_its_schema(home.path(), words[0], &read(home.path(), &one));
            }
        }
        let folder = format!("of-{of}/shop.{}", words[0]);
        assert!(!home.path().join(folder).exists(), "a shard leaves one file");
    }
}

fn fits_its_schema(home: &Path, of: &str, text: &str) {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("it is JSON");
    let schema = json(&firedrill(home, &["schema", of]).out);
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = schema.iter_errors(&json(text)).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{of}: {errors:#?}");
}

#[test]
fn a_merged_sweep_is_the_same_as_in_one_piece() {
    merged_is_the_same(&SWEEP, 0, &["results.json", "sweep.csv", "report.html"]);
}

#[test]
fn a_merged_edge_is_the_same_as_in_one_piece() {
    merged_is_the_same(&EDGE, 0, &["edge.json", "report.html"]);
}

#[test]
fn a_merged_hunt_is_the_same_as_in_one_piece() {
    merged_is_the_same(&HUNT, 10, &["hunt.json", "found.yaml"]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let home = folder();
    shop(home.path());
    let (one, two) = (part(home.path(), 1, 3), part(home.path(), 3, 3));
    let missing = firedrill(home.path(), &["merge", &one, &two]);
    assert!(missing.code == Some(2) && missing.err.contains("1 of 3 shards are missing: 2/3"), "{}", missing.said());
    let other = firedrill(
        home.path(),
        &[
            "sweep",
            "shop.yaml",
            "--vary",
            "services.web.workers=4..12:2",
            "--seeds",
            "7",
            "--set",
            "clients.users.rate=90/s",
            "--shard",
            "2/3",
            "--out",
            "other",
        ],
    );
    assert_eq!(other.code, Some(0), "{}", other.said());
    let mixed = firedrill(home.path(), &["merge", &one, &two, "other/shop.sweep.2-of-3.json"]);
    assert!(mixed.code == Some(2) && mixed.err.contains("different plans"), "{}", mixed.said());
    std::fs::create_dir(home.path().join("hunts")).expect("it can be made");
    let hunt = [&HUNT[..], &["--shard", "5/5", "--out", "hunts"]].concat();
    let hunt = firedrill(home.path(), &hunt);
    assert_eq!(hunt.code, Some(0), "{}", hunt.said());
    let commands = firedrill(home.path(), &["merge", &one, "hunts"]);
    assert!(commands.code == Some(2) && commands.err.contains("different commands"), "{}", commands.said());
    for of_runs in [&["--baseline", "kept"][..], &["--fail-on", "broken"], &["--flaky-result", "fail"], &["--partial"]]
    {
        let ran = firedrill(home.path(), &[&["merge", &one][..], of_runs].concat());
        assert!(ran.code == Some(2) && ran.err.contains(&format!("{} is for runs", of_runs[0])), "{}", ran.said());
    }
    let none = firedrill(home.path(), &["merge", "shop.yaml"]);
    assert!(none.code == Some(2) && none.err.contains("holds no results"), "{}", none.said());
}

#[test]
fn engines_hand_out_the_parts() {
    let home = folder();
    shop(home.path());
    let expected = part(home.path(), 2, 3);
    let mut slurm = command(home.path(), &[&SWEEP[..], &["--out", "slurm"]].concat());
    slurm.env("SLURM_ARRAY_TASK_ID", "5").env("SLURM_ARRAY_TASK_MIN", "4").env("SLURM_ARRAY_TASK_COUNT", "3");
    let done = ended(slurm.output().expect("the program starts"));
    assert!(done.code == Some(0) && done.out == read(home.path(), &expected), "{}", done.said());
    let mut pod = command(home.path(), &[&SWEEP[..], &["--out", "pod"]].concat());
    pod.env("JOB_COMPLETION_INDEX", "1").env("SHARDS", "3");
    let done = ended(pod.output().expect("the program starts"));
    assert!(done.code == Some(0) && done.out == read(home.path(), &expected), "{}", done.said());
}
