//! kill -9, SIGTERM, and kill -9 of the guardian, at random moments of a run in which every sort of change is being made.

use super::everything::Everything;
use super::foreign::Server;
use super::left::{self, Snapshot};
use super::{Home, PATIENCE, soon};

use firedrill::base::Dice;
use firedrill::live::undo::Entry;
use firedrill::live::undo::identity::Stat;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SEED: u64 = 4;
/// Runs that are played at the same time.
const HANDS: u64 = 4;
/// Moments lie within so long after the program was started: its start and a second and a half of the run.
const MOMENTS_S: f64 = 2.0;
/// The promise is two seconds; what is left after this many more on a busy machine would stay for ever.
const PROMISE: Duration = Duration::from_secs(2);

/// What was seen in all rounds together.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<&'static str>,
    with_changes: u64,
    slowest: Duration,
}

/// Plays `rounds` runs, a few at a time; `end` ends each at its moment and waits for the runner's end.
fn rounds(name: &str, rounds: u64, end: impl Fn(&Home, super::Run, &Mutex<Vec<Snapshot>>) + Sync) -> Seen {
    let next = AtomicU64::new(0);
    let seen = Mutex::new(Seen::default());
    let everything = Everything::start();
    thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                while let round = next.fetch_add(1, Relaxed)
                    && round < rounds
                {
                    one(name, round, (&everything, &end), &seen);
                }
            });
        }
    });
    seen.into_inner().expect("no round failed")
}

fn one(
    name: &str,
    round: u64,
    (everything, end): (&Everything, &(impl Fn(&Home, super::Run, &Mutex<Vec<Snapshot>>) + Sync)),
    seen: &Mutex<Seen>,
) {
    let home = Home::new();
    let other = Server::start();
    home.write("everything.yaml", &everything.text(&other));
    let moment = Dice::named(SEED, &format!("{name}/{round}")).unit() * MOMENTS_S;
    let run = home.start(&["run", "everything.yaml"]);
    thread::sleep(Duration::from_secs_f64(moment));
    let snapshots = Mutex::new(Vec::new());
    end(&home, run, &snapshots);
    let ended = Instant::now();
    let snapshots = snapshots.into_inner().expect("nothing panicked");
    let clean = || left::behind(home.path(), snapshots.last()).is_empty();
    let is_clean = soon(PROMISE + PATIENCE, clean);
    let took = ended.elapsed();
    let behind = left::behind(home.path(), snapshots.last());
    assert!(Stat::of(other.pid()).is_some_and(|stat| stat.is_alive() && !stat.is_stopped()), "it was not given back");
    assert!(is_clean, "{name}, seed {SEED}, round {round}, after {moment:.3}s, left behind: {behind:#?}");
    let mut seen = seen.lock().expect("no round failed");
    seen.slowest = seen.slowest.max(took);
    seen.with_changes += u64::from(snapshots.iter().any(|snapshot| !snapshot.open.is_empty()));
    snapshots.iter().for_each(|snapshot| seen.kinds.extend(&snapshot.kinds));
}

/// What the ledger says now. What is changed after this look is found by its mark.
fn remember(home: &Home, snapshots: &Mutex<Vec<Snapshot>>) {
    snapshots.lock().expect("nothing panicked").extend(left::snapshot(&home.state()));
}

#[test]
fn kill_9_at_200_random_moments_leaves_nothing_behind() {
    let seen = rounds("kill", 200, |home, mut run, snapshots| {
        remember(home, snapshots);
        run.signal(Signal::SIGKILL);
        run.child.wait().expect("it ends");
    });
    println!("kill -9: {} of 200 with changes, slowest {:?}, seed {SEED}", seen.with_changes, seen.slowest);
    assert!(seen.with_changes > 100, "only {} runs had changed anything", seen.with_changes);
    assert!(seen.slowest < PROMISE, "took {:?}", seen.slowest);
    // These runs have no terminal; what becomes of one has a test beside the stop key's.
    let all: BTreeSet<&str> = Entry::KINDS.iter().copied().filter(|kind| *kind != "terminal").collect();
    assert_eq!(seen.kinds, all, "everything.yaml must make every sort of change that the ledger knows");
}

#[test]
fn sigterm_at_random_moments_leaves_nothing_behind() {
    let seen = rounds("term", 40, |home, mut run, snapshots| {
        remember(home, snapshots);
        run.signal(Signal::SIGTERM);
        let status = run.child.wait().expect("it ends");
        // Before it listens for signals it has changed nothing, and dies of the signal.
        assert!(status.code() == Some(143) || status.signal() == Some(15), "{status}");
        assert_eq!(left::behind(home.path(), None), Vec::<String>::new(), "it ended before everything was undone");
    });
    println!("SIGTERM: {} of 40 with changes, slowest {:?} after the end", seen.with_changes, seen.slowest);
    assert!(seen.with_changes > 20, "only {} runs had changed anything", seen.with_changes);
}

#[test]
fn kill_9_of_the_guardian_alone_brings_another_and_nothing_is_left_behind() {
    let replaced = AtomicU64::new(0);
    let seen = rounds("guardian", 40, |home, mut run, snapshots| {
        if let Some(guardian) = left::guardians(&home.state()).pop() {
            // It may just be leaving.
            let _ = kill(Pid::from_raw(guardian), Signal::SIGKILL);
            let another = || left::guardians(&home.state()).iter().any(|pid| *pid != guardian);
            let mut over = || run.child.try_wait().expect("it can be waited for").is_some();
            assert!(soon(PATIENCE, || another() || over()), "nobody took the guardian's place");
            if over() {
                // The guardian had not yet said that it watches, so the run was not begun.
                return;
            }
            replaced.fetch_add(1, Relaxed);
        }
        remember(home, snapshots);
        run.signal(Signal::SIGKILL);
        run.child.wait().expect("it ends");
    });
    println!("guardian: {} of 40 replaced, slowest {:?}", replaced.load(Relaxed), seen.slowest);
    assert!(replaced.load(Relaxed) > 20 && seen.slowest < PROMISE, "took {:?}", seen.slowest);
}
