//! How often the gate cries wolf, and how often it misses one: thousands of pairs of synthetic runs of 1000 requests, whose truth is known.

use super::captured::{Captured, ClientFigures, SCHEMA_VERSION, SeedFigures};
use super::tests::captured;
use super::{Figure, Gate, Outcome, compare};
use crate::base::{Dice, Span};
use std::sync::LazyLock;

const REQUESTS: usize = 1000;

/// A body that hardly varies and a tail that does: runs of 1000 requests of one and the same system differ, in 95 of 100 pairs, by at most 2% at p50
/// and by a quarter at p99, which is what services show.
fn latency_ms(dice: &mut Dice) -> f64 {
    match dice.chance(0.12) {
        true => 30.0 * libm::exp(0.5 * dice.normal()),
        false => 20.0 * libm::exp(0.15 * dice.normal()),
    }
}

/// Of `slow` of the requests 60 to 200 ms more; one in a hundred fails.
fn run(seed: u64, slow: f64, dice: &mut Dice) -> Captured {
    static PLAIN: LazyLock<Captured> = LazyLock::new(|| captured(1));
    let mut figures = ClientFigures { seed, ..PLAIN.clients[0].clone() };
    figures.latency = Default::default();
    let mut failed = 0;
    for _ in 0..REQUESTS {
        let extra = if dice.chance(slow) { 60.0 + 140.0 * dice.unit() } else { 0.0 };
        figures.latency.record(Span((1e6 * (latency_ms(dice) + extra)) as u64));
        failed += u64::from(dice.chance(0.01));
    }
    (figures.ok, figures.goodput, figures.offered) =
        (REQUESTS as u64, REQUESTS as u64 - failed, REQUESTS as u64 + failed);
    figures.errors = [("timeout".to_owned(), failed)].into();
    let seeds = vec![SeedFigures { seed, recording_digest: String::new(), plan_digest: String::new() }];
    let (conditions, conditions_digest) = (PLAIN.conditions.clone(), PLAIN.conditions_digest.clone());
    let (services, variant, unsound) = (Vec::new(), None, None);
    let (schema_version, version) = (SCHEMA_VERSION, String::new());
    Captured {
        clients: vec![figures],
        seeds,
        conditions,
        conditions_digest,
        services,
        variant,
        unsound,
        schema_version,
        version,
    }
}

/// Of so many pairs, the share that regressed in any figure.
fn alarms(pairs: usize, slow: f64, name: &str) -> f64 {
    let mut dice = Dice::named(33, name);
    let regressed = (0..pairs).filter(|_| {
        let (base, new) = (run(1, 0.0, &mut dice), run(2, slow, &mut dice));
        compare(&base, &new, "base", Gate::default(), false).expect("the same conditions").outcome == Outcome::Regressed
    });
    regressed.count() as f64 / pairs as f64
}

#[test]
fn two_runs_of_one_system_regress_in_less_than_one_of_a_hundred_pairs() {
    let share = alarms(2000, 0.0, "alike");
    println!("false alarms: {share}");
    assert!(share < 0.01, "{share}");
}

#[test]
fn a_tail_that_grew_for_two_in_a_hundred_requests_is_found() {
    let share = alarms(600, 0.02, "tail");
    println!("found: {share}");
    assert!(share >= 0.8, "{share}");
    // The rule that most people use calls one system worse than itself in every third pair or so.
    let mut dice = Dice::named(34, "naive");
    let naive = (0..600).filter(|_| {
        let p99 = [1, 2].map(|seed| Figure::P99.read(&[&run(seed, 0.0, &mut dice).clients[0]]).value);
        p99[1].zip(p99[0]).is_some_and(|(new, old)| new > 1.1 * old)
    });
    let naive = naive.count();
    println!("naive false alarms: {naive} of 600");
    assert!(naive > 60, "{naive}");
}

#[test]
fn the_synthetic_service_varies_as_services_do() {
    let mut dice = Dice::named(35, "noise");
    let mut apart: Vec<[f64; 2]> = Vec::new();
    for _ in 0..600 {
        let [a, b] = [1, 2].map(|seed| run(seed, 0.0, &mut dice));
        let differ = |figure: Figure| {
            let [a, b] = [&a, &b].map(|one| figure.read(&[&one.clients[0]]).value.expect("it has requests"));
            (b / a - 1.0).abs()
        };
        apart.push([differ(Figure::P50), differ(Figure::P99)]);
    }
    let of_95 = |at: usize| {
        let mut all: Vec<f64> = apart.iter().map(|one| one[at]).collect();
        all.sort_by(f64::total_cmp);
        all[569]
    };
    println!("95 of 100 pairs differ by at most {:.3} at p50, {:.3} at p99", of_95(0), of_95(1));
    assert!((0.015..0.025).contains(&of_95(0)) && (0.18..0.30).contains(&of_95(1)), "{} {}", of_95(0), of_95(1));
}
