//! firedrill as its users run it: scenario text is read, compiled and played, with recording, histograms and policies.

use crate::models::{Model, Played};
use firedrill::compile::{self, Request};
use firedrill::plan::Plan;
use firedrill::record::Recording;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::fmt::Write as _;
use std::path::Path;

/// The scenario of a model.
fn text(model: &Model, seed: u64) -> String {
    let policies = match model.timeout_s {
        Some(s) => format!("timeout: {s}s, retries: {}", model.retries),
        None => String::new(),
    };
    let mut text = format!(
        "name: bench\nseed: {seed}\nlength: {:.3}s\nwindow: 10s\n\
         clients: {{users: {{calls: {{to: web, {policies}}}, rate: {}/s}}}}\nservices:\n",
        model.length_s, model.rate
    );
    for (index, tier) in model.tiers.iter().enumerate() {
        let calls = model.tiers.get(index + 1).map_or(String::new(), |next| format!(", calls: {}", next.name));
        let (name, workers, mean_ms) = (tier.name, tier.workers, tier.mean_s * 1e3);
        writeln!(text, "  {name}: {{workers: {workers}, work: exp({mean_ms}ms){calls}}}").expect("a String takes all");
    }
    text
}

fn plan(model: &Model, seed: u64) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text("bench", &text(model, seed), Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false)))
}

pub fn record(model: &Model, seed: u64) -> Recording {
    sim::play(&plan(model, seed))
}

pub fn play(model: &Model, seed: u64) -> Played {
    let recording = record(model, seed);
    let mut played = Played::default();
    for cell in &recording.clients[0].cells {
        played.requests += cell.sent;
        played.ok += cell.ok;
        for (seconds, count) in cell.latency.steps() {
            played.latency.record_n((seconds * 1e9) as u64, count);
        }
    }
    played.attempts = recording.edges[0].cells.iter().map(|cell| cell.attempts).sum();
    played.queue_peak = recording.services[0].cells.iter().map(|cell| cell.queue_max).max().unwrap_or(0);
    played
}
