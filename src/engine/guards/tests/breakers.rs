//! Circuit breakers: the state machines of Finagle, Linkerd, Hystrix, resilience4j and Envoy's outlier detection, step by step.

use super::*;
use crate::engine::guards::breaker::Breaker;
use crate::plan::guards::{Breaker as Spec, Growth, Sample, Slow};

struct Bench {
    breaker: Breaker,
    dice: Dice,
}

impl Bench {
    fn new(spec: &Spec) -> Bench {
        Bench { breaker: Breaker::new(spec), dice: Dice::named(1, "breaker") }
    }

    fn preset(word: &str) -> Bench {
        Bench::new(&Spec::preset(word).expect("a preset"))
    }

    /// One call that takes no time; whether it was let through.
    fn call(&mut self, secs: f64, outcome: Option<Outcome>) -> bool {
        let admitted = self.breaker.admit(at(secs));
        if admitted {
            self.breaker.done(at(secs), outcome, Span::ZERO, &mut self.dice);
        }
        admitted
    }

    fn calls(&mut self, count: u32, secs: f64, outcome: Option<Outcome>) -> u32 {
        (0..count).map(|_| u32::from(self.call(secs, outcome))).sum()
    }

    /// Fails calls from here on, one each millisecond, until it opens; then how long it stays open, to the millisecond.
    fn open_time(&mut self, from: f64) -> f64 {
        let step = |n: u32| from + f64::from(n) / 1000.0;
        let opened = (0..1000).find(|n| self.call(step(*n), FAILED) && self.breaker.is_open()).expect("it opens");
        let again = (opened + 1..10_000_000).find(|n| self.breaker.admit(at(step(*n)))).expect("it lets one through");
        self.breaker.undo();
        step(again) - step(opened)
    }
}

#[test]
fn finagle_marks_dead_after_five_in_a_row_and_longer_each_time() {
    let mut bench = Bench::preset("finagle");
    bench.calls(100, 0.0, OK);
    assert_eq!(bench.calls(10, 1.0, FAILED), 5);
    assert!(bench.breaker.is_open());
    let mut now = 1.0;
    // Equal jitter: the base and up to as much again, 5 s doubling to 300 s.
    for base in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0] {
        assert!(!bench.call(now + f64::min(base, 299.0), OK), "still dead after {base} s");
        now += f64::min(2.0 * base, 300.0);
        assert!(bench.call(now, FAILED), "one probe, {base} s later at the latest");
        assert!(!bench.call(now, OK), "which failed");
    }
    assert!(bench.call(now + 300.0, OK));
    assert!(!bench.breaker.is_open());
    assert_eq!(bench.calls(5, now + 301.0, FAILED), 5);
    assert!(!bench.call(now + 301.0 + 4.9, OK));
    assert!(bench.call(now + 301.0 + 10.0, OK), "a success has made it forget");
}

#[test]
fn finagle_also_marks_dead_when_less_than_four_in_five_succeed() {
    let mut bench = Bench::preset("finagle");
    let pattern = [OK, OK, FAILED, OK, FAILED];
    let let_through = pattern.into_iter().filter(|outcome| bench.call(1.0, *outcome)).count();
    assert_eq!((let_through, bench.breaker.is_open()), (5, true));
}

#[test]
fn a_probe_that_nobody_waited_for_leaves_its_place_to_the_next() {
    let mut bench = Bench::preset("finagle");
    bench.calls(5, 0.0, FAILED);
    assert!(bench.call(20.0, None));
    assert!(bench.breaker.admit(at(20.0)));
    assert!(!bench.breaker.admit(at(20.0)), "one at a time");
    bench.breaker.undo();
    assert!(bench.call(20.0, OK));
    assert_eq!(bench.calls(3, 20.0, OK), 3);
}

#[test]
fn linkerd_opens_after_seven_and_stays_so_for_a_second_to_a_minute() {
    let mut bench = Bench::preset("linkerd");
    assert_eq!(bench.calls(10, 0.0, FAILED), 7);
    let mut bench = Bench::preset("linkerd");
    let first = bench.open_time(0.0);
    assert!((1.0..=1.501).contains(&first), "{first}");
    for (nth, from) in (2..10).zip((1..).map(|n| f64::from(n) * 1000.0)) {
        let base = f64::min(60.0, libm::exp2(f64::from(nth - 1)));
        let open = bench.open_time(from);
        assert!((base - 0.001..=f64::min(60.0, base * 1.5) + 0.002).contains(&open), "{nth}: {open}");
    }
}

#[test]
fn hystrix_wants_twenty_requests_in_ten_seconds_and_half_of_them_failed() {
    let mut bench = Bench::preset("hystrix");
    assert_eq!(bench.calls(19, 1.0, FAILED), 19, "too few to tell");
    assert!(bench.call(1.0, OK));
    assert!(bench.breaker.is_open(), "19 of 20");
    assert!(!bench.call(5.9, OK));
    assert!(bench.breaker.admit(at(6.0)), "after the sleep window, one is let through");
    assert!(!bench.breaker.admit(at(6.0)));
    bench.breaker.done(at(6.1), FAILED, Span::from_millis(100), &mut bench.dice);
    assert!(!bench.call(11.0, OK), "it failed: another sleep window");
    assert!(bench.call(11.1, OK));
    assert_eq!(bench.calls(19, 11.2, FAILED), 19, "closed, with a fresh sample");
    let mut slow = Bench::preset("hystrix");
    for second in 0..100 {
        assert_eq!(slow.calls(1, f64::from(second), FAILED), 1, "never 20 within the window");
    }
}

#[test]
fn resilience4j_looks_at_the_last_hundred_and_lets_ten_decide() {
    let mut bench = Bench::preset("resilience4j");
    assert_eq!(bench.calls(99, 0.0, FAILED), 99, "99 calls are too few");
    bench = Bench::preset("resilience4j");
    bench.calls(51, 0.0, OK);
    bench.calls(49, 0.0, FAILED);
    assert!(!bench.breaker.is_open(), "49%");
    assert!(bench.call(0.0, FAILED));
    assert!(bench.breaker.is_open(), "50% of the last 100: the first success has left the sample");
    assert!(!bench.call(59.9, OK));
    assert_eq!((0..20).filter(|_| bench.breaker.admit(at(60.0))).count(), 10);
    let answer =
        |bench: &mut Bench, outcome| bench.breaker.done(at(61.0), outcome, Span::from_secs(1), &mut bench.dice);
    for _ in 0..4 {
        assert!(!answer(&mut bench, FAILED));
    }
    for _ in 0..6 {
        assert!(!answer(&mut bench, OK));
    }
    assert!(!bench.breaker.is_open());
    assert_eq!(bench.calls(100, 62.0, FAILED), 100, "4 of 10 were let pass: closed");
    assert_eq!((0..20).filter(|_| bench.breaker.admit(at(122.0))).count(), 10);
    for _ in 0..9 {
        bench.breaker.done(at(123.0), FAILED, Span::from_secs(1), &mut bench.dice);
    }
    assert!(!bench.breaker.is_open(), "it waits for all ten");
    assert!(bench.breaker.done(at(123.0), OK, Span::from_secs(1), &mut bench.dice));
}

#[test]
fn slow_calls_open_it_even_when_they_succeed() {
    let slow = Some(Slow { over: Span::from_millis(100), share: 0.5 });
    let mut bench = Bench::new(&Spec { slow, sample: Sample::Calls(10), least: 10, ..Spec::plain() });
    for call in 0..10 {
        assert!(bench.breaker.admit(at(0.0)));
        let took = Span::from_millis(if call % 2 == 0 { 100 } else { 101 });
        let opened = bench.breaker.done(at(0.2), OK, took, &mut bench.dice);
        assert_eq!(opened, call == 9, "call {call}");
    }
}

#[test]
fn envoy_ejects_for_longer_each_time_and_forgives_by_the_interval() {
    let mut bench = Bench::preset("envoy");
    let mut now = 0.0;
    for nth in 1..=12 {
        let open = bench.open_time(now);
        let expected = f64::from(nth.min(10)) * 30.0;
        assert!((open - expected).abs() < 0.002, "ejection {nth}: {open} s");
        now += 0.004 + open;
    }
    // 35 s in service take three ejections off.
    bench.calls(10, now + 35.0, OK);
    let open = bench.open_time(now + 35.0);
    assert!((open - 300.0).abs() < 0.002, "12 - 3 + 1 = 10: {open} s");
    let quiet = now + 35.0 + 300.0 + 1000.0;
    assert!((bench.open_time(quiet) - 30.0).abs() < 0.002);
}

#[test]
fn answers_to_calls_of_an_earlier_state_do_not_count() {
    let mut bench = Bench::preset("hystrix");
    for _ in 0..30 {
        assert!(bench.breaker.admit(at(0.0)));
    }
    for _ in 0..20 {
        bench.breaker.done(at(1.0), FAILED, Span::from_secs(1), &mut bench.dice);
    }
    assert!(bench.breaker.admit(at(6.0)), "half open");
    for _ in 0..10 {
        bench.breaker.done(at(6.5), OK, Span::from_millis(6500), &mut bench.dice);
    }
    assert!(!bench.breaker.admit(at(6.5)), "the late successes closed nothing");
}

#[test]
fn kinds_that_are_not_listed_count_as_answers() {
    let spec = Spec { consecutive: Some(1), on: vec![ErrorKind::Timeout], ..Spec::plain() };
    let mut bench = Bench::new(&spec);
    assert_eq!(bench.calls(10, 0.0, FAILED), 10);
    assert_eq!(bench.calls(10, 0.0, Some(Outcome::Failed(ErrorKind::Timeout))), 1);
}

#[test]
fn open_time_grows_as_it_is_told_to() {
    for (growth, expected) in [
        (Growth::None, [2.0, 2.0, 2.0, 2.0]),
        (Growth::Linear, [2.0, 4.0, 6.0, 7.0]),
        (Growth::Exponential, [2.0, 4.0, 7.0, 7.0]),
    ] {
        let mut spec = Spec { consecutive: Some(1), ..Spec::plain() };
        spec.open.growth = growth;
        (spec.open.base, spec.open.max) = (Span::from_secs(2), Span::from_secs(7));
        let mut bench = Bench::new(&spec);
        for (nth, expected) in expected.into_iter().enumerate() {
            let open = bench.open_time(nth as f64 * 100.0);
            assert!((open - expected).abs() < 0.002, "{growth:?}, time {nth}: {open}");
        }
    }
}
