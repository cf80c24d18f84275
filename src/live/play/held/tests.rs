//! What is done to the machine under a process, felt by a real Redis: each fault begins, is felt, heals, and leaves nothing behind.

use super::*;
use crate::base::{Dist, ServiceId, Span};
use crate::live::RealProcess;
use crate::live::process::surroundings::{DiskNeed, Needs};
use crate::live::resources::{Controller, soft_limit};
use crate::live::undo::revert::wait_until;
use crate::live::undo::testkit::Bench;
use crate::plan::real::{First, Origin, Protocol, Ready};
use crate::plan::{DiskAnswer, DiskError, Limit, Packets, RealService, SlowDisk, Whose};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const FAULT: FaultId = FaultId(0);

fn redis(args: &str) -> RealService {
    let words =
        format!("--port {{port}} --bind {{host}} --dir {{dir}} --protected-mode no --enable-debug-command yes {args}");
    RealService {
        service: ServiceId(0),
        protocol: Protocol::Redis,
        origin: Origin::Start {
            program: "redis-server".into(),
            args: words.split(' ').map(|word| if word == "''" { String::new() } else { word.to_owned() }).collect(),
            env: Vec::new(),
            first: First::default(),
        },
        ready_within: Span::from_secs(30),
        ready: Ready::Answers,
        volume_bytes: None,
        account: Default::default(),
        cold: false,
        foreign: None,
        own_network: false,
        tls: false,
        ca: None,
    }
}

const PLAIN: &str = "--save ''";
const ALWAYS: &str = "--save '' --appendonly yes --appendfsync always";
const EVERY_SECOND: &str = "--save '' --appendonly yes --appendfsync everysec";
const NEVER: &str = "--save '' --appendonly yes --appendfsync no";

/// A held Redis, and what it says.
struct Stage {
    held: Option<Held>,
    bench: Bench,
    ledger: crate::live::Ledger,
}

impl Stage {
    async fn new(args: &str, needs: Needs) -> Stage {
        Stage::of(&redis(args), needs).await
    }

    async fn of(service: &RealService, needs: Needs) -> Stage {
        let bench = Bench::new();
        let ledger = bench.ledger();
        let process = RealProcess::start_with(service, "cache", &needs, None, &ledger).await.expect("it starts");
        Stage { held: Some(Held::new(Body::Started(Box::new(process)), 1, 7)), bench, ledger }
    }

    fn held(&mut self) -> &mut Held {
        self.held.as_mut().expect("it is held")
    }

    /// One command in Redis's inline form, and the first line of the answer.
    fn ask_within(&mut self, command: &str, within: Duration) -> Result<String, String> {
        let address = self.held().process.started().expect("it was started").address();
        let mut stream = TcpStream::connect_timeout(&address, within).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(within)).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).map_err(|error| error.to_string())?;
        let mut line = String::new();
        let count = BufReader::new(stream).read_line(&mut line).map_err(|error| error.to_string())?;
        if count == 0 { Err("hung up".to_owned()) } else { Ok(line.trim().to_owned()) }
    }

    fn ask(&mut self, command: &str) -> Result<String, String> {
        self.ask_within(command, Duration::from_secs(20))
    }

    fn took(&mut self, command: &str) -> Duration {
        let begun = Instant::now();
        let answer = self.ask(command);
        assert!(answer.as_ref().is_ok_and(|answer| !answer.starts_with('-')), "{command}: {answer:?}");
        begun.elapsed()
    }

    fn begin(&mut self, effect: &Effect) {
        self.held().begin(FAULT, effect).expect("it begins");
    }

    /// Evidence since the last look.
    fn seen(&mut self, what: &str) -> u64 {
        self.held().look().iter().filter(|(_, of, _)| *of == what).map(|(_, _, count)| count).sum()
    }

    async fn end(&mut self, effect: &Effect) {
        self.held().end(FAULT, effect).await.expect("it heals");
    }

    fn heals(&mut self) -> bool {
        wait_until(Instant::now() + Duration::from_secs(20), || self.ask("SET healed 1").as_deref() == Ok("+OK"))
    }

    fn over(mut self) {
        drop(self.held.take());
        assert!(self.ledger.open_entries().is_empty(), "{:?}", self.ledger.open_entries());
        assert!(self.bench.state().exists());
    }
}

fn disk() -> Needs {
    Needs { disk: Some(DiskNeed { power_cut: true }), ..Needs::default() }
}

fn cgroup(controller: Controller) -> Needs {
    Needs { controllers: vec![controller], ..Needs::default() }
}

#[tokio::test]
async fn less_processor_time_makes_work_longer() {
    let mut stage = Stage::new(PLAIN, cgroup(Controller::Cpu)).await;
    let work = "EVAL \"local i=0 while i<5000000 do i=i+1 end return i\" 0";
    let plain = stage.took(work);
    let effect = Effect::Limit(Limit::Cpu { share: 0.05 });
    stage.begin(&effect);
    let slowed = stage.took(work);
    assert!(slowed > plain * 2 && stage.seen("periods held back") > 0, "{plain:?}, then {slowed:?}");
    stage.end(&effect).await;
    stage.seen("periods held back");
    stage.took(work);
    assert_eq!(stage.seen("periods held back"), 0);
    stage.over();
}

#[tokio::test]
async fn too_little_memory_kills_and_the_end_of_it_starts_again() {
    let mut stage = Stage::new(PLAIN, cgroup(Controller::Memory)).await;
    let effect = Effect::Limit(Limit::Memory { bytes: 48 << 20 });
    stage.begin(&effect);
    // 200 MB, which is more than it may have.
    let filled = stage.ask("DEBUG POPULATE 200 big 1000000");
    let ended = wait_until(Instant::now() + Duration::from_secs(20), || !stage.held().process.is_running());
    assert!(ended && filled.is_err(), "{filled:?}");
    let touched = stage.held().look();
    assert!(touched.iter().any(|(_, what, count)| *what == "processes killed for memory" && *count > 0), "{touched:?}");
    stage.end(&effect).await;
    assert!(stage.heals());
    stage.over();
}

#[tokio::test]
async fn no_more_processes_means_no_fork() {
    let mut stage = Stage::new(PLAIN, cgroup(Controller::Processes)).await;
    let effect = Effect::Limit(Limit::Processes { count: 1 });
    stage.begin(&effect);
    let answer = stage.ask("BGSAVE");
    assert!(answer.as_ref().is_ok_and(|answer| answer.starts_with('-')), "{answer:?}");
    assert!(stage.seen("forks refused") > 0);
    stage.end(&effect).await;
    let forks = || stage.ask("BGSAVE").is_ok_and(|answer| answer.starts_with('+'));
    assert!(wait_until(Instant::now() + Duration::from_secs(20), forks));
    stage.over();
}

#[tokio::test]
async fn no_more_open_files_means_no_new_connection() {
    let mut stage = Stage::new(PLAIN, Needs::default()).await;
    let effect = Effect::Limit(Limit::OpenFiles { count: 4 });
    stage.begin(&effect);
    let answer = stage.ask_within("PING", Duration::from_millis(500));
    assert!(answer.is_err() && stage.seen("looks without a free descriptor") > 0, "{answer:?}");
    stage.end(&effect).await;
    assert!(stage.heals());
    stage.over();
}

#[tokio::test]
async fn a_slow_disk_is_felt_by_who_waits_for_its_syncs() {
    let mut stage = Stage::new(ALWAYS, disk()).await;
    let slow = SlowDisk { factor: 1.0, add: Some(Dist::Constant(0.3)), reads: 0.0, stall: false };
    let effect = Effect::SlowDisk(slow);
    stage.begin(&effect);
    let took = stage.took("SET a 1");
    assert!(took >= Duration::from_millis(300) && stage.seen("disk accesses slowed") > 0, "{took:?}");
    stage.end(&effect).await;
    stage.took("SET a 2");
    assert_eq!(stage.seen("disk accesses slowed"), 0);
    stage.over();
}

#[tokio::test]
async fn a_full_disk_stops_writes_and_heals() {
    let mut stage = Stage::new(EVERY_SECOND, disk()).await;
    let wrong = DiskError { answer: DiskAnswer::NoSpace, reads: false, writes: true, syncs: true, share: 1.0 };
    let effect = Effect::DiskError(wrong);
    stage.begin(&effect);
    let refused = || stage.ask("SET a 1").is_ok_and(|answer| answer.starts_with("-MISCONF"));
    assert!(wait_until(Instant::now() + Duration::from_secs(20), refused));
    assert!(stage.seen("disk accesses failed") > 0);
    stage.end(&effect).await;
    assert!(stage.heals());
    stage.over();
}

#[tokio::test]
async fn a_failed_sync_ends_who_promised_one_and_the_end_of_it_starts_again() {
    let mut stage = Stage::new(ALWAYS, disk()).await;
    stage.took("SET before 1");
    let wrong = DiskError { answer: DiskAnswer::InputOutput, reads: false, writes: false, syncs: true, share: 1.0 };
    let effect = Effect::DiskError(wrong);
    stage.begin(&effect);
    assert!(stage.ask("SET a 1").is_err(), "it cannot say that this is safe");
    let ended = wait_until(Instant::now() + Duration::from_secs(20), || !stage.held().process.is_running());
    assert!(ended && stage.seen("disk accesses failed") > 0);
    stage.end(&effect).await;
    assert!(stage.heals());
    assert_eq!(stage.ask("EXISTS before").as_deref(), Ok(":1"));
    stage.over();
}

#[tokio::test]
async fn short_writes_tear_nothing_that_is_written_on() {
    let mut stage = Stage::new(EVERY_SECOND, disk()).await;
    let effect = Effect::ShortWrites { share: 0.5 };
    stage.begin(&effect);
    let accepted = (0..50).filter(|n| stage.ask(&format!("SET k{n} 1")).as_deref() == Ok("+OK")).count();
    assert!(accepted > 0 && stage.seen("writes cut short") > 0, "{accepted}");
    stage.end(&effect).await;
    assert!(stage.heals());
    stage.over();
}

/// How many of a hundred acknowledged writes are there after the power was off.
async fn left_after_a_power_cut(args: &str) -> u64 {
    let mut stage = Stage::new(args, disk()).await;
    for n in 0..100 {
        assert_eq!(stage.ask(&format!("SET k{n} 1")).as_deref(), Ok("+OK"));
    }
    let touched = stage.held().cut_power(FAULT).expect("it is cut");
    assert_eq!(touched[0], ("processes cut off", 1));
    assert!(stage.ask("PING").is_err());
    stage.held().come_back(FAULT, false).await.expect("it starts again");
    let left = stage.ask("DBSIZE").expect("it answers");
    stage.over();
    left.trim_start_matches(':').parse().expect("a number")
}

#[tokio::test]
async fn a_power_cut_loses_what_was_acknowledged_without_a_sync_and_only_that() {
    assert_eq!(left_after_a_power_cut(ALWAYS).await, 100, "each was synced before it was acknowledged");
    let left = left_after_a_power_cut(NEVER).await;
    assert!(left < 100, "all {left} are there, although nothing was synced");
}

#[tokio::test]
async fn a_kill_alone_loses_nothing_that_was_written() {
    let mut stage = Stage::new(NEVER, disk()).await;
    for n in 0..100 {
        stage.took(&format!("SET k{n} 1"));
    }
    stage.held().go_down(FAULT).unwrap();
    stage.held().come_back(FAULT, false).await.unwrap();
    assert_eq!(stage.ask("DBSIZE").as_deref(), Ok(":100"), "the system lived on, and its page cache with it");
    stage.over();
}

/// It says what time it is to whoever connects.
fn teller() -> RealService {
    let script = "import socket,sys,time\ns=socket.create_server(('127.0.0.1',int(sys.argv[1])))\nwhile 1:\n c,_=s.accept()\n try:\n  c.sendall(b'%d\\n'%time.time())\n except OSError: pass\n c.close()";
    let args = ["-c", script, "{port}"].map(str::to_owned).to_vec();
    let origin = Origin::Start { program: "python3".into(), args, env: Vec::new(), first: First::default() };
    RealService { origin, protocol: Protocol::Tcp, ready: Ready::Connect, ..redis(PLAIN) }
}

#[tokio::test]
async fn its_clock_is_off_and_then_right_again() {
    let mut stage = Stage::of(&teller(), Needs { clock: true, ..Needs::default() }).await;
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let effect = Effect::Skew { whose: Whose::Leader, ahead_ns: 3_600_000_000_000 };
    let off = |stage: &mut Stage| stage.ask("").unwrap().parse::<i64>().unwrap() - now();
    assert!(off(&mut stage).abs() < 60);
    stage.begin(&effect);
    let hour = 3500..3700;
    assert!(wait_until(Instant::now() + Duration::from_secs(20), || hour.contains(&off(&mut stage))));
    stage.end(&effect).await;
    assert!(wait_until(Instant::now() + Duration::from_secs(20), || off(&mut stage).abs() < 60));
    stage.over();
}

#[tokio::test]
async fn its_packets_are_late_and_a_partition_is_silence() {
    let mut stage = Stage::new(PLAIN, Needs { network: true, ..Needs::default() }).await;
    let late = Effect::Packets(Packets { delay: Some(Dist::Constant(0.1)), ..Packets::default() });
    stage.begin(&late);
    // The connection takes a round trip, and so does the question.
    let took = stage.took("PING");
    assert!(took >= Duration::from_millis(400) && stage.seen("packets handled") > 0, "{took:?}");
    stage.end(&late).await;
    let apart = Effect::Packets(Packets { loss: 1.0, ..Packets::default() });
    stage.begin(&apart);
    assert!(stage.ask_within("PING", Duration::from_millis(500)).is_err());
    stage.end(&apart).await;
    assert!(stage.heals());
    stage.over();
}

#[tokio::test]
async fn what_is_mended_after_a_crash_has_its_limits_and_its_clock_back() {
    let needs = Needs { clock: true, controllers: vec![Controller::Memory], ..Needs::default() };
    let mut stage = Stage::of(&teller(), needs).await;
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let skew = Effect::Skew { whose: Whose::Leader, ahead_ns: 3_600_000_000_000 };
    let (files, memory) = (Limit::OpenFiles { count: 77 }, Limit::Memory { bytes: 256 << 20 });
    for (number, effect) in [&skew, &Effect::Limit(files), &Effect::Limit(memory)].into_iter().enumerate() {
        stage.held().begin(FaultId(number as u32), effect).expect("it begins");
    }
    let pid = stage.held().process.kin().expect("it runs").head();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    assert!(wait_until(Instant::now() + Duration::from_secs(20), || !stage.held().process.is_running()));
    stage.held().end(FaultId(2), &Effect::Limit(memory)).await.expect("it heals, and starts again");
    let again = stage.held().process.kin().expect("it runs again").head();
    let soft = || soft_limit::open_files(again).unwrap().rlim_cur;
    assert!(again != pid && soft() == 77, "{}", soft());
    let off = |stage: &mut Stage| stage.ask("").unwrap().parse::<i64>().unwrap() - now();
    let hour = 3500..3700;
    assert!(wait_until(Instant::now() + Duration::from_secs(20), || hour.contains(&off(&mut stage))));
    stage.held().end(FaultId(1), &Effect::Limit(files)).await.expect("it heals");
    stage.held().end(FaultId(0), &skew).await.expect("it heals");
    assert!(soft() != 77);
    assert!(wait_until(Instant::now() + Duration::from_secs(20), || off(&mut stage).abs() < 60));
    stage.over();
}
