//! The day: one fault at a time, decisions, notes, aborts, and what is kept.

use super::{BASE, FIXED, SELLS, STAND_INS, folder, gameday, in_peace, plan, read, write};
use serde_json::Value;

/// The log of the day.
fn log(home: &std::path::Path, world: &str) -> Value {
    serde_json::from_str(&read(home, &format!("reports/day.gameday/{world}/day.json"))).expect("it is JSON")
}

fn moments(log: &Value, what: &str) -> Vec<Value> {
    let all = log["moments"].as_array().expect("a list").iter();
    all.filter(|one| one["what"] == what).cloned().collect()
}

#[test]
fn each_fault_is_played_alone_after_a_go() {
    let home = folder();
    let hypotheses: &[(&str, &[&str])] = &[
        ("slow-cache", &["success(users) >= 99%", "p50(users) >= 60ms during slow-cache"]),
        ("full-disk", &["success(users) >= 99%"]),
        ("dead-cache", &["recovery(users) <= 6s after dead-cache"]),
    ];
    write(home.path(), "day.yaml", &plan("scenario: game-day\n", hypotheses));
    let done = gameday(
        home.path(),
        &["run", "day.yaml", "--speed", "max"],
        "go\nm it is quiet\ngo\n@20s m the disk is full\ngo\n",
    );
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert!(done.out.ends_with("exit 0: 3 of 3 hypotheses held\n"), "{}", done.out);
    let log = log(home.path(), "sim");
    assert_eq!((moments(&log, "go").len(), log["exit"].as_u64()), (3, Some(0)));
    let notes = moments(&log, "note");
    assert_eq!((notes[0]["text"].as_str(), notes[1]["text"].as_str()), (Some("it is quiet"), Some("the disk is full")));
    assert_eq!(notes[1]["fault"], "full-disk");
    let at = notes[1]["at"].as_u64().expect("a moment of the run");
    assert!((20_000_000_000..20_500_000_000).contains(&at), "{at}");
    for (number, fault) in ["slow-cache", "full-disk", "dead-cache"].iter().enumerate() {
        let name = format!("reports/day.gameday/sim/{}-{fault}.json", number + 1);
        let recording: Value = serde_json::from_str(&read(home.path(), &name)).expect("it is JSON");
        let faults = recording["plan"]["faults"].as_array().expect("a list");
        assert!(faults.len() == 1 && faults[0]["name"] == *fault, "{faults:?}");
        let events = recording["events"].to_string();
        assert!(events.contains(&format!("{fault} begins")) && events.contains(&format!("{fault} ends")), "{events}");
    }
}

#[test]
fn a_hypothesis_that_breaks_is_ten_and_nothing_else_stops_for_it() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(BASE, &[("slow-cache", SELLS)]));
    let done = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], "go\n");
    assert_eq!(done.code, Some(10), "{}", done.said());
    assert!(done.out.contains("of 2 lines broken"), "{}", done.out);
    assert!(done.out.contains("steady state after the roll-back: holds"), "{}", done.out);
}

#[test]
fn without_a_go_no_fault_is_played() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(FIXED, &[("slow-cache", SELLS)]));
    for orders in ["no-go\n", "", "perhaps\nno\n"] {
        let done = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], orders);
        assert!(done.code == Some(13) && done.out.ends_with("exit 13: no-go before slow-cache\n"), "{}", done.said());
        assert!(!home.path().join("reports/day.gameday/sim/1-slow-cache.json").exists(), "{orders}");
    }
}

#[test]
fn an_abort_ends_the_day_with_thirteen() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(FIXED, &[("slow-cache", SELLS)]));
    let done = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], "go\n@14s a\n");
    assert_eq!(done.code, Some(13), "{}", done.said());
    assert!(done.out.ends_with("exit 13: aborted in slow-cache; everything was undone\n"), "{}", done.out);
    let recording: Value =
        serde_json::from_str(&read(home.path(), "reports/day.gameday/sim/1-slow-cache.json")).expect("it is JSON");
    let at = recording["cut_short"]["at"].as_u64().expect("it was cut short");
    assert!((14_000_000_000..14_500_000_000).contains(&at), "{at}");
    assert_eq!(recording["cut_short"]["guardrail"], true);
}

#[test]
fn a_player_is_told_neither_faults_nor_hypotheses() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(BASE, &[("slow-cache", SELLS)]));
    let done = gameday(home.path(), &["run", "day.yaml", "--speed", "max", "--player"], "go\n@13s m users wait\n");
    assert_eq!(done.code, Some(10), "{}", done.said());
    let said = format!("{}{}", done.out, done.err);
    for secret in ["slow-cache", "latency", "web->cache", "success(users)", "recovery"] {
        assert!(!said.contains(secret), "{secret} leaks:\n{said}");
    }
    assert!(said.contains("go or no-go for fault 1?") && said.contains("noted: users wait"), "{said}");
}

#[test]
fn a_stop_line_of_the_plan_ends_the_day() {
    let home = folder();
    let text = plan(BASE, &[("slow-cache", SELLS)]).replace("errors(users) > 99% for 20s", "p50(users) > 1s for 2s");
    write(home.path(), "day.yaml", &text);
    let done = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], "go\n");
    assert_eq!(done.code, Some(13), "{}", done.said());
}

/// Stand-ins in real time; the abort undoes everything within a second.
#[test]
fn a_live_day_is_held_and_aborted() {
    let home = folder();
    write(home.path(), "shop.yaml", STAND_INS);
    let lines: &[&str] = &["p50(users) >= 40ms during late"];
    let text = plan("scenario: shop.yaml\nworld: live\n", &[("late", lines)])
        .replace("within: 5s", "within: 1s")
        .replace("success(users) >= 99%", "success(users) >= 50%");
    write(home.path(), "day.yaml", &text);
    let done = in_peace(home.path(), &["run", "day.yaml"], "go\n@1s m begun\n");
    assert_eq!(done.code, Some(0), "{}", done.said());
    let held = log(home.path(), "live");
    assert_eq!(moments(&held, "note")[0]["text"], "begun");
    let aborted = in_peace(home.path(), &["run", "day.yaml"], "go\n@3s a\n");
    assert_eq!(aborted.code, Some(13), "{}", aborted.said());
    let held = log(home.path(), "live");
    let after = held["runs"][0]["undone_after_s"].as_f64().expect("it was aborted");
    assert!(after < 1.0, "undone after {after} s");
}
