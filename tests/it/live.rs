//! The slow-cache scenario in the real world, against a redis-server that firedrill starts: the same verdicts as in the simulator, and
//! figures close to it while nothing is overloaded.

use crate::scenarios;
use firedrill::judge::{ExitCode, Judgement, judge};
use firedrill::live::{LiveOptions, Played, play};
use firedrill::plan::{Plan, World};
use firedrill::sim;
use std::path::{Path, PathBuf};

fn plan(variant: Option<&str>) -> Plan {
    let files = scenarios::files();
    let file = files.iter().find(|file| file.ends_with("slow-cache.yaml")).expect("scenarios/slow-cache.yaml is there");
    scenarios::plan(file, variant, 0)
}

/// The program that is tested is the guardian as well.
fn play_live(plan: &Plan, state: &Path) -> Played {
    let mut plan = plan.clone();
    plan.world = World::Live;
    let options = LiveOptions {
        state_dir: Some(state.to_owned()),
        guardian: Some(PathBuf::from(env!("CARGO_BIN_EXE_firedrill"))),
        ..LiveOptions::default()
    };
    play(&plan, &options).expect("redis-server is installed, and the run is possible")
}

fn shown(judgement: &Judgement) -> String {
    let lines = judgement.symptoms.iter().chain(&judgement.expectations);
    lines.map(|line| format!("{:?} {} measured {:?}\n", line.verdict, line.text, line.measured)).collect()
}

fn same_in_both_worlds(variant: Option<&str>) {
    let state = tempfile::tempdir().expect("a temporary folder");
    let plan = plan(variant);
    let (model, real) = (sim::play(&plan), play_live(&plan, state.path()).recording);
    let (in_model, in_reality) = (judge(&model), judge(&real));
    let say = || format!("in the model:\n{}in reality:\n{}{:?}", shown(&in_model), shown(&in_reality), real.warnings);
    assert_eq!((in_model.exit, in_reality.exit), (ExitCode::Held, ExitCode::Held), "{}", say());
    let lines = |judgement: &Judgement| -> Vec<_> {
        judgement.symptoms.iter().chain(&judgement.expectations).map(|line| line.verdict).collect()
    };
    assert_eq!(lines(&in_model), lines(&in_reality), "{}", say());
    let before = plan.faults[0].from;
    for quantile in [0.5, 0.9] {
        let of = |recording: &firedrill::record::Recording| {
            recording.client_over(0, plan.warmup, before).latency.quantile(quantile).expect("requests were answered")
        };
        let (model, real) = (of(&model), of(&real));
        assert!(real > model * 0.5 && real < model * 2.0 + 0.005, "quantile {quantile}: {real} s for {model} s");
    }
    assert!(real.undo.iter().all(|note| note.done), "{:?}", real.undo);
    let left = std::fs::read_dir(state.path()).expect("the state folder is there").count();
    assert_eq!(left, 0, "the ledger is gone");
}

#[test]
fn slow_cache_is_as_bad_in_reality_as_in_the_model() {
    same_in_both_worlds(None);
}

#[test]
fn failing_fast_helps_in_reality_as_in_the_model() {
    same_in_both_worlds(Some("fail-fast"));
}
