//! Shards and their merge: the same bytes as in one piece; what does not fit together is refused.

use super::{command, ended, firedrill, folder, read, shop};
use std::path::Path;

const SWEEP: [&str; 6] = ["sweep", "shop.yaml", "--vary", "services.web.workers=4..12:2", "--seeds", "7"];

fn part(home: &Path, number: usize, of: usize) -> String {
    let shard = format!("{number}/{of}");
    let out = format!("of-{of}");
    let done = firedrill(home, &[&SWEEP[..], &["--shard", &shard, "--out", &out]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let file = format!("{out}/shop.sweep.{number}-of-{of}.json");
    assert_eq!(read(home, &file), done.out, "the file and the line are the same");
    file
}

#[test]
fn merged_is_the_same_as_in_one_piece() {
    let home = folder();
    shop(home.path());
    let whole = firedrill(home.path(), &SWEEP);
    assert_eq!(whole.code, Some(0), "{}", whole.said());
    for of in [1, 3, 8] {
        let files: Vec<String> = (1..=of).rev().map(|number| part(home.path(), number, of)).collect();
        // One twice, as an engine that tries again leaves it.
        let mut args = vec!["merge", "--out", "merged", files[0].as_str()];
        args.extend(files.iter().map(String::as_str));
        let merged = firedrill(home.path(), &args);
        assert_eq!(merged.code, Some(0), "{}", merged.said());
        for file in ["results.json", "sweep.csv", "report.html"] {
            let (one, other) = (format!("reports/shop.sweep/{file}"), format!("merged/shop.sweep/{file}"));
            assert!(read(home.path(), &one) == read(home.path(), &other), "{file} differs for {of} shards");
        }
    }
    assert!(!home.path().join("of-3/shop.sweep").exists(), "a shard leaves one file");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let home = folder();
    shop(home.path());
    let (one, two) = (part(home.path(), 1, 3), part(home.path(), 3, 3));
    let missing = firedrill(home.path(), &["merge", &one, &two]);
    assert!(missing.code == Some(2) && missing.err.contains("1 of 3 shards are missing: 2/3"), "{}", missing.said());
    let other = firedrill(
        home.path(),
        &[
            "sweep",
            "shop.yaml",
            "--vary",
            "services.web.workers=4..12:2",
            "--seeds",
            "7",
            "--set",
            "clients.users.rate=90/s",
            "--shard",
            "2/3",
            "--out",
            "other",
        ],
    );
    assert_eq!(other.code, Some(0), "{}", other.said());
    let mixed = firedrill(home.path(), &["merge", &one, &two, "other/shop.sweep.2-of-3.json"]);
    assert!(mixed.code == Some(2) && mixed.err.contains("different plans"), "{}", mixed.said());
    let none = firedrill(home.path(), &["merge", "shop.yaml"]);
    assert!(none.code == Some(2) && none.err.contains("holds no results"), "{}", none.said());
}

#[test]
fn engines_hand_out_the_parts() {
    let home = folder();
    shop(home.path());
    let expected = part(home.path(), 2, 3);
    let mut slurm = command(home.path(), &[&SWEEP[..], &["--out", "slurm"]].concat());
    slurm.env("SLURM_ARRAY_TASK_ID", "5").env("SLURM_ARRAY_TASK_MIN", "4").env("SLURM_ARRAY_TASK_COUNT", "3");
    let done = ended(slurm.output().expect("the program starts"));
    assert!(done.code == Some(0) && done.out == read(home.path(), &expected), "{}", done.said());
    let mut pod = command(home.path(), &[&SWEEP[..], &["--out", "pod"]].concat());
    pod.env("JOB_COMPLETION_INDEX", "1").env("SHARDS", "3");
    let done = ended(pod.output().expect("the program starts"));
    assert!(done.code == Some(0) && done.out == read(home.path(), &expected), "{}", done.said());
}
