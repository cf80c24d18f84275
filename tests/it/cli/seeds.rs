//! `run --seeds N`: several seeds judged together, alone and with variants.

use super::{HOLDING, Ran, files, firedrill, folder, scenario, write};
use serde_json::Value;
use std::path::Path;

fn json(home: &Path, args: &[&str]) -> (Ran, Value) {
    let done = firedrill(home, &[args, &["--output", "json"]].concat());
    let value = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    (done, value)
}

#[test]
fn seeds_that_all_hold_are_told_with_share_and_mean() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", &["success(users) >= 99% whole", "goodput(users) > 50/s whole"]));
    let held = firedrill(home.path(), &["run", "s.yaml", "--seeds", "3"]);
    assert_eq!(
        (held.code, held.last_line()),
        (Some(0), "exit 0: 2 of 2 expectations held over 3 seeds"),
        "{}",
        held.out
    );
    assert!(held.out.contains("Over 3 seeds (1 to 3): 3 of 3 hold (100%, 95% CI 43.9% to 100%)\n"), "{}", held.out);
    assert!(held.out.contains("Expectations, seed 1, the first\n"), "{}", held.out);
    let reports = ["junit.xml", "recording.json", "report.html", "result.json"];
    assert_eq!(files(&home.path().join("reports")), reports.map(|name| format!("s.seeds-1-to-3/{name}")));
    let (_, value) = json(home.path(), &["run", "s.yaml", "--seeds", "3", "--seed", "2"]);
    let seeds: Vec<u64> =
        value["seeds"]["runs"].as_array().expect("runs").iter().filter_map(|run| run["seed"].as_u64()).collect();
    assert_eq!(seeds, [2, 3, 4]);
    // The joint figures are those that each seed gives alone.
    let goodput = &value["seeds"]["expectations"][1];
    let alone = |seed: &str| json(home.path(), &["run", "s.yaml", "--seed", seed]).1;
    let each: Vec<f64> =
        ["2", "3", "4"].iter().filter_map(|seed| alone(seed)["expectations"][1]["measured"].as_f64()).collect();
    assert_eq!(goodput["measured"], serde_json::json!(each));
    let mean = goodput["mean"]["mean"].as_f64().expect("a mean");
    assert!((mean - each.iter().sum::<f64>() / 3.0).abs() < 1e-9);
    assert_eq!(alone("2")["seeds"], Value::Null, "one seed alone is no sample");
}

#[test]
fn a_line_that_breaks_under_one_seed_is_broken_and_that_seed_is_reported() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", &["offered(users) > 0/s whole"]));
    // The number of requests is random: a bound between those of two seeds breaks for one of them.
    let (_, value) = json(home.path(), &["run", "s.yaml", "--seeds", "2"]);
    let each = &value["seeds"]["expectations"][0]["measured"];
    let (first, second) = (each[0].as_f64().expect("a rate"), each[1].as_f64().expect("a rate"));
    assert_ne!(first, second);
    let bound = format!("offered(users) {} {}/s whole", if first > second { ">" } else { "<" }, (first + second) / 2.0);
    write(home.path(), "t.yaml", &scenario("t", &[&bound]));
    let broken = firedrill(home.path(), &["run", "t.yaml", "--seeds", "2"]);
    assert_eq!((broken.code, broken.last_line()), (Some(10), "exit 10: 1 of 1 expectation broken over 2 seeds"));
    for part in
        ["1 of 2 hold (50%, 95% CI 9.45% to 90.5%)", "not holding: seed 2\n", "seed 2, the first that does not hold"]
    {
        assert!(broken.out.contains(part), "{part} is missing in:\n{}", broken.out);
    }
    let (_, value) = json(home.path(), &["run", "t.yaml", "--seeds", "2"]);
    assert_eq!((&value["seed"], &value["verdict"]), (&2.into(), &"broken".into()));
    assert_eq!(value["seeds"]["expectations"][0]["verdicts"], serde_json::json!(["holds", "broken"]));
}

#[test]
fn the_number_of_jobs_changes_no_byte_of_a_result() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    let played = |jobs: &str| {
        let args =
            ["run", "s.yaml", "--seeds", "6", "--all-variants", "--jobs", jobs, "--output", "json=out/{run}.json"];
        let done = firedrill(home.path(), &args);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        let read = |variant: &str| {
            let path = home.path().join(format!("out/s{variant}.seeds-1-to-6.json"));
            let text = std::fs::read_to_string(path).expect("the result is there");
            // How long it took is the one thing that may differ.
            text.lines().filter(|line| !line.contains("\"wall_s\"")).map(|line| format!("{line}\n")).collect::<String>()
        };
        ["", ".narrow", ".wide"].map(read)
    };
    let one = played("1");
    assert!(one[0].contains("recording_digest"));
    assert_eq!(one, played("2"));
    assert_eq!(one, played("5"));
    let wrong = firedrill(home.path(), &["run", "s.yaml", "--jobs", "0"]);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn variants_are_compared_with_the_base_seed_by_seed() {
    let home = folder();
    write(
        home.path(),
        "s.yaml",
        &scenario("s", &["p50(users) < 1s during late", "success(users) >= 99% whole"]).replace(
            "wide: {title: Many workers, set: {services.web.workers: 64}}",
            "quick: {title: Quicker, set: {services.web.work: 1ms}}",
        ),
    );
    let all = firedrill(home.path(), &["run", "s.yaml", "--seeds", "4", "--all-variants", "--no-fail"]);
    assert!(all.out.contains("Against the base, seed by seed\n"), "{}", all.out);
    assert!(all.out.contains("p50(users) < 1s during late: better: -4ms, 95% CI"), "{}", all.out);
    assert!(all.last_line().ends_with(", each over 4 seeds"), "{}", all.out);
    let text = std::fs::read_to_string(home.path().join("reports/s.quick.seeds-1-to-4/result.json")).expect("written");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let pair = &value["seeds"]["against_base"][0];
    assert_eq!((&pair["pairs"], &pair["change"]), (&4.into(), &"better".into()), "{pair}");
    let difference = pair["difference"].as_f64().expect("a figure");
    assert!((difference + 0.004).abs() < 0.0005, "web is 4 ms quicker: {difference}");
    let alone = firedrill(home.path(), &["run", "s.yaml", "--variant", "quick", "--seeds", "4"]);
    assert!(
        !alone.out.contains("Against the base"),
        "without the base there is nothing to compare with: {}",
        alone.out
    );
}
