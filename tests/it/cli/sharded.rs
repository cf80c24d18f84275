//! `run --shard` and `merge`: the reports, the last line and the exit code of the run in one piece, byte for byte but for how long it took.

use super::{HOLDING, Ran, files, firedrill, folder, program, ran, scenario, write};
use std::collections::BTreeSet;
use std::path::Path;

const SELECTION: [&str; 6] = ["run", "drills", "--all-variants", "--seeds", "3", "--tag=drill"];
/// Every format but `ndjson`, which is written while runs go on.
const FORMATS: [&str; 14] = [
    "--output=text",
    "--output=json=DIR/{run}.json",
    "--output=html",
    "--output=recording",
    "--output=csv=DIR/all.csv",
    "--output=hlog",
    "--output=hgrm=DIR/{run}.hgrm",
    "--output=trace",
    "--output=junit=DIR/junit.xml",
    "--output=tap=DIR/all.tap",
    "--output=github=DIR/github.txt",
    "--output=md=DIR/all.md",
    "--output=openmetrics=DIR/all.prom",
    "--output=text=DIR/all.txt",
];

fn drills(home: &Path) {
    let tagged = |text: String| text.replace("length: 12s", "tags: [drill]\nlength: 12s");
    // A bound amid what three seeds measure: which of them breaks is found out by playing.
    let lines = ["offered(users) > 99.9/s whole", "p99(users) < 60ms during late", "p99.9(users) < 1s whole"];
    write(home, "drills/torn.yaml", &tagged(scenario("torn", &lines)));
    write(home, "drills/calm.yaml", &tagged(scenario("calm", HOLDING)));
    write(home, "drills/other.yaml", &scenario("other", HOLDING));
}

/// Without the figures of the wall clock, which no two runs share.
fn plain(text: &str) -> String {
    let ends: [(&str, &[char]); 5] = [
        ("\"wall_s\":", &[',', '}', '\n']),
        (" time=\"", &['"']),
        ("<dt>wall time</dt><dd>", &['<']),
        ("data:application/json;base64,", &['"']),
        (" played in ", &['\n', ',']),
    ];
    let mut text = text.to_owned();
    for (key, ends) in ends {
        let mut parts = text.split(key);
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            masked += key;
            masked += &part[part.find(ends).unwrap_or(part.len())..];
        }
        text = masked;
    }
    text.lines().filter(|line| !line.starts_with("Simulated ")).map(|line| format!("{line}\n")).collect()
}

fn written(home: &Path, out: &str) -> Vec<(String, String)> {
    let root = home.join(out);
    let read = |name: String| {
        let text = std::fs::read_to_string(root.join(&name)).expect("it is UTF-8");
        (name, plain(&text))
    };
    files(&root).into_iter().map(read).collect()
}

/// The selection or the merge with every format into a folder of its own.
fn told(home: &Path, args: &[&str], out: &str) -> (Ran, String) {
    let formats = FORMATS.map(|format| format.replace("DIR", out));
    let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
    let done = firedrill(home, &[args, &formats, &["--out", out]].concat());
    let said = plain(&done.out).replace(out, "DIR");
    (done, said)
}

fn part(home: &Path, shard: &str, out: &str, more: &[&str]) -> String {
    let done = firedrill(home, &[&SELECTION[..], &["--shard", shard, "--out", out], more].concat());
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let file = format!("{out}/run.{}.json", shard.replace(':', "-").replace('/', "-of-"));
    let text = std::fs::read_to_string(home.join(&file)).expect("the shard's file is there");
    assert_eq!(done.out, text, "the line and the file are the same");
    assert!(done.last_error_line().starts_with(&format!("exit 0: shard {shard}: ")), "{}", done.err);
    file
}

#[test]
fn merged_is_what_one_process_writes() {
    let home = folder();
    drills(home.path());
    let (whole, said) = told(home.path(), &SELECTION, "one-piece");
    assert_eq!(whole.code, Some(10), "{}{}", whole.out, whole.err);
    let wanted = written(home.path(), "one-piece");
    assert!(wanted.len() > 40, "{} files", wanted.len());
    for (of, deal) in [(1, ""), (3, ""), (8, ""), (3, "hash:")] {
        let out = format!("of-{of}{}", deal.replace(':', ""));
        let parts: Vec<String> =
            (1..=of).rev().map(|number| part(home.path(), &format!("{deal}{number}/{of}"), &out, &[])).collect();
        let words: Vec<&str> = std::iter::once("merge").chain(parts.iter().map(String::as_str)).collect();
        // One twice, as an engine that tries again leaves it.
        let (merged, told) = told(home.path(), &[&words[..], &[parts[0].as_str()]].concat(), "merged");
        assert_eq!((merged.code, merged.last_line()), (whole.code, whole.last_line()), "{}{}", merged.out, merged.err);
        assert_eq!(told, said, "{of} {deal}");
        let found = written(home.path(), "merged");
        assert_eq!(found.len(), wanted.len());
        for ((name, one), (other_name, other)) in found.iter().zip(&wanted) {
            assert_eq!(name, other_name);
            assert!(*one == other.replace("one-piece/", "merged/"), "{name} differs for {of} {deal}");
        }
        std::fs::remove_dir_all(home.path().join("merged")).expect("it is there");
    }
    assert_eq!(files(&home.path().join("of-3")).len(), 3, "a shard leaves one file");
}

#[test]
fn what_does_not_fit_together_is_refused_and_what_is_missing_is_named() {
    let home = folder();
    drills(home.path());
    let shards = ["1/3", "2/3", "3/3"].map(|shard| part(home.path(), shard, "shards", &[]));
    let merge = |files: &[&str], more: &[&str]| firedrill(home.path(), &[&["merge"], files, more].concat());
    let missing = merge(&[&shards[0], &shards[2]], &[]);
    assert!(missing.code == Some(2) && missing.err.contains("1 of 3 shards are missing: 2/3"), "{}", missing.err);
    let partial = merge(&[&shards[0], &shards[1]], &["--partial", "-q"]);
    assert_eq!(partial.code, Some(10), "{}", partial.err);
    assert!(partial.last_line().ends_with("; 6 of 18 runs are missing"), "{}", partial.out);
    let held = part(home.path(), "1/2", "calm", &["--filter", "name(calm)"]);
    let held = merge(&[&held], &["--partial", "-q"]);
    assert_eq!(held.code, Some(12), "what is not there cannot hold: {}", held.out);
    for (more, wanted) in [
        (&["--set", "clients.users.rate=90/s"][..], "different plans: calm.seeds-1-to-3"),
        (&["--seed", "9"], "different selections: not all have calm.seeds-1-to-3"),
        (&["--filter", "name(calm)"], "different selections: not all have torn.seeds-1-to-3"),
    ] {
        let other = part(home.path(), "2/3", "other", more);
        let mixed = merge(&[&shards[0], &other, &shards[2]], &[]);
        assert!(mixed.code == Some(2) && mixed.err.contains(wanted), "{}", mixed.err);
    }
    let old = std::fs::read_to_string(home.path().join(&shards[1])).expect("it is there");
    write(home.path(), "old.json", &old.replace(env!("CARGO_PKG_VERSION"), "0.0.9"));
    let mixed = merge(&[&shards[0], "old.json", &shards[2]], &[]);
    assert!(mixed.code == Some(2) && mixed.err.contains("different versions of the program: "), "{}", mixed.err);
    let others = merge(&["old.json", "--partial"], &[]);
    assert!(others.code == Some(2) && others.err.contains("played by version 0.0.9, and this is"), "{}", others.err);
    let by_name = part(home.path(), "hash:2/3", "named", &[]);
    let mixed = merge(&[&shards[0], &by_name, &shards[2]], &[]);
    assert!(
        mixed.code == Some(2)
            && mixed.err.contains(
                "by number (k/n) and by name (hash:k/n)\n  shards/run.1-of-3.json\n  named/run.hash-2-of-3.json\n"
            ),
        "{}",
        mixed.err
    );
    write(home.path(), "torn.json", &old[..old.len() / 2]);
    let torn = merge(&["torn.json"], &[]);
    assert!(torn.code == Some(2) && torn.err.contains("torn.json holds no results"), "{}", torn.err);
    let gone = merge(&["gone.json"], &[]);
    assert!(gone.code == Some(2) && gone.err.contains("gone.json: No such file"), "{}", gone.err);
}

#[test]
fn by_name_a_run_stays_where_it_is() {
    let home = folder();
    drills(home.path());
    let listed = |more: &[&str]| {
        let done =
            firedrill(home.path(), &[&["run", "drills", "--shard", "hash:1/2", "--list", "--json"], more].concat());
        let value: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
        let runs = value["runs"].as_array().expect("runs").iter();
        runs.map(|run| (run["scenario"].to_string(), run["seed"].as_u64())).collect::<BTreeSet<_>>()
    };
    let (few, more) = (listed(&["--seeds", "6", "--tag", "drill"]), listed(&["--seeds", "9"]));
    assert!((2..=10).contains(&few.len()), "{few:?}");
    assert!(few.is_subset(&more), "{few:?} {more:?}");
}

#[test]
fn engines_hand_out_runs_and_a_shard_writes_no_reports() {
    let home = folder();
    drills(home.path());
    let wanted = std::fs::read_to_string(home.path().join(part(home.path(), "2/3", "by-hand", &[]))).expect("written");
    let mut slurm = program(home.path());
    slurm.args(SELECTION).args(["--out", "slurm"]);
    slurm.env("SLURM_ARRAY_TASK_ID", "5").env("SLURM_ARRAY_TASK_MIN", "4").env("SLURM_ARRAY_TASK_COUNT", "3");
    let done = ran(slurm.output().expect("the program starts"));
    assert!(done.code == Some(0) && plain(&done.out) == plain(&wanted), "{}", done.err);
    assert!(done.err.contains("note: this is shard 2/3, as the environment"), "{}", done.err);
    let mut pod = program(home.path());
    pod.args(SELECTION).args(["--list", "--json"]).env("JOB_COMPLETION_INDEX", "1").env("SHARDS", "3");
    let listed: serde_json::Value = serde_json::from_str(&ran(pod.output().expect("it starts")).out).expect("JSON");
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(6));
    for (args, wanted) in [
        (&["--shard", "0/3"][..], "`0/3` is no shard"),
        (&["--shard", "4/3"], "`4/3` is no shard"),
        (&["--shard", "hash:1"], "`1` is no shard"),
    ] {
        let refused = firedrill(home.path(), &[&["run", "drills"], args].concat());
        assert!(refused.code == Some(2) && refused.err.contains(wanted), "{}", refused.err);
    }
    // A profile may ask for reports of every run.
    let noted = firedrill(home.path(), &["run", "drills", "--shard", "1/3", "--output", "junit"]);
    assert!(noted.code == Some(0) && noted.err.contains("note: a shard writes no reports"), "{}", noted.err);
}

#[test]
fn baselines_are_judged_where_all_runs_meet() {
    let home = folder();
    write(
        home.path(),
        "drills/calm.yaml",
        &scenario("calm", HOLDING).replace("length: 12s", "tags: [drill]\nlength: 12s"),
    );
    let saved = firedrill(home.path(), &["baseline", "save", "drills", "--all-variants", "--seeds", "3"]);
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    write(
        home.path(),
        "drills/calm.yaml",
        &scenario("calm", HOLDING)
            .replace("length: 12s", "tags: [drill]\nlength: 12s")
            .replace("work: 1ms", "work: 9ms"),
    );
    let beside = ["--baseline", "baselines"];
    let (whole, said) = told(home.path(), &[&SELECTION[..], &beside].concat(), "one-piece");
    assert_eq!(whole.code, Some(11), "{}{}", whole.out, whole.err);
    let bare = part(home.path(), "1/2", "bare", &[]);
    let parts = ["1/2", "2/2"].map(|shard| part(home.path(), shard, "parts", &beside));
    let words = ["merge", &parts[0], &parts[1], "--baseline", "baselines"];
    let (merged, told) = told(home.path(), &words, "merged");
    assert_eq!((merged.code, told), (whole.code, said), "{}", merged.err);
    let without = firedrill(home.path(), &["merge", &bare, &bare.replace("1-of", "2-of"), "--baseline", "baselines"]);
    assert_eq!(without.code, Some(2), "{}", without.err);
    let missing = firedrill(home.path(), &[&SELECTION[..], &["--shard", "1/2", "--baseline", "nowhere"]].concat());
    assert!(missing.code == Some(2) && missing.err.contains("there is no baseline"), "{}", missing.err);
}

#[test]
fn runs_are_handed_to_slurm_as_shards() {
    let home = folder();
    drills(home.path());
    let program = env!("CARGO_BIN_EXE_firedrill");
    let words = ["run", "drills/calm.yaml", "--all-variants", "--seeds", "4"];
    let args = [&["emit", "slurm", "--shards", "3", "--program", program, "--"], &words[..]].concat();
    let emitted = firedrill(home.path(), &args);
    assert_eq!(emitted.code, Some(0), "{}", emitted.err);
    assert!(emitted.out.starts_with("3 shards of 12 runs in reports/calm.slurm\n"), "{}", emitted.out);
    let job = home.path().join("reports/calm.slurm");
    // What the two nodes of tests/it/explore/engines.rs do with it, without them.
    let task = |script: &str, task: Option<u32>| {
        let mut shell = std::process::Command::new("sh");
        shell.arg(script).current_dir(&job);
        for variable in ["CI", "GITHUB_ACTIONS"] {
            shell.env_remove(variable);
        }
        if let Some(task) = task {
            shell.env("SLURM_ARRAY_TASK_ID", task.to_string()).env("SLURM_ARRAY_TASK_MIN", "1");
            shell.env("SLURM_ARRAY_TASK_COUNT", "3");
        }
        ran(shell.output().expect("sh runs"))
    };
    for number in 1..=3 {
        let done = task("array.sbatch", Some(number));
        assert_eq!(done.code, Some(0), "{}", done.err);
    }
    let merged = task("merge.sbatch", None);
    assert_eq!(
        (merged.code, merged.last_line()),
        (Some(0), "exit 0: all 3 runs held, each over 4 seeds"),
        "{}",
        merged.err
    );
    assert!(job.join("calm.wide.seeds-1-to-4/report.html").exists());
    for (words, wanted) in [
        (&["run", "drills"][..], "the runs of one scenario at a time"),
        (&["run", "drills/calm.yaml", "--shard", "1/2"], "are the engine's to give"),
        (&["run", "drills/calm.yaml", "--output", "json"], "are the engine's to give"),
        (&["run", "drills/clam.yaml"], "did you mean `drills/calm.yaml`?"),
        (&["plan", "drills/calm.yaml"], "only a sweep, an edge, a hunt or runs"),
    ] {
        let refused = firedrill(home.path(), &[&["emit", "slurm", "--"], words].concat());
        assert!(refused.code == Some(2) && refused.err.contains(wanted), "{}", refused.err);
    }
}
