//! Bad input and trouble: each gets a plain message, the right exit code, and leaves nothing behind.

#![expect(clippy::disallowed_methods, reason = "a signal has to come while a run is going on")]

use super::{HOLDING, files, firedrill, folder, program, ran, scenario, signal, write};
use nix::sys::signal::Signal;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

#[test]
fn wrong_command_lines_end_with_2_and_a_hint() {
    let home = folder();
    write(home.path(), "shop.yaml", &scenario("shop", HOLDING));
    for (args, part) in [
        (&["rnu"][..], "did you mean `firedrill run`?"),
        (&["run", "--sed", "1"], "'--seed'"),
        (&["run", "shop.yml"], "did you mean `shop.yaml`?"),
        (&["run", "slow-cahce"], "did you mean `slow-cache`?"),
        (&["run", "--seed", "x"], "hexadecimal"),
        (&["run", "--seeds", "0"], "0 is not in 1..=10000"),
        (&["run", "--output", "jsn"], "did you mean `json`?"),
        (&["run", "--output", "json", "--output", "junit"], "more than one --output goes to standard output"),
        (&["run", "--all-variants", "--variant", "x"], "cannot be used with"),
        (&["run", "shop.yaml", "./shop.yaml"], "two runs have the same name"),
        (&["check"], "SCENARIO"),
        (&["new", "x", "--from", "slow"], "there is no built-in scenario"),
    ] {
        let done = firedrill(home.path(), args);
        assert!(done.code == Some(2) && done.err.contains(part), "{args:?}: {:?}\n{}", done.code, done.err);
        assert!(done.last_error_line().starts_with("exit 2: "), "{args:?}\n{}", done.err);
    }
    assert_eq!(files(home.path()), ["shop.yaml"]);
}

#[test]
fn strange_files_are_explained() {
    let home = folder();
    write(home.path(), "empty.yaml", "");
    write(home.path(), "broken.yaml", "name: [x\n");
    std::fs::write(home.path().join("binary.yaml"), [0xff, 0xfe, 0, 1]).expect("a file");
    for file in ["empty.yaml", "broken.yaml", "binary.yaml"] {
        let done = firedrill(home.path(), &["run", file]);
        assert!(done.code == Some(2) && done.err.contains(file), "{file}: {:?}\n{}", done.code, done.err);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_anything_is_played() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    write(home.path(), "file", "in the way");
    let done = firedrill(home.path(), &["run", "s.yaml", "--out", "file/reports"]);
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    assert!(
        done.err.contains("reports cannot be written to file/reports: a part of the path is a file"),
        "{}",
        done.err
    );
    assert!(done.err.contains("--out DIR"), "{}", done.err);
}

#[test]
fn a_disk_that_fills_while_reports_are_written_leaves_no_half_file() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", HOLDING));
    // A limit on the size of files stands for the full disk: writing fails in the middle of a file.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" run s.yaml";
    let mut shell = Command::new("bash");
    shell.current_dir(home.path()).args(["-c", script, env!("CARGO_BIN_EXE_firedrill")]);
    let done = ran(shell.output().expect("bash starts"));
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.err.contains("reports/s/report.html cannot be written"), "{}", done.err);
    assert!(done.err.contains("firedrill run s.yaml --seed 1 --world sim --out DIR"), "{}", done.err);
    assert_eq!(files(&home.path().join("reports")), Vec::<String>::new());
}

#[test]
fn a_reader_that_leaves_early_does_not_change_the_verdict() {
    let home = folder();
    write(home.path(), "s.yaml", &scenario("s", &["p50(users) < 1ms whole"]));
    for args in [&["run", "s.yaml"][..], &["run", "s.yaml", "--output", "json"]] {
        let mut child = program(home.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let done = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(10), "{err}");
        assert!(!err.contains("panicked") && !err.contains("pipe"), "{err}");
    }
    assert!(home.path().join("reports/s/report.html").is_file(), "reports are written all the same");
}

#[test]
fn standard_output_that_is_full_is_an_error() {
    let home = folder();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there");
    let done = program(home.path()).arg("list").stdout(full).output().expect("the program starts");
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && err.contains("standard output cannot be written"), "{err}");
}

#[test]
fn a_signal_ends_a_run_quietly_with_its_own_code() {
    let home = folder();
    let long = scenario("long", HOLDING).replace("length: 12s", "length: 100h");
    write(home.path(), "long.yaml", &long);
    for (word, code, name) in [(Signal::SIGINT, 130, "Ctrl-C"), (Signal::SIGTERM, 143, "SIGTERM")] {
        let child = program(home.path())
            .args(["run", "long.yaml"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // It listens for signals from before it plays, which shows in the folder for reports that it made just before.
        while !home.path().join("reports").exists() {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        signal(&child, word);
        let done = ran(child.wait_with_output().expect("it ends"));
        assert_eq!(done.code, Some(code), "{}", done.err);
        assert!(done.last_error_line().starts_with(&format!("exit {code}: stopped by {name}")), "{}", done.err);
        assert_eq!(files(&home.path().join("reports")), Vec::<String>::new());
        std::fs::remove_dir_all(home.path().join("reports")).expect("the folder can be removed");
    }
}

#[test]
fn clean_finds_nothing_where_nothing_was_left() {
    let home = folder();
    for args in [&["clean"][..], &["clean", "--dry-run"]] {
        let done = firedrill(home.path(), args);
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.out.starts_with("exit 0: nothing "), "{}", done.out);
    }
    assert_eq!(files(home.path()), Vec::<String>::new());
}
