//! Several generator processes make the load of one run, and none of them outlives it.

use super::{Running, Told, run};
use firedrill::base::Time;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn scenario(length: &str) -> String {
    format!(
        "name: shared
world: live
length: {length}
warmup: 500ms
clients:
  users: {{calls: {{to: web, timeout: 1s}}, rate: 200/s, keys: {{count: 100}}, writes: 10%}}
  few: {{calls: {{to: web, timeout: 1s}}, users: 7, think: 50ms}}
services:
  web: {{workers: 500, work: 20ms}}
faults:
  late: {{kind: latency, on: users->web, by: 60ms, at: 2s, for: 1500ms}}
  gone: {{kind: down, on: web, at: 4s, for: 500ms}}
  crowd: {{kind: surge, on: users, factor: 2, at: 5s, for: 500ms}}
expect:
  - success(users) >= 70% whole
"
    )
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The generators that a run has started, once there are any.
pub fn generators_of(runner: i32) -> Vec<i32> {
    let begun = Instant::now();
    loop {
        let processes = std::fs::read_dir("/proc").expect("/proc can be listed");
        let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let found: Vec<i32> = pids.filter(|pid| is_generator_of(*pid, runner)).collect();
        if !found.is_empty() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "no generator was started");
        thread::sleep(Duration::from_millis(20));
    }
}

fn is_generator_of(pid: i32, runner: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
    let words = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    parent == Some(runner) && words.split('\0').nth(1) == Some("generator")
}

fn over(told: &Told, client: usize, from: f64, to: f64) -> firedrill::record::ClientCell {
    told.recording.client_over(client, Time::from_secs_f64(from), Time::from_secs_f64(to))
}

#[test]
fn three_make_the_load_of_one() {
    let (at_home, apart) = (folder(), folder());
    let one = run(at_home.path(), &scenario("6s"), &[]);
    let three = run(apart.path(), &scenario("6s"), &["--generators", "3"]);
    assert_eq!((one.code, three.code), (Some(0), Some(0)), "{}{}", one.text, three.text);
    assert_eq!(over(&three, 0, 0.0, 6.0).offered, over(&one, 0, 0.0, 6.0).offered, "the same script of arrivals");
    for (from, to) in [(0.5, 1.9), (2.1, 3.4)] {
        let p50 = |told| over(told, 0, from, to).latency.quantile(0.5).expect("requests were answered");
        assert!((p50(&three) - p50(&one)).abs() < 0.03, "{} and {}", p50(&three), p50(&one));
    }
    let (few, few_apart) = (over(&one, 1, 0.5, 3.9), over(&three, 1, 0.5, 3.9));
    assert!(few_apart.ok * 10 > few.ok * 7 && few_apart.ok * 7 < few.ok * 10, "{} and {}", few_apart.ok, few.ok);
    let served = |told: &Told| told.recording.service_over(0, Time::ZERO, told.recording.plan.length);
    let asked = |told: &Told| {
        (0..2).map(|edge| told.recording.edge_over(edge, Time::ZERO, told.recording.plan.length).attempts).sum::<u64>()
    };
    assert!(served(&three).arrived * 10 > asked(&three) * 9, "{} of {}", served(&three).arrived, asked(&three));
    let surge = |told: &Told| told.recording.evidence[2].touched;
    assert!(surge(&three) > 150 && surge(&three) == surge(&one), "{} and {}", surge(&three), surge(&one));
    for told in [&one, &three] {
        let [delayed, refused] = [&told.recording.evidence[0], &told.recording.evidence[1]];
        assert!(delayed.details["chunks delayed"] > 200 && refused.details["requests refused"] > 80, "{}", told.text);
    }
    let load = three.recording.head.load.expect("a live run");
    assert_eq!(
        (load.processes, three.recording.head.send_lag.count()),
        (3, over(&three, 0, 0.0, 6.0).sent + over(&three, 1, 0.0, 6.0).sent)
    );
    assert!(three.text.contains("load by 3 processes"), "{}", three.text);
}

#[test]
fn the_run_ends_in_good_order_when_a_generator_is_killed() {
    let home = folder();
    let running = Running::start(home.path(), &scenario("60s"), &["--generators", "3"]);
    let victim = generators_of(running.pid())[0];
    thread::sleep(Duration::from_millis(1500));
    kill(Pid::from_raw(victim), Signal::SIGKILL).expect("it is running");
    let begun = Instant::now();
    let told = running.wait(home.path());
    assert!(begun.elapsed() < PATIENCE);
    let short = told.recording.cut_short.expect("the run was cut short");
    assert!(
        short.why.contains("load generator") && short.why.contains(&format!("(pid {victim}) died")),
        "{}",
        short.why
    );
    assert_ne!(told.code, Some(0), "{}", told.text);
    assert!(told.recording.head.load.is_some_and(|load| load.processes == 2), "the others handed in theirs");
}

#[test]
fn no_generator_outlives_its_runner() {
    let home = folder();
    let running = Running::start(home.path(), &scenario("60s"), &["--generators", "3"]);
    let all = wait_for(2, running.pid());
    thread::sleep(Duration::from_millis(1000));
    kill(Pid::from_raw(running.pid()), Signal::SIGKILL).expect("it is running");
    let begun = Instant::now();
    while all.iter().any(|pid| is_there(*pid)) {
        assert!(begun.elapsed() < Duration::from_secs(2), "a generator is still there");
        thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for(count: usize, runner: i32) -> Vec<i32> {
    let begun = Instant::now();
    loop {
        let all = generators_of(runner);
        if all.len() == count {
            return all;
        }
        assert!(begun.elapsed() < PATIENCE, "{all:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whoever has ended and was not waited for yet is not there any more.
fn is_there(pid: i32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[test]
fn what_cannot_be_divided_is_refused_before_anything_starts() {
    let home = folder();
    let text = scenario("6s").replace("timeout: 1s}, rate", "timeout: 1s, bulkhead: {max: 3}}, rate");
    let output = super::command(home.path(), &text, &["--generators", "2"]).output().expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("its `bulkhead` would be kept by each process for itself"), "{err}");
}
