//! The judge on hand-made recordings: each metric, each verdict, and how they add up.

use super::{Basis, ExitCode, Judged, Judgement, Verdict, exit, judge};
use crate::base::{ErrorKind, Span};
use crate::compile::expect::{Names, parse};
use crate::plan::{Expectation, Plan, World};
use crate::record::fixture::{plan, recording, secs, steady_users};
use crate::record::{ClientCell, CutShort, Evidence, Recording};

pub fn expectation(plan: &Plan, text: &str) -> Expectation {
    let names = Names::of(plan);
    let parsed = parse(text, &names).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    Expectation {
        text: text.to_owned(),
        place: "fixture.yaml:1:1".to_owned(),
        metric: parsed.metric,
        compare: parsed.compare,
        bound: parsed.bound,
        window: parsed.window,
    }
}

/// A run of the fixture with these expectations, after `change` has been made to the steady recording.
pub fn run_with(lines: &[&str], change: impl FnOnce(&mut Recording)) -> Judgement {
    let mut plan = plan();
    plan.expectations = lines.iter().map(|line| expectation(&plan, line)).collect();
    let mut recording = recording(&plan);
    change(&mut recording);
    judge(&recording)
}

fn one(line: &str, change: impl FnOnce(&mut Recording)) -> Judged {
    run_with(&[line], change).expectations.remove(0)
}

/// Changes the users' cells that begin in [from, to).
pub fn users(recording: &mut Recording, from: f64, to: f64, change: impl Fn(&mut ClientCell)) {
    let range = recording.grid.range(secs(from), secs(to));
    recording.clients[0].cells[range].iter_mut().for_each(change);
}

/// During the fault: of 100 requests 40 answered after 1s (and 20 of them too late to arrive in the window), 60 failed, 30 retried.
fn outage(recording: &mut Recording) {
    users(recording, 40.0, 60.0, |cell| {
        *cell =
            ClientCell { offered: 130, fresh: 100, sent: 120, ok: 40, goodput: 20, retries: 30, ..Default::default() };
        cell.errors[ErrorKind::Timeout as usize] = 50;
        cell.errors[ErrorKind::Rejected as usize] = 10;
        cell.latency.record_n(Span::from_secs(1), 40);
    });
    let range = recording.grid.range(secs(40.0), secs(60.0));
    for cell in &mut recording.services[1].cells[range.clone()] {
        (cell.arrived, cell.completed, cell.wasted, cell.failed, cell.rejected, cell.dropped) = (240, 80, 20, 10, 6, 4);
        (cell.busy_s, cell.queue_s, cell.queue_max, cell.queue_min) = (10.0, 50.0, 90, 3);
        (cell.used_bytes, cell.hits, cell.misses) = (1900, 30, 10);
    }
    for cell in &mut recording.services[2].cells[range.clone()] {
        (cell.hits, cell.misses, cell.cold_keys) = (30, 10, 80);
    }
    for cell in &mut recording.edges[1].cells[range] {
        (cell.calls, cell.attempts, cell.ok) = (200, 240, 180);
        cell.errors[ErrorKind::Timeout as usize] = 60;
    }
}

#[test]
fn every_metric_is_what_it_says() {
    // The line without its bound, the figure, and the samples behind it. 20 cells during the fault, 90 in the whole.
    let cases = [
        ("p50(users)", "ms", 1000.0, 800),
        ("mean(users)", "ms", 1000.0, 800),
        ("max(users)", "ms", 1000.0, 800),
        ("p90(db)", "ms", 5.0, 2000),
        ("success(users)", "%", 40.0, 2000),
        ("errors(users)", "%", 60.0, 2000),
        ("errors(users, kind=timeout)", "%", 50.0, 2000),
        ("errors(users, kind=reset)", "%", 0.0, 2000),
        ("success(db)", "%", 80.0, 2000),
        ("errors(db)", "%", 20.0, 2000),
        ("errors(db, kind=rejected)", "%", 6.0, 2000),
        ("errors(web->db, kind=timeout)", "%", 25.0, 4800),
        ("success(web->db)", "%", 75.0, 4800),
        ("goodput(users)", "/s", 20.0, 400),
        ("goodput(db)", "/s", 60.0, 1200),
        ("goodput(web->db)", "/s", 180.0, 3600),
        ("offered(users)", "/s", 120.0, 2400),
        ("offered(web->db)", "/s", 240.0, 4800),
        ("fresh(users)", "/s", 100.0, 2000),
        ("throughput(db)", "/s", 80.0, 1600),
        ("amplification(db)", "x", 2.0, 2400),
        ("amplification(users)", "x", 1.2, 2000),
        ("waste(db)", "%", 25.0, 1600),
        ("retries(web->db)", "%", 20.0, 4000),
        ("retries(users)", "x", 0.25, 2400),
        ("utilisation(db)", "%", 100.0, 20),
        ("queue(db)", "", 50.0, 20),
        ("max(queue(db))", "", 90.0, 20),
        ("min(queue(db))", "", 3.0, 20),
        ("inflight(db)", "", 7.0, 20),
        ("max(inflight(db))", "", 15.0, 20),
        ("min(inflight(db))", "", 1.0, 20),
        ("used(db)", "B", 1900.0, 20),
        ("used(db)", "%", 95.0, 20),
        ("cold(cache)", "%", 80.0, 20),
        ("hits(cache)", "%", 75.0, 800),
    ];
    for (metric, unit, figure, samples) in cases {
        let line = format!("{metric} <= {figure}{unit} during slow");
        let judged = one(&line, outage);
        let (measured, bound) = (judged.measured.expect(metric), judged.bound.expect(metric));
        assert!((measured - bound).abs() <= 1e-3 * bound, "{line}: {measured} against {bound}");
        assert_eq!((judged.samples, judged.verdict), (samples, Verdict::Holds), "{line}");
        if figure > 0.0 {
            let line = format!("{metric} > {}{unit} during slow", 1.01 * figure).replace("101%", "100%");
            assert_eq!(one(&line, outage).verdict, Verdict::Broken, "{line}");
        }
    }
}

#[test]
fn gauges_over_several_levels_are_weighted_by_time() {
    // 20 seconds at 50 and 70 seconds at 2.
    let mean = one("queue(db) < 100", outage).measured.expect("measured");
    assert!((mean - (20.0 * 50.0 + 70.0 * 2.0) / 90.0).abs() < 1e-9, "{mean}");
    let used = one("mean(used(db)) < 100%", outage).measured.expect("measured");
    assert!((used - (20.0 * 0.95 + 70.0 * 0.75) / 90.0).abs() < 1e-9, "{used}");
    let unlimited = one("utilisation(web) < 50%", |_| {});
    assert_eq!(unlimited.verdict, Verdict::CannotTell);
    assert_eq!(unlimited.note.as_deref(), Some("`web` has no limit of workers or cores, so it has no utilisation"));
}

#[test]
fn a_quantile_needs_ten_samples_beyond_it() {
    let with = |n: u64| {
        one("p99(users) < 1s during slow", move |recording| {
            users(recording, 40.0, 60.0, |cell| *cell = ClientCell::default());
            users(recording, 40.0, 41.0, |cell| *cell = steady_users(n));
        })
    };
    let few = with(999);
    assert_eq!((few.verdict, few.measured, few.samples), (Verdict::CannotTell, None, 999));
    assert_eq!(few.note.as_deref(), Some("999 samples, and this quantile needs 1000"));
    assert_eq!((with(1000).verdict, with(1000).samples), (Verdict::Holds, 1000));
    assert_eq!(with(0).note.as_deref(), Some("no successful requests in this window"));
    assert_eq!(super::samples_needed(0.5), 20);
    assert_eq!(super::samples_needed(0.999), 10_000);
    assert_eq!(super::samples_needed(0.9999), 100_000);
}

#[test]
fn a_quantile_carries_its_confidence_interval() {
    // 1 of 100 takes 50ms: the true p99 lies exactly at the step, and the interval says so.
    let judged = one("p99(users) < 1s", |_| {});
    let (low, high) = judged.interval.expect("9000 samples");
    assert!((low / 0.010 - 1.0).abs() < 1e-3 && (high / 0.050 - 1.0).abs() < 1e-3, "{low} to {high}");
    assert_eq!(one("success(users) > 1%", |_| {}).interval, None);
}

#[test]
fn without_data_nothing_is_told_but_rates_are_zero() {
    let silent = |recording: &mut Recording| {
        users(recording, 40.0, 60.0, |cell| *cell = ClientCell::default());
        recording.services.iter_mut().for_each(|series| series.cells.fill(Default::default()));
    };
    for line in ["success(users) >= 0%", "waste(db) < 5%", "hits(cache) > 0%", "mean(db) < 1s", "amplification(db) < 1"]
    {
        let judged = one(&format!("{line} during slow"), silent);
        assert_eq!((judged.verdict, judged.measured), (Verdict::CannotTell, None), "{line}");
        assert!(judged.note.is_some(), "{line}");
    }
    let judged = one("goodput(users) >= 1/s during slow", silent);
    assert_eq!((judged.verdict, judged.measured), (Verdict::Broken, Some(0.0)));
}

#[test]
fn bounds_of_another_window_are_resolved() {
    let judged = one("goodput(users) >= 95% of before during slow", outage);
    assert_eq!((judged.verdict, judged.measured, judged.bound), (Verdict::Broken, Some(20.0), Some(95.0)));
    assert_eq!(one("goodput(users) >= 95% of before after slow", outage).verdict, Verdict::Holds);
    let nothing = one("p99(users) <= 2x of before after slow", |recording| {
        users(recording, 10.0, 40.0, |cell| *cell = ClientCell::default());
    });
    assert_eq!((nothing.verdict, nothing.bound), (Verdict::CannotTell, None));
    assert_eq!(
        nothing.note.as_deref(),
        Some("nothing to compare with in `before`: no successful requests in this window")
    );
}

#[test]
fn the_first_broken_moment_is_the_begin_of_a_cell() {
    let late = |recording: &mut Recording| users(recording, 47.0, 60.0, |cell| cell.ok = 10);
    let late_errors = |recording: &mut Recording| {
        late(recording);
        users(recording, 47.0, 60.0, |cell| cell.errors[0] = 90);
    };
    let judged = one("success(users) >= 99% during slow", late_errors);
    assert_eq!((judged.verdict, judged.broken_at), (Verdict::Broken, Some(secs(47.0))));
    assert_eq!(one("success(users) >= 1% during slow", late_errors).broken_at, None);
}

#[test]
fn a_latency_within_the_histograms_resolution_is_at_its_bound() {
    let at = |line: &str| {
        one(line, |recording| {
            users(recording, 40.0, 60.0, |cell| {
                cell.latency = Default::default();
                cell.latency.record_n(Span::from_millis(500), 100);
            });
        })
    };
    assert_eq!(at("p99(users) <= 500ms during slow").verdict, Verdict::Holds);
    assert_eq!(at("p99(users) >= 500ms during slow").verdict, Verdict::Holds);
    assert_eq!(at("p99(users) <= 499ms during slow").verdict, Verdict::Broken);
}

#[test]
fn recovery_is_the_first_of_five_good_windows() {
    let line = "recovery(users) <= 15s after slow";
    assert_eq!(one(line, outage).measured, Some(0.0));
    let slow_until = |end: f64| {
        move |recording: &mut Recording| {
            users(recording, 40.0, end, |cell| {
                cell.latency.record_n(Span::from_secs(1), 30);
            })
        }
    };
    let judged = one(line, slow_until(72.0));
    assert_eq!((judged.verdict, judged.measured), (Verdict::Holds, Some(12.0)));
    assert_eq!(one(line, slow_until(76.0)).verdict, Verdict::Broken);
    let never = one(line, slow_until(100.0));
    assert_eq!((never.verdict, never.measured), (Verdict::Broken, None));
    assert_eq!(never.note.as_deref(), Some("did not recover within 40s"));
    assert_eq!(one("recovery(users) > 15s after slow", slow_until(100.0)).verdict, Verdict::Holds);
    // A relapse within five windows does not count as recovered.
    let relapse = |recording: &mut Recording| {
        users(recording, 63.0, 64.0, |cell| cell.goodput = 10);
    };
    assert_eq!(one(line, relapse).measured, Some(4.0));
    let low_goodput = |recording: &mut Recording| users(recording, 60.0, 100.0, |cell| cell.goodput = 94);
    assert_eq!(one(line, low_goodput).measured, None);
}

#[test]
fn recovery_joins_cells_that_a_cut_made_narrow_and_needs_a_base() {
    let judged = run_with(&["recovery(users) <= 15s after slow", "p99(users) < 1s between 60500ms and 61s"], |_| {});
    assert_eq!(judged.expectations[0].measured, Some(0.0));
    let short = one("recovery(users) <= 15s between 60s and 63s", |_| {});
    assert_eq!(short.note.as_deref(), Some("the window holds 3 recording windows, and a recovery needs 5"));
    let baseless = one("recovery(users) <= 15s after slow", |recording| {
        users(recording, 10.0, 40.0, |cell| *cell = steady_users(10));
    });
    assert_eq!(baseless.verdict, Verdict::CannotTell);
    assert_eq!(baseless.note.as_deref(), Some("300 samples before, and the p99 to compare with needs 1000"));
}

#[test]
fn a_run_holds_breaks_or_cannot_tell() {
    let (good, bad, unknown) =
        ("success(users) >= 99%", "success(users) >= 99% during slow", "p99.99(users) < 1s during slow");
    let cases = [
        (vec![good], Verdict::Holds, 0, "1 of 1 expectation held"),
        (vec![good, bad, good], Verdict::Broken, 10, "1 of 3 expectations broken"),
        (vec![unknown, bad], Verdict::Broken, 10, "1 of 2 expectations broken"),
        (vec![unknown, good], Verdict::CannotTell, 12, "1 of 2 expectations cannot be told"),
        (vec![], Verdict::Holds, 0, "no expectations, so nothing was judged"),
    ];
    for (lines, verdict, number, reason) in cases {
        let judgement = run_with(&lines, |recording| {
            users(recording, 40.0, 41.0, |cell| cell.errors[0] = 60);
        });
        assert_eq!((judgement.verdict, judgement.exit.number(), judgement.reason.as_str()), (verdict, number, reason));
        assert_eq!(judgement.exit.line(&judgement.reason), format!("exit {number}: {reason}"));
    }
}

#[test]
fn a_fault_without_evidence_makes_the_run_inconclusive() {
    for line in ["success(users) >= 99%", "success(users) <= 1%"] {
        let judgement = run_with(&[line], |recording| recording.evidence[0] = Evidence::default());
        assert_eq!((judgement.verdict, judgement.exit), (Verdict::CannotTell, ExitCode::Inconclusive), "{line}");
        assert_eq!(judgement.reason, "fault `slow` touched nothing");
    }
}

#[test]
fn a_short_or_unsound_recording_leaves_some_lines_untold() {
    let lines = ["success(users) >= 99% during slow", "success(users) >= 99% after slow", "p99(users) < 1s"];
    let cut = |at: f64| {
        move |recording: &mut Recording| {
            recording.cut_short = Some(CutShort { at: secs(at), why: "SIGINT".to_owned(), guardrail: false });
        }
    };
    let verdicts = |judgement: &Judgement| judgement.expectations.iter().map(|line| line.verdict).collect::<Vec<_>>();
    let judgement = run_with(&lines, cut(70.0));
    assert_eq!(verdicts(&judgement), [Verdict::Holds, Verdict::CannotTell, Verdict::CannotTell]);
    assert_eq!(judgement.expectations[1].note.as_deref(), Some("the run ended at 70s, before this window did"));
    let unknown = run_with(&lines[1..2], cut(70.0));
    assert_eq!(
        (unknown.exit, unknown.reason.as_str()),
        (ExitCode::Inconclusive, "the run ended early, at 70s: SIGINT")
    );
    // Every line could be told, but a run that did not reach its end does not pass.
    assert_eq!(run_with(&lines[..1], cut(70.0)).exit, ExitCode::Inconclusive);
    let judgement = run_with(&lines, |recording| recording.latency_unsound = Some("it fell 2s behind".to_owned()));
    assert_eq!(verdicts(&judgement), [Verdict::Holds, Verdict::Holds, Verdict::CannotTell]);
}

#[test]
fn a_verdict_that_hangs_on_the_generators_own_lateness_is_none() {
    let early = "p50(users) < 1us between 10s and 20s";
    let late = "p50(users) < 1us between 60s and 80s";
    let sure = "p50(users) < 10s between 60s and 80s";
    let judgement = run_with(&[early, late, sure], |recording| {
        let mut lateness = crate::record::Lateness::new(Span::from_secs(1));
        (6000..8000).for_each(|hundredth| lateness.record(secs(f64::from(hundredth) / 100.0), Span::from_secs(5)));
        recording.head.lateness = lateness;
    });
    let verdicts: Vec<Verdict> = judgement.expectations.iter().map(|line| line.verdict).collect();
    assert_eq!(verdicts, [Verdict::Broken, Verdict::CannotTell, Verdict::Holds]);
    assert!(judgement.expectations[1].note.as_deref().is_some_and(|note| note.contains("5s late")), "{judgement:?}");
}

#[test]
fn a_wrong_fix_must_still_break() {
    let with = |lines: &[&str], world: World| {
        let mut plan = plan();
        plan.world = world;
        (plan.still_broken, plan.variant) = (true, Some("wrong".to_owned()));
        plan.symptoms = vec![expectation(&plan, "success(users) <= 1%")];
        plan.expectations = lines.iter().map(|line| expectation(&plan, line)).collect();
        judge(&recording(&plan))
    };
    let (held, broke, unknown) = ("success(users) >= 99%", "success(users) <= 1%", "p99.99(users) < 1s");
    let cases = [
        (vec![held, broke], Verdict::Holds, "still broken, as it should be: 1 of 2 expectations broken"),
        (vec![held], Verdict::Broken, "marked still_broken, but every expectation held"),
        (vec![held, unknown], Verdict::CannotTell, "1 of 2 expectations cannot be told"),
    ];
    for (lines, verdict, reason) in cases {
        let judgement = with(&lines, World::Sim);
        assert_eq!((judgement.basis, judgement.verdict), (Basis::StillBroken, verdict), "{lines:?}");
        assert_eq!(judgement.reason, reason);
    }
}

#[test]
fn an_incidents_base_is_judged_by_its_symptoms() {
    let with = |symptoms: &[&str]| {
        let mut plan = plan();
        plan.symptoms = symptoms.iter().map(|line| expectation(&plan, line)).collect();
        plan.expectations = vec![expectation(&plan, "success(users) <= 1%")];
        judge(&recording(&plan))
    };
    let seen = with(&["success(users) >= 99%"]);
    assert_eq!((seen.basis, seen.verdict, seen.exit.number()), (Basis::Symptoms, Verdict::Holds, 0));
    assert_eq!(seen.expectations[0].verdict, Verdict::Broken);
    assert_eq!(seen.reason, "1 of 1 symptom seen");
    let unseen = with(&["success(users) >= 99%", "waste(db) >= 50%"]);
    assert_eq!((unseen.verdict, unseen.reason.as_str()), (Verdict::Broken, "1 of 2 symptoms not seen"));
}

#[test]
fn several_runs_end_with_the_code_of_highest_rank() {
    use ExitCode::{Broken, Guardrail, Held, Inconclusive, Internal, NothingSelected, Regression, Usage};
    let ranked = [Internal, Usage, Guardrail, Broken, Regression, Inconclusive, NothingSelected, Held];
    for (rank, code) in ranked.into_iter().enumerate() {
        assert_eq!(ExitCode::combine(ranked[rank..].iter().rev().copied()), code);
        assert_eq!(ExitCode::from_number(code.number()), Some(code));
    }
    assert_eq!(ExitCode::combine([]), NothingSelected);
    let good = run_with(&["success(users) >= 99%"], |_| {});
    let bad = run_with(&["success(users) >= 99%", "success(users) <= 1%"], |_| {});
    assert_eq!(exit::of_runs(&[&good, &good]), (Held, "all 2 runs held".to_owned()));
    assert_eq!(exit::of_runs(&[&good, &bad]), (Broken, "1 of 3 expectations broken, in 1 of 2 runs".to_owned()));
    assert_eq!(exit::of_runs(&[&bad]), (Broken, "1 of 2 expectations broken".to_owned()));
}
