//! After the run: evidence from the proxies, the undo and a look whether it is true, and whether the latencies can be trusted.

use super::drive::Ending;
use super::generators::Part;
use super::needs;
use super::target;
use super::wire::LiveWire;
use crate::base::{FaultId, ServiceId, Span, Time};
use crate::engine::Engine;
use crate::live::proxy::{Evidence as Seen, Traffic};
use crate::live::undo::UndoReport;
use crate::live::undo::ledger::{GRACE, SHORT_GRACE};
use crate::live::{Ledger, drivers};
use crate::plan::expectation::{Bound, Metric};
use crate::plan::real::{Origin, Protocol};
use crate::plan::{Effect, Limit, Party, Plan, RealService, Target, World};
use crate::record::{CutShort, Event, Latencies, Load, Recording, UndoNote};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A load generator that lags less than this at p99 is fast enough for any bound.
const LAG_ALWAYS_FINE_S: f64 = 0.010;
/// Or than this share of the tightest latency bound.
const LAG_SHARE: f64 = 0.1;
const SENT_SHARE_MIN: f64 = 0.99;
const PROXY_STOPS_WITHIN: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(200);

/// What is known of a run beside what its engine recorded.
#[derive(Default)]
pub struct Played {
    pub wall_s: f64,
    /// Inputs that the engine never saw.
    pub lost: u64,
    pub ending: Option<Ending>,
    pub notes: Vec<UndoNote>,
    /// From the end of the run until everything was undone and looked for.
    pub undone_after: Duration,
    /// What other processes recorded of their shares of the users.
    pub parts: Vec<Part>,
}

/// Takes over what the proxies saw of each fault.
pub fn collect_evidence(engine: &mut Engine<LiveWire>) {
    let plan = engine.given().clone();
    for (edge, line) in plan.edges.iter().zip(&engine.wire.lines) {
        let Some(proxy) = &line.proxy else { continue };
        let unseen = matches!(edge.from, Party::Service(from) if target::real(&plan, from).is_some());
        for (index, evidence) in engine.recorder.evidence.iter_mut().enumerate() {
            let mut seen = proxy.evidence(FaultId::from(index));
            if unseen {
                count_closures(&mut seen, proxy.traffic());
            }
            evidence.touched += seen.touched;
            for (what, count) in seen.details {
                *evidence.details.entry(what.to_owned()).or_default() += count;
            }
        }
    }
}

/// Whom a closed listener turned away, the kernel tells nobody. Our own callers say so themselves. For a real process what is known is that
/// the listener was closed to it, which counts where it has come through this proxy at all: one that never does was not touched.
fn count_closures(seen: &mut Seen, traffic: Traffic) {
    let Some(closed) = seen.details.get("listener closed").copied() else { return };
    if traffic.connections_accepted > 0 {
        seen.touched += closed;
        seen.details.insert("times a process that connects here was shut out (its attempts are not seen)", closed);
    }
}

/// All of them together get so long; one that does not end in time ends with the runtime.
pub async fn stop_proxies(engine: &mut Engine<LiveWire>) {
    let proxies: Vec<_> = engine.wire.lines.iter_mut().filter_map(|line| line.proxy.take()).collect();
    let stopping = async {
        for proxy in proxies {
            proxy.stop().await;
        }
    };
    let _ = tokio::time::timeout(PROXY_STOPS_WITHIN, stopping).await;
}

/// Undoes everything, and gives what became of every change of the run. Those from before the end say when.
/// A run that was stopped must be undone within a second; otherwise servers may take their time to end.
pub fn undo(ledger: &Ledger, is_stopped: bool, epoch: Instant) -> Vec<UndoNote> {
    let begun = Instant::now();
    ledger.undo_all(if is_stopped { SHORT_GRACE } else { GRACE });
    let note = |(at, report): (Instant, UndoReport)| UndoNote {
        what: report.entry.to_string(),
        done: report.done,
        detail: report.detail,
        looked_at: report.look.at,
        seen: report.look.seen,
        at: (at < begun).then(|| to_the_millisecond(Time::ZERO + Span::from(at.saturating_duration_since(epoch)))),
    };
    ledger.history().into_iter().map(note).collect()
}

/// One line that says whether anybody still answers where we listened.
pub fn look_for_listeners(listeners: &[SocketAddr]) -> Option<UndoNote> {
    let open = listeners.iter().filter(|address| TcpStream::connect_timeout(address, LOOK).is_ok()).count();
    let seen = match open {
        0 => "nobody answers there any more".to_owned(),
        _ => format!("{open} still answer; another program may have taken the port since"),
    };
    let what = format!("{} listeners on loopback (stand-ins and fault proxies)", listeners.len());
    let (detail, looked_at) = ("closed".to_owned(), "a connection to each".to_owned());
    (!listeners.is_empty()).then_some(UndoNote { what, done: open == 0, detail, looked_at, seen, at: None })
}

pub fn record(mut engine: Engine<LiveWire>, played: Played) -> Recording {
    engine.finish();
    let plan = engine.given().clone();
    let (at, lateness, unsent) = (engine.now(), engine.wire.lateness(), engine.wire.unsent);
    let clock_lag = std::mem::take(&mut engine.wire.clock_lag);
    let mut load = engine.wire.load();
    let mut recording = engine.recorder.finish(&plan, played.wall_s, 0, methods(&plan));
    recording.head.world = World::Live;
    recording.head.send_lag = lateness.whole();
    recording.head.lateness = lateness;
    recording.head.clock_lag = clock_lag;
    for part in &played.parts {
        recording.add_part(&part.recording, |service| target::real(&plan, ServiceId::from(service)).is_some());
        part.recording.head.load.iter().for_each(|part| load.add(*part));
    }
    recording.head.methods.extend(shared(load));
    recording.head.load = Some(load);
    recording.latency_unsound = unsound(&recording, unsent, played.lost).or_else(|| unsound_part(&played.parts));
    recording.undo = played.notes;
    // The clock's last digits would only look exact.
    recording.events.iter_mut().for_each(|event| event.at = to_the_millisecond(event.at));
    if let Some(ending) = played.ending {
        let (at, why, took) = (to_the_millisecond(at), why(&ending), played.undone_after);
        let text = format!("stopped: {why}; everything was undone and looked for within {:.2}s", took.as_secs_f64());
        recording.events.push(Event { at, text });
        recording.cut_short = Some(CutShort { at, why, guardrail: is_guardrail(&ending) });
    }
    for note in recording.undo.iter().filter(|note| !note.done) {
        recording.warnings.push(format!("not undone: {}: {}; run `firedrill clean`", note.what, note.detail));
    }
    recording
}

/// People read this moment; more digits than they can use would only look exact.
fn to_the_millisecond(at: Time) -> Time {
    Time::ZERO + Span(at.since(Time::ZERO).0 / 1_000_000 * 1_000_000)
}

fn why(ending: &Ending) -> String {
    match ending {
        Ending::Signal(stop) => stop.word().to_owned(),
        Ending::Guardrail(words) | Ending::Trouble(words) => words.clone(),
    }
}

fn is_guardrail(ending: &Ending) -> bool {
    match ending {
        Ending::Signal(stop) => stop.is_guardrail(),
        Ending::Guardrail(_) => true,
        Ending::Trouble(_) => false,
    }
}

fn shared(load: Load) -> Option<String> {
    let n = load.processes;
    (n > 1).then(|| {
        format!("Load by {n} processes: each sends every {n}-th request of one script of arrivals; their histograms are added bucket by bucket.")
    })
}

/// The first process that says so of itself.
fn unsound_part(parts: &[Part]) -> Option<String> {
    let mut said = parts.iter().filter_map(|part| Some((part.turn, part.recording.latency_unsound.as_ref()?)));
    said.next().map(|(turn, why)| format!("load generator {turn}: {why}"))
}

fn unsound(recording: &Recording, unsent: u64, lost: u64) -> Option<String> {
    let (lag, clock_lag) = (&recording.head.send_lag, &recording.head.clock_lag);
    if unsent > 0 {
        return Some(format!(
            "{unsent} attempts were not sent, because too many were under way for this machine's open files; raise `ulimit -n` or lower the load"
        ));
    }
    if lost > 0 {
        return Some(format!("firedrill fell so far behind that {lost} messages were lost; lower the load"));
    }
    let cells = recording.clients.iter().flat_map(|client| &client.cells);
    let (offered, sent) = cells.fold((0, 0), |(offered, sent), cell| (offered + cell.offered, sent + cell.sent));
    if (sent as f64) < SENT_SHARE_MIN * offered as f64 {
        return Some(format!("only {sent} of {offered} requests were sent; lower the load"));
    }
    let limit = tightest_bound(&recording.plan).map_or(0.0, |bound| bound * LAG_SHARE).max(LAG_ALWAYS_FINE_S);
    let late = |lag: &Latencies, what: &str| {
        let p99 = lag.quantile(0.99).filter(|p99| *p99 > limit)?;
        Some(format!(
            "{what} (p99 {:.1} ms, at most {:.1} ms would do); lower the load, or run it on a quieter machine",
            p99 * 1e3,
            limit * 1e3
        ))
    };
    late(lag, "the load generator sent its requests late").or_else(|| late(clock_lag, "the stand-ins' clock ran late"))
}

/// In seconds.
fn tightest_bound(plan: &Plan) -> Option<f64> {
    let lines = plan.expectations.iter().chain(&plan.symptoms);
    let bounds = lines.filter_map(|line| match (&line.metric, &line.bound) {
        (Metric::Quantile { .. } | Metric::LatencyMean { .. } | Metric::LatencyMax { .. }, Bound::Value(s)) => Some(*s),
        _ => None,
    });
    bounds.min_by(f64::total_cmp)
}

/// How each thing was done, for the report's last section.
fn methods(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        "Live: real time on this machine; the same engine as in the simulator drives users, policies and stand-ins."
            .to_owned(),
        "Latency counts from the moment at which a request was due (open loop), failed attempts and pauses included."
            .to_owned(),
        "HTTP/1.1 on the thread that keeps the time, one keep-alive connection for each request under way; TCP_NODELAY.".to_owned(),
    ];
    for (index, service) in plan.services.iter().enumerate() {
        lines.push(match target::real(plan, ServiceId::from(index)) {
            None => format!("{}: a stand-in on loopback that runs the service model in real time.", service.name),
            Some(real) => format!("{}: {}.", service.name, how_real(real)),
        });
    }
    let edges = (0..plan.edges.len()).map(crate::base::EdgeId::from).filter(|edge| target::needs_proxy(plan, *edge));
    let proxy = match &plan.real.toxiproxy {
        None => "firedrill's TCP fault proxy".to_owned(),
        Some(api) => format!("a proxy on the Toxiproxy at {api}; that its toxics are there was read back from it"),
    };
    lines.extend(edges.map(|edge| format!("{}: through {proxy}.", plan.edge(edge).name)));
    lines.extend(certificates(plan));
    lines.extend(process_methods(plan));
    lines.extend(needs::methods(plan));
    lines
}

/// How wrong certificates are shown.
fn certificates(plan: &Plan) -> Vec<String> {
    let on_edge = plan.schedule.iter().filter(|step| step.on).filter_map(|step| match (step.target, &step.effect) {
        (Target::Edge(edge), Effect::Certificate(_)) => Some(&plan.edge(edge).name),
        _ => None,
    });
    let how = "its proxy ends new TLS sessions itself and shows a certificate made on the spot; sessions that are open pass as they are";
    let mut lines: Vec<_> = on_edge.map(|edge| format!("{edge}: while a certificate is wrong, {how}.")).collect();
    lines.dedup();
    lines
}

fn how_real(real: &RealService) -> String {
    let (origin, protocol) = (&real.origin, real.protocol);
    let how = match origin {
        Origin::Start { program, .. } => format!("a real process, `{program}`, started on a free loopback port"),
        Origin::Engine { engine, .. } => {
            format!("a real {} of its own, started on a free loopback port", engine.word())
        }
        Origin::Address(address) => format!("a real service at {address}"),
    };
    match protocol {
        _ if real.tls => {
            format!("{how}; called over TLS, trusting {}; {}", trusted(real), drivers::kind(protocol).how)
        }
        Protocol::Http => how,
        _ => format!("{how}; called by {}", drivers::kind(protocol).how),
    }
}

fn trusted(real: &RealService) -> &'static str {
    match (&real.ca, &real.origin) {
        (Some(_), _) => "the authorities in its `ca` only",
        (None, Origin::Address(_)) => "the authorities of this system",
        (None, _) => "an authority made for this run only",
    }
}

fn process_methods(plan: &Plan) -> Vec<String> {
    let on_real = plan.schedule.iter().filter(|step| step.on).filter_map(|step| match step.target {
        Target::Service { id, .. } => Some((id, target::real(plan, id)?, &step.effect)),
        _ => None,
    });
    let mut lines: Vec<String> = on_real
        .filter_map(|(id, real, effect)| Some(format!("{}: {}.", plan.service(id).name, how_hit(real, effect)?)))
        .collect();
    lines.dedup();
    lines
}

/// How it is put on this one; one that is somebody else's keeps its group, its limits and its end to itself.
pub fn how_hit(real: &RealService, effect: &Effect) -> Option<&'static str> {
    Some(match (&real.foreign, effect) {
        (Some(_), Effect::Down) => "killed with SIGKILL, and left to whoever looks after it",
        (Some(_), Effect::Freeze) => {
            "stopped with SIGSTOP, it and its descendants, and continued with SIGCONT when it heals"
        }
        (Some(_), Effect::Limit(Limit::Cpu { .. })) => "moved into a cgroup with a lower quota, and back when it heals",
        (Some(_), Effect::Limit(Limit::Memory { .. })) => {
            "moved into a cgroup with a memory limit, and back when it heals; what it held before does not count"
        }
        (Some(_), Effect::Limit(Limit::Processes { .. })) => {
            "moved into a cgroup with a limit on processes, and back when it heals"
        }
        _ => return mechanism(effect),
    })
}

/// How an effect is put on a real process.
pub fn mechanism(effect: &Effect) -> Option<&'static str> {
    Some(match effect {
        Effect::Down => "killed with SIGKILL, and started again on its own data when it heals",
        Effect::Freeze => "stopped with SIGSTOP, and continued with SIGCONT when it heals",
        Effect::Fill { .. } => "a ballast file on its size-limited tmpfs, removed when it heals",
        Effect::PowerCut => {
            "killed with SIGKILL, its files put back to their last sync (FUSE pass-through), and started again when it heals"
        }
        Effect::DiskError(_) => "system calls on its data folder (a FUSE pass-through) answered with the error",
        Effect::SlowDisk(_) => "system calls on its data folder (a FUSE pass-through) held back",
        Effect::ShortWrites { .. } => "writes to its data folder (a FUSE pass-through) cut to half",
        Effect::Skew { .. } => "its time of day shifted by libfaketime, which is loaded into it",
        Effect::Limit(Limit::Cpu { .. }) => "the quota of a cgroup of its own lowered",
        Effect::Limit(Limit::Memory { .. }) => "the memory limit of a cgroup of its own lowered",
        Effect::Limit(Limit::Processes { .. }) => "the limit on processes of a cgroup of its own lowered",
        Effect::Limit(Limit::OpenFiles { .. }) => "its soft limit on open files lowered (prlimit)",
        Effect::Forget { .. } => "emptied with FLUSHALL",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::live::proxy::FaultProxy;

    #[tokio::test]
    async fn a_closed_listener_is_evidence_where_a_process_has_come_to_it() {
        let (any, fault) = ("127.0.0.1:0".parse::<SocketAddr>().expect("an address"), FaultId(0));
        let proxy = FaultProxy::start(any, any, 7, "closed").await.expect("starts");
        proxy.apply(fault, &Effect::Refuse);
        proxy.heal(fault);
        let touched = |connections_accepted| {
            let mut seen = proxy.evidence(fault);
            assert_eq!(seen.touched, 0, "no connection was open");
            count_closures(&mut seen, Traffic { connections_accepted, ..proxy.traffic() });
            (seen.touched, seen.details.keys().any(|what| what.contains("shut out")))
        };
        assert_eq!((touched(0), touched(3)), ((0, false), (1, true)));
        assert_eq!(proxy.evidence(FaultId(1)).touched, 0);
    }

    #[test]
    fn a_generator_that_lags_makes_latency_unsound() {
        let plan = crate::plan::fixture::chain(1.0, &[]);
        let mut recording = crate::sim::play(&plan);
        recording.head.send_lag.record_n(Span::from_millis(2), 1000);
        assert_eq!(unsound(&recording, 0, 0), None);
        assert!(unsound(&recording, 1, 0).is_some_and(|why| why.contains("ulimit")));
        assert!(unsound(&recording, 0, 1).is_some());
        recording.head.send_lag.record_n(Span::from_millis(30), 100);
        assert!(unsound(&recording, 0, 0).is_some_and(|why| why.contains("late (p99 30.")));
        recording.head.clock_lag = std::mem::take(&mut recording.head.send_lag);
        assert!(unsound(&recording, 0, 0).is_some_and(|why| why.contains("clock ran late")));
        recording.head.clock_lag = Latencies::default();
        recording.clients[0].cells[0].offered += 10;
        assert!(unsound(&recording, 0, 0).is_some_and(|why| why.contains("requests were sent")));
        recording.latency_unsound = Some("it was held up".into());
        let said = unsound_part(&[Part { turn: 2, recording, books: Vec::new() }]);
        assert_eq!(said.as_deref(), Some("load generator 2: it was held up"));
    }
}
