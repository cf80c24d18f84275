//! The guardian against real deaths: the runner is another process that gets a real SIGKILL.

use super::*;
use crate::base::{Dice, FaultId};
use crate::live::Disk;
use crate::live::folder::Folder;
use crate::live::undo::Ledger;
use crate::live::undo::ledger::GRACE;
use crate::live::undo::testkit::{Bench, change_everything};
use crate::plan::{Effect, SlowDisk};
use nix::sys::signal::kill;
use nix::unistd::Pid;

#[test]
#[ignore = "a role that other tests play in a process of their own"]
fn guardian_role() {
    let Some(ledger) = env::var_os("ROLE_LEDGER") else { return };
    std::process::exit(guardian_main(Path::new(&ledger), io::stdin()));
}

#[test]
#[ignore = "a role that other tests play in a process of their own"]
fn runner_role() {
    let Some(state) = env::var_os("ROLE_STATE") else { return };
    let ledger = Ledger::open_in(Path::new(&state), &crate::live::undo::fresh_run_id().unwrap()).unwrap();
    let exe = env::var_os("ROLE_GUARDIAN");
    let guardian = exe.map(|exe| Guardian::start_as(Path::new(&exe), ledger.path()).unwrap());
    change_everything(&ledger);
    println!("role ready");
    // Bounded, so that nothing stays should the test that plays with us die.
    thread::sleep(Duration::from_secs(120));
    drop(guardian);
}

#[test]
#[ignore = "a role that other tests play in a process of their own"]
fn restless_runner_role() {
    let Some(state) = env::var_os("ROLE_STATE") else { return };
    let ledger = Ledger::open_in(Path::new(&state), &crate::live::undo::fresh_run_id().unwrap()).unwrap();
    let _guardian = Guardian::start_as(Path::new(&env::var_os("ROLE_GUARDIAN").unwrap()), ledger.path()).unwrap();
    println!("role ready");
    let until = Instant::now() + Duration::from_secs(120);
    while Instant::now() < until {
        change_everything(&ledger);
        for (id, _) in crate::live::undo::file::read(ledger.path()).unwrap().open.into_iter().rev() {
            ledger.undo(id, Duration::ZERO);
        }
    }
}

/// Its threads that would answer die with it, and the one that waits for them cannot be killed: so it never ends by itself.
#[test]
#[ignore = "a role that other tests play in a process of their own"]
fn runner_in_its_own_disk_role() {
    let Some(state) = env::var_os("ROLE_STATE") else { return };
    let ledger = Ledger::open_in(Path::new(&state), &crate::live::undo::fresh_run_id().unwrap()).unwrap();
    let _guardian = Guardian::start_as(Path::new(&env::var_os("ROLE_GUARDIAN").unwrap()), ledger.path()).unwrap();
    let folder = Folder::create("test", &ledger).unwrap();
    let (behind, front) = (folder.path().join("behind"), folder.path().join("front"));
    [&behind, &front].iter().for_each(|path| fs::create_dir(path).unwrap());
    let disk = Disk::create(&front, &behind, false, &ledger).unwrap();
    let stall = Effect::SlowDisk(SlowDisk { factor: 1.0, add: None, reads: 0.0, stall: true });
    disk.apply(FaultId(0), &stall, Dice::named(1, "stall"));
    let file = fs::File::create(front.join("file")).unwrap();
    thread::spawn(move || file.sync_all());
    // Until the disk has taken the question and holds it.
    thread::sleep(Duration::from_millis(300));
    println!("role ready");
    thread::sleep(Duration::from_secs(120));
}

#[test]
fn a_runner_that_waits_for_its_own_disk_as_it_is_killed_is_freed() {
    let bench = Bench::new();
    let mut command = crate::live::undo::testkit::role("live::undo::guardian::tests::runner_in_its_own_disk_role");
    let mut runner =
        command.env("ROLE_STATE", bench.state()).env("ROLE_GUARDIAN", bench.guardian_exe()).spawn().unwrap();
    crate::live::undo::testkit::wait_for_line(&mut runner, "role ready");
    let ledger = fs::read_dir(bench.state()).unwrap().flatten().map(|entry| entry.path());
    let ledger = ledger.filter(|path| path.extension().is_some_and(|x| x == "ledger")).last().unwrap();
    kill(Pid::from_raw(runner.id() as i32), Signal::SIGKILL).unwrap();
    let died = Instant::now();
    assert!(revert::wait_until(died + Duration::from_secs(10), || !ledger.exists()), "its disk was left behind");
    runner.wait().unwrap();
    println!("freed and undone after {:?}", died.elapsed());
}

/// Everything on this machine that carries the mark of a run.
fn marked(run: &str) -> Vec<String> {
    let mark = crate::live::undo::mount_mark(run);
    let mounts = crate::live::undo::mounts::mounted().unwrap();
    let mut found: Vec<String> = mounts.into_iter().filter(|m| m.source == mark).map(|m| format!("{m:?}")).collect();
    for pid in fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok()) {
        if crate::live::undo::identity::has_in_environment(pid, crate::live::undo::RUN_VARIABLE, run) {
            found.push(format!("process {pid}"));
        }
    }
    let prefix = format!("firedrill-test-{}-", run.split('-').next().unwrap());
    let folders = fs::read_dir(env::temp_dir()).unwrap().flatten();
    found.extend(folders.filter_map(|f| Some(f.file_name().to_str()?.to_owned())).filter(|n| n.starts_with(&prefix)));
    found
}

/// The runner makes and undoes changes without a pause; wherever the SIGKILL hits, between any two steps, the guardian
/// must leave nothing.
#[test]
fn kill_9_at_any_moment_leaves_nothing() {
    const ROUNDS: u64 = 40;
    let mut slowest = Duration::ZERO;
    for round in 0..ROUNDS {
        let bench = Bench::new();
        let mut command = crate::live::undo::testkit::role("live::undo::guardian::tests::restless_runner_role");
        let mut runner =
            command.env("ROLE_STATE", bench.state()).env("ROLE_GUARDIAN", bench.guardian_exe()).spawn().unwrap();
        crate::live::undo::testkit::wait_for_line(&mut runner, "role ready");
        // Odd steps that drift against the loop of the runner, whose one turn takes some 20 ms.
        thread::sleep(Duration::from_micros(500 + round * 1_713));
        let ledger = fs::read_dir(bench.state()).unwrap().flatten().map(|entry| entry.path());
        let ledger = ledger.filter(|path| path.extension().is_some_and(|x| x == "ledger")).last().unwrap();
        let run = ledger.file_stem().unwrap().to_str().unwrap().strip_prefix("run-").unwrap().to_owned();
        kill(Pid::from_raw(runner.id() as i32), Signal::SIGKILL).unwrap();
        let died = Instant::now();
        runner.wait().unwrap();
        let gone = revert::wait_until(died + Duration::from_secs(10), || !ledger.exists());
        slowest = slowest.max(died.elapsed());
        let left = marked(&run);
        assert!(gone && left.is_empty(), "round {round}: ledger gone: {gone}, left behind: {left:?}");
    }
    println!("slowest of {ROUNDS}: {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "took {slowest:?}");
}

#[test]
fn after_kill_9_of_the_runner_nothing_is_left() {
    let bench = Bench::new();
    let mut runner = bench.runner(true);
    let died = Instant::now();
    runner.kill();
    let clean = revert::wait_until(died + Duration::from_secs(10), || !runner.ledger.exists());
    let took = died.elapsed();
    assert!(clean, "left behind: {:?}", runner.left_behind());
    assert_eq!(runner.left_behind(), Vec::<String>::new());
    assert!(took < Duration::from_secs(2), "took {took:?}");
    println!("undone {took:?} after the runner's death");
}

#[test]
fn the_guardian_outlives_the_signals_meant_for_the_runner_and_leaves_at_the_end() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let mut guardian = Guardian::start_as(&bench.guardian_exe(), ledger.path()).unwrap();
    let pid = Pid::from_raw(guardian.pid() as i32);
    for one in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        kill(pid, one).unwrap();
    }
    thread::sleep(Duration::from_millis(100));
    assert!(guardian.is_running());
    change_everything(&ledger);
    assert!(ledger.undo_all(GRACE).iter().all(|report| report.done));
    drop(guardian);
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap(), "it left and was collected");
}

#[test]
fn a_started_service_does_not_keep_the_lifeline_open() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let guardian = Guardian::start_as(&bench.guardian_exe(), ledger.path()).unwrap();
    change_everything(&ledger);
    let began = Instant::now();
    // As if the runner had died: the guardian undoes what the runner still has in its ledger.
    drop(guardian);
    assert!(began.elapsed() < LEAVE_WITHIN && !ledger.path().exists());
    assert!(ledger.undo_all(GRACE).iter().all(|report| report.done), "an undo may be repeated");
}

#[test]
fn a_program_that_is_no_guardian_is_noticed() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    for exe in ["/bin/true", "/no/such/program"] {
        let trouble = Guardian::start_as(Path::new(exe), ledger.path()).unwrap_err().to_string();
        assert!(trouble.contains("could not be started") && trouble.contains(exe), "{trouble}");
    }
}
