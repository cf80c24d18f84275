//! Replaying the ledgers of runners that were killed.

use super::*;
use crate::live::undo::testkit::{Bench, CHANGES, Runner, is_there};
use crate::live::undo::{EntryId, MARKER_FILE, entries};

fn outcomes(bench: &Bench, dry_run: bool) -> Vec<Outcome> {
    clean_in(bench.state(), dry_run).unwrap().into_iter().map(|cleaned| cleaned.outcome).collect()
}

#[test]
fn what_a_killed_runner_left_is_undone() {
    let bench = Bench::new();
    let mut runner = bench.runner(false);
    let pid = runner.child.id() as i32;
    assert_eq!(outcomes(&bench, false), [Outcome::RunnerAlive { pid }]);
    assert_eq!(runner.left_behind().len(), CHANGES, "a live runner is left alone");
    runner.kill();
    // The kernel itself wakes (and hangs up on) a stopped group whose parent dies; everything else stays as it was.
    let stays =
        |runner: &Runner| runner.left_behind().iter().filter(|text| !text.contains("paused")).count() == CHANGES - 2;
    assert!(stays(&runner), "nothing undoes itself, or this test shows nothing: {:?}", runner.left_behind());

    let all: Vec<Entry> = runner.contents.open.values().rev().cloned().collect();
    assert_eq!(outcomes(&bench, true), [Outcome::WouldUndo(all)]);
    assert!(stays(&runner), "a dry run changes nothing");

    let [Outcome::Undone(reports)] = &outcomes(&bench, false)[..] else { panic!("not undone") };
    assert!(reports.len() == CHANGES && reports.iter().all(|report| report.done), "{reports:?}");
    assert_eq!(runner.left_behind(), Vec::<String>::new());
    assert!(!runner.ledger.exists());
    assert_eq!(outcomes(&bench, false), []);
}

/// A ledger of somebody who is no longer there, with one process entry and one folder entry.
fn write_ledger(bench: &Bench, change: impl FnOnce(&mut Head)) -> (std::process::Child, PathBuf, PathBuf) {
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    let runner = Identity::of(dead.id() as i32).unwrap();
    dead.wait().unwrap();
    let run = format!("{}-0000000a", runner.pid);
    let mut head = Head { runner, ..Head::of_this_run(&run).unwrap() };
    change(&mut head);
    let server = std::os::unix::process::CommandExt::process_group(std::process::Command::new("sleep").arg("1000"), 0)
        .spawn()
        .unwrap();
    let folder = bench.state().join("data");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(MARKER_FILE), &run).unwrap();
    let path = bench.state().join(format!("run-{run}.ledger"));
    let file = OpenOptions::new().append(true).create_new(true).open(&path).unwrap();
    let who = Identity::of(server.id() as i32).unwrap();
    let entries = [
        Entry::from(entries::Folder { path: folder.clone(), mark: run }),
        entries::Process { name: "server".into(), who }.into(),
    ];
    file::append(&file, &Line::Head(head)).unwrap();
    for (n, entry) in entries.into_iter().enumerate() {
        file::append(&file, &Line::Change { id: EntryId(n as u64), entry, latest: None }).unwrap();
    }
    (server, folder, path)
}

#[test]
fn after_a_reboot_only_folders_are_removed() {
    let bench = Bench::new();
    let (mut server, folder, ledger) = write_ledger(&bench, |head| head.boot_id = "an earlier one".into());
    let [Outcome::Undone(reports)] = &outcomes(&bench, false)[..] else { panic!("not undone") };
    assert!(reports.iter().all(|report| report.done));
    assert!(server.try_wait().unwrap().is_none(), "a pid of an earlier boot is somebody else today");
    assert!(!folder.exists() && !ledger.exists());
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_ledger_of_another_container_is_left_alone() {
    let bench = Bench::new();
    let (mut server, folder, ledger) = write_ledger(&bench, |head| head.pid_namespace = "pid:[1]".into());
    assert_eq!(outcomes(&bench, false), [Outcome::Elsewhere]);
    assert!(folder.exists() && ledger.exists() && server.try_wait().unwrap().is_none());
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn two_replays_never_work_on_one_ledger_at_once() {
    let bench = Bench::new();
    let (mut server, folder, ledger) = write_ledger(&bench, |_| {});
    let held = File::open(&ledger).unwrap();
    held.lock().unwrap();
    assert_eq!(outcomes(&bench, false), [Outcome::BeingUndone]);
    assert!(folder.exists());
    drop(held);
    assert!(matches!(&outcomes(&bench, false)[..], [Outcome::Undone(reports)] if reports.iter().all(|r| r.done)));
    assert!(!folder.exists() && !is_there(&entries::Ballast { path: ledger }.into()));
    server.wait().unwrap();
}

#[test]
fn a_ledger_that_died_before_its_first_line_is_removed_and_other_files_are_not_touched() {
    let bench = Bench::new();
    fs::write(bench.state().join("run-999999999-0000000a.ledger"), "{\"head\":{\"form").unwrap();
    fs::write(bench.state().join("notes.txt"), "mine").unwrap();
    assert_eq!(outcomes(&bench, false), [Outcome::Undone(Vec::new())]);
    assert_eq!(fs::read_dir(bench.state()).unwrap().count(), 1);
}
