//! Limits on concurrency: fixed, and the adaptive ones against sequences computed from the published formulas outside of this program.

use super::*;
use crate::engine::guards::limit::Limit;
use crate::plan::guards::Limit as Spec;

/// The limit after each of these response times, in milliseconds, with as many requests under way as it allows.
/// A negative time is that of a request that was dropped.
fn after_each(limit: &mut Limit, times: &[i64]) -> Vec<u32> {
    let mut dice = Dice::named(1, "limit");
    let after = times.iter().map(|ms| {
        while limit.admit() {}
        let outcome = if *ms < 0 { Some(Outcome::Failed(ErrorKind::Timeout)) } else { OK };
        limit.done(outcome, Span::from_millis(ms.unsigned_abs()), &mut dice);
        limit.limit()
    });
    after.collect()
}

fn preset(word: &str) -> Limit {
    Limit::new(&Spec::preset(word).expect("a preset"), 0)
}

#[test]
fn vegas_follows_its_formulas() {
    let times = [100, 110, 100, 105, 120, 150, 200, 300, 300, -250, 200, 150, 120, 110, 100, 100, 90, 95, 100, 140];
    let limits = [20, 21, 27, 28, 28, 27, 26, 25, 24, 23, 22, 21, 21, 22, 28, 34, 34, 35, 35, 34];
    assert_eq!(after_each(&mut preset("vegas"), &times), limits);
}

#[test]
fn vegas_asks_anew_for_the_time_without_load() {
    let mut vegas = preset("vegas");
    after_each(&mut vegas, &[100]);
    let high = *after_each(&mut vegas, &[100; 40]).last().expect("forty");
    let low = after_each(&mut vegas, &[400; 4000]);
    assert!(low.iter().min().expect("many") < &high, "longer times look like waiting");
    assert!(low.last().expect("many") > &high, "until they are taken for what the service is: {low:?}");
}

#[test]
fn gradient2_follows_its_formulas() {
    let times = [100, 100, 100, 100, 120, 150, 200, 300, 400, 400, 200, 100, 100, 50, 40, 40, 40, 100, 100, 100];
    let limits = [20, 21, 22, 23, 24, 24, 25, 24, 23, 23, 24, 24, 25, 26, 27, 28, 28, 29, 30, 31];
    assert_eq!(after_each(&mut preset("gradient2"), &times), limits);
}

#[test]
fn aimd_adds_one_and_takes_a_tenth() {
    let times = [1, 1, 1, 1, 1, 6000, -1, 1, 1, 1, -1, -1, -1, -1];
    let limits = [21, 22, 23, 24, 25, 22, 20, 21, 22, 23, 20, 20, 20, 20];
    assert_eq!(after_each(&mut preset("aimd"), &times), limits);
}

#[test]
fn a_limit_that_is_not_reached_does_not_grow() {
    for word in ["aimd", "gradient2", "vegas"] {
        let mut limit = preset(word);
        let mut dice = Dice::named(1, "limit");
        for _ in 0..100 {
            assert!(limit.admit());
            limit.done(OK, Span::from_millis(100), &mut dice);
        }
        assert_eq!(limit.limit(), 20, "{word}");
    }
}

#[test]
fn a_fixed_limit_lets_in_as_many_as_it_says() {
    let mut limit = Limit::new(&Spec::fixed(3), 1);
    assert_eq!((0..10).filter(|_| limit.admit()).count(), 2, "one was under way already");
    limit.done(None, Span::ZERO, &mut Dice::named(1, "limit"));
    assert_eq!((0..10).filter(|_| limit.admit()).count(), 1);
    limit.retune(&Spec::fixed(5));
    assert_eq!((0..10).filter(|_| limit.admit()).count(), 2);
    limit.retune(&Spec::fixed(1));
    assert!(!limit.admit());
}

#[test]
fn failures_that_do_not_speak_of_overload_are_no_samples() {
    let mut limit = preset("aimd");
    let mut dice = Dice::named(1, "limit");
    while limit.admit() {}
    limit.done(FAILED, Span::from_secs(60), &mut dice);
    limit.done(None, Span::from_secs(60), &mut dice);
    assert_eq!(limit.limit(), 20);
    limit.done(Some(Outcome::Failed(ErrorKind::Shed)), Span::from_millis(1), &mut dice);
    assert_eq!(limit.limit(), 20, "18, but never less than 20");
    limit.retune(&Spec { min: 1, ..Spec::preset("aimd").expect("a preset") });
    limit.done(Some(Outcome::Failed(ErrorKind::Shed)), Span::from_millis(1), &mut dice);
    assert_eq!(limit.limit(), 18);
}
