//! Every scenario of the library, with every variant, on three seeds: the base shows its symptoms, wrong fixes still fail, right
//! fixes hold. A scenario that cannot say so is not worth shipping.

use firedrill::compile::{self, Request};
use firedrill::judge::{ExitCode, Judgement, Verdict, judge};
use firedrill::plan::{Plan, World};
use firedrill::scenario::{Diagnostics, load, render};
use firedrill::sim;
use std::path::{Path, PathBuf};

pub fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), &mut files);
    files.sort();
    assert!(files.len() >= 6, "only {} scenarios were found", files.len());
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("scenarios/ can be listed") {
        let path = entry.expect("scenarios/ can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".yaml") && !name.ends_with(".lesson.yaml") {
            files.push(path);
        }
    }
}

/// The one of this name.
pub fn file(name: &str) -> PathBuf {
    let found = files().into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    found.unwrap_or_else(|| panic!("there is no {name}.yaml under scenarios/"))
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

fn play_all(file: &Path) -> Vec<String> {
    let name = file.display();
    let mut wrong = Vec::new();
    for variant in variants(file) {
        for offset in 0..3 {
            let plan = plan(file, variant.as_deref(), offset);
            let judgement = judge(&sim::play(&plan));
            if judgement.exit != ExitCode::Held || judgement.verdict != Verdict::Holds {
                let label = variant.as_deref().unwrap_or("base");
                let (seed, reason, unmet) = (plan.seed, &judgement.reason, unmet(&judgement).join("\n"));
                wrong.push(format!("{name} {label} seed {seed}: {reason}\n{unmet}"));
            }
        }
    }
    wrong
}

/// A part of the library, so that parts can be played side by side.
fn play_part(part: usize) {
    let wrong: Vec<String> = files().iter().skip(part).step_by(PARTS).flat_map(|file| play_all(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! parts {
    ($($test:ident $part:literal),* $(,)?) => {
        const PARTS: usize = [$($part),*].len();
        $(#[test] fn $test() { play_part($part); })*
    };
}

parts! {
    part_0 0, part_1 1, part_2 2, part_3 3, part_4 4, part_5 5, part_6 6, part_7 7, part_8 8, part_9 9, part_10 10, part_11 11,
}
