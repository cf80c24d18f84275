//! Common random numbers: a request draws the same work in every variant, whoever stands in line before it, and whatever else is there.

use super::bytes;
use firedrill::base::Time;
use firedrill::compile::{self, Request};
use firedrill::record::Recording;
use firedrill::scenario::{Diagnostics, load_text, render};
use firedrill::sim;
use std::path::Path;

/// Load stops at 60 s, and everything is answered by 100 s.
const TEXT: &str = "
name: common
length: 100s
window: 100s
clients: {users: {calls: WEB, rate: {steps: [{at: 0s, rate: 60/s}, {at: 60s, rate: 0/s}]}}}
services:
  web: {workers: 50, work: exp(5ms), calls: [{to: db, timeout: 60s, chance: 70%}MORE]}
  db: {workers: 2, work: exp(40ms)DB}
";

fn played(web: &str, more: &str, db: &str) -> Recording {
    let text = TEXT.replace("WEB", web).replace("MORE", more).replace("DB", db);
    let diags = Diagnostics::new();
    let mut loaded = load_text("common.yaml", &text, Path::new("."), &diags);
    let plan = compile::compile(&mut loaded, &Request::default(), &diags);
    sim::play(&plan.unwrap_or_else(|| panic!("{}", render(&diags, &loaded.sources, false))))
}

/// Requests at the database, and the seconds that it worked.
fn work(recording: &Recording) -> (u64, f64) {
    let db = recording.services.iter().position(|series| series.name == "db").expect("there is one");
    let cell = recording.service_over(db, Time::ZERO, recording.plan.length);
    assert_eq!(cell.arrived, cell.completed, "everything was answered");
    (cell.completed, cell.busy_s)
}

#[test]
fn a_request_meets_the_same_work_in_every_variant() {
    let base = played("web", "", "");
    let (requests, seconds) = work(&base);
    assert!(requests > 2_000 && (seconds / requests as f64 / 0.040 - 1.0).abs() < 0.1, "{requests}, {seconds} s");
    let more_services = played("web", ", log", "}\n  log: {workers: 5, work: exp(1ms)");
    let variants = [
        played("web", "", ", queue: {order: lifo}"),
        played("web", "", ", replicas: 3, balance: random"),
        played("{to: web, timeout: 30s, retries: 2}", "", ""),
        more_services,
    ];
    for variant in &variants {
        let (of, took) = work(variant);
        assert_eq!(of, requests);
        assert!((took - seconds).abs() < 1e-6 * seconds, "{took} s of work instead of {seconds} s");
        assert_ne!(bytes(variant.clone()), bytes(base.clone()), "the variant is no variant");
    }
}
