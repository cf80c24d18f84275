//! Plays the text of a scenario and reads figures of the recording, whole or in batches. Every run is held to the laws that need no theory.

use super::proof::Estimate;
use firedrill::base::Time;
use firedrill::compile::{self, Request};
use firedrill::judge::{Verdict, judge};
use firedrill::plan::Plan;
use firedrill::record::{ClientCell, EdgeCell, MeterCell, Recording, ServiceCell};
use firedrill::scenario::{Diagnostics, load, load_text, render};
use firedrill::sim;
use std::path::Path;

pub struct Played {
    pub plan: Plan,
    pub recording: Recording,
}

/// A part of a run.
#[derive(Clone, Copy)]
pub struct Stretch<'a> {
    of: &'a Played,
    from: Time,
    to: Time,
}

const BATCHES: u64 = 20;

/// With a seed that depends on the text (its FNV-1a hash), so that the errors of different rows are independent of each other.
pub fn play(text: &str) -> Played {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    play_seed(text, text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// Plays the text and asks that each line under `expect:` holds.
pub fn holds(text: &str) {
    let judgement = judge(&play(text).recording);
    let broken: Vec<_> = judgement.expectations.iter().filter(|line| line.verdict != Verdict::Holds).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

pub fn play_seed(text: &str, seed: u64) -> Played {
    let diags = Diagnostics::new();
    let mut loaded = load_text("theory.yaml", text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request { seed: Some(seed), ..Request::default() }, &diags);
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    Played::of(plan)
}

/// A scenario of the library, with a variant and settings; the seed is the file's plus an offset.
pub fn play_file(stem: &str, variant: Option<&str>, set: &[String], offset: u64) -> Played {
    let path = crate::scenarios::file(stem);
    let diags = Diagnostics::new();
    let mut loaded = load(&path, &diags);
    let request = Request { variant: variant.map(str::to_owned), set: set.to_vec(), ..Request::default() };
    let plan = compile::compile(&mut loaded, &request, &diags);
    let mut plan = plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)));
    plan.seed += offset;
    Played::of(plan)
}

/// Seconds after a moment until users are served again: five seconds of which 95% succeed. The run's windows must be of one second.
pub fn recovery(played: &Played, after: u32) -> Option<f64> {
    let last = played.plan.length.as_secs_f64() as u32 - 8;
    let served = |second: &u32| {
        let users = played.over(f64::from(*second), f64::from(*second + 5)).users();
        users.ok * 20 >= users.sent * 19
    };
    (after..last).find(served).map(|second| f64::from(second - after))
}

impl Played {
    pub fn of(plan: Plan) -> Played {
        let recording = sim::play(&plan);
        let played = Played { plan, recording };
        played.assert_books();
        played
    }

    /// From the end of the warm-up to the end.
    pub fn steady(&self) -> Stretch<'_> {
        Stretch { of: self, from: self.plan.warmup, to: self.plan.length }
    }

    /// Between two moments, in seconds.
    pub fn over(&self, from: f64, to: f64) -> Stretch<'_> {
        Stretch { of: self, from: Time::from_secs_f64(from), to: Time::from_secs_f64(to) }
    }

    /// A figure over the steady part of the run; its standard error is that of 20 batches of equal length.
    pub fn estimate(&self, figure: impl Fn(&Stretch) -> f64) -> Estimate {
        let (from, to) = (self.plan.warmup.0, self.plan.length.0);
        let edge = |n: u64| Time(from + (to - from) / BATCHES * n);
        let batches: Vec<f64> =
            (0..BATCHES).map(|n| figure(&Stretch { of: self, from: edge(n), to: edge(n + 1) })).collect();
        Estimate { value: figure(&self.steady()), ..Estimate::mean_of(&batches) }
    }

    /// Requests are answered, failed or in flight, and time is spent once; true of every run whatever it models.
    fn assert_books(&self) {
        let all = Stretch { of: self, from: Time::ZERO, to: self.plan.length };
        for client in &self.plan.clients {
            let users = all.client(&client.name);
            let edge = self.recording.edge_over(client.edge.index(), Time::ZERO, self.plan.length);
            assert!(users.ok + users.failed() <= users.sent, "{}: more ended than were sent", client.name);
            assert_eq!(users.ok, users.latency.count(), "{}: each answer has a latency", client.name);
            assert!(edge.attempts >= edge.ok + edge.errors.iter().sum::<u64>(), "{}", client.name);
        }
        for service in &self.plan.services {
            let cell = all.service(&service.name);
            let left = cell.completed + cell.failed + cell.rejected + cell.dropped;
            assert!(left <= cell.arrived, "{}: more left than came", service.name);
            assert!(cell.workers_s == 0.0 || cell.busy_s <= cell.workers_s * (1.0 + 1e-9), "{}", service.name);
            assert_eq!(cell.completed, cell.latency.count(), "{}: each answer has a latency", service.name);
        }
    }
}

impl Stretch<'_> {
    pub fn client(&self, name: &str) -> ClientCell {
        let id = self.of.plan.client_named(name).expect("the client is there");
        self.of.recording.client_over(id.index(), self.from, self.to)
    }

    pub fn users(&self) -> ClientCell {
        self.client("users")
    }

    pub fn service(&self, name: &str) -> ServiceCell {
        let id = self.of.plan.service_named(name).expect("the service is there");
        self.of.recording.service_over(id.index(), self.from, self.to)
    }

    pub fn edge(&self, name: &str) -> EdgeCell {
        let index = self.of.plan.edges.iter().position(|edge| edge.name == name).expect("the edge is there");
        self.of.recording.edge_over(index, self.from, self.to)
    }

    /// The first meter of this name.
    pub fn meter(&self, name: &str) -> MeterCell {
        let index = self.of.plan.meters.iter().position(|meter| meter.name == name).expect("the meter is there");
        self.of.recording.meter_over(index, self.from, self.to).expect("the stretch has cells")
    }

    pub fn seconds(&self) -> f64 {
        self.to.since(self.from).as_secs_f64()
    }

    /// Mean latency of users, in seconds.
    pub fn mean(&self) -> f64 {
        self.users().latency.mean().expect("somebody was answered")
    }

    /// A quantile of users' latency, in seconds.
    pub fn quantile(&self, q: f64) -> f64 {
        self.users().latency.quantile(q).expect("somebody was answered")
    }

    /// Mean wait for a worker of a service: time spent waiting by all, over those who came (Little's law over a stretch).
    pub fn wait(&self, service: &str) -> f64 {
        let cell = self.service(service);
        cell.queue_s / cell.arrived as f64
    }
}

/// One station: services take 1 s in the mean, so that times are in units of the service time. `customers` come in all after the warm-up.
pub fn station(rate: f64, work: &str, service: &str, customers: f64) -> Played {
    let window = (customers / rate / BATCHES as f64).ceil();
    play(&format!(
        "
name: station
length: {}s
warmup: {window}s
window: {window}s
clients: {{users: {{calls: s, rate: {rate}/s}}}}
services:
  s:
    work: {work}
    {service}
expect: [success(users) >= 0%]
",
        window * (BATCHES + 1) as f64,
    ))
}
