//! The report of a day: findings, timeline, post-mortem, action items, and what was predicted beside what was observed.

use super::{BASE, SELLS, STAND_INS, folder, gameday, in_peace, plan, read, write};

#[test]
fn a_day_becomes_a_page_with_findings_and_tasks() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(BASE, &[("slow-cache", SELLS)]));
    let held = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], "go\n@13s m users <wait> | longer\n");
    assert_eq!(held.code, Some(10), "{}", held.said());
    let done = gameday(home.path(), &["report", "reports/day.gameday"], "");
    assert_eq!(done.code, Some(0), "{}", done.said());
    let page = read(home.path(), "reports/day.gameday/report.md");
    for part in [
        "# Game day day",
        "When it is slow-cache, the shop sells, because it asks elsewhere.",
        "slow-cache: `success(users) >= 99% during slow-cache` broke: expected ≥ 99%, it was ",
        "| note: users &lt;wait> \\| longer |",
        "slow-cache begins on web->cache",
        "slow-cache ends",
        "users while slow-cache lasted: ",
        "- [ ] slow-cache: `success(users)",
        "- [ ] Hold day again",
        "success(users) >= 99% (steady state after the roll-back)",
    ] {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    let note = page.find("note: users").expect("it is there");
    let (begins, ends) = (page.find("slow-cache begins on"), page.find("slow-cache ends"));
    assert!(begins < Some(note) && Some(note) < ends, "the timeline is in order");
    let html = read(home.path(), "reports/day.gameday/report.html");
    assert!(html.contains("users &lt;wait&gt; | longer") && html.contains("type=\"checkbox\""), "{html}");
}

#[test]
fn a_breaker_that_opens_late_is_in_the_timeline_and_a_finding() {
    let home = folder();
    let scenario = "name: late-breaker
length: 30s
warmup: 1s
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 100/s}
services:
  web: {workers: 64, work: 1ms, calls: [{to: db, timeout: 100ms, optional: true, breaker: {window: 60, failures: 80%}}]}
  db: {work: 1ms}
faults:
  refused: {kind: refuse, on: web->db, at: 10s, for: 5s}
expect: [success(users) >= 99%]
";
    write(home.path(), "shop.yaml", scenario);
    let lines: &[&str] = &["errors(web->db, kind=refused) <= 5% during refused", "opens(web->db) >= 1 during refused"];
    write(home.path(), "day.yaml", &plan("scenario: shop.yaml\n", &[("refused", lines)]));
    let held = gameday(home.path(), &["run", "day.yaml", "--speed", "max"], "go\n");
    assert_eq!(held.code, Some(10), "{}", held.said());
    assert_eq!(gameday(home.path(), &["report", "reports/day.gameday"], "").code, Some(0));
    let page = read(home.path(), "reports/day.gameday/report.md");
    assert!(page.contains("the breaker of web->db opened") && page.contains("attempts had failed since 10s"), "{page}");
    assert!(page.contains("refused: `errors(web->db, kind=refused) <= 5% during refused` broke"), "{page}");
}

/// In the simulated world, then with stand-ins in real time.
#[test]
fn a_day_held_twice_shows_what_was_predicted_and_observed() {
    let home = folder();
    write(home.path(), "shop.yaml", STAND_INS);
    let text = plan("scenario: shop.yaml\n", &[("late", &["p50(users) >= 40ms during late"])])
        .replace("within: 5s", "within: 1s")
        .replace("success(users) >= 99%", "success(users) >= 50%");
    write(home.path(), "day.yaml", &text);
    for world in ["sim", "live"] {
        let held = in_peace(home.path(), &["run", "day.yaml", "--world", world, "--speed", "max"], "go\n");
        assert_eq!(held.code, Some(0), "{world}: {}", held.said());
    }
    assert_eq!(gameday(home.path(), &["report", "reports/day.gameday"], "").code, Some(0));
    let page = read(home.path(), "reports/day.gameday/report.md");
    for part in
        ["held live", "## Predicted and observed", "### late, client users", "| phase | p99 predicted | p99 observed |"]
    {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    let row = page.lines().find_map(|line| line.strip_prefix("| during late | ")).expect("a row of the fault");
    for p99 in row.split(" | ").take(2) {
        let late: f64 = p99.strip_suffix("ms").and_then(|figure| figure.parse().ok()).expect("so many milliseconds");
        assert!(late >= 40.0, "{row}");
    }
    let html = read(home.path(), "reports/day.gameday/report.html");
    assert!(html.contains("Predicted and observed, client users") && html.contains("stroke-dasharray"), "no picture");
}

#[test]
fn a_folder_without_a_day_is_refused() {
    let home = folder();
    let done = gameday(home.path(), &["report", "."], "");
    assert!(done.code == Some(2) && done.err.contains("no game day was kept in ."), "{}", done.said());
}
