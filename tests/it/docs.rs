//! What the README and the guide for CI say works: their commands run, their scenarios play.

use firedrill::judge::ExitCode;
use std::path::Path;
use std::process::Command;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).expect("it can be read")
}

fn blocks(name: &str, language: &str) -> Vec<String> {
    let (text, fence) = (page(name), format!("```{language}\n"));
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

/// Where `firedrill` is this program.
fn path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_firedrill"));
    let others = std::env::var("PATH").unwrap_or_default();
    format!("{}:{others}", program.parent().expect("it lies in a folder").display())
}

#[test]
fn the_commands_of_the_readme_run() {
    let (folder, path) = (clone(), path());
    let mut played = 0;
    for line in blocks("README.md", "sh").iter().flat_map(|block| block.lines()) {
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
    let scenarios = blocks("README.md", "yaml");
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

/// Runs a command of the guide for CI; the exit code that it announces, or 0.
fn in_ci(folder: &Path, command: &str, code: i32) {
    let mut shell = Command::new("sh");
    for variable in ["CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"] {
        shell.env_remove(variable);
    }
    let output = shell.args(["-c", command]).current_dir(folder).env("PATH", path()).output().expect("sh runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "`{command}`:\n{said}");
}

/// The commands on one's own machine come first and make the folder; the jobs then play in it.
#[test]
fn the_guide_for_ci_works() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for line in blocks("docs/ci.md", "sh").iter().flat_map(|block| block.lines()) {
        let (command, remark) = line.split_once('#').unwrap_or((line, ""));
        let code = remark.trim().strip_prefix("exit ").and_then(|rest| rest.split(':').next()?.parse().ok());
        in_ci(folder.path(), command.trim(), code.unwrap_or(0));
    }
    std::fs::remove_dir_all(folder.path().join("reports")).expect("reports were written");
    let jobs: Vec<String> = ["yaml", "groovy"].iter().flat_map(|language| blocks("docs/ci.md", language)).collect();
    assert_eq!(jobs.len(), 5);
    for job in jobs {
        let lines: Vec<&str> = job
            .lines()
            .map(|line| line.trim().trim_start_matches("- "))
            .filter(|line| line.starts_with("firedrill "))
            .collect();
        let (seeds, last) = match lines[..] {
            [one] => ("", one),
            [shard, merge] => {
                for number in 1..=4 {
                    let github = shard.replace("${{ matrix.shard }}", &number.to_string());
                    in_ci(folder.path(), &format!("CI_NODE_INDEX={number} CI_NODE_TOTAL=4; {github}"), 0);
                }
                (".seeds-1-to-20", merge)
            }
            _ => panic!("{job}"),
        };
        in_ci(folder.path(), last, 0);
        for file in ["checkout{}/report.html", "checkout.few-workers{}/recording.json", "junit.xml"] {
            let file = file.replace("{}", seeds);
            assert!(folder.path().join("reports").join(&file).exists(), "{file} is missing after {last}");
        }
        std::fs::remove_dir_all(folder.path().join("reports")).expect("reports were written");
        let _ = std::fs::remove_dir_all(folder.path().join("shards"));
    }
}

#[test]
fn the_guide_for_ci_names_every_exit_code() {
    let guide = page("docs/ci.md");
    for code in ExitCode::BY_RANK.map(ExitCode::number) {
        let named = [format!("| {code} |"), format!("| {code}, "), format!(", {code} |")];
        assert!(named.iter().any(|name| guide.contains(name)), "{code} is missing");
    }
}
