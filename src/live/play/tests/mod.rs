//! Short runs on loopback, with stand-ins and with a real redis-server. What is measured is held against the simulator with generous
//! bounds on slowness, since other tests run beside, and with tight ones where a fault must show.

use super::*;
use crate::base::{ClientId, Dist, EdgeId, ErrorKind, ServiceId, Span};
use crate::live::undo::Entry;
use crate::live::undo::testkit::Bench;
use crate::plan::expectation::Subject;
use crate::plan::fixture::{self, chain, fault};
use crate::plan::guards::{Breaker, Guard, RateLimit};
use crate::plan::meters;
use crate::plan::{
    Arrivals, CacheSpec, Effect, Fill, Fleet, Herd, Keys, MissPath, Op, Party, Pause, Replicas, Role, Target,
};
use crate::record::ClientCell;
use servers::with_redis;

mod servers;

fn options(bench: &Bench) -> LiveOptions<'static> {
    LiveOptions {
        state_dir: Some(bench.state().to_owned()),
        guardian: Some(bench.guardian_exe()),
        ..LiveOptions::default()
    }
}

fn run(plan: &Plan) -> Recording {
    let bench = Bench::new();
    let played = play(plan, &options(&bench)).expect("the run is possible");
    assert_eq!(played.stopped, None);
    assert!(played.recording.undo.iter().all(|note| note.done), "{:#?}", played.recording.undo);
    assert_eq!(played.recording.cut_short, None);
    assert_eq!(ledgers(&bench), 0);
    played.recording
}

fn ledgers(bench: &Bench) -> usize {
    let files = std::fs::read_dir(bench.state()).expect("the state folder is there").flatten();
    files.filter(|file| file.path().extension().is_some_and(|end| end == "ledger")).count()
}

fn between(recording: &Recording, from: f64, to: f64) -> ClientCell {
    recording.client_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to))
}

fn p50_ms(recording: &Recording, from: f64, to: f64) -> f64 {
    between(recording, from, to).latency.quantile(0.5).expect("requests were answered") * 1e3
}

fn all_of(service: u32) -> Target {
    Target::Service { id: ServiceId(service), replicas: Replicas::ALL }
}

#[test]
fn stand_ins_take_as_long_as_the_model_says() {
    let plan = chain(200.0, &[4.0, 10.0]);
    let recording = run(&plan);
    let users = between(&recording, 0.0, 1.9);
    let p50 = p50_ms(&recording, 0.0, 2.0);
    assert!((14.0..24.0).contains(&p50), "{p50} ms instead of 14");
    assert_eq!((users.failed(), users.sent), (0, users.offered));
    let model = crate::sim::play(&plan).client_over(0, Time::ZERO, plan.length);
    assert_eq!(between(&recording, 0.0, 2.0).offered, model.offered, "both worlds play the same arrivals");
    let db = recording.service_over(1, Time::ZERO, plan.length);
    assert_eq!(db.arrived, recording.edge_over(1, Time::ZERO, plan.length).attempts);
    assert!(recording.head.send_lag.count() == users.sent + between(&recording, 1.9, 2.0).sent);
    assert!(recording.undo[0].what.contains("2 listeners"));
}

#[test]
fn a_delayed_edge_shows_in_its_window_and_not_after() {
    let mut plan = chain(100.0, &[1.0, 1.0]);
    plan.length = Time::from_secs_f64(3.0);
    let by = Dist::Constant(0.1);
    fault(&mut plan, Target::Edge(EdgeId(1)), Effect::Delay { by, upstream: false }, 1.0, 2.0);
    let recording = run(&plan);
    for (from, to, least, most) in [(0.0, 0.9, 2.0, 40.0), (1.0, 1.8, 102.0, 160.0), (2.2, 2.8, 2.0, 40.0)] {
        let p50 = p50_ms(&recording, from, to);
        assert!((least..most).contains(&p50), "{from}..{to}: {p50} ms");
    }
    assert!(recording.evidence[0].touched > 50, "{:?}", recording.evidence);
}

#[test]
fn what_is_down_refuses_and_what_was_in_it_crashes() {
    let mut plan = chain(100.0, &[1.0, 100.0]);
    plan.length = Time::from_secs_f64(3.0);
    fault(&mut plan, all_of(1), Effect::Down, 1.0, 2.0);
    let recording = run(&plan);
    let edge = recording.edge_over(1, Time::ZERO, plan.length);
    assert!(edge.errors[ErrorKind::Crashed as usize] > 0, "{edge:?}");
    assert!(edge.errors[ErrorKind::Refused as usize] > 50, "{edge:?}");
    assert_eq!(between(&recording, 1.1, 1.9).ok, 0);
    assert_eq!(between(&recording, 2.1, 2.8).failed(), 0);
    assert_eq!(
        between(&recording, 1.1, 1.9).errors[ErrorKind::Refused as usize],
        between(&recording, 1.1, 1.9).failed()
    );
}

#[test]
fn guards_decide_alike_in_both_worlds() {
    let mut plan = chain(200.0, &[1.0, 5.0]);
    plan.length = Time::from_secs_f64(3.0);
    let mut breaker = Breaker { consecutive: Some(5), ..Breaker::plain() };
    breaker.open.base = Span::from_millis(300);
    plan.edges[1].guards = vec![Guard::Breaker(breaker)];
    plan.services[0].guards = vec![Guard::Rate(RateLimit { rate: 100.0, burst: 10.0, per_key: false })];
    fault(&mut plan, all_of(1), Effect::Fail { chance: 1.0 }, 1.0, 2.0);
    plan.meters = meters::declared(&plan);
    for recording in [run(&plan), crate::sim::play(&plan)] {
        let throttled = between(&recording, 0.5, 2.9).errors[ErrorKind::Throttled as usize];
        assert!((150..300).contains(&throttled), "{throttled} of about 480 were too many");
        let edge = recording.edge_over(1, Time::ZERO, plan.length);
        let (open, failed) = (edge.errors[ErrorKind::BreakerOpen as usize], edge.errors[ErrorKind::Error as usize]);
        assert!(open > 50 && (5..30).contains(&failed), "{open} not sent, {failed} failed");
        assert_eq!(between(&recording, 2.5, 2.9).errors[ErrorKind::BreakerOpen as usize], 0, "closed again");
        let opens = recording.meter_over(plan.meter(Subject::Edge(1), "opens").index(), Time::ZERO, plan.length);
        assert!(opens.is_some_and(|opens| (2.0..8.0).contains(&opens.sum)), "{opens:?}");
    }
}

#[test]
fn a_refused_and_a_cut_edge_are_seen_by_their_callers() {
    let mut plan = chain(100.0, &[1.0]);
    plan.length = Time::from_secs_f64(3.0);
    plan.edges[0].timeout = Some(Span::from_millis(300));
    fault(&mut plan, Target::Edge(EdgeId(0)), Effect::Refuse, 0.5, 1.0);
    fault(&mut plan, Target::Edge(EdgeId(0)), Effect::Cut { lose: true, ways: crate::plan::Ways::Both }, 1.5, 2.0);
    let recording = run(&plan);
    let refused = between(&recording, 0.6, 0.9);
    assert_eq!((refused.ok, refused.errors[ErrorKind::Refused as usize]), (0, refused.sent));
    let cut = between(&recording, 1.6, 1.7);
    assert_eq!((cut.ok, cut.errors[ErrorKind::Timeout as usize]), (0, cut.sent));
    assert_eq!(between(&recording, 2.2, 2.9).errors, [0; ErrorKind::COUNT]);
    assert!(recording.evidence.iter().all(|evidence| evidence.touched > 10), "{:?}", recording.evidence);
}

#[test]
fn a_timeout_leaves_a_zombie_and_a_cancellation_does_not() {
    for cancel in [false, true] {
        let mut plan = chain(50.0, &[200.0]);
        plan.edges[0].timeout = Some(Span::from_millis(50));
        plan.edges[0].cancel = cancel;
        let recording = run(&plan);
        let service = recording.service_over(0, Time::ZERO, plan.length);
        let users = between(&recording, 0.0, 1.9);
        assert_eq!(users.errors[ErrorKind::Timeout as usize], users.sent);
        match cancel {
            true => assert_eq!(service.completed, 0),
            false => assert!(service.completed > 50 && service.wasted == service.completed, "{service:?}"),
        }
    }
}

#[test]
fn a_stop_in_mid_run_leaves_nothing_and_keeps_what_was_recorded() {
    let plan = with_redis(50.0, 60.0);
    let bench = Bench::new();
    let (ask, shutdown) = Shutdown::on_request();
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(2500));
        ask.send(Some(Stop::Terminate)).expect("the run listens");
        ask
    });
    let mut options = options(&bench);
    options.shutdown = Some(shutdown);
    let played = play(&plan, &options).expect("the run began");
    drop(stopper.join());
    assert_eq!(played.stopped, Some(Stop::Terminate));
    let recording = played.recording;
    assert_eq!(recording.cut_short.as_ref().map(|cut| cut.why.as_str()), Some("SIGTERM"));
    assert!(between(&recording, 0.0, 60.0).ok > 20);
    assert!(recording.undo.iter().any(|note| note.what.starts_with("process cache")), "{:?}", recording.undo);
    assert!(recording.undo.iter().any(|note| note.what.starts_with("folder")));
    assert!(recording.undo.iter().all(|note| note.done), "{:?}", recording.undo);
    assert_eq!(ledgers(&bench), 0);
}

#[test]
fn a_panic_in_mid_run_leaves_nothing() {
    let mut plan = with_redis(50.0, 60.0);
    plan.real.services[0].volume_bytes = Some(8 << 20);
    fault(&mut plan, all_of(1), Effect::Fill { share: 0.9, added: false }, 0.2, 50.0);
    fault(&mut plan, all_of(1), Effect::Freeze, 0.4, 50.0);
    let bench = Bench::new();
    let seen = std::sync::Mutex::new(Vec::new());
    let mut options = options(&bench);
    options.progress = Some(Box::new(|at| {
        if at > Time::from_secs_f64(1.2) {
            *seen.lock().expect("told by one thread") = open_changes(&bench);
            std::panic::resume_unwind(Box::new("a bug of ours"));
        }
    }));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| play(&plan, &options)));
    assert!(panicked.is_err());
    drop(options);
    let seen = seen.into_inner().expect("told by one thread");
    let kinds: Vec<&str> = seen.iter().map(Entry::kind).collect();
    assert_eq!(kinds, ["folder", "mount", "process", "ballast", "paused"]);
    assert!(seen.iter().all(|entry| !crate::live::undo::testkit::is_there(entry)), "{seen:?}");
    assert_eq!(ledgers(&bench), 0);
}

fn open_changes(bench: &Bench) -> Vec<Entry> {
    let files = std::fs::read_dir(bench.state()).expect("the state folder is there").flatten().map(|file| file.path());
    let ledger = files.filter(|path| path.extension().is_some_and(|end| end == "ledger")).last().expect("a ledger");
    crate::live::undo::file::read(&ledger).expect("it can be read").open.into_values().collect()
}

#[test]
fn a_remote_target_is_refused_before_anything_is_touched() {
    let mut plan = with_redis(50.0, 60.0);
    plan.real.services[0].origin = crate::plan::real::Origin::Address("192.0.2.1:6379".into());
    let words = play(&plan, &LiveOptions::default()).expect_err("refused").to_string();
    assert!(words.contains("nothing was started") && words.contains("--allow-remote"), "{words}");
}

#[test]
fn a_volume_is_filled_and_emptied_again() {
    let mut plan = with_redis(50.0, 3.0);
    let total = 8 << 20;
    plan.real.services[0].volume_bytes = Some(total);
    fault(&mut plan, all_of(1), Effect::Fill { share: 0.9, added: false }, 0.5, 1.5);
    let recording = run(&plan);
    assert!(recording.evidence[0].details["bytes filled"] > total / 2, "{:?}", recording.evidence);
    let used = |at: f64| {
        let (from, to) = (Time::from_secs_f64(at), Time::from_secs_f64(at + 0.1));
        recording.service_over(1, from, to).used_bytes as f64 / total as f64
    };
    assert!(used(0.2) < 0.5 && used(2.5) < 0.5, "{} {}", used(0.2), used(2.5));
    assert!((0.9..=1.0).contains(&used(1.2)), "{}", used(1.2));
    assert!(recording.undo.iter().any(|note| note.what.starts_with("volume")));
}

/// users -> s0 (this test program as a real HTTP server) -> s1 (a stand-in), which it is told the address of.
#[test]
fn a_real_http_server_calls_a_stand_in_through_the_proxy() {
    let mut plan = chain(50.0, &[0.0, 5.0]);
    plan.length = Time::from_secs_f64(4.0);
    let mut real = fixture::redis(0);
    let role = "live::play::tests::server_role";
    let program = std::env::current_exe().expect("a test program").to_string_lossy().into_owned();
    real.origin = crate::plan::real::Origin::Start {
        program,
        args: ["--exact", role, "--ignored", "--nocapture"].map(str::to_owned).to_vec(),
        env: vec![("ROLE_PORT".into(), "{port}".into()), ("ROLE_DOWNSTREAM".into(), "{to:s1}".into())],
        first: Default::default(),
    };
    real.protocol = crate::plan::real::Protocol::Http;
    real.ready = crate::plan::real::Ready::Connect;
    plan.real.services.push(real);
    let by = Dist::Constant(0.1);
    fault(&mut plan, Target::Edge(EdgeId(1)), Effect::Delay { by, upstream: false }, 1.0, 2.0);
    fault(&mut plan, all_of(1), Effect::Fail { chance: 1.0 }, 3.0, 4.0);
    let recording = run(&plan);
    assert!((5.0..50.0).contains(&p50_ms(&recording, 0.2, 0.9)));
    assert!((105.0..170.0).contains(&p50_ms(&recording, 1.0, 1.8)));
    let failing = between(&recording, 3.1, 3.9);
    assert_eq!(failing.errors[ErrorKind::Error as usize], failing.sent, "its 500 is passed on");
    let asked = recording.service_over(1, Time::ZERO, plan.length);
    assert!(asked.arrived > 150 && asked.wasted == 0, "{asked:?}");
    let (real, users) = (recording.service_over(0, Time::ZERO, plan.length), between(&recording, 0.0, 4.0));
    assert_eq!((real.arrived, real.completed), (users.sent, users.ok));
}

#[test]
#[ignore = "a role that another test plays in a process of its own"]
fn server_role() {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    let (Ok(port), Ok(downstream)) = (std::env::var("ROLE_PORT"), std::env::var("ROLE_DOWNSTREAM")) else { return };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
    for client in listener.incoming() {
        let (mut client, downstream) = (client.expect("a connection"), downstream.clone());
        thread::spawn(move || {
            let mut request = [0; 4096];
            if client.read(&mut request).is_ok_and(|bytes| bytes > 0) {
                let mut server = TcpStream::connect(&downstream).expect("the stand-in listens");
                let ask = format!("GET / HTTP/1.1\r\nHost: {downstream}\r\nConnection: close\r\n\r\n");
                server.write_all(ask.as_bytes()).expect("it reads");
                let mut answer = String::new();
                server.read_to_string(&mut answer).expect("it answers");
                let status = answer.split(' ').nth(1).expect("a status");
                let words = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                client.write_all(words.as_bytes()).expect("the caller waits");
            }
        });
    }
}

#[test]
fn a_dry_run_names_everything_that_would_be_touched() {
    let mut plan = with_redis(50.0, 60.0);
    plan.real.services[0].volume_bytes = Some(8 << 20);
    fault(&mut plan, all_of(1), Effect::Down, 10.0, 12.0);
    fault(&mut plan, Target::Edge(EdgeId(1)), Effect::Refuse, 20.0, 22.0);
    fault(&mut plan, all_of(2), Effect::Freeze, 20.0, 22.0);
    let text = describe(&plan).join("\n");
    for words in [
        "as the stand-in for `web`",
        "as the stand-in for `db`",
        "start `cache` on a free port of 127.0.0.1: redis-server --port",
        "mount a tmpfs of 8388608 bytes for the data of `cache`",
        "write 500 keys named firedrill:key:N into `cache`",
        "as the fault proxy of `web->cache`",
        "at 10s: fault-0 (): the process of `cache`: killed with SIGKILL",
        "at 12s: heal fault-0",
        "at 20s: fault-1 (): on the proxy of `web->cache`",
    ] {
        assert!(text.contains(words), "{words:?} is not in:\n{text}");
    }
    assert!(!text.contains("fault-2"), "a stand-in is frozen inside firedrill");
}

/// `cargo test --lib live::play::tests::figures -- --ignored --nocapture` on a quiet machine.
#[test]
#[ignore = "measures the machine: run it alone and read what it prints"]
fn figures() {
    for rate in [1000.0, 2000.0, 4000.0, 6000.0, 8000.0] {
        let mut plan = chain(rate, &[]);
        plan.length = Time::from_secs_f64(5.0);
        let recording = run(&plan);
        let users = between(&recording, 1.0, 4.9);
        println!(
            "{rate}/s: {:.0} answered a second, p50 {:.3} ms, p99 {:.3} ms, send lag p50 {:.3} ms, p99 {:.3} ms; {:?}",
            users.goodput as f64 / 3.9,
            users.latency.quantile(0.5).unwrap_or(0.0) * 1e3,
            users.latency.quantile(0.99).unwrap_or(0.0) * 1e3,
            recording.head.send_lag.quantile(0.5).unwrap_or(0.0) * 1e3,
            recording.head.send_lag.quantile(0.99).unwrap_or(0.0) * 1e3,
            recording.latency_unsound,
        );
    }
    for hops in 1..=4 {
        let mut plan = chain(200.0, &vec![1.0; hops]);
        plan.length = Time::from_secs_f64(5.0);
        let direct = p50_ms(&run(&plan), 1.0, 4.9) - hops as f64;
        // A delay of nothing puts a proxy in front of each service.
        for edge in 0..hops {
            let by = Dist::Constant(0.0);
            fault(&mut plan, Target::Edge(EdgeId::from(edge)), Effect::Delay { by, upstream: true }, 4.95, 5.0);
        }
        let proxied = p50_ms(&run(&plan), 1.0, 4.9) - hops as f64;
        println!("{hops} hops of 1 ms work: {direct:.3} ms above the model, {proxied:.3} ms through proxies");
    }
}

#[test]
fn herds_and_fleets_come_over_the_wire() {
    let mut plan = chain(1.0, &[2.0]);
    plan.length = Time::from_secs_f64(2.5);
    let retry = Pause::Drawn(Dist::Constant(0.2));
    let herd = Herd { clients: 50, spread: Span::from_millis(300), retry, life: None };
    plan.clients[0].arrivals = Arrivals::Herd(herd);
    let mut fleet_plan = plan.clone();
    fault(&mut plan, all_of(0), Effect::Down, 0.5, 1.0);
    let recording = run(&plan);
    let all = between(&recording, 0.0, 2.5);
    assert_eq!((between(&recording, 0.0, 0.4).offered, all.fresh, all.ok), (0, 50, 50), "{all:?}");
    assert!(all.offered > 60 && all.errors[ErrorKind::Refused as usize] > 10, "they called while it was down: {all:?}");
    let (start, interval) = (Span::from_millis(200), Dist::Constant(0.5));
    let fleet = Fleet { agents: 40, interval, clockwork: true, start, splay: Span::ZERO, rerun: None };
    fleet_plan.clients[0].arrivals = Arrivals::Fleet(fleet);
    let wake = Effect::Wake { share: 1.0, within: Span::ZERO };
    fault(&mut fleet_plan, Target::Client(ClientId(0)), wake, 1.3, 1.3);
    let recording = run(&fleet_plan);
    assert_eq!(between(&recording, 0.0, 1.3).offered, 120, "turns begin at 0, 0.5 and 1 s");
    assert_eq!(between(&recording, 1.3, 1.7).offered, 40, "all at once");
}
