//! From the verdicts on lines to the verdict on the run.

use super::seeds::OverSeeds;
use super::{Basis, ExitCode, Judged, Judgement, Verdict, warmup};
use crate::record::{CutShort, Recording};

pub fn of(recording: &Recording, expectations: Vec<Judged>, symptoms: Vec<Judged>) -> Judgement {
    let plan = &recording.plan;
    let basis = match plan.variant.is_none() && !symptoms.is_empty() {
        true => Basis::Symptoms,
        false if plan.still_broken => Basis::StillBroken,
        false => Basis::Expectations,
    };
    let untouched = untouched(recording);
    let mut judgement = Judgement {
        verdict: Verdict::CannotTell,
        exit: ExitCode::Inconclusive,
        basis,
        reason: String::new(),
        doubts: doubts(recording, &untouched),
        expectations,
        symptoms,
        warnings: warmup::warnings(recording),
        seeds: None,
        tries: Vec::new(),
        flaky: false,
        baseline: None,
    };
    (judgement.verdict, judgement.reason) = decide(&judgement, !untouched.is_empty());
    judgement.exit = exit_of(judgement.verdict);
    if let Some(cut) = recording.cut_short.as_ref().filter(|cut| cut.guardrail) {
        judgement.exit = ExitCode::Guardrail;
        judgement.reason = in_words(cut);
    }
    judgement
}

fn in_words(cut: &CutShort) -> String {
    match cut.guardrail {
        true => format!("stopped by a guardrail at {}: {}", cut.at, cut.why),
        false => format!("the run ended early, at {}: {}", cut.at, cut.why),
    }
}

/// A fault that touched nothing did not happen, and what it should have shown was not shown: whatever the lines say, the run proves nothing.
/// A run that was cut short can still prove that something broke; where it proves nothing, why it was cut short is the better reason.
fn decide(run: &Judgement, fault_missing: bool) -> (Verdict, String) {
    let (verdict, reason) = by_lines(run.basis, &run.verdicts());
    match run.doubts.first() {
        Some(doubt) if fault_missing || verdict != Verdict::Broken => (Verdict::CannotTell, doubt.clone()),
        _ => (verdict, reason),
    }
}

/// The judgement of one seed becomes that of all: by the same rules, from the joint verdicts on the lines.
/// A doubt about any seed makes the whole uncertain, unless a seed without doubt (`is_sound`) shows that something broke.
pub fn over_seeds(shown: Judgement, over: OverSeeds, doubts: Vec<String>, is_sound: bool) -> Judgement {
    let (count, what) = (over.runs.len(), over.what());
    let all = Judgement { seeds: Some(Box::new(over)), ..shown };
    let (verdict, reason) = by_lines(all.basis, &all.verdicts());
    let (verdict, reason) = match doubts.first() {
        Some(doubt) if verdict != Verdict::Broken || !is_sound => (Verdict::CannotTell, doubt.clone()),
        _ => (verdict, format!("{reason} over {count} {what}")),
    };
    // Of a run that a guardrail stopped there is nothing better to say, whatever the others show.
    if all.exit == ExitCode::Guardrail {
        return Judgement { verdict, doubts, ..all };
    }
    Judgement { verdict, exit: exit_of(verdict), reason, doubts, ..all }
}

fn by_lines(basis: Basis, lines: &[Verdict]) -> (Verdict, String) {
    let total = lines.len();
    let count = |verdict| lines.iter().filter(|line| **line == verdict).count();
    let (broken, unknown) = (count(Verdict::Broken), count(Verdict::CannotTell));
    let of_all =
        |n: usize, what: &str, how: &str| format!("{n} of {total} {what}{} {how}", if total == 1 { "" } else { "s" });
    match basis {
        Basis::StillBroken if broken > 0 => {
            (Verdict::Holds, format!("still broken, as it should be: {}", of_all(broken, "expectation", "broken")))
        }
        Basis::StillBroken if unknown > 0 => (Verdict::CannotTell, of_all(unknown, "expectation", "cannot be told")),
        Basis::StillBroken => (Verdict::Broken, "marked still_broken, but every expectation held".to_owned()),
        Basis::Symptoms if broken > 0 => (Verdict::Broken, of_all(broken, "symptom", "not seen")),
        Basis::Symptoms if unknown > 0 => (Verdict::CannotTell, of_all(unknown, "symptom", "cannot be told")),
        Basis::Symptoms => (Verdict::Holds, of_all(total, "symptom", "seen")),
        Basis::Expectations if broken > 0 => (Verdict::Broken, of_all(broken, "expectation", "broken")),
        Basis::Expectations if unknown > 0 => (Verdict::CannotTell, of_all(unknown, "expectation", "cannot be told")),
        Basis::Expectations if total == 0 => (Verdict::Holds, "no expectations, so nothing was judged".to_owned()),
        Basis::Expectations => (Verdict::Holds, of_all(total, "expectation", "held")),
    }
}

fn untouched(recording: &Recording) -> Vec<&str> {
    let faults = recording.plan.faults.iter().zip(&recording.evidence);
    faults.filter(|(_, evidence)| evidence.touched == 0).map(|(fault, _)| fault.name.as_str()).collect()
}

fn doubts(recording: &Recording, untouched: &[&str]) -> Vec<String> {
    let missing = untouched.iter().map(|name| format!("fault `{name}` touched nothing"));
    let cut = recording.cut_short.iter().map(in_words);
    // A run that ended early may have ended before its faults began, so that comes first.
    cut.chain(missing).collect()
}

fn exit_of(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Holds => ExitCode::Held,
        Verdict::Broken => ExitCode::Broken,
        Verdict::CannotTell => ExitCode::Inconclusive,
    }
}
