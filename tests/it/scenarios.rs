//! Every scenario of the library, with every variant, on three seeds: the base shows its symptoms, wrong fixes still fail, right
//! fixes hold. A scenario that cannot say so is not worth shipping.

use firedrill::compile::{self, Request};
use firedrill::judge::{ExitCode, Judgement, Verdict, judge};
use firedrill::plan::{Plan, World};
use firedrill::scenario::{Diagnostics, load, render};
use firedrill::sim;
use std::path::{Path, PathBuf};

pub fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let listed = std::fs::read_dir(folder).expect("scenarios/ can be listed");
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.expect("scenarios/ can be listed").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    assert!(files.len() >= 6, "only {} scenarios were found", files.len());
    files
}

/// Compiles a scenario file, which must be free of errors and warnings.
pub fn plan(file: &Path, variant: Option<&str>, seed_offset: u64) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load(file, &diags);
    let request = Request { variant: variant.map(str::to_owned), world: Some(World::Sim), ..Request::default() };
    let plan = compile::compile(&mut loaded, &request, &diags);
    assert!(diags.is_empty(), "{}", render(&diags, &loaded.sources, false));
    let mut plan = plan.expect("a scenario without mistakes has a plan");
    plan.seed += seed_offset;
    plan
}

pub fn variants(file: &Path) -> Vec<Option<String>> {
    let diags = Diagnostics::new();
    let loaded = load(file, &diags);
    let named = compile::variants(&loaded.root).into_iter().map(|variant| Some(variant.name));
    std::iter::once(None).chain(named).collect()
}

fn unmet(judgement: &Judgement) -> Vec<String> {
    let lines = judgement.symptoms.iter().chain(&judgement.expectations);
    let shown = lines
        .map(|line| format!("    {:?} {} measured {:?} n {}", line.verdict, line.text, line.measured, line.samples));
    shown.collect()
}

fn play_all(name: &str) {
    let file = files().into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    let file = file.unwrap_or_else(|| panic!("scenarios/{name}.yaml is missing"));
    let mut wrong = Vec::new();
    for variant in variants(&file) {
        for offset in 0..3 {
            let plan = plan(&file, variant.as_deref(), offset);
            let judgement = judge(&sim::play(&plan));
            if judgement.exit != ExitCode::Held || judgement.verdict != Verdict::Holds {
                let label = variant.as_deref().unwrap_or("base");
                wrong.push(format!(
                    "{name} {label} seed {}: {}\n{}",
                    plan.seed,
                    judgement.reason,
                    unmet(&judgement).join("\n")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! each {
    ($($test:ident $name:literal),* $(,)?) => {
        $(#[test] fn $test() { play_all($name); })*

        #[test]
        fn every_scenario_has_its_test() {
            let tested = [$($name),*];
            for file in files() {
                let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                assert!(tested.contains(&stem.as_str()), "scenarios/{stem}.yaml has no line in tests/it/scenarios.rs");
            }
        }
    };
}

each! {
    slow_cache "slow-cache",
    game_day "game-day",
    timeout_inversion "timeout-inversion",
    storage_exhaustion "storage-exhaustion",
    memcached_cannot_be_restarted "memcached-cannot-be-restarted",
    retry_storm "retry-storm",
    elb_pre_open "elb-pre-open",
}
