//! A grid, its table, CSV and page; a sample; what is refused; a kill in the middle.

use super::{command, firedrill, folder, read, shop};
use std::time::{Duration, Instant};

#[test]
fn a_grid_shows_what_survives() {
    let home = folder();
    shop(home.path());
    let done = firedrill(
        home.path(),
        &[
            "sweep",
            "shop.yaml",
            "--vary",
            "services.web.workers=4,8,16",
            "--vary",
            "clients.users.rate=50/s..250/s:100/s",
            "--seeds",
            "3",
        ],
    );
    assert_eq!(done.code, Some(0), "{}", done.said());
    let row = |workers: &str, rate: &str| -> Vec<String> {
        let found = done.out.lines().find(|line| line.split_whitespace().take(2).eq([workers, rate]));
        found
            .unwrap_or_else(|| panic!("{workers} {rate}: {}", done.out))
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(row("16", "50/s")[2..4], ["3/3", "survives"]);
    assert_eq!(row("8", "50/s")[2..4], ["3/3", "survives"]);
    assert_eq!(row("4", "250/s")[2], "0/3");
    assert!(done.out.ends_with("degrades\n") || done.out.ends_with("recover\n"), "{}", done.out);
    let csv = read(home.path(), "reports/shop.sweep/sweep.csv");
    assert_eq!(csv.lines().count(), 10, "{csv}");
    assert!(csv.starts_with("services.web.workers,clients.users.rate,runs,survives,degrades,does_not_recover,cannot_tell,why,min of success"), "{csv}");
    let page = read(home.path(), "reports/shop.sweep/report.html");
    assert!(page.contains("What survives, by clients.users.rate") && page.contains("3/3"), "no picture");
    assert!(!home.path().join("reports/shop.sweep/journal.ndjson").exists());
}

#[test]
fn a_sample_needs_no_steps_and_is_the_same_for_the_same_seed() {
    let home = folder();
    shop(home.path());
    let args = [
        "sweep",
        "shop.yaml",
        "--vary",
        "services.web.workers=4..16",
        "--vary",
        "services.web.work=exp(20ms..80ms)",
        "--samples",
        "12",
        "--json",
    ];
    let (one, two) = (firedrill(home.path(), &args), firedrill(home.path(), &args));
    assert_eq!(one.code, Some(0), "{}", one.said());
    assert_eq!(one.out, two.out);
    let results: serde_json::Value = serde_json::from_str(&one.out).expect("it is JSON");
    assert_eq!(results["head"]["points"].as_array().map(Vec::len), Some(12));
    assert!(
        results["head"]["points"][0][1]
            .as_str()
            .is_some_and(|value| value.starts_with("exp(") && value.ends_with("ms)"))
    );
}

#[test]
fn what_cannot_be_varied_is_told_before_anything_is_played() {
    let home = folder();
    shop(home.path());
    let refused = |vary: &str, words: &str| {
        let done = firedrill(home.path(), &["sweep", "shop.yaml", "--vary", vary]);
        assert!(done.code == Some(2) && done.err.contains(words), "{vary}: {}", done.said());
    };
    refused("services.wbe.workers=1..3:1", "did you mean `web`?");
    refused("services.web.workers=1..3", "has no step");
    refused("services.web.workers=1,none", "is not a whole number");
    refused("services.web.workers", "PATH=VALUES");
    refused("clients.users.rate=1/s..10/m:1/s", "the same unit");
    assert!(!home.path().join("reports").exists());
}

#[test]
fn a_sweep_that_was_killed_goes_on_where_it_was() {
    let home = folder();
    shop(home.path());
    let args = ["sweep", "shop.yaml", "--vary", "services.web.workers=4..16:1", "--seeds", "200", "--jobs", "2"];
    let whole = firedrill(home.path(), &[&args[..], &["--out", "whole"]].concat());
    assert_eq!(whole.code, Some(0), "{}", whole.said());
    let mut killed = command(home.path(), &args).spawn().expect("the program starts");
    let journal = home.path().join("reports/shop.sweep/journal.ndjson");
    let begun = Instant::now();
    while std::fs::metadata(&journal).map_or(0, |data| data.len()) < 20_000 {
        assert!(
            begun.elapsed() < Duration::from_secs(60) && killed.try_wait().expect("a child").is_none(),
            "it was over too soon"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().and_then(|()| killed.wait().map(drop)).expect("it runs");
    let kept = std::fs::read_to_string(&journal).expect("it is there").lines().count();
    assert!(kept > 10, "{kept} lines");
    let again = firedrill(home.path(), &args);
    assert_eq!(again.code, Some(0), "{}", again.said());
    let file = "shop.sweep/results.json";
    assert!(
        read(home.path(), &format!("reports/{file}")) == read(home.path(), &format!("whole/{file}")),
        "the results differ"
    );
    assert!(!journal.exists());
}
