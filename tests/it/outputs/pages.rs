//! Pages for people in CI: the annotations and the step summary of GitHub Actions, and the comment on a pull request.

use super::{folder, play, play_in};

#[test]
fn github_actions_gets_annotations_at_the_right_lines_and_a_summary() {
    let folder = folder();
    let below = folder.path().join("drills");
    std::fs::create_dir(&below).expect("a folder");
    std::fs::rename(folder.path().join("shop.yaml"), below.join("shop.yaml")).expect("moved");
    let page = folder.path().join("summary.md");
    std::fs::write(&page, "What another command of this step wrote.\n").expect("written");
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let (root, page_at) = (text(folder.path()), text(&page));
    let variables =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", root.as_str()), ("GITHUB_STEP_SUMMARY", page_at.as_str())];
    let (said, _) = play_in(&below, &variables, &["run", "shop.yaml"], 10);
    let commands: Vec<&str> = said.lines().filter(|line| line.starts_with("::")).collect();
    let start = "::error file=drills/shop.yaml,line=14,col=5,title=shop%3A p50(users) < 1ms during late::measured ";
    assert!(commands.iter().any(|line| line.starts_with(start)), "{said}");
    assert!(commands.iter().any(|line| line.starts_with("::warning file=drills/shop.yaml,line=15,col=5,")), "{said}");
    assert!(said.contains("BROKEN p50(users)") && said.ends_with("exit 10: 1 of 3 expectations broken\n"), "{said}");
    let line = std::fs::read_to_string(below.join("shop.yaml")).expect("there").lines().nth(13).map(str::to_owned);
    assert_eq!(line.as_deref(), Some("  - p50(users) < 1ms during late"));
    let summary = std::fs::read_to_string(&page).expect("there");
    assert!(summary.starts_with("What another command"), "{summary}");
    for part in
        ["| **BROKEN** | `shop` |", "`shop.yaml:14:5`", "[late─", "▁", "`firedrill run shop.yaml --seed 1 --world sim`"]
    {
        assert!(summary.contains(part), "{part} is not in\n{summary}");
    }
    // Files are there as well, and nothing is annotated that was not asked for.
    assert!(below.join("reports/shop/junit.xml").exists());
    let (said, _) = play_in(&below, &variables, &["run", "shop.yaml", "--output", "tap"], 10);
    assert!(!said.contains("::error"), "{said}");
}

#[test]
fn a_long_summary_stays_below_the_limit() {
    let folder = folder();
    let page = folder.path().join("summary.md");
    std::fs::write(&page, "x".repeat(998_000)).expect("written");
    let variables = [("GITHUB_STEP_SUMMARY", page.to_str().expect("UTF-8"))];
    let (said, _) =
        play_in(folder.path(), &variables, &["run", "shop.yaml", "--all-variants", "--output", "github"], 10);
    assert!(said.lines().all(|line| line.starts_with("::")), "{said}");
    let summary = std::fs::read_to_string(&page).expect("there");
    assert!(summary.len() <= 1_000_000 && summary.len() > 998_500, "{} bytes", summary.len());
    assert!(summary.ends_with("the reports hold all of it.\n"), "{}", &summary[998_000..]);
}

#[test]
fn a_comment_is_small_and_says_what_broke() {
    let folder = folder();
    play(folder.path(), &["run", "shop.yaml", "--all-variants", "--output", "md=comment.md"], 10);
    let comment = std::fs::read_to_string(folder.path().join("comment.md")).expect("there");
    assert!(comment.len() < 64 * 1024 && comment.starts_with("<!-- firedrill -->\n"), "{comment}");
    assert!(comment.contains("## firedrill: 2 of 2 runs do not hold"), "{comment}");
    assert!(comment.contains("| **BROKEN** | `p50(users) < 1ms during late` | measured "), "{comment}");
}
