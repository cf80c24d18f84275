//! Every stock server that firedrill starts by itself, under load by its own driver: a fault on the edge, one on the process, and nothing
//! left behind. Rates are low and windows wide, so that a busy machine passes.

use firedrill::base::Time;
use firedrill::compile::{self, Request};
use firedrill::judge::{Verdict, judge};
use firedrill::live::{LiveOptions, play};
use firedrill::plan::{Plan, World};
use firedrill::record::{ClientCell, Recording};
use firedrill::scenario::{Diagnostics, load_text, render};
use std::path::{Path, PathBuf};

fn plan(text: &str) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("engines.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    let mut plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    plan.world = World::Live;
    plan
}

/// Played whole; every undo was looked at and the ledger is gone.
pub fn played(text: &str) -> Recording {
    let state = tempfile::tempdir().expect("a temporary folder");
    let options = LiveOptions {
        state_dir: Some(state.path().to_owned()),
        guardian: Some(PathBuf::from(env!("CARGO_BIN_EXE_firedrill"))),
        ..LiveOptions::default()
    };
    let recording = play(&plan(text), &options).unwrap_or_else(|trouble| panic!("{trouble}\n{text}")).recording;
    assert_eq!(recording.cut_short, None, "{:?}", recording.warnings);
    assert!(recording.undo.iter().all(|note| note.done), "{:#?}", recording.undo);
    assert_eq!(std::fs::read_dir(state.path()).expect("the state folder is there").count(), 0, "the ledger is gone");
    recording
}

fn between(recording: &Recording, from: f64, to: f64) -> ClientCell {
    recording.client_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to))
}

/// What stands for one server: users call it, its edge is slow for a second, and it is killed or paused for another one.
fn drill(engine: &str, kind: &str, protocol: &str, fault: &str) -> String {
    let protocol = if protocol.is_empty() { String::new() } else { format!(", protocol: {protocol}") };
    format!(
        "name: drill
length: 5s
warmup: 200ms
clients:
  users: {{calls: {{to: it, timeout: 500ms, request: 200B, response: 200B}}, rate: 40/s, writes: 50%, keys: {{count: 50}}}}
services:
  it: {{{kind}}}
faults:
  late: {{kind: latency, on: users->it, by: 100ms, at: 1s, for: 1s}}
  hurt: {{kind: {fault}, on: it, at: 2500ms, for: 700ms}}
expect:
  - success(users) >= 1%
live:
  it: {{engine: {engine}{protocol}}}
"
    )
}

fn holds(engine: &str, kind: &str, protocol: &str, fault: &str) {
    let recording = played(&drill(engine, kind, protocol, fault));
    let say = || format!("{engine} {protocol} {fault}: {:#?} {:?}", recording.evidence, recording.warnings);
    let calm = between(&recording, 0.2, 0.9);
    assert!(calm.sent > 10 && calm.ok * 10 >= calm.sent * 9, "{calm:?} {}", say());
    let p50 = |from, to| between(&recording, from, to).latency.quantile(0.5).expect("requests were answered");
    assert!(
        p50(1.1, 1.9) >= 0.1 && p50(0.2, 0.9) < p50(1.1, 1.9),
        "{} then {}; {}",
        p50(0.2, 0.9),
        p50(1.1, 1.9),
        say()
    );
    let hurt = between(&recording, 2.6, 3.0);
    let slow = hurt.latency.quantile(0.5).is_some_and(|p50| p50 > 0.2);
    assert!(slow || hurt.failed() * 2 > hurt.sent, "it was hurt and nobody noticed: {hurt:?} {}", say());
    assert!(recording.evidence.iter().all(|evidence| evidence.touched > 0), "{}", say());
    assert!(recording.undo.iter().any(|note| note.what.starts_with("process it")), "{:?}", recording.undo);
    assert!(recording.undo.iter().any(|note| note.what.starts_with("folder")), "{:?}", recording.undo);
    assert_eq!(left_of(&recording), Vec::<String>::new(), "{}", say());
}

/// Processes whose arguments still name a private folder of this run.
fn left_of(recording: &Recording) -> Vec<String> {
    let folders: Vec<String> =
        recording.undo.iter().filter_map(|note| Some(note.what.strip_prefix("folder ")?.to_owned())).collect();
    let processes = std::fs::read_dir("/proc").expect("/proc can be listed").flatten();
    let commands = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| folders.iter().any(|folder| command.contains(folder))).collect()
}

#[test]
fn redis_is_loaded_and_broken() {
    holds("redis", "kind: cache, entries: 50", "", "pause");
}

#[test]
fn postgres_is_loaded_and_broken() {
    holds("postgres", "kind: database", "", "pause");
}

#[test]
fn memcached_is_loaded_and_broken() {
    holds("memcached", "kind: cache, entries: 50", "", "down");
}

#[test]
fn nginx_is_loaded_and_broken() {
    holds("nginx", "workers: 8", "", "down");
}

#[test]
fn nginx_is_loaded_over_http2() {
    holds("nginx", "workers: 8", "http2", "pause");
}

#[test]
fn haproxy_is_loaded_and_broken() {
    holds("haproxy", "workers: 8", "", "down");
}

#[test]
fn haproxy_is_loaded_over_http2() {
    holds("haproxy", "workers: 8", "http2", "pause");
}

#[test]
fn rabbitmq_is_loaded_and_broken() {
    holds("rabbitmq", "workers: 8", "", "pause");
}

#[test]
fn nats_is_loaded_and_broken() {
    holds("nats", "workers: 8", "", "down");
}

#[test]
fn a_mail_sink_is_loaded_and_broken() {
    holds("smtp", "workers: 8", "", "down");
}

/// Users write to one server, which is killed in the middle; what it acknowledged is read back at the end.
fn written(live: &str, kind: &str, fault: &str) -> Recording {
    played(&kept(live, kind, fault))
}

fn kept(live: &str, kind: &str, fault: &str) -> String {
    format!(
        "name: kept
world: live
length: 4s
warmup: 100ms
clients:
  users: {{calls: {{to: it, timeout: 500ms, request: 200B}}, rate: 60/s, writes: 80%, keys: {{count: 100}}}}
services:
  it: {{{kind}}}
faults:
  hurt: {{kind: {fault}, on: it, at: 2s, for: 500ms}}
expect:
  - lost(it) == 0 whole
live:
  it: {live}
"
    )
}

/// The verdict on `lost(it) == 0`, and how much was lost.
fn lost(recording: &Recording) -> (Verdict, f64) {
    let line = &judge(recording).expectations[0];
    (line.verdict, line.measured.unwrap_or(f64::NAN))
}

#[test]
fn a_redis_without_a_disk_loses_what_it_acknowledged() {
    let recording = written("{engine: redis}", "kind: cache, entries: 100", "down");
    let (verdict, lost) = lost(&recording);
    assert!(verdict == Verdict::Broken && lost >= 5.0, "{verdict:?} {lost} {:?}", recording.events);
    assert!(recording.events.iter().any(|event| event.text.contains("acknowledged")), "{:?}", recording.events);
}

#[test]
fn a_redis_that_syncs_every_write_keeps_it() {
    let live = "{engine: redis, settings: {appendonly: yes, appendfsync: always}}";
    let recording = written(live, "kind: cache, entries: 100", "down");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?}", recording.warnings);
    assert_eq!(recording.evidence[0].details.get("processes killed"), Some(&1));
    let emptied = written(&live.replace("{engine", "{cold: true, engine"), "kind: cache, entries: 100", "down");
    assert!(lost(&emptied).1 >= 5.0, "its disk was taken from it: {:?}", emptied.events);
}

#[test]
fn a_postgres_keeps_what_it_committed() {
    let recording = written("{engine: postgres}", "kind: database", "down");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?}", recording.warnings);
}

#[test]
fn a_memcached_that_forgets_is_found_out_and_a_paused_one_is_not_blamed() {
    let recording = written("{engine: memcached}", "kind: cache, entries: 100", "pause");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?}", recording.warnings);
    let recording = written("{engine: memcached}", "kind: cache, entries: 100", "down");
    assert!(lost(&recording).1 >= 5.0, "{:?}", recording.events);
}

#[test]
fn a_stream_keeps_its_messages() {
    let recording = written("{engine: nats}", "workers: 8", "down");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?} {:?}", recording.warnings, recording.events);
}

#[test]
fn a_mail_sink_keeps_its_mails() {
    let recording = written("{engine: smtp}", "workers: 8", "down");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?} {:?}", recording.warnings, recording.events);
}

#[test]
fn a_broker_keeps_what_it_confirmed() {
    // On a busy machine it takes a minute to start again.
    let recording = written("{engine: rabbitmq, ready_within: 300s}", "workers: 8", "down");
    assert_eq!(lost(&recording), (Verdict::Holds, 0.0), "{:?} {:?}", recording.warnings, recording.events);
}

#[test]
fn a_name_server_is_asked_and_broken() {
    let recording = played(&drill("dns", "workers: 8", "", "down"));
    let (calm, hurt, later) =
        (between(&recording, 0.2, 0.9), between(&recording, 2.6, 3.0), between(&recording, 4.0, 4.9));
    assert!(calm.sent > 10 && calm.failed() == 0, "{calm:?}");
    let late = between(&recording, 1.1, 1.9).latency.quantile(0.5).expect("questions were answered");
    assert!(late >= 0.1, "its answers were late: {late} s");
    assert!(hurt.failed() * 2 > hurt.sent, "{hurt:?}");
    assert!(later.ok * 10 >= later.sent * 9, "it came back: {later:?}");
    assert_eq!(left_of(&recording), Vec::<String>::new());
}

/// Why a scenario is not played, before anything is started.
fn refused(text: &str) -> String {
    firedrill::live::check(&plan(text), false).expect_err("it cannot be played").to_string()
}

#[test]
fn what_cannot_be_known_of_a_real_server_is_not_expected() {
    let with = |line: &str, live: &str, kind: &str| {
        let text = drill("redis", kind, "", "pause").replace("name: drill", "name: drill\nworld: live");
        refused(&text.replace("  - success(users) >= 1%", &format!("  - {line}")).replace("{engine: redis}", live))
    };
    let said = with("lag(it) < 1s", "{engine: postgres}", "kind: database");
    assert!(said.contains("cannot be read off a real process"), "{said}");
    let said = with("lost(it) == 0 during hurt", "{engine: redis}", "kind: cache, entries: 100");
    assert!(said.contains("at the end of the run"), "{said}");
    let said = with("lost(it) == 0 whole", "{engine: redis}", "kind: cache, entries: 50, ttl: 10s");
    assert!(said.contains("need not be lost"), "{said}");
}

#[test]
fn tcp_is_called_by_the_byte() {
    let echo = "import os,socketserver\nclass H(socketserver.BaseRequestHandler):\n def handle(self):\n  while d:=self.request.recv(4096): self.request.sendall(d)\nsocketserver.ThreadingTCPServer((\"127.0.0.1\",int(os.environ[\"PORT\"])),H).serve_forever()";
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("echo.py");
    std::fs::write(&script, echo).expect("written");
    let live = format!("{{start: [python3, {}], env: {{PORT: \"{{port}}\"}}, protocol: tcp}}", script.display());
    let text = drill("redis", "workers: 8", "", "pause").replace("{engine: redis}", &live);
    let recording = played(&text);
    let calm = between(&recording, 0.2, 0.9);
    assert!(calm.sent > 10 && calm.failed() == 0, "{calm:?}");
    assert!(between(&recording, 1.1, 1.9).latency.quantile(0.5).is_some_and(|p50| p50 >= 0.1));
}

/// docs/live.md begins with a scenario that holds in the simulator and could be played here.
#[test]
fn the_game_day_of_the_manual_can_be_played() {
    let page = include_str!("../../docs/live.md");
    let text = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it has a scenario");
    let live = plan(text);
    firedrill::live::check(&live, false).unwrap_or_else(|trouble| panic!("{trouble}"));
    let model = Plan { world: World::Sim, ..live };
    let judgement = judge(&firedrill::sim::play(&model));
    let lines: Vec<_> = judgement.expectations.iter().map(|line| (&line.text, line.verdict, line.measured)).collect();
    assert!(lines.iter().all(|(_, verdict, _)| *verdict == Verdict::Holds), "{lines:#?}");
}

#[test]
fn a_server_that_does_not_come_back_leaves_what_it_lost_unknown() {
    let script = "test -e {dir}/once && exit 3; touch {dir}/once; exec redis-server --port {port} --bind 127.0.0.1";
    let live = format!("{{start: [sh, -c, \"{script}\"], protocol: redis}}");
    let text = "kind: down, on: it, at: 2s, for: 500ms";
    let scenario = kept(&live, "kind: cache, entries: 100", "down").replace(text, "kind: down, on: it, at: 2s");
    let recording = played(&scenario);
    let line = &judge(&recording).expectations[0];
    assert_eq!((line.verdict, line.measured), (Verdict::CannotTell, None), "{:?}", recording.warnings);
    assert!(line.note.as_deref().is_some_and(|note| note.contains("could not be read back")), "{:?}", line.note);
}
