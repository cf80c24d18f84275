//! Stop lines on figures that are known by hand.

use super::*;
use crate::base::{ClientId, ErrorKind, Outcome, Span};
use crate::plan::expectation::{Compare, Subject};
use crate::plan::fixture;

fn plan(hold_s: f64) -> Plan {
    let mut plan = fixture::chain(10.0, &[1.0]);
    plan.length = Time::from_secs_f64(20.0);
    plan.window = Span::from_secs(1);
    plan.stop_if = vec![StopLine {
        text: "errors(users) > 30%".into(),
        place: "x:1:1".into(),
        metric: Metric::Errors { of: Subject::Client(0), kind: None },
        compare: Compare::Greater,
        bound: 0.3,
        hold: Span::from_secs_f64(hold_s),
    }];
    plan
}

/// Ends so many requests well and badly in each window, all of which were sent in the first one.
fn first_stop(plan: &Plan, windows: &[(u64, u64)]) -> Option<Tripped> {
    let mut recorder = Recorder::new(plan);
    let mut watch = Watch::new(plan, &mut recorder).expect("there is a line");
    for (cell, (ok, failed)) in windows.iter().enumerate() {
        for n in 0..ok + failed {
            let outcome = if n < *ok { Outcome::Ok } else { Outcome::Failed(ErrorKind::Timeout) };
            recorder.answered(ClientId(0), 0, cell, outcome, Span::from_millis(5));
        }
        assert_eq!(watch.due(), Some(recorder.grid.cells[cell].to));
        if let Some(tripped) = watch.look(&mut recorder) {
            return Some(tripped);
        }
    }
    None
}

#[test]
fn a_line_must_hold_for_its_time_without_a_break() {
    let (good, bad) = ((90, 10), (50, 50));
    let stop = first_stop(&plan(3.0), &[good, bad, bad, good, bad, bad, bad, bad]).expect("it stops");
    assert_eq!(stop.at, Time::from_secs_f64(7.0));
    assert_eq!(stop.words, "errors(users) > 30%: 50.0% in the last window, 300 samples since 4s");
    assert_eq!(first_stop(&plan(3.0), &[bad, bad, good, bad, bad, good]), None);
}

#[test]
fn a_window_without_figures_leaves_the_line_as_it_is() {
    let stop = first_stop(&plan(3.0), &[(0, 30), (0, 0), (0, 30)]).expect("it stops");
    assert_eq!(stop.at, Time::from_secs_f64(3.0));
}

#[test]
fn few_samples_stop_nothing_until_they_are_enough() {
    assert_eq!(first_stop(&plan(0.0), &[(0, 1), (10, 0), (0, 19)]), None);
    let stop = first_stop(&plan(0.0), &[(0, 10), (0, 9), (0, 1)]).expect("twenty will do");
    assert_eq!(stop.at, Time::from_secs_f64(3.0));
}

#[test]
fn the_warm_up_stops_nothing() {
    let mut plan = plan(0.0);
    plan.warmup = Time::from_secs_f64(2.0);
    let stop = first_stop(&plan, &[(0, 50), (0, 50), (0, 50)]).expect("it stops after the warm-up");
    assert_eq!(stop.at, Time::from_secs_f64(3.0));
}

#[test]
fn a_plan_without_lines_costs_nothing() {
    let mut plan = plan(0.0);
    plan.stop_if.clear();
    let mut recorder = Recorder::new(&plan);
    assert!(Watch::new(&plan, &mut recorder).is_none() && recorder.take_ended().is_empty());
}

#[test]
fn the_simulated_run_stops_in_virtual_time() {
    use crate::plan::{Effect, Replicas, Target};
    let mut plan = plan(2.0);
    plan.clients[0].arrivals = crate::plan::fixture::chain(100.0, &[1.0]).clients[0].arrivals.clone();
    let target = Target::Service { id: crate::base::ServiceId(0), replicas: Replicas::ALL };
    fixture::fault(&mut plan, target, Effect::Fail { chance: 1.0 }, 5.0, 15.0);
    let recording = crate::sim::play(&plan);
    let cut = recording.cut_short.clone().expect("it was stopped");
    assert!(cut.guardrail && cut.at == Time::from_secs_f64(7.0), "{cut:?}");
    assert_eq!(crate::judge::judge(&recording).exit, crate::judge::ExitCode::Guardrail);
    let mut by_steps = crate::sim::Simulation::new(std::sync::Arc::new(plan));
    for step in 1..=1000 {
        by_steps.run_to_share(f64::from(step) / 1000.0);
    }
    assert!(by_steps.has_stopped());
    assert_eq!(by_steps.finish().digest(), recording.digest(), "in whatever steps it is played");
}
