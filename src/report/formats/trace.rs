//! `trace.json`: the run on a ruler of time in the Chrome trace event format (JSON object form), which Perfetto (ui.perfetto.dev) and chrome://tracing
//! open. Each run is a process; its clients' windows are counters (requests a second by outcome, latency in milliseconds), services' queues are counters,
//! phases, faults and alerts are slices on tracks of their own, and events are instants. Time counts in microseconds from the begin of the run. A window in
//! which nothing succeeded shows a latency of 0, since a counter has no gaps: look at the requests beside it.

use super::{Account, Document, Format, title};
use crate::base::Time;
use crate::judge::firing;
use crate::record::Cell;
use serde_json::{Value, json};

pub static FORMAT: Format = Format {
    word: "trace",
    file: "trace.json",
    purpose: "Chrome trace events on a ruler of time, for Perfetto",
    is_joint: true,
    is_printed: false,
    source: include_str!("trace.rs"),
    begin: || Box::new(Trace::default()),
};

#[derive(Default)]
struct Trace {
    runs: u32,
    /// One event a line, with a comma before each but the first: as text they take a tenth of the memory.
    events: String,
}

/// One run's events.
struct Process<'a> {
    pid: u32,
    events: &'a mut String,
    tracks: u32,
}

impl Document for Trace {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        self.runs += 1;
        let mut process = Process { pid: self.runs, events: &mut self.events, tracks: 0 };
        process.name(&format!("{} (seed {})", title(account.recording), account.recording.plan.seed));
        process.slices(account);
        process.instants(account);
        process.counters(account);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let head = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"program\":\"firedrill\"},\"traceEvents\":[\n";
        Ok(format!("{head}{}\n]}}\n", self.events).into_bytes())
    }
}

impl Process<'_> {
    fn put(&mut self, event: &Value) {
        let comma = if self.events.is_empty() { "" } else { ",\n" };
        self.events.push_str(&format!("{comma}{event}"));
    }

    fn name(&mut self, name: &str) {
        let pid = self.pid;
        self.put(&json!({"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}));
    }

    /// A new track, named; things that overlap stand on tracks of their own.
    fn track(&mut self, name: &str) -> u32 {
        self.tracks += 1;
        let (pid, tid) = (self.pid, self.tracks);
        let order =
            json!({"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}});
        let named = json!({"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}});
        self.put(&named);
        self.put(&order);
        tid
    }

    fn slice(&mut self, track: u32, name: &str, category: &str, (from, to): (Time, Time), args: Value) {
        let duration = micros(to) - micros(from);
        self.put(&json!({
            "ph": "X", "name": name, "cat": category, "pid": self.pid, "tid": track, "ts": micros(from), "dur": duration, "args": args
        }));
    }

    fn slices(&mut self, account: &Account) {
        let plan = &account.recording.plan;
        for phase in &plan.phases {
            let track = self.track(&format!("phase {}", phase.name));
            self.slice(track, &phase.name, "phase", (phase.from, phase.to), json!({}));
        }
        for (fault, evidence) in plan.faults.iter().zip(&account.recording.evidence) {
            let track = self.track(&format!("fault {}", fault.name));
            let args =
                json!({"on": fault.on, "what": fault.label, "touched": evidence.touched, "evidence": evidence.details});
            self.slice(track, &fault.name, "fault", (fault.from, fault.to), args);
        }
        for alert in &plan.alerts {
            let track = self.track(&format!("alert {}", alert.name));
            for span in firing(alert, account.recording) {
                self.slice(track, &alert.name, "alert", span, json!({"rule": alert.text}));
            }
        }
    }

    fn instants(&mut self, account: &Account) {
        let track = self.track("events");
        for event in &account.recording.events {
            self.put(&json!({
                "ph": "i", "s": "p", "name": event.text, "cat": "event", "pid": self.pid, "tid": track, "ts": micros(event.at)
            }));
        }
    }

    fn counters(&mut self, account: &Account) {
        let recording = account.recording;
        let cells = || recording.grid.cells.iter();
        for series in &recording.clients {
            for (window, cell) in cells().zip(&series.cells) {
                let args = json!({"ok": rate(cell.ok, window), "failed": rate(cell.failed(), window)});
                self.counter(&format!("{} requests/s", series.name), window.from, args);
                let ms = |q: f64| cell.latency.quantile(q).unwrap_or_default() * 1e3;
                // Apart, since chrome://tracing stacks the values of one counter.
                self.counter(&format!("{} latency", series.name), window.from, json!({"p50 ms": ms(0.5)}));
                self.counter(&format!("{} tail latency", series.name), window.from, json!({"p99 ms": ms(0.99)}));
            }
        }
        for series in &recording.services {
            for (window, cell) in cells().zip(&series.cells) {
                let args = json!({"waiting": cell.queue_s / seconds(window)});
                self.counter(&format!("{} queue", series.name), window.from, args);
            }
        }
    }

    fn counter(&mut self, name: &str, at: Time, args: Value) {
        self.put(&json!({"ph": "C", "name": name, "pid": self.pid, "tid": 0, "ts": micros(at), "args": args}));
    }
}

fn micros(at: Time) -> f64 {
    at.0 as f64 / 1e3
}

fn seconds(window: &Cell) -> f64 {
    window.to.since(window.from).as_secs_f64()
}

fn rate(count: u64, window: &Cell) -> f64 {
    count as f64 / seconds(window)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    /// The Trace Event Format says which fields each phase must have.
    #[test]
    fn every_event_has_the_fields_of_its_phase() {
        let recording = fixture::incident();
        let judgement = judge(&recording);
        let accounts = [account(&recording, &judgement), account(&recording, &judgement)];
        let document: Value = serde_json::from_str(&written(&FORMAT, &accounts)).expect("JSON");
        let events = document["traceEvents"].as_array().expect("a list");
        let has = |event: &Value, field: &str| !event[field].is_null();
        for event in events {
            let needed: &[&str] = match event["ph"].as_str().expect("a phase") {
                "M" => &["args"],
                "X" => &["ts", "dur", "cat"],
                "i" => &["ts", "s", "cat"],
                "C" => &["ts", "args"],
                other => panic!("an unknown phase {other}"),
            };
            let always = ["name", "pid", "tid"];
            assert!(always.iter().chain(needed).all(|field| has(event, field)), "{event}");
            let numbers = event["args"].as_object().into_iter().flat_map(|args| args.values());
            assert!(event["ph"] != "C" || numbers.into_iter().all(Value::is_number), "{event}");
        }
        let of = |phase: &str, category: &str| {
            events.iter().filter(|event| event["ph"] == phase && event["cat"] == category).count()
        };
        assert_eq!((of("X", "fault"), of("X", "phase"), of("i", "event")), (2, 8, 4));
        let faults: Vec<&Value> = events.iter().filter(|event| event["cat"] == "fault").collect();
        assert_eq!((&faults[0]["ts"], &faults[0]["dur"], &faults[1]["pid"]), (&40e6.into(), &60e6.into(), &2.into()));
    }
}
