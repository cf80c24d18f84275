//! `.config/firedrill.toml`: what counts where several say something, what is told of it, and mistakes in it.

use super::{Ran, firedrill, folder, program, ran, scenario, write};
use std::path::Path;

const CONFIG: &str = "[profile.default.run]
seeds = 2
out = \"kept\"

[profile.ci.run]
scenarios = [\"s.yaml\"]
seeds = 3
all-variants = true

[profile.nightly]
inherits = \"ci\"

[profile.nightly.run]
seeds = 4
";

fn home() -> tempfile::TempDir {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", &["success(users) >= 99% whole"]));
    std::fs::create_dir_all(home.path().join(".config")).expect("a folder");
    write(home.path(), ".config/firedrill.toml", CONFIG);
    home
}

fn with(home: &Path, variables: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = program(home);
    ran(command.envs(variables.iter().copied()).args(args).output().expect("the program starts"))
}

#[test]
fn the_nearer_counts_command_line_environment_profile_what_it_inherits_default() {
    let home = home();
    let seeds = |variables: &[(&str, &str)], args: &[&str]| {
        let ran = with(home.path(), variables, &[&["run"], args].concat());
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let from = ran.last_line().find("over ").map_or(0, |at| at + "over ".len());
        ran.last_line()[from..].trim_end_matches(" seeds").to_owned()
    };
    assert_eq!(seeds(&[], &["s.yaml"]), "2");
    assert_eq!(seeds(&[], &["--profile", "ci"]), "3");
    assert_eq!(seeds(&[], &["--profile", "nightly"]), "4");
    assert_eq!(seeds(&[("FIREDRILL_PROFILE", "nightly")], &[]), "4");
    assert_eq!(seeds(&[("FIREDRILL_RUN_SEEDS", "5")], &["--profile", "nightly"]), "5");
    assert_eq!(seeds(&[("FIREDRILL_RUN_SEEDS", "5")], &["--profile", "nightly", "--seeds", "6"]), "6");
    assert!(home.path().join("kept").is_dir(), "every profile inherits the default");
}

#[test]
fn what_was_taken_is_told_and_what_the_command_line_excludes_is_left_out() {
    let home = home();
    let ran = firedrill(home.path(), &["run", "--profile", "ci", "--variant", "wide", "--seeds", "1"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("config: s.yaml (profile ci, .config/firedrill.toml:6:1)"), "{}", ran.err);
    assert!(ran.err.contains("config: --out=kept (profile default, .config/firedrill.toml:3:1)"), "{}", ran.err);
    assert!(!ran.err.contains("all-variants") && !ran.err.contains("--seeds"), "{}", ran.err);
    let quiet = firedrill(home.path(), &["run", "--profile", "ci", "--quiet"]);
    assert!(!quiet.err.contains("config:"), "{}", quiet.err);
    // From a folder below as well, and not where another file is named.
    std::fs::create_dir_all(home.path().join("deep/er")).expect("folders");
    let below = firedrill(&home.path().join("deep/er"), &["show-config", "run", "--origin"]);
    assert!(below.out.contains("seeds = 2") && below.out.contains(".config/firedrill.toml:2:1"), "{}", below.out);
    write(home.path(), "other.toml", "[profile.default.run]\nseeds = 7\n");
    let other = firedrill(home.path(), &["show-config", "--config-file", "other.toml"]);
    assert!(other.out.contains("[run]\nseeds = 7\n") && !other.out.contains("kept"), "{}", other.out);
}

#[test]
fn show_config_says_where_each_value_comes_from() {
    let home = home();
    let shown =
        with(home.path(), &[("FIREDRILL_RUN_JOBS", "1")], &["show-config", "run", "--origin", "--profile", "nightly"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(
        shown.out.starts_with("# .config/firedrill.toml, profile nightly, then ci, then default\n"),
        "{}",
        shown.out
    );
    let has = |words: &[&str]| {
        let found = shown.out.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "{words:?}:\n{}", shown.out);
    };
    has(&["seeds = 4", "# profile nightly, .config/firedrill.toml:14:1"]);
    has(&["scenarios = \"s.yaml\"", "# profile ci, "]);
    has(&["out = \"kept\"", "# profile default, "]);
    has(&["jobs = 1", "# environment, FIREDRILL_RUN_JOBS"]);
    has(&["fail-on = [\"broken\", \"regression\", \"inconclusive\"]", "# default"]);
    has(&["# variant is not set", "# default"]);
    // What it prints is a file that says the same.
    let table =
        firedrill(home.path(), &["show-config", "--profile", "ci"]).out.replace("[run]", "[profile.default.run]");
    write(home.path(), "again.toml", &table);
    let again = firedrill(home.path(), &["show-config", "--config-file", "again.toml"]);
    let settings = |text: &str| text.lines().filter(|line| line.contains(" = ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(settings(&again.out), settings(&table), "{}", again.err);
}

#[test]
fn mistakes_are_told_all_at_once_with_their_places() {
    let home = home();
    let wrong = "[profile.ci.run]\nsedes = 3\nquiet = \"yes\"\nseeds = [1, 2]\n\n[profile.ci.rnu]\n\n[profil.x]\n";
    write(home.path(), ".config/firedrill.toml", wrong);
    let ran = firedrill(home.path(), &["run", "s.yaml"]);
    assert_eq!((ran.code, ran.last_error_line()), (Some(2), "exit 2: wrong configuration"), "{}", ran.err);
    for words in [
        ".config/firedrill.toml:2:1: error: `firedrill run` has no option --sedes",
        "did you mean `seeds`?",
        ".config/firedrill.toml:3:9: error: --quiet is true or false",
        ".config/firedrill.toml:4:9: error: --seeds takes one value",
        ".config/firedrill.toml:6:13: error: `rnu` is no command",
        ".config/firedrill.toml:8:2: error: `profil` is no part of this file",
    ] {
        assert!(ran.err.contains(words), "{words}:\n{}", ran.err);
    }
    let refused = |config: &str, args: &[&str], variables: &[(&str, &str)], words: &[&str]| {
        write(home.path(), ".config/firedrill.toml", config);
        let ran = with(home.path(), variables, args);
        assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
        words.iter().for_each(|word| assert!(ran.err.contains(word), "{word}:\n{}", ran.err));
    };
    let run = ["run", "s.yaml"];
    refused(
        "[profile.default.run]\nseeds = \"many\"\n",
        &run,
        &[],
        &["'many'", "seeds (profile default, .config/firedrill.toml:2:1)"],
    );
    refused(
        "[profile.a]\ninherits = \"b\"\n[profile.b]\ninherits = \"a\"\n",
        &["run", "--profile", "a"],
        &[],
        &["inherits itself"],
    );
    refused(CONFIG, &["run", "--profile", "nigthly"], &[], &["no profile `nigthly`", "did you mean `nightly`?"]);
    refused("[profile.ci\n", &run, &[], &[".config/firedrill.toml:1:"]);
    refused(CONFIG, &run, &[("FIREDRILL_RUN_QUIET", "perhaps")], &["FIREDRILL_RUN_QUIET is 1 or 0"]);
    refused(CONFIG, &["run", "--config-file", "none.toml"], &[], &["none.toml cannot be read"]);
    std::fs::remove_file(home.path().join(".config/firedrill.toml")).expect("it was there");
    let none = firedrill(home.path(), &["run", "--profile", "ci", "s.yaml"]);
    assert!(none.code == Some(2) && none.err.contains("there is no configuration file"), "{}", none.err);
    let off = with(
        home.path(),
        &[("FIREDRILL_RUN_SEEDS", "3"), ("FIREDRILL_PROFILE", "ci")],
        &["run", "s.yaml", "--config-file", "none"],
    );
    assert_eq!(off.last_line(), "exit 0: 1 of 1 expectation held", "{}", off.err);
    let odd = with(home.path(), &[("FIREDRILL_RUN_SEDES", "3")], &["run", "s.yaml"]);
    assert!(odd.code == Some(0) && odd.err.contains("warning: FIREDRILL_RUN_SEDES is set"), "{}", odd.err);
}

#[test]
fn what_a_command_requires_may_stand_in_the_file() {
    let home = home();
    let bare = firedrill(home.path(), &["sweep", "s.yaml"]);
    assert_eq!((bare.code, bare.last_error_line()), (Some(2), "exit 2: wrong command line"), "{}", bare.err);
    write(home.path(), ".config/firedrill.toml", "[profile.ci.sweep]\nvary = [\"services.web.workers=8..16:8\"]\n");
    let swept = firedrill(home.path(), &["sweep", "s.yaml", "--profile", "ci"]);
    assert_eq!(swept.code, Some(0), "{}{}", swept.out, swept.err);
    let by_variable = with(home.path(), &[("FIREDRILL_SWEEP_VARY", "services.web.workers=4,8")], &["sweep", "s.yaml"]);
    assert_eq!(by_variable.code, Some(0), "{}{}", by_variable.out, by_variable.err);
}
