//! Which scenarios and variants are meant: `--filter`, `--tag`, `--skip-tag` on `run`, `check` and `list`.

use super::{HOLDING, firedrill, folder, scenario, write};
use serde_json::Value;
use std::path::Path;

fn drills(home: &Path) {
    for (name, tags) in [("storm", "[retry, slow]"), ("lost", "[retry]"), ("cold", "[cache]")] {
        let text = scenario(name, HOLDING).replace("length: 12s", &format!("tags: {tags}\nlength: 12s"));
        write(home, &format!("drills/{name}.yaml"), &text);
    }
}

/// The names of what would be played.
fn listed(home: &Path, args: &[&str]) -> Vec<String> {
    let done = firedrill(home, &[&["run", "drills", "--list", "--json"], args].concat());
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let value: Value = serde_json::from_str(&done.out).expect("JSON");
    let runs = value["runs"].as_array().expect("runs").iter();
    runs.map(|run| run["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn expressions_and_tags_choose_scenarios_and_variants() {
    let home = folder();
    drills(home.path());
    for (args, wanted) in [
        (&["--tag", "retry"][..], &["lost", "storm"][..]),
        (&["--tag", "retry", "--skip-tag", "slow"], &["lost"]),
        (&["--tag", "slow", "--tag", "cache"], &["cold", "storm"]),
        (&["--filter", "tag(retry) & !tag(slow)"], &["lost"]),
        (&["--filter", "name(st*m)", "--filter", "name(col)"], &["cold", "storm"]),
        (
            &["--filter", "variant(wide) | base() & tag(cache)", "--all-variants"],
            &["cold", "cold.wide", "lost.wide", "storm.wide"],
        ),
        (&["--filter", "name(lost)", "--seeds", "2"], &["lost.seeds-1-to-2.seed-1", "lost.seeds-1-to-2.seed-2"]),
    ] {
        assert_eq!(listed(home.path(), args), wanted, "{args:?}");
    }
    let played = firedrill(home.path(), &["run", "drills", "--tag", "retry", "--skip-tag", "slow"]);
    assert_eq!((played.code, played.last_line()), (Some(0), "exit 0: 2 of 2 expectations held"), "{}", played.out);
    let plain = firedrill(home.path(), &["run", "drills", "--tag", "retry", "--list"]);
    assert!(plain.out.contains("lost    firedrill run drills/lost.yaml --seed 1 --world sim\n"), "{}", plain.out);
    assert!(!home.path().join("reports/storm").exists(), "a list plays nothing");
}

#[test]
fn nothing_selected_ends_with_4_and_says_why() {
    let home = folder();
    drills(home.path());
    for (args, wanted) in [
        (["--tag", "retyr"], "help: no scenario has a tag `retyr`: did you mean `retry`?"),
        (["--filter", "variant(wide)"], "help: it chooses variants only: they are played with --all-variants"),
        (["--filter", "none()"], "help: `firedrill list FOLDER --json` shows"),
        (["--tag", "xyz"], "help: no scenario has a tag `xyz`: known are `cache`, `retry`, `slow`"),
    ] {
        let none = firedrill(home.path(), &[&["run", "drills"], &args[..]].concat());
        assert_eq!(
            (none.code, none.last_error_line()),
            (Some(4), "exit 4: 3 scenarios looked at, and none is selected")
        );
        assert!(none.err.contains(wanted), "{}", none.err);
    }
    let typo = firedrill(home.path(), &["run", "drills", "--filter", "!tag(slwo)", "--list"]);
    assert!(
        typo.code == Some(0) && typo.err.contains("note: no scenario has a tag `slwo`: did you mean `slow`?"),
        "{}",
        typo.err
    );
    let wrong = firedrill(home.path(), &["run", "drills", "--filter", "tag(retry) & nmae(x)"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("^^^^\n  did you mean `name`?"), "{}", wrong.err);
}

#[test]
fn what_cannot_be_read_is_never_left_out() {
    let home = folder();
    drills(home.path());
    write(home.path(), "drills/torn.yaml", "name: torn\ntags: [cache\n");
    let told = firedrill(home.path(), &["run", "drills", "--tag", "retry"]);
    assert!(told.code == Some(2) && told.err.contains("drills/torn.yaml"), "{}", told.err);
    // A mistake in what is not wanted is not told.
    write(home.path(), "drills/torn.yaml", "name: torn\ntags: [cache]\n");
    let held = firedrill(home.path(), &["run", "drills", "--tag", "retry"]);
    assert_eq!(held.code, Some(0), "{}", held.err);
}

#[test]
fn check_and_list_choose_alike() {
    let home = folder();
    drills(home.path());
    let checked = firedrill(home.path(), &["check", "drills", "--filter", "tag(retry) & !tag(slow)"]);
    assert!(checked.code == Some(0) && checked.err.contains("in 1 file"), "{}{}", checked.out, checked.err);
    let list = firedrill(home.path(), &["list", "drills", "--tag", "retry", "--json"]);
    let value: Value = serde_json::from_str(&list.out).expect("JSON");
    let own = value["scenarios"].as_array().expect("a list").iter().filter(|one| one["built_in"] == false);
    assert_eq!(own.map(|one| one["tags"].to_string()).collect::<Vec<_>>(), [r#"["retry"]"#, r#"["retry","slow"]"#]);
    assert_eq!(value["kinds"], serde_json::json!([]));
    let none = firedrill(home.path(), &["list", "drills", "--tag", "nobody-has-this"]);
    assert_eq!(none.code, Some(4), "{}", none.out);
    let tags = firedrill(home.path(), &["list", "tags"]);
    assert!(tags.code == Some(0) && tags.out.contains("  ladder "), "{}", tags.out);
    let built_in = firedrill(home.path(), &["run", "--tag", "ladder", "--list"]);
    assert!(built_in.out.lines().count() > 5 && built_in.out.contains("one-queue"), "{}", built_in.out);
}
