//! Seeds judged together, on hand-made runs: each "seed" is the steady fixture with a change of its own.

use super::{Change, Gather, OverSeeds, Trial, against};
use crate::base::Span;
use crate::judge::tests::{expectation, users};
use crate::judge::{Judgement, Verdict, judge};
use crate::plan::Plan;
use crate::record::{ClientCell, Evidence, Recording, fixture};

fn plan_of(lines: &[&str]) -> Plan {
    let mut plan = fixture::plan();
    plan.expectations = lines.iter().map(|line| expectation(&plan, line)).collect();
    plan
}

/// Seeds 100, 101, … of the plan, each after its change.
fn together(plan: &Plan, seeds: usize, change: impl Fn(usize, &mut Recording)) -> Judgement {
    let mut gather = Gather::default();
    let mut shown = None;
    for index in 0..seeds {
        let mut recording = fixture::recording(&Plan { seed: 100 + index as u64, ..plan.clone() });
        change(index, &mut recording);
        let judgement = judge(&recording);
        gather.add(&recording.plan, Trial::of(&recording, &judgement));
        shown.get_or_insert(judgement);
    }
    gather.finish(0, shown.expect("at least one seed"))
}

fn over(judgement: &Judgement) -> &OverSeeds {
    judgement.seeds.as_deref().expect("several seeds")
}

/// During the fault, so many of 100 requests a second fail.
fn failing(count: u64) -> impl Fn(&mut Recording) {
    move |recording| {
        users(recording, 40.0, 60.0, |cell| {
            cell.ok = 100 - count;
            cell.errors[0] = count;
        })
    }
}

#[test]
fn a_line_holds_only_when_it_holds_under_every_seed() {
    let plan = plan_of(&["success(users) >= 90% during slow", "success(users) >= 50% during slow"]);
    let held = together(&plan, 4, |seed, recording| failing(seed as u64)(recording));
    assert_eq!((held.verdict, held.exit.number()), (Verdict::Holds, 0));
    assert_eq!(held.reason, "2 of 2 expectations held over 4 seeds");
    // One of four is stuck: a mean of 77% would say nothing of it.
    let stuck = together(&plan, 4, |seed, recording| failing(if seed == 2 { 92 } else { 0 })(recording));
    assert_eq!((stuck.verdict, stuck.exit.number()), (Verdict::Broken, 10));
    assert_eq!(stuck.reason, "2 of 2 expectations broken over 4 seeds");
    let line = &over(&stuck).expectations[0];
    assert_eq!((line.held.hits, line.held.n, over(&stuck).held.hits), (3, 4, 3));
    // Wilson, 3 of 4: 30.06% to 95.44%.
    let (low, high) = line.held.interval.expect("four tries");
    assert!((low - 0.3006).abs() < 1e-4 && (high - 0.9544).abs() < 1e-4, "{low} {high}");
    let mean = line.mean.expect("measured");
    assert!((mean.mean - 0.77).abs() < 1e-9, "{mean:?}");
    // Deviation 0.46, t with 3 degrees 3.182: half-width 0.732, and no share is above 1.
    let (low, high) = mean.interval.expect("four values");
    assert!((low - (0.77 - 0.732)).abs() < 1e-3 && high == 1.0, "{mean:?}");
    assert_eq!(line.extremes().map(|(least, most)| (least.1, most.1)), Some((2, 0)));
    assert_eq!(over(&stuck).runs.iter().map(|run| run.seed).collect::<Vec<_>>(), [100, 101, 102, 103]);
}

#[test]
fn seeds_tell_together_what_each_has_too_few_requests_for() {
    let plan = plan_of(&["p99.9(users) <= 60ms during slow", "p99.9(users) <= 2x of before during slow"]);
    // 2,000 requests a seed, and the quantile needs 10,000.
    assert_eq!(together(&plan, 4, |_, _| {}).verdict, Verdict::CannotTell);
    let enough = together(&plan, 5, |_, _| {});
    assert_eq!((enough.verdict, enough.expectations[0].verdict), (Verdict::Holds, Verdict::CannotTell));
    let pooled = over(&enough).expectations[0].pooled.expect("pooled");
    assert_eq!(pooled.samples, 10_000);
    assert!((pooled.value - 0.05).abs() < 1e-4, "{pooled:?}");
    assert_eq!(over(&enough).expectations[0].held.n, 0, "no seed alone could tell");
    let slow = |_: usize, recording: &mut Recording| {
        users(recording, 40.0, 60.0, |cell| cell.latency.record_n(Span::from_millis(200), 1))
    };
    assert_eq!(together(&plan, 5, slow).verdict, Verdict::Broken);
    // A seed without a single answer is not outvoted by the others.
    let dark = |seed: usize, recording: &mut Recording| {
        if seed == 5 {
            users(recording, 40.0, 60.0, |cell| *cell = ClientCell::default());
        }
    };
    assert_eq!(together(&plan, 8, dark).verdict, Verdict::CannotTell);
}

#[test]
fn a_doubt_about_one_seed_is_a_doubt_about_all_but_not_about_what_broke_elsewhere() {
    let plan = plan_of(&["success(users) >= 90% during slow"]);
    let idle = |recording: &mut Recording| recording.evidence[0] = Evidence::default();
    let one_idle = together(&plan, 3, |seed, recording| {
        if seed == 1 {
            idle(recording)
        }
    });
    assert_eq!((one_idle.verdict, one_idle.exit.number()), (Verdict::CannotTell, 12));
    assert_eq!(one_idle.reason, "fault `slow` touched nothing (in 1 of 3 seeds)");
    assert_eq!(together(&plan, 3, |_, recording| idle(recording)).reason, "fault `slow` touched nothing");
    let broke = |seed: usize, recording: &mut Recording| match seed {
        0 => idle(recording),
        _ => failing(50)(recording),
    };
    assert_eq!(together(&plan, 3, broke).verdict, Verdict::Broken);
}

#[test]
fn a_wrong_fix_is_wrong_when_it_breaks_under_one_seed() {
    let mut plan = plan_of(&["success(users) >= 90% during slow"]);
    (plan.still_broken, plan.variant) = (true, Some("wrong".to_owned()));
    let sometimes = together(&plan, 3, |seed, recording| failing(if seed == 2 { 80 } else { 0 })(recording));
    assert_eq!((sometimes.verdict, over(&sometimes).held.hits), (Verdict::Holds, 1));
    assert_eq!(together(&plan, 3, |_, _| {}).verdict, Verdict::Broken);
}

#[test]
fn a_recovery_that_did_not_come_counts_as_broken_and_not_in_the_mean() {
    let plan = plan_of(&["recovery(users) <= 15s after slow"]);
    let stuck = |seed: usize, recording: &mut Recording| {
        let end = if seed == 0 { 100.0 } else { 60.0 + seed as f64 };
        users(recording, 40.0, end, |cell| cell.latency.record_n(Span::from_secs(1), 30));
    };
    let line = over(&together(&plan, 3, stuck)).expectations[0].clone();
    assert_eq!((line.verdict, line.held.hits, line.each[0].measured), (Verdict::Broken, 2, None));
    assert_eq!(line.mean.map(|mean| (mean.n, mean.mean)), Some((2, 1.5)));
}

#[test]
fn pairs_show_a_difference_that_the_spread_over_seeds_hides() {
    let plan = plan_of(&["success(users) >= 90% during slow", "p50(users) <= 1s during slow"]);
    let noise = [0, 30, 10, 45, 20, 5];
    let base = together(&plan, 6, |seed, recording| failing(noise[seed])(recording));
    let better = together(&plan, 6, |seed, recording| failing(noise[seed] + 5 - [4, 5, 6][seed % 3] / 2)(recording));
    let pairs = against(over(&better), over(&base));
    let success = &pairs[0];
    // Differences 3, 3, 2 percent, twice: mean 2.67, deviation 0.516, interval ± 0.542.
    let (low, high) = success.difference.interval.expect("six pairs");
    assert!((success.difference.mean - 0.026_667).abs() < 1e-4, "{success:?}");
    assert!((low - 0.021_247).abs() < 1e-4 && (high - 0.032_086).abs() < 1e-4, "{low} {high}");
    assert_eq!(success.change, Change::Better);
    assert!(success.variance_saved.expect("it varies") > 1000.0, "{success:?}");
    assert_eq!(against(over(&base), over(&better))[0].change, Change::Worse);
    assert_eq!((pairs[1].change, pairs[1].variance_saved), (Change::NotShown, None));
    let other_seeds = together(&plan, 5, |_, _| {});
    assert!(against(over(&base), over(&other_seeds)).is_empty());
}
