//! Populations against closed forms and against the figures of incidents, from the text of a scenario to its recording. Incidents are
//! played at a size that keeps what matters: rates, line lengths and numbers of clients are divided by the same factor.

use firedrill::base::{ErrorKind, Time};
use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::plan::expectation::Subject;
use firedrill::record::{ClientCell, Recording, ServiceCell};
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

struct Played {
    plan: Plan,
    recording: Recording,
}

fn play_in(folder: &Path, text: &str) -> Played {
    let diags = Diagnostics::new();
    let mut loaded = load_text("populations.yaml", text, folder, &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    let recording = sim::play(&plan);
    Played { plan, recording }
}

fn play(text: &str) -> Played {
    play_in(Path::new("."), text)
}

impl Played {
    /// The first client's figures between two moments, in seconds.
    fn client(&self, from: f64, to: f64) -> ClientCell {
        self.recording.client_over(0, Time::from_secs_f64(from), Time::from_secs_f64(to))
    }

    fn all(&self) -> ClientCell {
        self.recording.client_over(0, Time::ZERO, self.plan.length)
    }

    fn service(&self) -> ServiceCell {
        self.recording.service_over(0, Time::ZERO, self.plan.length)
    }

    /// Mean level of a meter of the first client between two moments, in seconds.
    fn level(&self, meter: &str, from: f64, to: f64) -> f64 {
        let meter = self.plan.meter(Subject::Client(0), meter).index();
        let (from, to) = (Time::from_secs_f64(from), Time::from_secs_f64(to));
        let cell = self.recording.meter_over(meter, from, to).expect("there are such cells");
        cell.sum / cell.whole
    }

    /// Seconds from a moment until so many requests were answered well.
    fn until_answered(&self, from: f64, count: f64) -> Option<f64> {
        let mut sum = 0;
        let cells = self.recording.clients[0].cells.iter().zip(&self.recording.grid.cells);
        cells.filter(|(_, time)| time.from.as_secs_f64() >= from).find_map(|(cell, time)| {
            sum += cell.goodput;
            (sum as f64 >= count).then(|| time.to.as_secs_f64() - from)
        })
    }
}

#[track_caller]
fn near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    let off = (measured / expected - 1.0).abs();
    assert!(off <= tolerance, "{what}: measured {measured:.6}, expected {expected:.6}, off by {:.2}%", off * 100.0);
}

const CLIENTS: f64 = 10_000.0;

/// 200,000 clients and 2,000 handshakes per second, twenty times smaller: all sessions are dropped at 10 s.
fn reconnect(herd: &str, queue: &str, length_s: u32) -> Played {
    play(&format!(
        "
name: reconnect
length: {length_s}s
window: 100ms
clients:
  phones: {{calls: {{to: gateway, timeout: 5s}}, herd: {{clients: 10000, {herd}}}}}
services:
  gateway: {{workers: 1, work: 10ms, queue: {queue}}}
faults:
  drop: {{kind: disconnect, on: phones, at: 10s}}
expect: [offered(phones) <= 0/s between 0s and 10s]
"
    ))
}

#[test]
fn a_herd_before_an_unbounded_line_stays_out_for_ever() {
    // mu T / N = 5%: those who get in before the first timeout; all later work is done for clients who have given up.
    let played = reconnect("retry: 1s", "unbounded", 309);
    near("share that gets in", played.all().ok as f64 / CLIENTS, 0.05, 0.02);
    near("calls per client in 300 s", played.all().offered as f64 / CLIENTS, 0.05 + 0.95 * 50.0, 0.02);
    let gateway = played.service();
    assert!(gateway.wasted as f64 / gateway.completed as f64 >= 0.97, "{gateway:?}");
    near("the gateway is busy all the while", gateway.busy_s, 300.0, 0.01);
    // Waiting longer before the next call is no cure.
    for pause in ["\"uniform(0s, 30s)\"", "{base: 1s, max: 120s, jitter: full}"] {
        let played = reconnect(&format!("retry: {pause}"), "unbounded", 309);
        near("share that gets in", played.all().ok as f64 / CLIENTS, 0.05, 0.02);
    }
}

#[test]
fn a_bounded_line_or_a_spread_lets_the_herd_back_in() {
    // The line holds 8,000 / 20 clients, or 511 / 20. (herd, queue, seconds until 95% are back, calls per client)
    let cases = [
        ("retry: 1s", 400, 94.9, 47.6),
        ("retry: \"uniform(0s, 30s)\", spread: 30s", 400, 94.9, 3.1),
        ("retry: 1s, spread: 120s", 400, 114.0, 1.0),
        ("retry: 1s", 25, 371.0, 0.0),
    ];
    for (herd, queue, seconds, calls) in cases {
        let played = reconnect(herd, &queue.to_string(), 500);
        let back = played.until_answered(10.0, 0.95 * CLIENTS).expect("95% come back");
        near(&format!("{herd}, queue {queue}: seconds to 95%"), back, seconds, 0.1);
        assert_eq!(played.all().ok, 10_000, "all come back in the end");
        near("connected at 95%", played.level("connected", 10.0 + back, 10.1 + back), 0.95, 0.01);
        if calls > 0.0 {
            near(&format!("{herd}, queue {queue}: calls"), played.all().offered as f64 / CLIENTS, calls, 0.1);
        }
    }
}

#[test]
fn sessions_fall_with_the_replicas_that_hold_them() {
    let herd = |fault: &str| {
        play(&format!(
            "
name: replicas
length: 60s
clients:
  phones: {{calls: {{to: gateway, timeout: 5s}}, herd: {{clients: 4000, spread: 5s}}}}
services:
  gateway: {{replicas: 4, workers: 8, work: 1ms}}
faults:
  it: {fault}
expect: [success(phones) >= 0%]
"
        ))
    };
    let lost = |played: &Played| played.recording.evidence[0].details.get("sessions lost").copied().unwrap_or(0);
    let cases = [
        ("{kind: restart, on: gateway, replicas: 1, at: 10s, for: 20s}", 1000.0f64),
        ("{kind: down, on: gateway, at: 10s, for: 20s}", 4000.0),
        ("{kind: reset, on: phones->gateway, chance: 50%, at: 10s, for: 1ms}", 2000.0),
        ("{kind: cut, on: phones->gateway, lose: true, at: 10s, for: 20s}", 4000.0),
        ("{kind: cut, on: phones->gateway, at: 10s, for: 20s}", 0.0),
        ("{kind: disconnect, on: phones, share: 10%, at: 10s}", 400.0),
    ];
    for (fault, expected) in cases {
        let played = herd(fault);
        let lost = lost(&played) as f64;
        // Five standard deviations of a binomial count.
        let slack = 5.0 * (expected * (1.0 - expected / 4000.0)).max(0.0).sqrt();
        assert!((lost - expected).abs() <= slack, "{fault}: {lost} sessions lost, expected {expected}");
        assert_eq!((played.all().fresh, played.all().ok), (lost as u64, lost as u64), "{fault}: each comes back once");
    }
}

#[test]
fn an_expired_certificate_shows_as_sessions_end_by_themselves() {
    // err(t) = 1 - e^(-t / tau): sessions that are there live on, new handshakes fail. A restart makes a step of the ramp.
    let played = play(
        "
name: certificate
length: 3000s
clients:
  services: {calls: {to: peer, timeout: 5s}, herd: {clients: 20000, life: exp(900s), retry: 60s}}
services:
  peer: {work: 1ms}
faults:
  expired: {kind: errors, on: peer, share: 100%, at: 600s, for: 2000s}
expect: [success(services) >= 0%]
",
    );
    near("fresh handshakes while all is well", played.client(0.0, 600.0).fresh as f64, 20_000.0 * 600.0 / 900.0, 0.05);
    let lost = played.client(600.0, 1500.0).fresh as f64 / 20_000.0;
    assert!((lost - 0.632).abs() <= 0.03, "{lost} of the sessions were lost within tau");
    assert_eq!(played.client(601.0, 2600.0).ok, 0);
}

fn config_runs(fleet: &str, queue: &str) -> Played {
    play(&format!(
        "
name: config-runs
length: 7200s
window: 10s
clients:
  agents: {{calls: {{to: masters, timeout: 600s}}, fleet: {{agents: 55000, interval: 30m, start: 60s{fleet}}}}}
services:
  masters: {{workers: 160, work: 4s, queue: {queue}}}
expect: [success(agents) >= 0%]
"
    ))
}

#[test]
fn a_fleet_that_started_together_stays_together() {
    let played = config_runs("", "unbounded");
    let timeouts = played.all().errors[ErrorKind::Timeout as usize];
    near("timeouts in 2 h", timeouts as f64, 34_760.0, 0.05);
    near("peak queue", played.service().queue_max as f64, 52_600.0, 0.05);
    near("first ten minutes", played.client(0.0, 600.0).goodput as f64, 24_000.0, 0.02);
    assert_eq!(played.client(1400.0, 1800.0).offered, 0, "they all wait for the same turn");
}

#[test]
fn splay_or_retry_after_spreads_a_fleet() {
    let splayed = config_runs(", splay: 30m", "unbounded");
    assert_eq!(splayed.all().failed(), 0);
    near("runs per ten minutes", splayed.client(3600.0, 4200.0).goodput as f64, 18_333.0, 0.02);
    assert!(splayed.service().queue_max < 100, "queue {}", splayed.service().queue_max);
    let refused = config_runs(", rerun: {after: \"uniform(0s, 30m)\"}", "4000");
    let errors = refused.all().errors;
    assert_eq!(errors[ErrorKind::Timeout as usize], 0);
    near("rejections", errors[ErrorKind::Rejected as usize] as f64, 49_800.0, 0.1);
    assert!(refused.service().queue_max <= 4000);
    assert_eq!(refused.client(5400.0, 7200.0).failed(), 0, "it settles");
}

#[test]
fn a_clock_keeps_its_beat_and_a_woken_fleet_starts_again() {
    let played = play(
        "
name: clock
length: 600s
window: 1s
clients:
  tablets: {calls: {to: api, timeout: 30s}, fleet: {agents: 1000, interval: 100s, from: start, start: 10s}}
services:
  api: {work: 20s}
faults:
  bell: {kind: wake, on: tablets, within: 5s, at: 350s}
expect: [success(tablets) >= 100%]
",
    );
    // Runs take 20 s and begin every 100 s all the same.
    for begin in [0.0, 100.0, 200.0, 300.0, 350.0, 450.0] {
        assert_eq!(played.client(begin, begin + 10.0).fresh, 1000, "at {begin}");
    }
    assert_eq!(played.all().fresh, 1000 * 7, "and at 550 s");
}

#[test]
fn pages_ask_while_they_are_open() {
    // Loads at 20/s, open for 50 s in the mean, one request every 10 s: 20 (1 + 50 / 10) requests per second.
    let played = play(
        "
name: pages
length: 2000s
warmup: 500s
clients:
  tabs: {calls: app, rate: 20/s, pages: {age: exp(50s), every: exp(10s)}}
services:
  app: {work: 1ms}
expect: [success(tabs) >= 100%]
",
    );
    near("requests per second", played.client(500.0, 2000.0).offered as f64 / 1500.0, 120.0, 0.02);
    near("Little: open pages = rate x age", played.level("sessions", 500.0, 2000.0), 1000.0, 0.03);
}

#[test]
fn old_pages_fade_with_their_age() {
    // A release at 500 s: the share of old pages is e^(-t / tau).
    let played = play(
        "
name: old-pages
length: 800s
window: 1s
clients:
  tabs: {calls: app, rate: 40/s, pages: {age: exp(100s), every: 50s}}
services:
  app: {work: 1ms}
faults:
  deploy: {kind: release, on: tabs, at: 500s}
expect: [success(tabs) >= 100%]
",
    );
    assert_eq!(played.level("old", 400.0, 500.0), 0.0);
    for t in [0.0f64, 50.0, 100.0, 200.0] {
        let (share, expected) = (played.level("old", 500.0 + t, 501.0 + t), (-(t + 0.5) / 100.0).exp());
        assert!((share - expected).abs() <= 0.03, "{t} s after the release {share} are old, not {expected}");
    }
}

#[test]
fn a_page_that_did_not_load_stays_closed() {
    let played = play(
        "
name: closed-pages
length: 100s
clients:
  tabs: {calls: app, rate: 20/s, arrivals: constant, pages: {age: 50s, every: 10s}}
services:
  app: {}
faults:
  broken: {kind: errors, on: app, share: 100%, at: 0s}
expect: [success(tabs) <= 0%]
",
    );
    assert_eq!(played.all().offered, 1999, "loads at every 50 ms, and nothing else");
}

#[test]
fn a_day_and_a_file_of_rates_have_their_area() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("steps.csv"), "at,rate\n10s,100/s\n20s,400/s\n30s,0\n").expect("written");
    std::fs::write(folder.path().join("lines.csv"), "0\n100\n").expect("written");
    let counts = |rate: &str, from: f64, to: f64| {
        let text = format!(
            "{{name: r, length: 40s, clients: {{u: {{calls: w, rate: {rate}, arrivals: constant}}}}, services: {{w: {{}}}}, window: 500ms, expect: [success(u) >= 0%]}}"
        );
        play_in(folder.path(), &text).client(from, to).offered as f64
    };
    // Between 5 s before the peak and 5 s after: 10 x (60 + 40 x 2 / pi).
    let day = "{trough: 20/s, peak: 100/s, period: 20s, peak_at: 15s}";
    near("about the peak", counts(day, 10.0, 20.0), 600.0 + 800.0 / std::f64::consts::PI, 0.005);
    near("two days", counts(day, 0.0, 40.0), 2400.0, 0.001);
    assert_eq!(counts("{trace: steps.csv}", 0.0, 10.0), 0.0);
    assert_eq!(counts("{trace: steps.csv}", 10.0, 40.0), 5000.0);
    near("half of it", counts("{trace: steps.csv, scale: 0.5}", 20.0, 40.0), 2000.0, 0.002);
    assert_eq!(counts("{trace: lines.csv, every: 10s, between: lines}", 0.0, 10.0), 500.0);
    near("a file of one rate a line", counts("{trace: lines.csv, every: 10s}", 0.0, 40.0), 3000.0, 0.001);
    near(
        "a spike that rises and falls",
        counts("{base: 0/s, spike: 100/s, at: 10s, for: 10s, rise: 4s}", 0.0, 40.0),
        600.0,
        0.002,
    );
}

/// I22: 1,000 hosts of which each loads 200 MB from a server that sends 10 Gb/s, so 160 ms of all of it, and gives up after 60 s. Racks
/// of equal size are switched on one after the other; a host that gave up is switched off and on again.
fn boot_storm(racks: u32, apart_s: u32) -> Played {
    let hosts = 1000 / racks;
    let (mut herds, mut faults) = (String::new(), String::new());
    for rack in 0..racks {
        let boots = format!(
            "{{calls: {{to: host, timeout: 60s, on_timeout: cancel}}, herd: {{clients: {hosts}, spread: 5s, retry: \"uniform(5s, 15s)\"}}}}"
        );
        herds += &format!("  rack{rack}: {boots}\n");
        faults += &format!("  power{rack}: {{kind: disconnect, on: rack{rack}, at: {}s}}\n", 10 + rack * apart_s);
    }
    let text = format!(
        "
name: boot-storm
length: 620s
window: 5s
clients:
{herds}services:
  host:
    calls:
      - {{to: dhcp, timeout: 4s, retries: {{max: 3, backoff: {{base: 4s, factor: 2}}}}}}
      - {{to: tftp, on_timeout: cancel}}
  dhcp: {{workers: 5, work: 10ms}}
  tftp: {{cores: 1, sharing: processor, work: 160ms}}
faults:
{faults}expect: [success(rack0) >= 0%]
"
    );
    play(&text)
}

impl Played {
    /// How many requests of all clients were answered well by a moment, in seconds.
    fn answered_by(&self, to: f64) -> u64 {
        let to = Time::from_secs_f64(to);
        (0..self.plan.clients.len()).map(|client| self.recording.client_over(client, Time::ZERO, to).goodput).sum()
    }
}

#[test]
fn hosts_that_boot_together_keep_each_other_from_it() {
    let storm = boot_storm(1, 0);
    let ten_minutes = storm.answered_by(610.0);
    assert!(ten_minutes <= 50, "{ten_minutes} of 1,000 are up after ten minutes");
    let server = storm.recording.service_over(2, Time::from_secs_f64(20.0), Time::from_secs_f64(610.0));
    assert!(server.busy_s / 590.0 > 0.8, "the server sends nearly all the time: {}", server.busy_s);
    // A batch may have 60 s x 10 Gb/s / 200 MB = 375 hosts.
    let batches = boot_storm(4, 45);
    assert_eq!(batches.answered_by(310.0), 1000, "four batches of 250, within 300 s");
    let too_large = boot_storm(2, 100);
    assert!(too_large.answered_by(610.0) <= 100, "two of 500: {}", too_large.answered_by(610.0));
}

/// I33: 20,000 tablets make eight calls each within a minute of the bell at 10 s, of a service that does 600/s.
fn first_bell(fleet: &str, more: &str) -> Played {
    play(&format!(
        "
name: first-bell
length: 1380s
window: 60s
clients:
  tablets: {{calls: {{to: sync, timeout: 60s}}, fleet: {{agents: 20000, interval: 24h, {fleet}}}}}
services:
  sync: {{calls: [{{to: api, count: 8, timeout: 5s, optional: true}}]}}
  api: {{workers: 6, work: 10ms, queue: 100}}
{more}
expect: [success(tablets) >= 0%]
"
    ))
}

impl Played {
    /// The share of the calls to the second service between two moments that succeeded, and the most that came a second, of 60.
    fn calls_served(&self, from: f64, to: f64) -> (f64, f64) {
        let edge = self.plan.edges.iter().position(|edge| edge.to.index() == 1).expect("somebody calls it");
        let cell = self.recording.edge_over(edge, Time::from_secs_f64(from), Time::from_secs_f64(to));
        let cells = self.recording.services[1].cells.iter().map(|cell| cell.arrived as f64 / 60.0);
        (cell.ok as f64 / (cell.ok + cell.errors.iter().sum::<u64>()) as f64, cells.fold(0.0, f64::max))
    }
}

#[test]
fn the_first_bell_asks_for_four_times_what_there_is_and_ten_minutes_of_jitter_for_half() {
    let (served, peak) = first_bell("start: 60s", "").calls_served(0.0, 60.0);
    near("600 / 2,667", served, 0.225, 0.1);
    assert!(served <= 0.23, "{served}");
    near("20,000 x 8 / 60 s", peak, 2667.0, 0.05);
    let scaler = "controls: {scaler: {kind: autoscaler, on: api, target: 60%, every: 10s, lag: 5m, max: 10}}";
    let late = first_bell("start: 60s", scaler);
    assert!(late.calls_served(0.0, 60.0).0 <= 0.23, "five minutes later it is over");
    let (served, peak) = first_bell("start: 0s, splay: 10m", "").calls_served(0.0, 600.0);
    assert!(served >= 0.999 && peak <= 300.0, "{served} {peak}");
    near("267/s", peak, 267.0, 0.1);
    let ready = "faults: {prescale: {kind: scale, on: api, replicas: 6, at: 0s}}";
    let (served, _) = first_bell("start: 60s", ready).calls_served(0.0, 60.0);
    assert!(served >= 0.999, "3,600/s are there in time: {served}");
}

#[test]
fn what_a_population_cannot_be_is_said() {
    let mistakes = |client: &str, faults: &str| {
        let diags = Diagnostics::new();
        let text =
            format!("{{name: m, length: 40s, clients: {{u: {client}}}, services: {{w: {{}}}}, faults: {{{faults}}}}}");
        let mut loaded = load_text("m.yaml", &text, Path::new("."), &diags);
        assert!(compile::compile(&mut loaded, &Request::default(), &diags).is_none(), "{client} {faults}");
        diags.sorted().into_iter().map(|one| one.message).collect::<Vec<_>>().join("\n")
    };
    for (client, faults, words) in [
        ("{calls: w}", "", "it has no `rate`, `users`, `trace`, `herd` or `fleet`"),
        ("{calls: w, rate: 1/s, herd: {clients: 3}}", "", "has `rate` and `herd`"),
        (
            "{calls: w, users: 3, pages: {age: 1s, every: 1s}}",
            "",
            "`pages` goes with `rate` or `trace`, not with `users`",
        ),
        ("{calls: w, herd: {clients: 3}, reload: {chance: 1%}}", "", "`reload` goes with"),
        ("{calls: w, herd: {clients: 0}}", "", "`clients` must be 1 to"),
        ("{calls: w, herd: {clients: 3, retry: 0s}}", "", "do not pause"),
        ("{calls: w, herd: {clients: 3, retry: {base: 1s, jitter: decorrelated}}}", "", "no `decorrelated` jitter"),
        ("{calls: w, herd: {clients: 3, life: 0s}}", "", "session of no length"),
        ("{calls: w, fleet: {agents: 3, interval: 0s}}", "", "do not pause"),
        ("{calls: w, fleet: {agents: 3}}", "", "has no `interval`"),
        ("{calls: w, rate: 1/s, pages: {age: 1s, every: 0s}}", "", "do not pause"),
        ("{calls: w, rate: {trough: 5/s, peak: 1/s}}", "", "higher than the peak"),
        ("{calls: w, rate: {trough: 1/s, peak: 5/s, period: 1ms}}", "", "more than 1000 periods"),
        ("{calls: w, rate: {trace: nowhere.csv}}", "", "cannot read `nowhere.csv`"),
        ("{calls: w, rate: {base: 1/s, spike: 5/s, at: 1s, for: 2s, rise: 2s}}", "", "cannot rise and fall"),
        ("{calls: w, rate: 1/s}", "f: {kind: disconnect, on: u, at: 1s}", "holds no sessions"),
        ("{calls: w, rate: 1/s}", "f: {kind: wake, on: u, at: 1s}", "no agents"),
        ("{calls: w, rate: 1/s}", "f: {kind: release, on: u, at: 1s}", "keeps no pages"),
        ("{calls: w, herd: {clients: 3}}", "f: {kind: surge, on: u, factor: 2, at: 1s}", "has no rate to change"),
    ] {
        let said = mistakes(client, faults);
        assert!(said.contains(words), "{client} {faults}: {said}");
    }
}
