//! Lines that were told on the way are those of the end, valid against the schema, in order of time.

use super::line::{State, What, Window, schema};
use super::*;
use crate::base::{EdgeId, Span};
use crate::judge::{firing, judge};
use crate::plan::expectation::{Compare, Metric, Subject};
use crate::plan::{Alert, Target};
use crate::report::fixture;
use crate::sim::Simulation;
use std::sync::Arc;

fn read(text: &str) -> Vec<Line> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// A plan whose users notice: a rule fires while the fault lasts.
fn plan() -> Plan {
    let mut plan = fixture::expecting(fixture::plan(60.0), &["success(users) >= 99% during slow-cache"]);
    plan.schedule.iter_mut().for_each(|step| step.target = Target::Edge(EdgeId::from(0)));
    plan.alerts = vec![Alert {
        name: "slow".to_owned(),
        text: "mean(users) > 100ms for 2s".to_owned(),
        metric: Metric::LatencyMean { of: Subject::Client(0) },
        compare: Compare::Greater,
        bound: 0.1,
        hold: Span::from_secs(2),
        missing_fires: false,
    }];
    plan
}

/// Told in so many looks.
fn told(plan: &Plan, looks: u64) -> (String, Recording) {
    let (mut teller, mut text) = Teller::begin(plan, "shop", "firedrill run shop");
    let mut simulation = Simulation::new(Arc::new(plan.clone()));
    for look in 1..looks {
        let now = Time(plan.length.0 * look / looks);
        simulation.run_until(now);
        text.push_str(&teller.look(simulation.recorder(), now));
    }
    simulation.run_to_end();
    let recording = simulation.finish();
    text.push_str(&teller.finish(&recording, &judge(&recording)));
    (text, recording)
}

fn windows(lines: &[Line]) -> Vec<Window> {
    let all = lines.iter().filter_map(|line| match &line.what {
        What::Window(window) if window.is_final => Some(window.clone()),
        _ => None,
    });
    let mut all: Vec<Window> = all.collect();
    all.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    all
}

#[test]
fn what_is_told_on_the_way_is_what_stands_in_the_end() {
    let plan = plan();
    let (on_the_way, recording) = told(&plan, 97);
    let judgement = judge(&recording);
    let account = Account { run: "shop", ..super::super::formats::fixture::account(&recording, &judgement) };
    let (live, after) = (read(&on_the_way), read(&whole(&account)));
    assert_eq!(windows(&live), windows(&after));
    assert_eq!(windows(&live).len(), recording.grid.cells.len());
    assert!(live.len() > after.len(), "no window was told before it was final");
    let others = |lines: &[Line]| -> Vec<Line> {
        let mut kept: Vec<Line> =
            lines.iter().filter(|line| !matches!(line.what, What::Window(_) | What::Begin(_))).cloned().collect();
        kept.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        kept
    };
    let sorted = |lines: Vec<Line>| {
        let mut texts: Vec<String> = lines.iter().map(|line| format!("{line:?}")).collect();
        texts.sort();
        texts
    };
    assert_eq!(sorted(others(&live)), sorted(others(&after)));
}

#[test]
fn alerts_are_told_as_the_judge_finds_them() {
    let (text, recording) = told(&plan(), 50);
    let alerts: Vec<(f64, State)> = read(&text)
        .into_iter()
        .filter_map(|line| match line.what {
            What::Alert { state, .. } => Some((line.at_s, state)),
            _ => None,
        })
        .collect();
    let spans = firing(&recording.plan.alerts[0], &recording);
    assert!(!spans.is_empty(), "the rule never fires");
    let wanted = spans.iter().flat_map(|(from, to)| {
        let ended = (*to < recording.plan.length).then_some((to.as_secs_f64(), State::Off));
        std::iter::once((from.as_secs_f64(), State::On)).chain(ended)
    });
    assert_eq!(alerts, wanted.collect::<Vec<_>>());
}

#[test]
fn lines_are_valid_begin_with_a_begin_and_end_with_an_end() {
    let (text, _) = told(&plan(), 20);
    let schema = schema();
    for line in text.lines() {
        let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
        jsonschema::validate(&schema, &json).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let mut wrong: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    wrong["type"] = "began".into();
    assert!(!jsonschema::is_valid(&schema, &wrong));
    let lines = read(&text);
    assert!(matches!(lines[0].what, What::Begin(_)) && matches!(lines[lines.len() - 1].what, What::End(_)));
    let faults: Vec<(f64, State)> = lines
        .iter()
        .filter_map(|line| match line.what {
            What::Fault { state, .. } => Some((line.at_s, state)),
            _ => None,
        })
        .collect();
    assert_eq!(faults, [(12.0, State::On), (30.0, State::Off)]);
}

/// After a change of the structs: `FIREDRILL_BLESS=1 cargo test published_schemas`, and commit what it wrote.
#[test]
fn published_schemas_of_lines_are_those_of_the_structs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/ndjson.schema.json");
    let wanted = serde_json::to_string_pretty(&schema()).expect("plain data") + "\n";
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(path, &wanted).expect("the schema can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == wanted,
        "docs/reference/ndjson.schema.json is out of date: set FIREDRILL_BLESS=1 and test again"
    );
}
