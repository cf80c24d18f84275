//! Real redis-servers (and shells that play broken ones), started, broken and ended.

use super::*;
use crate::base::{ServiceId, Span};
use crate::live::undo::testkit::Bench;
use crate::live::volume::BYTES_MIN;
use crate::plan::real::{Origin, Protocol, Ready};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn service(program: &str, args: &[&str], ready: Ready) -> RealService {
    RealService {
        service: ServiceId(0),
        protocol: Protocol::Redis,
        origin: Origin::Start {
            program: program.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: vec![("SERVER_PORT".into(), "{port}".into())],
            first: Default::default(),
        },
        ready_within: Span::from_secs(10),
        ready,
        volume_bytes: None,
        account: Default::default(),
        cold: false,
        foreign: None,
        own_network: false,
        tls: false,
        ca: None,
    }
}

fn setup(address: SocketAddr) -> Setup {
    Setup { address, name: "it".into(), account: Default::default(), keys: None, folder: None, tls: None, guest: None }
}

fn redis() -> RealService {
    service("redis-server", &["--port", "{port}", "--dir", "{dir}", "--appendonly", "yes"], Ready::Answers)
}

/// One command in Redis's inline form; the error's words when there is no answer within a quarter of a second.
fn ask(process: &RealProcess, command: &str) -> Result<String, String> {
    let quick = Duration::from_millis(250);
    let mut stream = TcpStream::connect_timeout(&process.address(), quick).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(quick)).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = [0; 256];
    let count = stream.read(&mut answer).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&answer[..count]).trim().to_owned())
}

#[tokio::test]
async fn redis_is_started_paused_resumed_killed_restarted_and_leaves_nothing() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let mut process = RealProcess::start(&redis(), "cache", &ledger).await.unwrap();
    let (address, data) = (process.address(), process.data_dir());
    assert_eq!(ask(&process, "SET a 1"), Ok("+OK".into()));

    process.pause().unwrap();
    assert!(process.is_running() && ask(&process, "PING").is_err());
    process.resume().unwrap();
    assert_eq!(ask(&process, "PING"), Ok("+PONG".into()));

    process.kill().unwrap();
    assert!(!process.is_running() && ask(&process, "PING").is_err());
    assert_eq!(process.exited(), None, "what we did ourselves is no news");
    assert!(matches!(process.pause(), Err(Trouble::NotRunning { verb: "paused", .. })));

    process.restart(false).await.unwrap();
    assert_eq!(process.address(), address);
    assert_eq!(ask(&process, "GET a"), Ok("$1\r\n1".into()));
    process.pause().unwrap();
    process.restart(true).await.unwrap();
    assert_eq!(ask(&process, "GET a"), Ok("$-1".into()), "a cold restart has forgotten");

    process.stop().unwrap();
    drop(process);
    assert!(!data.exists() && ledger.open_entries().is_empty());
}

#[tokio::test]
async fn a_server_that_stops_on_its_own_is_reported_with_its_last_words() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let mut process = RealProcess::start(&redis(), "cache", &ledger).await.unwrap();
    assert_eq!(process.exited(), None);
    assert!(ask(&process, "SHUTDOWN NOSAVE").is_ok_and(|answer| answer.is_empty()));
    assert!(revert::wait_until(Instant::now() + Duration::from_secs(5), || !process.is_running()));
    let report = process.exited().unwrap();
    assert!(report.contains("service `cache`") && report.contains("exit status: 0"), "{report}");
    assert!(report.contains("bye bye"), "{report}");
    process.restart(false).await.unwrap();
    assert_eq!(process.exited(), None);
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let process = RealProcess::start(&redis(), "cache", &ledger).await.unwrap();
    let (pid, folder) = (process.pid().unwrap(), process.log_path().parent().unwrap().to_owned());
    drop(process);
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap() && !folder.exists());
    assert!(ledger.open_entries().is_empty());
}

#[tokio::test]
async fn its_volume_runs_full_and_heals() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let wanted = RealService { volume_bytes: Some(BYTES_MIN), ..redis() };
    let mut process = RealProcess::start(&wanted, "cache", &ledger).await.unwrap();
    assert_eq!(ask(&process, "SET a 1"), Ok("+OK".into()));
    process.volume().unwrap().fill_to(1.0).unwrap();
    let long = "x".repeat(3000);
    let full = |process: &RealProcess| {
        (0..50).any(|n| ask(process, &format!("SET k{n} {long}")).is_ok_and(|a| a.starts_with("-MISCONF")))
    };
    assert!(full(&process), "redis refuses writes once its append-only file cannot grow");
    process.volume().unwrap().empty().unwrap();
    let heals = || ask(&process, "SET a 2") == Ok("+OK".into());
    assert!(revert::wait_until(Instant::now() + Duration::from_secs(5), heals));
}

#[tokio::test]
async fn a_program_that_is_not_installed_is_named() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let trouble = RealProcess::start(&service("no-such-server", &["{port}"], Ready::Connect), "db", &ledger).await;
    let text = trouble.unwrap_err().to_string();
    assert!(text.contains("`db`") && text.contains("`no-such-server`") && text.contains("install it"), "{text}");
    assert!(ledger.open_entries().is_empty());
}

#[tokio::test]
async fn a_server_that_dies_at_start_is_quoted() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let dying = service("sh", &["-c", "sleep 1000 & echo no licence for {port} >&2; exit 3"], Ready::Connect);
    let text = RealProcess::start(&dying, "db", &ledger).await.unwrap_err().to_string();
    assert!(text.contains("exit status: 3") && text.contains("    no licence for "), "{text}");
    assert!(ledger.open_entries().is_empty(), "also what it left in its group is ended");
}

#[tokio::test]
async fn a_server_that_never_gets_ready_is_ended_and_quoted() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let slow = service("sh", &["-c", "echo still thinking; exec sleep 1000"], Ready::HttpGet("/health".into()));
    let slow = RealService { ready_within: Span::from_millis(200), ..slow };
    let text = RealProcess::start(&slow, "app", &ledger).await.unwrap_err().to_string();
    assert!(
        text.contains("within 200ms") && text.contains("connecting failed") && text.contains("still thinking"),
        "{text}"
    );
    assert!(ledger.open_entries().is_empty());
}

#[tokio::test]
async fn a_lost_race_for_the_port_is_run_again_on_another() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let script = "test -e {dir}/tried || { touch {dir}/tried; echo 'bind: Address already in use'; exit 1; }; exec redis-server --port {port}";
    let mut process =
        RealProcess::start(&service("sh", &["-c", script], Ready::Answers), "cache", &ledger).await.unwrap();
    assert!(process.is_running() && process.data_dir().join("tried").exists());
}

#[tokio::test]
async fn readiness_by_http_takes_any_status_below_500() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for status in ["503 Service Unavailable", "404 Not Found"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let count = stream.read(&mut request).unwrap();
            assert!(request[..count].starts_with(b"GET /up HTTP/1.1\r\n"));
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
        }
    });
    let ready = service("sh", &[], Ready::HttpGet("/up".into()));
    let refusal = ready::try_once(&ready, setup(address), Duration::from_secs(5)).await.unwrap_err();
    assert!(refusal.contains("503"), "{refusal}");
    assert_eq!(ready::try_once(&ready, setup(address), Duration::from_secs(5)).await, Ok(()));
}

#[tokio::test]
async fn a_start_without_a_place_for_the_port_is_refused() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let mut deaf = redis();
    deaf.origin =
        Origin::Start { program: "redis-server".into(), args: vec![], env: vec![], first: Default::default() };
    let trouble = RealProcess::start(&deaf, "cache", &ledger).await.unwrap_err();
    assert!(matches!(trouble, Trouble::NoPortPlaceholder { .. }), "{trouble}");
}

#[tokio::test]
async fn a_foreign_server_on_the_port_is_not_taken_for_ours() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    // It plays the lost race: while a stranger already answers on the port, ours needs a moment to find that out.
    let script = "test -e {dir}/tried && exec redis-server --port {port}; touch {dir}/tried; \
                  setsid redis-server --port {port} --save '' --daemonize yes --pidfile {dir}/../stranger.pid; \
                  sleep 0.2; echo 'bind: Address already in use'; exit 1";
    let mut process =
        RealProcess::start(&service("sh", &["-c", script], Ready::Answers), "cache", &ledger).await.unwrap();
    assert!(process.is_running());
    let info = ask(&process, "CONFIG GET daemonize").unwrap();
    let pid_file = process.log_path().with_file_name("stranger.pid");
    let stranger: i32 = fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(Pid::from_raw(stranger), Signal::SIGKILL).unwrap();
    assert!(info.ends_with("no"), "answered by the stranger: {info}");
}

#[test]
fn starting_and_restarting_may_move_between_threads() {
    fn movable<T: Send>(_: &T) {}
    let bench = Bench::new();
    let ledger = bench.ledger();
    let wanted = redis();
    movable(&RealProcess::start(&wanted, "cache", &ledger));
    #[expect(dead_code, reason = "only its type matters")]
    fn restarting(process: &mut RealProcess) {
        movable(&process.restart(true));
    }
}
