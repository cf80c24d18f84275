//! The plan: new ones have blanks, blanks and mistakes are named all at once, and the roll-back is rehearsed.

use super::{BASE, FIXED, SELLS, folder, gameday, plan, read, write};

#[test]
fn a_new_plan_has_blanks_that_check_names_with_line_and_column() {
    let home = folder();
    let made = gameday(home.path(), &["new", "day.yaml", "--scenario", "game-day"], "");
    assert_eq!(made.code, Some(0), "{}", made.said());
    let text = read(home.path(), "day.yaml");
    for hint in [
        "  slow-cache: ",
        "  full-disk: ",
        "  dead-cache: ",
        "the scenario says: recovery(users) <= 6s after dead-cache",
    ] {
        assert!(text.contains(hint), "{hint} is missing in\n{text}");
    }
    let again = gameday(home.path(), &["new", "day.yaml"], "");
    assert!(again.code == Some(2) && again.err.contains("is there already"), "{}", again.said());
    let checked = gameday(home.path(), &["check", "day.yaml"], "");
    assert_eq!(checked.code, Some(2), "{}", checked.said());
    let blanks = checked.err.matches("is blank").count();
    for path in [
        "steady_state",
        "hypotheses.slow-cache.when",
        "hypotheses.dead-cache.expect",
        "rollback.within",
        "roles.observers",
        "calendar.ends",
    ] {
        assert!(checked.err.contains(&format!("`{path}` is blank")), "{path}: {}", checked.err);
    }
    let line = text.lines().position(|line| line.trim_start().starts_with("coordinator:")).expect("it is there") + 1;
    assert!(checked.err.contains(&format!("day.yaml:{line}:16")), "line {line}: {}", checked.err);
    assert!(
        checked.err.contains(&format!("exit 2: {blanks} blanks in day.yaml")) && blanks >= 25,
        "{blanks}: {}",
        checked.err
    );
    let run = gameday(home.path(), &["run", "day.yaml"], "go\n");
    assert!(run.code == Some(2) && !home.path().join("reports").exists(), "{}", run.said());
}

#[test]
fn blanks_and_mistakes_are_named_together() {
    let home = folder();
    let lines: &[&str] = &["success(user) >= 99% during slow-cache", "TODO"];
    write(
        home.path(),
        "day.yaml",
        &plan(BASE, &[("slow-cahce", lines)])
            .replace("owner: Ada", "owner: \"\"")
            .replace("stop_if: [errors(users) > 99% for 20s]", "stop_if: [errors(users) > 99%]\nlunch: noon"),
    );
    let checked = gameday(home.path(), &["check", "day.yaml"], "");
    assert_eq!(checked.code, Some(2), "{}", checked.said());
    for told in [
        "`roles.owner` is blank",
        "`hypotheses.slow-cahce.expect` is blank",
        "fault `slow-cache` of the scenario has no hypothesis",
        "the scenario has no fault `slow-cahce`",
        "unknown key `lunch`",
        "stop_if",
    ] {
        assert!(checked.err.contains(told), "{told}: {}", checked.err);
    }
    assert!(
        checked.err.lines().last().is_some_and(|last| last.starts_with("exit 2: 2 blanks and ")),
        "{}",
        checked.err
    );
}

#[test]
fn lines_that_do_not_compile_are_shown_where_they_stand() {
    let home = folder();
    let text = plan(BASE, &[("slow-cache", &["success(user) >= 99% during slow-cache"])])
        .replace("  - success(users) >= 99%\n", "  - success(users) >= 99% during slow-cache\n");
    write(home.path(), "day.yaml", &text);
    let checked = gameday(home.path(), &["check", "day.yaml"], "");
    let line = text.lines().position(|line| line.contains("success(user)")).expect("it is there") + 1;
    assert!(checked.code == Some(2) && checked.err.contains(&format!("day.yaml:{line}:17")), "{}", checked.said());
    write(home.path(), "day.yaml", &text.replace("success(user)", "success(users)"));
    let checked = gameday(home.path(), &["check", "day.yaml"], "");
    assert!(checked.code == Some(2) && checked.err.contains("says when it holds"), "{}", checked.said());
}

#[test]
fn the_roll_back_is_rehearsed_and_one_that_fails_refuses_the_day() {
    let home = folder();
    write(home.path(), "good.yaml", &plan(FIXED, &[("slow-cache", SELLS)]));
    let good = gameday(home.path(), &["check", "good.yaml"], "");
    assert_eq!(good.code, Some(0), "{}", good.said());
    assert!(
        good.out.contains("slow-cache: healed at 18s, looked at from 23s: the steady state is back"),
        "{}",
        good.out
    );
    // A threshold that the system never meets.
    let strict = plan(FIXED, &[("slow-cache", SELLS)]).replace("  - success(users) >= 99%\n", "  - p99(users) < 1ms\n");
    write(home.path(), "bad.yaml", &strict);
    for command in [&["check", "bad.yaml"][..], &["run", "bad.yaml", "--speed", "max"]] {
        let bad = gameday(home.path(), command, "go\n");
        assert!(bad.code == Some(10) && bad.err.contains("does not bring the steady state back"), "{}", bad.said());
    }
    assert!(!home.path().join("reports").exists());
}

#[test]
fn a_live_plan_shows_what_it_would_touch() {
    let home = folder();
    write(home.path(), "day.yaml", &plan(FIXED, &[("slow-cache", SELLS)]));
    let checked = gameday(home.path(), &["check", "day.yaml", "--world", "live"], "");
    assert_eq!(checked.code, Some(0), "{}", checked.said());
    for told in [
        "the steady state is back",
        "With slow-cache a live day would",
        "redis-server --port",
        "on the proxy of `web->cache`",
    ] {
        assert!(checked.out.contains(told), "{told}: {}", checked.out);
    }
    assert!(!home.path().join("state").exists(), "nothing was touched");
}
