//! The ledger in its own process: order, failures, marks, and undoing by drop and panic.

use super::*;
use crate::live::undo::identity::{Identity, group_members};
use crate::live::undo::testkit::{Bench, ForeignMount, change_everything, is_there, quiet};
use crate::live::undo::{MARKER_FILE, entries, file, mount_mark};
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

fn folder_entry(path: &Path, ledger: &Ledger) -> Entry {
    entries::Folder { path: path.to_owned(), mark: ledger.run_id().to_owned() }.into()
}

#[test]
fn everything_is_undone_in_reverse_order_and_the_file_goes() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    change_everything(&ledger);
    let mut made = ledger.open_entries();
    assert!(made.iter().all(is_there));
    let reports = ledger.undo_all(GRACE);
    made.reverse();
    assert_eq!(reports.iter().map(|report| report.entry.clone()).collect::<Vec<_>>(), made);
    for report in &reports {
        assert!(report.done && !is_there(&report.entry), "{report}");
    }
    assert!(!ledger.path().exists());
}

#[test]
fn one_failed_undo_never_stops_the_others_and_stays_in_the_file() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (first, last) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("precious"), "data").unwrap();
    for path in [first.path(), foreign.path(), last.path()] {
        ledger.record(folder_entry(path, &ledger)).unwrap();
    }
    fs::write(first.path().join(MARKER_FILE), ledger.run_id()).unwrap();
    fs::write(last.path().join(MARKER_FILE), ledger.run_id()).unwrap();
    let done: Vec<bool> = ledger.undo_all(GRACE).iter().map(|report| report.done).collect();
    assert_eq!(done, [true, false, true]);
    assert!(!first.path().exists() && !last.path().exists());
    assert_eq!(fs::read_to_string(foreign.path().join("precious")).unwrap(), "data");
    let left: Vec<Entry> = file::read(ledger.path()).unwrap().open.into_values().collect();
    assert_eq!(left, [folder_entry(foreign.path(), &ledger)]);
}

#[test]
fn a_folder_with_the_marker_of_another_run_or_a_link_in_its_place_is_left_alone() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join(MARKER_FILE), "1-deadbeef").unwrap();
    ledger.record(folder_entry(other.path(), &ledger)).unwrap();
    let target = tempfile::tempdir().unwrap();
    fs::write(target.path().join(MARKER_FILE), ledger.run_id()).unwrap();
    let link = bench.state().join("link");
    symlink(target.path(), &link).unwrap();
    ledger.record(folder_entry(&link, &ledger)).unwrap();
    assert!(ledger.undo_all(GRACE).iter().all(|report| !report.done));
    assert!(other.path().join(MARKER_FILE).exists() && target.path().join(MARKER_FILE).exists());
}

#[test]
fn a_folder_whose_marker_was_cut_short_is_removed_only_while_it_is_empty() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (begun, used) = (bench.state().join("begun"), bench.state().join("used"));
    for path in [&begun, &used] {
        ledger.record(folder_entry(path, &ledger)).unwrap();
        fs::create_dir(path).unwrap();
        fs::write(path.join(MARKER_FILE), &ledger.run_id()[..2]).unwrap();
    }
    fs::write(used.join("precious"), "data").unwrap();
    let done: Vec<bool> = ledger.undo_all(GRACE).iter().map(|report| report.done).collect();
    assert_eq!(done, [false, true]);
    assert!(!begun.exists() && used.join("precious").exists());
}

#[test]
fn a_ballast_entry_removes_nothing_of_another_name() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let path = bench.state().join("precious");
    fs::write(&path, "data").unwrap();
    ledger.record(entries::Ballast { path: path.clone() }).unwrap();
    assert!(!ledger.undo_all(GRACE)[0].done && path.exists());
}

#[test]
fn a_reused_pid_is_never_signalled() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    // A process group of somebody else that has got the number of one of ours.
    let mut stranger =
        std::os::unix::process::CommandExt::process_group(&mut quiet("sleep", &["1000"]), 0).spawn().unwrap();
    let who = Identity::of(stranger.id() as i32).unwrap();
    let ours = Identity { start_time: who.start_time - 1, ..who };
    ledger.record(entries::Process { name: "ours".into(), who: ours }).unwrap();
    ledger.record(entries::Paused { name: "ours".into(), who: ours }).unwrap();
    let reports = ledger.undo_all(GRACE);
    assert!(reports.iter().all(|report| report.done && report.detail == "had ended already"), "{reports:?}");
    assert!(who.is_alive());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn what_outlived_its_leader_is_known_by_its_environment() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (mut leader, _) = ledger.spawn(&mut quiet("sh", &["-c", "sleep 1000 & exit 0"]), "leader").unwrap();
    let group = leader.id() as i32;
    leader.wait().unwrap();
    assert_eq!(group_members(group).len(), 1);
    assert!(ledger.undo_all(GRACE)[0].done);
    assert!(group_members(group).is_empty());
}

#[test]
fn a_process_that_will_not_end_is_killed_after_the_grace() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (mut child, id) =
        ledger.spawn(&mut quiet("sh", &["-c", "trap '' TERM; while :; do sleep 0.05; done"]), "deaf").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    let report = ledger.undo(id, Duration::from_millis(300)).unwrap();
    assert!(report.done && report.detail.contains("was killed"), "{report}");
    assert!(began.elapsed() >= Duration::from_millis(300) && began.elapsed() < Duration::from_secs(2));
    child.wait().unwrap();
}

#[test]
fn a_foreign_mount_is_never_unmounted() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let place = tempfile::tempdir().unwrap();
    let foreign = ForeignMount::at(place.path());
    let mark = mount_mark(ledger.run_id());
    ledger.record(folder_entry(place.path(), &ledger)).unwrap();
    ledger.record(entries::Mount { path: place.path().to_owned(), mark }).unwrap();
    fs::write(place.path().join(MARKER_FILE), ledger.run_id()).unwrap();
    let reports = ledger.undo_all(GRACE);
    assert_eq!((reports[0].done, reports[0].detail.as_str()), (true, "was not mounted"));
    assert!(!reports[1].done && reports[1].detail.contains("still mounted"), "{}", reports[1]);
    assert!(foreign.is_there() && place.path().join(MARKER_FILE).exists());
}

#[test]
fn a_foreign_mount_over_ours_is_reported_and_both_stay_until_it_is_gone() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    change_everything(&ledger);
    let is_mount = |entry: &Entry| matches!(entry, Entry::Mount(_));
    let Some(Entry::Mount(entries::Mount { path, .. })) = ledger.open_entries().into_iter().find(is_mount) else {
        panic!("no volume")
    };
    let foreign = ForeignMount::at(&path);
    let reports = ledger.undo_all(GRACE);
    let failed: Vec<_> = reports.iter().filter(|report| !report.done).map(|report| &report.entry).collect();
    assert!(matches!(failed[..], [Entry::Mount(_), Entry::Folder(_)]), "{reports:?}");
    assert!(foreign.is_there());
    drop(foreign);
    let again = ledger.undo_all(GRACE);
    assert!(again.len() == 2 && again.iter().all(|report| report.done), "{again:?}");
    assert!(!ledger.path().exists());
}

#[test]
fn dropping_the_last_handle_undoes_everything_also_in_a_panic() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let handle = ledger.clone();
    let folder = bench.state().join("data");
    let path = ledger.path().to_owned();
    let entry = folder_entry(&folder, &ledger);
    let server = Mutex::new(None);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let handle = handle;
        let ledger = ledger;
        ledger.record(entry.clone()).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(MARKER_FILE), handle.run_id()).unwrap();
        *server.lock().unwrap() = Some(ledger.spawn(&mut quiet("sleep", &["1000"]), "server").unwrap().0);
        assert!(is_there(&entry) && ledger.open_entries().iter().all(is_there));
        std::panic::resume_unwind(Box::new("a bug of ours"));
    }));
    assert!(panicked.is_err() && !folder.exists() && !path.exists());
    let mut server = server.lock().unwrap().take().unwrap();
    assert!(!Identity::of(server.id() as i32).unwrap().is_alive());
    server.wait().unwrap();
}

#[test]
fn run_ids_differ_and_a_ledger_is_never_opened_twice() {
    let (one, two) = (fresh_run_id().unwrap(), fresh_run_id().unwrap());
    assert_ne!(one, two);
    let bench = Bench::new();
    let _first = Ledger::open_in(bench.state(), &one).unwrap();
    assert!(matches!(Ledger::open_in(bench.state(), &one), Err(Trouble::Ledger { .. })));
}
