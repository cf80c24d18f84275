//! The gate on runs that were made by hand: what regresses, what is refused, what is the same to the byte, and the file's form.

use super::{Captured, Comparison, Exact, Figure, Gate, Outcome, ReadError, compare};
use crate::base::Span;
use crate::judge::{ExitCode, Verdict, judge};
use crate::plan::{Plan, World};
use crate::record::{Recording, fixture};

fn recording(seed: u64) -> Recording {
    let mut recording = fixture::recording(&Plan { seed, ..fixture::judged_plan() });
    recording.head.plan_digest = format!("plan {seed}");
    for cell in &mut recording.clients[0].cells {
        *cell = Default::default();
        (0..100).for_each(|n| cell.latency.record(Span::from_millis(10 + n % 20)));
        (cell.ok, cell.goodput, cell.offered, cell.fresh, cell.sent) = (100, 100, 100, 100, 100);
    }
    recording
}

pub fn captured(seed: u64) -> Captured {
    Captured::of(&recording(seed))
}

/// Two in a hundred requests take 300 ms more.
fn slower(seed: u64) -> Captured {
    let mut recording = recording(seed);
    recording.head.plan_digest = format!("another plan {seed}");
    recording.clients[0].cells.iter_mut().for_each(|cell| cell.latency.record_n(Span::from_millis(330), 2));
    Captured::of(&recording)
}

fn several(seeds: std::ops::Range<u64>, of: fn(u64) -> Captured) -> Captured {
    let mut whole = of(seeds.start);
    (seeds.start + 1..seeds.end).for_each(|seed| whole.add(of(seed)));
    whole
}

#[test]
fn equal_runs_are_the_same_to_the_byte() {
    let found = compare(&captured(7), &captured(7), "main", Gate::default(), false).expect("comparable");
    assert_eq!((found.outcome, found.exact), (Outcome::Same, Exact::Identical(1)));
    assert!(found.rows.iter().all(|row| row.outcome == Outcome::Same && row.ratio == Some(1.0)));
}

#[test]
fn a_longer_tail_regresses_and_a_shorter_one_improves() {
    let worse = compare(&captured(7), &slower(7), "main", Gate::default(), false).expect("comparable");
    assert_eq!(worse.outcome, Outcome::Regressed);
    let worst = worse.worst().expect("one regressed");
    assert_eq!(worst.figure, Figure::P99);
    let told = worse.regression().expect("a reason");
    assert!(told.starts_with("regression against the baseline main: p99(users) "), "{told}");
    assert!(worse.of(Outcome::Regressed).all(|row| row.figure.is_latency()));
    let better = compare(&slower(7), &captured(7), "main", Gate::default(), false).expect("comparable");
    assert_eq!(better.outcome, Outcome::Improved);
    let lenient = Gate { effect_min: 30.0 };
    let large = compare(&captured(7), &slower(7), "main", lenient, false).expect("comparable");
    assert_eq!(large.outcome, Outcome::Changed, "apart, and not large enough for this gate");
}

#[test]
fn failing_requests_regress_errors_and_goodput() {
    let mut failing = recording(8);
    for cell in &mut failing.clients[0].cells {
        (cell.ok, cell.goodput) = (80, 80);
        cell.errors[0] = 20;
    }
    let found = compare(&captured(7), &Captured::of(&failing), "main", Gate::default(), false).expect("comparable");
    let figures: Vec<Figure> = found.of(Outcome::Regressed).map(|row| row.figure).collect();
    assert!(figures.contains(&Figure::Errors) && figures.contains(&Figure::Goodput), "{figures:?}");
    assert_eq!(found.worst().map(|row| row.ratio), Some(Some(f64::INFINITY)), "no errors before");
}

#[test]
fn a_regression_outranks_doubts_and_gives_way_to_what_is_broken() {
    let worse = || compare(&captured(7), &slower(7), "main", Gate::default(), false).expect("comparable");
    let judged =
        |verdict, exit| crate::judge::Judgement { verdict, exit, reason: "as it was".into(), ..judge(&recording(7)) };
    let held = judged(Verdict::Holds, ExitCode::Held).beside(worse());
    assert_eq!((held.verdict, held.exit), (Verdict::Broken, ExitCode::Regression));
    assert_eq!(judged(Verdict::CannotTell, ExitCode::Inconclusive).beside(worse()).exit, ExitCode::Regression);
    let broken = judged(Verdict::Broken, ExitCode::Broken).beside(worse());
    assert_eq!((broken.exit, broken.reason.as_str()), (ExitCode::Broken, "as it was"));
    assert!(broken.baseline.is_some());
}

#[test]
fn the_same_plan_and_seed_must_give_the_same_figures() {
    let mut other = recording(7);
    other.clients[0].cells[50].ok -= 1;
    let found = compare(&captured(7), &Captured::of(&other), "main", Gate::default(), false).expect("comparable");
    let Exact::Differs(lines) = &found.exact else { panic!("{:?}", found.exact) };
    assert!(lines.contains(&"seed 7: users during slow ok: 2000 before, 1999 now".to_owned()), "{lines:?}");
    assert_eq!(found.outcome, Outcome::Changed);
}

#[test]
fn pairs_of_seeds_decide_by_their_signs() {
    let found =
        compare(&several(0..6, captured), &several(0..6, slower), "main", Gate::default(), false).expect("comparable");
    let p99 = |found: &Comparison| {
        let row = found.rows.iter().find(|row| row.figure == Figure::P99 && row.phase == "whole").expect("a row");
        (row.outcome, row.signs.map(|signs| (signs.up, signs.down)))
    };
    assert_eq!(p99(&found), (Outcome::Regressed, Some((6, 0))));
    // Half of the seeds slower: the requests of all together say regressed, the pairs do not.
    let mixed = |seed| if seed % 2 == 0 { slower(seed) } else { captured(seed) };
    let found =
        compare(&several(0..6, captured), &several(0..6, mixed), "main", Gate::default(), false).expect("comparable");
    assert_eq!(p99(&found), (Outcome::Changed, Some((3, 0))), "three of three is no proof");
}

#[test]
fn only_the_seeds_that_both_have_are_compared() {
    let found = compare(
        &several(0..3, |seed| if seed == 1 { captured(1) } else { slower(seed) }),
        &captured(1),
        "main",
        Gate::default(),
        false,
    );
    let found = found.expect("comparable");
    assert_eq!((found.outcome, found.exact), (Outcome::Same, Exact::Identical(1)));
}

#[test]
fn what_was_done_to_the_system_must_be_the_same() {
    let refused = |change: fn(&mut Recording), what: &str| {
        let mut other = recording(7);
        change(&mut other);
        let other = Captured::of(&other);
        let difference = compare(&captured(7), &other, "main", Gate::default(), false).expect_err(what);
        assert_eq!(difference.what, what);
        let words = difference.to_string();
        let forced = compare(&captured(7), &other, "main", Gate::default(), true).expect("forced");
        assert_eq!(forced.notes, [format!("compared by force, although {words}")]);
        words
    };
    refused(|other| other.plan.scenario = "other".into(), "scenario");
    refused(|other| other.plan.world = World::Live, "world");
    let words = refused(|other| other.plan.length = fixture::secs(90.0), "length");
    assert_eq!(words, "`length` differs: 100s in the baseline, 90s now");
    refused(|other| other.plan.clients[0].writes = 0.5, "clients.users.writes");
    refused(|other| other.plan.faults[0].label = "slow x8".into(), "faults.slow");
    refused(|other| other.plan.phases[0].to = fixture::secs(30.0), "phases.before slow");
    let cut = |other: &mut Recording| {
        other.cut_short =
            Some(crate::record::CutShort { at: fixture::secs(57.0), why: "SIGINT".into(), guardrail: false });
    };
    assert_eq!(refused(cut, "played"), "`played` differs: to the end in the baseline, cut short at 57s: SIGINT now");
    let mut partial = recording(7);
    cut(&mut partial);
    assert!(Captured::of(&partial).unfit().is_some() && captured(7).unfit().is_none());
}

#[test]
fn a_file_has_one_line_for_each_client_phase_and_seed_and_reads_back() {
    let whole = several(3..5, captured);
    let text = whole.to_text();
    assert_eq!(text, several(3..5, captured).to_text());
    let back = Captured::from_text(&text, "main.json").expect("it reads back");
    assert_eq!(back, whole);
    assert_eq!(back.to_text(), text);
    let lines = text.lines().filter(|line| line.starts_with(" {\"client\":\"users\"")).count();
    assert_eq!(lines, 2 * whole.places().len());
    let later = text.replace("\"schema_version\": 1", "\"schema_version\": 2");
    let refused = Captured::from_text(&later, "main.json");
    assert!(matches!(refused, Err(ReadError::Version { found: 2, .. })), "{refused:?}");
    assert!(matches!(Captured::from_text("{}", "main.json"), Err(ReadError::Format { .. })));
}
