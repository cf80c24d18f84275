//! What the README says works: its commands run, its scenario plays.

use std::path::Path;
use std::process::Command;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md can be read")
}

fn blocks(language: &str) -> Vec<String> {
    let (text, fence) = (readme(), format!("```{language}\n"));
    let parts = text.split(fence.as_str()).skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A folder in which the repository's scenarios lie, as in a clone.
fn clone() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    std::os::unix::fs::symlink(scenarios, folder.path().join("scenarios")).expect("a link can be made");
    folder
}

#[test]
fn the_commands_of_the_readme_run() {
    let folder = clone();
    let program = Path::new(env!("CARGO_BIN_EXE_firedrill"));
    let path = format!(
        "{}:{}",
        program.parent().expect("it lies in a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut played = 0;
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let command = line.split('#').next().unwrap_or_default().trim();
        if !command.starts_with("firedrill ") {
            continue;
        }
        // Playing in real time is what tests/it/live.rs does.
        let real = command.contains("--world live") && !command.contains("--dry-run");
        let command = if real { format!("{command} --dry-run") } else { command.to_owned() };
        let output = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).env("PATH", &path).output();
        let output = output.expect("sh runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "`{command}` ended with {}:\n{said}", output.status);
        played += 1;
    }
    assert!(played >= 7, "only {played} commands were found in the README");
}

#[test]
fn the_scenario_of_the_readme_plays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenarios = blocks("yaml");
    assert_eq!(scenarios.len(), 1);
    std::fs::write(folder.path().join("checkout.yaml"), &scenarios[0]).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    let output = command.args(["run", "checkout.yaml"]).current_dir(folder.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
}

#[test]
fn the_game_day_of_the_guide_is_the_built_in_one() {
    let file = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).expect("it can be read")
    };
    let (guide, scenario) = (file("docs/live.md"), file("scenarios/game-day.yaml"));
    assert!(guide.contains(&format!("```yaml\n{scenario}```\n")), "docs/live.md shows another scenarios/game-day.yaml");
}
