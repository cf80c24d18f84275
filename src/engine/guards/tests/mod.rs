//! The guards against the published behaviour of what they model, and against each other.

mod breakers;
mod limits;
mod shedding;

use super::*;
use crate::plan::guards::Guard as Spec;

fn at(secs: f64) -> Time {
    Time::from_secs_f64(secs)
}

fn guards(specs: &[Spec]) -> Guards {
    Guards::new(specs, Dice::named(1, "guards"))
}

const FAILED: Option<Outcome> = Some(Outcome::Failed(ErrorKind::Error));
const OK: Option<Outcome> = Some(Outcome::Ok);

fn anyone() -> Ask {
    Ask::default()
}

fn rate(rate: f64, burst: f64) -> Spec {
    Spec::Rate(plan::RateLimit { rate, burst, per_key: false })
}

fn fixed(limit: u32) -> Spec {
    Spec::Limit(plan::Limit::fixed(limit))
}

#[test]
fn each_guard_says_no_in_its_own_word() {
    let breaker = plan::Breaker { consecutive: Some(1), ..plan::Breaker::plain() };
    let mut open = guards(&[Spec::Breaker(breaker)]);
    assert_eq!(open.admit(at(0.0), &anyone()), None);
    assert!(open.done(at(0.0), 0, FAILED, Span::ZERO));
    assert_eq!(open.admit(at(0.0), &anyone()), Some(ErrorKind::BreakerOpen));
    assert_eq!(guards(&[rate(1.0, 0.0)]).admit(at(0.0), &anyone()), Some(ErrorKind::Throttled));
    assert_eq!(guards(&[fixed(0)]).admit(at(0.0), &anyone()), Some(ErrorKind::Shed));
    assert!(guards(&[]).is_empty());
}

#[test]
fn who_was_let_in_by_the_first_and_turned_away_by_the_second_was_never_there() {
    let mut both = guards(&[rate(0.0, 2.0), fixed(1)]);
    assert_eq!(both.admit(at(0.0), &anyone()), None);
    for _ in 0..10 {
        assert_eq!(both.admit(at(0.0), &anyone()), Some(ErrorKind::Shed), "no token is spent on these");
    }
    both.done(at(1.0), 0, OK, Span::from_secs(1));
    assert_eq!(both.admit(at(1.0), &anyone()), None);
    both.done(at(1.0), 0, OK, Span::ZERO);
    assert_eq!(both.admit(at(1.0), &anyone()), Some(ErrorKind::Throttled));
}

#[test]
fn new_parameters_keep_the_state_of_what_stays() {
    let breaker = |seconds| {
        let mut spec = plan::Breaker { consecutive: Some(1), ..plan::Breaker::plain() };
        spec.open.base = Span::from_secs(seconds);
        Spec::Breaker(spec)
    };
    let mut some = guards(&[breaker(10), rate(0.0, 5.0)]);
    some.admit(at(0.0), &anyone());
    some.done(at(0.0), 0, FAILED, Span::ZERO);
    some.retune(at(1.0), &[breaker(1), fixed(3)], 2);
    assert!(some.is_open(), "it opened for ten seconds, and stays so");
    assert_eq!(some.admit(at(9.9), &anyone()), Some(ErrorKind::BreakerOpen));
    assert_eq!(some.limit(), Some(3));
    assert_eq!(some.admit(at(10.0), &anyone()), None, "the probe");
    some.done(at(10.0), 0, OK, Span::ZERO);
    assert_eq!(some.admit(at(10.0), &anyone()), None, "two were under way before there was a limit");
    assert_eq!(some.admit(at(10.0), &anyone()), Some(ErrorKind::Shed));
    some.retune(at(11.0), &[], 0);
    assert!(some.is_empty());
}
